"""The genetic algorithm of Strgar et al. 2024: parents and offspring compete, the best survive."""

from dataclasses import dataclass

import numpy as np

from codesign.search.individuals import Individuals
from codesign.search.reproduction import offspring
from codesign.search.search import Search
from codesign.search.selection import last_place, truncate
from codesign.search.settings import SearchSettings, Space


@dataclass(frozen=True)
class Genetic(SearchSettings):
    """Settings of (mu + lambda) evolution: mu is `population_size`, lambda is mu times `offspring_per_parent`."""

    name: str = "genetic"

    @property
    def selects_fittest(self) -> bool:
        """Whether the fittest survive: yes."""
        return True

    def start(self, space: Space, seed: int) -> "GeneticSearch":
        """Return an evolution in `space` that has not asked for anything yet."""
        return GeneticSearch(self, space, seed)


class GeneticSearch(Search):
    """Every member has as many offspring; the best of parents and offspring survive; no parent is evaluated again."""

    def propose(self, population: Individuals) -> Individuals:
        """Return the offspring of every member."""
        parents = np.repeat(np.arange(len(population)), self.settings.offspring_per_parent)
        return offspring(self, population, parents)

    @property
    def entrance(self) -> float:
        """Fitness that a design must exceed to enter the population: that of the last member, once it is full."""
        return last_place(self._population, self.settings.population_size)

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the best of parents and offspring."""
        return truncate(population, evaluated, self.settings.population_size)
