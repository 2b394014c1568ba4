"""A landscape that costs nothing to evaluate: fitness is how much a genome resembles a hidden one."""

import numpy as np

from codesign.genome import LATTICES, Genomes, VariationSettings, random_genomes
from codesign.search import Individuals, Search, Space
from codesign.streams import Purpose, draws_of

LATTICE = LATTICES["triangle"](rows=6, columns=10)
SPACE = Space(LATTICE, VariationSettings())


def resemblance(genomes: Genomes) -> np.ndarray:
    """Return the share of cells that equal those of the hidden genome."""
    hidden = random_genomes(LATTICE.build(), LATTICE, draws_of(102, 0, 1, Purpose.GENOME))
    return np.mean(genomes.cells == hidden.cells, axis=1)


def advance(search: Search, generations: int) -> list[Individuals]:
    """Let a search climb, and return its population after each generation."""
    populations = []
    for _ in range(generations):
        search.tell(resemblance(search.ask().genomes))
        populations.append(search.population)
    return populations


def assert_same(one: Individuals, other: Individuals) -> None:
    """Check that two records agree in every entry."""
    ours, theirs = one.arrays(), other.arrays()
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name], equal_nan=array.dtype.kind == "f"), name
