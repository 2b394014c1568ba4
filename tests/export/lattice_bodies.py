"""Recordings of any cells of the lattices, at rest, connected or not."""

from typing import Any

import numpy as np

from codesign.body import Tissue, develop
from codesign.export import Recording, Trajectory
from codesign.genome import LATTICES, Genomes
from tests.export.strips import recording as strip

EXTENTS = {
    "triangle": {"rows": 4, "columns": 6},
    "square": {"rows": 4, "columns": 5},
    "cube": {"rows": 3, "columns": 3, "layers": 3},
}


def body_of(name: str, filled: np.ndarray, **extents: int) -> Recording:
    """Return a body with the materials `filled`, one for each cell of a lattice, 0 for none."""
    kind: Any = LATTICES[name]
    lattice = kind(**(extents or EXTENTS[name])).build()
    muscles = np.arange(len(lattice.edges)) % 3 > 0
    genomes = Genomes(filled[None].astype(np.uint8), muscles[None].astype(np.uint8))
    body = develop(lattice, genomes, Tissue())[0]
    ground = np.array([[-1.0, 0.0], [1.0, 0.0]])
    if body.positions.shape[1] == 3:
        x, y = np.meshgrid([-1.0, 1.0], [-1.0, 1.0])
        ground = np.stack([x, y, np.zeros((2, 2))], axis=-1)
    return strip(
        springs=body.springs,
        rest_lengths=body.rest_lengths,
        stiffness=body.stiffness,
        swings=body.swings,
        cells=body.cells,
        materials=body.materials,
        material_names=tuple(material.name for material in lattice.materials),
        ground=ground,
        after=Trajectory(np.zeros(1), body.positions[None], np.zeros((1, len(body.springs)))),
        before=None,
    )


def random_body(name: str, seed: int, *, fill: float = 0.5) -> Recording:
    """Return cells of a lattice of any of its materials, which may touch in edges and corners or not at all."""
    generator = np.random.default_rng(seed)
    kind: Any = LATTICES[name]
    lattice = kind(**EXTENTS[name]).build()
    materials = generator.integers(1, len(lattice.materials), lattice.cells)
    filled = np.where(generator.random(lattice.cells) < fill, materials, 0)
    filled[generator.integers(lattice.cells)] = 1
    return body_of(name, filled)


def pieces(recording: Recording) -> int:
    """Return how many parts of a body share no mass."""
    groups: list[set[int]] = []
    for cell in recording.cells.tolist():
        joined = [group for group in groups if group & set(cell)]
        groups = [group for group in groups if group not in joined] + [set(cell).union(*joined)]
    return len(groups)


def sheets(triangles: np.ndarray) -> int:
    """Return the most sheets of a surface that meet in one of its vertices, 1 for a simple surface."""
    around: dict[int, list[set[int]]] = {}
    for triangle in triangles.tolist():
        for vertex in triangle:
            around.setdefault(vertex, []).append(set(triangle) - {vertex})
    return max(_connected(fan) for fan in around.values())


def _connected(fan: list[set[int]]) -> int:
    left = list(fan)
    count = 0
    while left:
        count += 1
        sheet = left.pop()
        while touching := [each for each in left if each & sheet]:
            sheet = sheet.union(*touching)
            left = [each for each in left if each not in touching]
    return count
