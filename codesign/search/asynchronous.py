"""Searches that wait for no generation: they are asked whenever there is room, and told design after design."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codesign.search.individuals import NOT_EVALUATED, Individuals
from codesign.search.search import Search
from codesign.search.settings import SearchSettings, Space

_SUBMITTED = "submitted"
_IN_FLIGHT = "in_flight."


class AsynchronousSearch(Search):
    """A search that may be asked for more designs before it is told of those that it was asked for.

    Designs are numbered in the order of submission, and that decides their identities: generation 0 has
    `population_size` of them, each later one `offspring_per_parent` times as many. A generation is a part of the
    numbers and nothing that anybody waits for; it is finished when the last of its designs is told.

    What a design is depends on its number, on who lives and on who is in flight when it is submitted. Whoever tells
    designs in the same order between the same submissions gets the same search.

    It may also be asked and told in whole generations, as any search; not while a design is in flight.
    """

    def __init__(self, settings: SearchSettings, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._submitted = 0
        self._in_flight: dict[tuple[int, int], Individuals] = {}
        self._first: Individuals | None = None

    @property
    def submitted(self) -> int:
        """Designs that were submitted so far."""
        return self._submitted

    @property
    def in_flight(self) -> Individuals | None:
        """Designs that were submitted and not told, in the order of submission; None where there are none."""
        return Individuals.concatenate(list(self._in_flight.values())) if self._in_flight else None

    def size(self, generation: int) -> int:
        """Return how many designs a generation has."""
        return self.settings.population_size * (self.settings.offspring_per_parent if generation else 1)

    def first_number(self, generation: int) -> int:
        """Return how many designs all earlier generations have together."""
        return self.size(0) + (generation - 1) * self.size(1) if generation else 0

    def identity(self, number: int) -> tuple[int, int]:
        """Return (generation, individual) of the design that is submitted after so many others."""
        if number < self.size(0):
            return 0, number
        later, individual = divmod(number - self.size(0), self.size(1))
        return later + 1, individual

    def submit(self, count: int) -> Individuals:
        """Return the next designs to evaluate, at most `count`, at least one, all of one generation.

        Raises:
            RuntimeError: a whole generation was asked for and not told yet.
        """
        if self._asked is not None:
            raise RuntimeError("expected tell after ask; got submit; tell the fitness of what was asked first")
        generation, first = self.identity(self._submitted)
        numbers = np.arange(first, min(first + count, self.size(generation)))
        if generation == 0:
            self._first = self.begin() if self._first is None else self._first
            made = self._first.take(numbers)
        else:
            made = self._made(generation, numbers)
        self._submitted += len(made)
        for place, (born, number) in enumerate(made.identities.tolist()):
            self._in_flight[born, number] = made.take(np.array([place]))
        return made

    def complete(
        self,
        identities: Sequence[tuple[int, int]],
        fitness: NDArray[np.float64],
        measures: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Individuals:
        """Select the next population, now that some designs in flight are evaluated, and return these designs.

        Args:
            identities: of the designs, in the order of completion.
            fitness: of each, higher is better, -inf for an invalid one, shape (n,).
            measures: further numbers of each by name, see `tell`.

        Raises:
            RuntimeError: one of the designs is not in flight.
            ValueError: fitness or measures that cannot be, see `tell`.
        """
        missing = [identity for identity in identities if identity not in self._in_flight]
        if missing:
            raise RuntimeError(f"expected designs in flight; got {missing[0]}; tell each design once")
        asked = Individuals.concatenate([self._in_flight[identity] for identity in identities])
        evaluated = self._evaluated(asked, fitness, measures)
        for identity in identities:
            del self._in_flight[identity]
        self.take_in(evaluated)
        return evaluated

    def take_in(self, evaluated: Individuals) -> None:
        """Select the next population after each of some designs that are evaluated, whoever submitted them."""
        for place in range(len(evaluated)):
            one = evaluated.take(np.array([place]))
            self._population = self.select(self._population, one)
            self._credit(one)

    def finish_generation(self) -> None:
        """Count the oldest generation that is not finished as finished: all of its designs are told."""
        self._told += 1
        self._adapt()
        self._submitted = max(self._submitted, self.first_number(self._told))

    def receive(self, evaluated: Individuals) -> None:
        super().receive(evaluated)
        self._submitted = max(self._submitted, self.first_number(self._told))

    def propose(self, population: Individuals) -> Individuals:
        """Return all designs of the next generation, given the living population."""
        del population
        if self._in_flight or self._submitted != self.first_number(self.generation):
            raise RuntimeError("expected nothing in flight; got ask; complete all that was submitted first")
        return self._made(self.generation, np.arange(self.size(self.generation)))

    def memory(self) -> dict[str, np.ndarray]:
        flying = self.in_flight
        if flying is None:
            flying = self.population.take(np.zeros(0, dtype=np.int64))
        own = replace(flying, fitness=np.full(len(flying), -np.inf), measures={})
        found = {f"{_IN_FLIGHT}{name}": array for name, array in own.arrays().items()}
        return {_SUBMITTED: np.array([self._submitted], dtype=np.int64), **found}

    def recall(self, memory: Mapping[str, np.ndarray]) -> None:
        arrays = {name.removeprefix(_IN_FLIGHT): memory[name] for name in memory if name.startswith(_IN_FLIGHT)}
        submitted = memory.get(_SUBMITTED)
        if submitted is None or submitted.shape != (1,) or submitted.dtype != np.int64 or submitted[0] < 0:
            raise ValueError("expected how many designs were submitted; got something else")
        flying = Individuals.from_arrays(arrays)
        if flying.genomes.cells.shape[1:] != (self.lattice.cells,):
            raise ValueError(f"expected {self.lattice.cells} cells in flight; got {flying.genomes.cells.shape}")
        flying = replace(flying, fitness=np.full(len(flying), NOT_EVALUATED))
        self._submitted, self._first = int(submitted[0]), None
        self._in_flight = {
            (born, number): flying.take(np.array([place]))
            for place, (born, number) in enumerate(flying.identities.tolist())
        }

    @abstractmethod
    def maker(
        self, population: Individuals | None, generation: int, numbers: NDArray[np.int64]
    ) -> Callable[[NDArray[np.integer]], Individuals]:
        """Return what makes designs of a generation, see `Search.distinct`: it is given places in `numbers`.

        Args:
            population: members that live, best first; None where nobody does.
            generation: of the designs, at least 1.
            numbers: which of it they are.
        """

    def _made(self, generation: int, numbers: NDArray[np.int64]) -> Individuals:
        """Return designs of a generation that differ from each other and from all that live or are in flight."""
        population, flying = self._population, self.in_flight
        known = [part for part in (population, flying) if part is not None]
        make = self.maker(population, generation, numbers)
        return self.distinct(make, len(numbers), Individuals.concatenate(known) if known else None)
