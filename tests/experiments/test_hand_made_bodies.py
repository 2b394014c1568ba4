"""Bodies drawn by hand: the files hold what the study says, and they fit on the lattices that bodies evolve on."""

from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign.api.genomes import PlacedGenomes

FOLDER = Path(__file__).parents[2] / "experiments" / "hand_made_bodies" / "bodies"
COMMON = {"worm", "biped", "quadruped", "tripod", "wheel", "block"}


@pytest.mark.parametrize(
    ("name", "kind", "shape", "more"),
    [
        ("triangles", "triangle", (6, 10), set()),
        ("squares", "square", (5, 5), {"speed_bot", "table"}),
        ("cubes", "cube", (4, 5, 3), set()),
    ],
)
def test_drawn_bodies_fit_on_the_lattice_that_others_evolve_on(
    name: str, kind: str, shape: tuple[int, ...], more: set[str]
) -> None:
    drawn = codesign.load(FOLDER / f"{name}.txt")
    assert isinstance(drawn, PlacedGenomes)
    assert set(drawn.names) == COMMON | more
    assert drawn.lattice.name == kind
    problem = codesign.Problem(body=kind)
    for index, body in enumerate(problem.bodies(drawn)):
        assert body.pieces == 1, drawn.names[index]
        assert (body.swings > 0).any(), drawn.names[index]
        across = np.ptp(body.positions, axis=0)
        # Rows of triangles are as high as a triangle, and columns half as wide as its side.
        sides = np.array([shape[1], shape[0], *shape[2:]] if len(shape) == 3 else [shape[1], shape[0]])
        unit = np.array([0.05, 0.1 * np.sqrt(0.75)]) if kind == "triangle" else np.full(len(sides), 0.1)
        extra = np.array([0.05, 0.0]) if kind == "triangle" else 0.0
        assert (across <= sides * unit + extra + 1e-9).all(), drawn.names[index]
