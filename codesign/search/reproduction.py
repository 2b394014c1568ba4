"""How a search makes the designs of a generation from the living."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codesign.genome import vary
from codesign.search.individuals import NO_PARENT, NOT_EVALUATED, Individuals, identities_of
from codesign.streams import Draws, Purpose, draws_of

if TYPE_CHECKING:
    from codesign.search.search import Search

NEWCOMER = -1
"""In place of a parent's index: a random design."""


def offspring(search: "Search", population: Individuals, parents: NDArray[np.integer]) -> Individuals:
    """Return designs varied from members of a population, individuals 0 to n - 1 of the search's generation.

    Args:
        search: whose space, seed and generation they are of.
        population: the living.
        parents: index of the first parent of each, `NEWCOMER` for a random design, shape (n,).
    """
    identities = identities_of(search.generation, len(parents))
    draws = draws_of(search.seed, search.generation, len(parents), Purpose.VARIATION)
    random_draws = draws_of(search.seed, search.generation, len(parents), Purpose.GENOME)

    def vary_members(chosen: np.ndarray) -> Individuals:
        made = vary(search.lattice, population.genomes, parents[chosen], draws.of(chosen), search.space.variation)
        return Individuals(
            made.genomes,
            identities[chosen],
            np.where(made.parents[:, :, None] < 0, NO_PARENT, population.identities[made.parents]),
            made.operators,
            np.full(len(chosen), NOT_EVALUATED),
        )

    def make(chosen: np.ndarray) -> Individuals:
        fresh = parents[chosen] == NEWCOMER
        if not fresh.any():
            return vary_members(chosen)
        drawn = search.random_designs(identities[chosen[fresh]], random_draws.of(chosen[fresh]))
        order = np.argsort(np.concatenate([np.flatnonzero(~fresh), np.flatnonzero(fresh)]))
        return (vary_members(chosen[~fresh]).joined(drawn) if not fresh.all() else drawn).take(order)

    return search.distinct(make, len(parents), population)


def reproduction_draws(search: "Search") -> Draws:
    """Return what the parents of a generation are drawn from, for each of its individuals."""
    count = search.settings.population_size * search.settings.offspring_per_parent
    return draws_of(search.seed, search.generation, count, Purpose.REPRODUCTION)
