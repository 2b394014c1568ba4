"""Age-fitness Pareto optimisation (Schmidt & Lipson 2011): newcomers are compared with those of their age first."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count
from codesign.errors import ConfigError
from codesign.search.individuals import Individuals
from codesign.search.overview import Axis, Overview
from codesign.search.reproduction import NEWCOMER, offspring, reproduction_draws
from codesign.search.search import Search
from codesign.search.settings import SearchSettings, Space

_ORIGINS = "origins"
"""Name under which ages are remembered."""


@dataclass(frozen=True)
class AgeFitness(SearchSettings):
    """Settings of evolution with age as a second objective, against premature convergence.

    The age of a design is the number of generations since the oldest of its ancestors was drawn at random. A design
    survives unless another one is at least as fit and at least as young, as far as there is room.

    Attributes:
        newcomers: random designs in every later generation, among as many designs as evolution evaluates.

    Raises:
        ConfigError: not fewer newcomers than designs of a generation.
    """

    name: str = "age_fitness"
    newcomers: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        require_count(self, "newcomers", at_least=0)
        asked = self.population_size * self.offspring_per_parent
        if self.newcomers >= max(asked, 2):
            got = f"{self.newcomers} with {asked} designs in a generation"
            raise ConfigError("fewer than the designs of a generation", got, "lower {field}", "newcomers")

    def start(self, space: Space, seed: int) -> "AgeFitnessSearch":
        """Return an evolution in `space` that has not asked for anything yet."""
        return AgeFitnessSearch(self, space, seed)


class AgeFitnessSearch(Search):
    """Parents are drawn with equal chances, and some of a generation are random; the young and the fit survive.

    Args:
        settings: sizes.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: AgeFitness, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._newcomers = settings.newcomers
        self._origins: dict[tuple[int, int], int] = {}

    def origins(self, individuals: Individuals) -> NDArray[np.int64]:
        """Return the generation in which the oldest ancestor of each was drawn, shape (n,)."""
        found = []
        for own, parents in zip(individuals.identities.tolist(), individuals.parents.tolist(), strict=True):
            known = self._origins.get(tuple(own))
            ancestors = [self._origins[tuple(parent)] for parent in parents if tuple(parent) in self._origins]
            found.append(min(ancestors, default=own[0]) if known is None else known)
        return np.array(found, dtype=np.int64)

    def propose(self, population: Individuals) -> Individuals:
        """Return children of members drawn with equal chances, and the newcomers after them."""
        parents = reproduction_draws(self).integers(len(population))
        parents[max(len(parents) - self._newcomers, 1) :] = NEWCOMER
        return offspring(self, population, parents)

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the best fronts of youth and fitness; of the last one the fittest; invalid ones behind all others."""
        everyone = evaluated if population is None else population.joined(evaluated)
        everyone = everyone.take(everyone.best_first())
        origins = self.origins(everyone)
        fronts = fronts_of_the_young(everyone.fitness, origins)
        fronts[~np.isfinite(everyone.fitness)] = len(everyone)
        chosen = np.sort(np.argsort(fronts, kind="stable")[: self.settings.population_size])
        found = everyone.take(chosen)
        named = zip(found.identities.tolist(), origins[chosen].tolist(), strict=True)
        self._origins = {(born, number): origin for (born, number), origin in named}
        return found

    def known_of(self, members: Individuals) -> dict[str, np.ndarray]:
        """Return the origins of members."""
        return {_ORIGINS: self.origins(members)}

    def admit(self, evaluated: Individuals, known: Mapping[str, np.ndarray] | None = None) -> None:
        """Let designs from elsewhere be selected into the population; they are as old as they are there."""
        if known:
            named = zip(evaluated.identities.tolist(), known[_ORIGINS].tolist(), strict=True)
            self._origins |= {(born, number): origin for (born, number), origin in named}
        super().admit(evaluated, known)

    def memory(self) -> dict[str, np.ndarray]:
        """Return the origins of the living: generation, individual, origin, int64, shape (n, 3)."""
        rows = [[*identity, origin] for identity, origin in self._origins.items()]
        return {_ORIGINS: np.array(rows, dtype=np.int64).reshape(-1, 3)}

    def recall(self, memory: Mapping[str, np.ndarray]) -> None:
        """Take what `memory` returned.

        Raises:
            ValueError: it is not that.
        """
        rows = memory.get(_ORIGINS)
        if set(memory) != {_ORIGINS} or rows is None or rows.dtype != np.int64 or rows.ndim != 2 or rows.shape[1] != 3:
            raise ValueError(f"expected the origins of designs; got {sorted(memory)}")
        self._origins = {(born, number): origin for born, number, origin in rows.tolist()}

    def overview(self) -> Overview:
        """Return the living by age and fitness; those that no other is fitter and younger than are marked."""
        population = self.population.take(np.isfinite(self.population.fitness))
        origins = self.origins(population)
        return Overview(
            "Age and fitness",
            "Age is the number of generations since the oldest ancestor was drawn at random.",
            population.identities,
            population.fitness,
            Axis("age", (self.generation - 1 - origins).astype(np.float64)),
            Axis("fitness", population.fitness),
            fronts_of_the_young(population.fitness, origins) == 0,
            "front",
        )


def fronts_of_the_young(fitness: NDArray[np.float64], origins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the front of youth and fitness that each design is in, from 0.

    Taken from the fittest on, a design belongs to the first front all of whose members so far are older (Jensen 2003).
    Of designs equally fit and equally old the first comes in an earlier front than the second.

    Args:
        fitness: higher is better, shape (n,).
        origins: the later the younger, shape (n,).
    """
    fronts = np.zeros(len(origins), dtype=np.int64)
    least: list[int] = []  # minus the latest origin in each front, which only rises from front to front
    for index in np.lexsort((-origins, -fitness)).tolist():
        origin = int(origins[index])
        front = bisect_right(least, -origin)
        least[front : front + 1] = [-origin]
        fronts[index] = front
    return fronts
