"""A landscape that costs nothing to evaluate: fitness is how much a genome resembles a hidden one."""

from functools import cache

import numpy as np

from codesign.genome import LATTICES, Genomes, VariationSettings, random_genomes
from codesign.search import Individuals, RandomSearch, Search, Space
from codesign.streams import Purpose, draws_of

LATTICE = LATTICES["triangle"](rows=6, columns=10)
SPACE = Space(LATTICE, VariationSettings())

TRUNCATING = ("genetic", "random", "steady_state")
"""Searches that keep the fittest, whatever else there is to be said for others."""


def resemblance(genomes: Genomes) -> np.ndarray:
    """Return the share of cells that equal those of the hidden genome."""
    hidden = random_genomes(LATTICE.build(), LATTICE, draws_of(102, 0, 1, Purpose.GENOME))
    return np.mean(genomes.cells == hidden.cells, axis=1)


def measures_of(genomes: Genomes) -> dict[str, np.ndarray]:
    """Return measures that cost nothing: how many cells there are, and the share of muscle bits."""
    return {"size": np.count_nonzero(genomes.cells, axis=1) * 1.0, "muscle_share": np.mean(genomes.muscles, axis=1)}


def tell(search: Search, asked: Individuals, fitness: np.ndarray) -> None:
    """Tell a search the fitness of what it asked for, and its measures."""
    search.tell(fitness, measures_of(asked.genomes))


def advance(search: Search, generations: int) -> list[Individuals]:
    """Let a search climb, and return its population after each generation."""
    populations = []
    for _ in range(generations):
        asked = search.ask()
        tell(search, asked, resemblance(asked.genomes))
        populations.append(search.population)
    return populations


@cache
def best_drawn(seed: int) -> float:
    """Return what random search reaches with 500 designs: a population of 20 in 25 generations."""
    return float(advance(RandomSearch(population_size=20).start(SPACE, seed), 25)[-1].fitness[0])


def assert_same(one: Individuals, other: Individuals) -> None:
    """Check that two records agree in every entry."""
    ours, theirs = one.arrays(), other.arrays()
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name], equal_nan=array.dtype.kind == "f"), name
