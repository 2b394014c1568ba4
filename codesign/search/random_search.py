"""Random search: the baseline that every claim about evolution is compared with."""

from dataclasses import dataclass

from codesign.search.individuals import Individuals
from codesign.search.search import Search
from codesign.search.selection import last_place, truncate
from codesign.search.settings import SearchSettings, Space


@dataclass(frozen=True)
class RandomSearch(SearchSettings):
    """Settings of random search; it evaluates as many designs in a generation as evolution does."""

    name: str = "random"

    @property
    def heredity(self) -> bool:
        """Whether designs are made from others: no."""
        return False

    @property
    def selects_fittest(self) -> bool:
        """Whether the fittest survive: yes."""
        return True

    def start(self, space: Space, seed: int) -> "RandomDraws":
        """Return a random search in `space` that has not asked for anything yet."""
        return RandomDraws(self, space, seed)


class RandomDraws(Search):
    """Every generation is random; the best of all that were ever drawn are kept."""

    def propose(self, population: Individuals) -> Individuals:
        """Return random designs, as many as evolution would make offspring."""
        return self.draw(self.settings.population_size * self.settings.offspring_per_parent, population)

    @property
    def entrance(self) -> float:
        """Fitness that a design must exceed to enter the population: that of the last member, once it is full."""
        return last_place(self._population, self.settings.population_size)

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the best of all so far."""
        return truncate(population, evaluated, self.settings.population_size)
