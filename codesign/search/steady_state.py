"""Steady-state evolution: one design comes, one goes, and nobody waits for a generation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_choice, require_count
from codesign.genome import vary
from codesign.search.asynchronous import AsynchronousSearch
from codesign.search.individuals import NO_PARENT, NOT_EVALUATED, Individuals
from codesign.search.selection import last_place, truncate
from codesign.search.settings import SearchSettings, Space
from codesign.streams import Draws, Purpose, stream_keys

WORST, OLDEST = "worst", "oldest"


@dataclass(frozen=True)
class SteadyState(SearchSettings):
    """Settings of asynchronous steady-state evolution (GENITOR, Whitley 1989; Scott & De Jong 2015).

    Attributes:
        tournament: members that compete for being the parent of a design; the fittest wins. 1 for any member.
        replacement: who goes when a design comes in that makes the population too large: the `worst`, or the `oldest`
            (Real et al. 2019), which was submitted first.
        in_flight: designs that are submitted and not told where one process evaluates all of them, so many at a time.
            Clusters keep as many in flight as their workers need.
    """

    name: str = "steady_state"
    tournament: int = 3
    replacement: str = WORST
    in_flight: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("tournament", "in_flight"):
            require_count(self, field)
        require_choice(self, "replacement", (WORST, OLDEST))

    @property
    def asynchronous(self) -> int:
        return self.in_flight

    @property
    def selects_fittest(self) -> bool:
        """Whether the fittest survive: where the worst is replaced."""
        return self.replacement == WORST

    def start(self, space: Space, seed: int) -> "SteadyStateSearch":
        """Return an evolution in `space` that has not asked for anything yet."""
        return SteadyStateSearch(self, space, seed)


class SteadyStateSearch(AsynchronousSearch):
    """Parents win tournaments among those that live when a design is submitted; each newcomer takes somebody's place.

    A design that is submitted after the first generation, and before anybody lives, is random.
    """

    settings: SteadyState

    def maker(
        self, population: Individuals | None, generation: int, numbers: NDArray[np.int64]
    ) -> Callable[[NDArray[np.integer]], Individuals]:
        """Return what makes children of the winners of tournaments."""
        identities = np.stack([np.full_like(numbers, generation), numbers], axis=1)

        def draws(purpose: Purpose) -> Draws:
            return Draws(stream_keys(self.seed, identities, purpose))

        if population is None:
            of_genomes = draws(Purpose.GENOME)
            return lambda chosen: self.random_designs(identities[chosen], of_genomes.of(chosen))
        # Members are in the order of fitness, so that the least number wins.
        rivals = draws(Purpose.SELECTION).integers(len(population), self.settings.tournament)
        parents, of_children = rivals.min(axis=1), draws(Purpose.VARIATION)

        def make(chosen: NDArray[np.integer]) -> Individuals:
            variation = self.space.variation
            made = vary(self.lattice, population.genomes, parents[chosen], of_children.of(chosen), variation)
            return Individuals(
                made.genomes,
                identities[chosen],
                np.where(made.parents[:, :, None] < 0, NO_PARENT, population.identities[made.parents]),
                made.operators,
                np.full(len(chosen), NOT_EVALUATED),
            )

        return make

    @property
    def entrance(self) -> float:
        """Fitness that a design must exceed to enter: that of the last member of a full population, if it may go."""
        if self.settings.replacement == OLDEST:
            return -np.inf
        return last_place(self._population, self.settings.population_size)

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return those that stay when designs come in: of any number, whatever their order."""
        size = self.settings.population_size
        if self.settings.replacement == WORST:
            return truncate(population, evaluated, size)
        everyone = evaluated if population is None else population.joined(evaluated)
        born, number = everyone.identities.T
        youngest = np.lexsort((number, born))[-size:]
        return truncate(None, everyone.take(youngest), size)
