"""Lattices that the tests share: every registered kind in sizes from one cell up."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from codesign.genome import LATTICES, Genomes, Lattice, LatticeSettings, keys, repair
from codesign.streams import Draws, Purpose, draws_of

SIZES = [(1, 1), (1, 2), (2, 1), (1, 5), (3, 4), (6, 10)]
SOLID_SIZES = [(1, 1, 1), (2, 1, 1), (1, 1, 3), (2, 3, 2), (3, 3, 3)]
PLANAR = [kind for kind in LATTICES if len(LATTICES[kind].extents) == 2]
# Whether materials or muscle bits decide is a choice of the cubes, so they come twice.
KINDS = [*LATTICES, "cube of springs"]


def settings_of(kind: str, rows: int, columns: int, layers: int = 2, **others: Any) -> LatticeSettings:
    """Return a lattice of a kind, with as many layers in 3D."""
    if kind == "cube of springs":
        kind, others = "cube", {"actuated": "springs", **others}
    made, extents = LATTICES[kind], {"rows": rows, "columns": columns, "layers": layers}
    return made(**{field: extents[field] for field in made.extents}, **others)


SETTINGS = [settings_of(kind, rows, columns) for kind in PLANAR for rows, columns in SIZES]
SETTINGS += [
    settings_of(kind, rows, columns, layers)
    for kind in KINDS
    if kind not in PLANAR
    for rows, columns, layers in SOLID_SIZES
]


def label(settings: LatticeSettings) -> str:
    springs = "-springs" if getattr(settings, "actuated", "") == "springs" else ""
    return f"{settings.name}{springs}-{'x'.join(str(extent) for extent in settings.shape)}"


@st.composite
def settings_of_any_kind(draw: st.DrawFn) -> LatticeSettings:
    fill, muscle = (draw(st.sampled_from([0.0, 0.2, 0.5, 0.6, 0.8, 1.0])) for _ in range(2))
    kind = draw(st.sampled_from(KINDS))
    largest = 7 if kind in PLANAR else 3
    rows, columns, layers = (draw(st.integers(1, largest)) for _ in range(3))
    return settings_of(kind, rows, columns, layers, fill=fill, muscle=muscle)


def draws(count: int, seed: int = 0) -> Draws:
    return draws_of(seed, 0, count, Purpose.GENOME)


def genomes_of(lattice: Lattice, *filled: dict[int, int] | list[int]) -> Genomes:
    """Return unrepaired genomes with the given cells filled (of the first material, or as a mapping says)."""
    cells = np.zeros((len(filled), lattice.cells), dtype=np.uint8)
    for row, places in zip(cells, filled, strict=True):
        for cell in places:
            row[cell] = places[cell] if isinstance(places, dict) else 1
    return Genomes(cells, np.zeros((len(filled), len(lattice.edges)), dtype=np.uint8))


def sparse_genomes(lattice: Lattice, count: int, seed: int, fill: float = 0.6) -> Genomes:
    """Return repaired random genomes of evenly drawn materials."""
    rng = np.random.default_rng(seed)
    filled = rng.random((count, lattice.cells)) < fill
    cells = rng.integers(1, len(lattice.materials), filled.shape) * filled
    muscles = rng.integers(0, 2, (count, len(lattice.edges)))
    return repair(lattice, Genomes(cells.astype(np.uint8), muscles.astype(np.uint8)))


def key_list(lattice: Lattice, genomes: Genomes, **options: bool) -> list[tuple[int, ...]]:
    """Return the keys of genomes as values that sets and comparisons take."""
    return list(map(tuple, keys(lattice, genomes, **options).tolist()))
