"""Search `hill_climbers`: every member of the population climbs on its own, and nobody is driven out by others.

This is the parallel hill climber of evolutionary robotics: (1 + lambda) evolution, many times at once. It finds good
designs later than `genetic` does and keeps them different.

Try it in this folder:

    from codesign.genome import LATTICES
    from codesign.testing import check_search
    from hill_climbers import HillClimbers

    check_search(HillClimbers(population_size=12), LATTICES["triangle"](rows=6, columns=10))
"""

from dataclasses import dataclass

import numpy as np

from codesign.plugins import register
from codesign.search import GeneticSearch, Individuals, SearchSettings, Space


@dataclass(frozen=True)
class HillClimbers(SearchSettings):
    """Settings of hill climbing; each of `population_size` climbers makes `offspring_per_parent` attempts at a time."""

    name: str = "hill_climbers"

    def start(self, space: Space, seed: int) -> "Climbing":
        """Return a search in `space` that has not asked for anything yet."""
        return Climbing(self, space, seed)


class Climbing(GeneticSearch):
    """Proposes what evolution does; the best of an attempt's own parent and its siblings takes the parent's place."""

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return where the climbers are now, best first."""
        everyone = evaluated if population is None else population.joined(evaluated)
        climbers = everyone.identities
        if population is not None:
            climbers = np.concatenate([population.identities, evaluated.parents[:, 0]])
        order = everyone.best_first()
        _, first = np.unique(climbers[order], axis=0, return_index=True)
        return everyone.take(order[np.sort(first)])


register("search", HillClimbers)
