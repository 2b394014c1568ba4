"""What every search has in common: ask and tell in turn, lineage, and a state that can be stored."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from codesign.genome import check_whole
from codesign.search.adaptation import Adaptation
from codesign.search.design_source import DesignSource
from codesign.search.individuals import Individuals
from codesign.search.overview import Overview
from codesign.search.settings import SearchSettings, Space

_ADAPTATION = "adaptation."
"""What the names of arrays begin with that say what operators' children came to."""

_MEMORY = "memory."
"""What the names of arrays begin with that one kind of search remembers."""


class Search(DesignSource):
    """Proposes designs and is told their fitness: `ask`, `tell`, `ask`, `tell`, ...

    Everything random comes from streams addressed by (seed, generation, individual), so that the population and the
    number of generations told are all there is to remember.

    Args:
        settings: sizes.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: SearchSettings, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._told = 0
        self._population: Individuals | None = None
        self._asked: Individuals | None = None
        self._adaptation = Adaptation(space.variation, self.lattice) if space.variation.adapt else None

    @property
    def islands(self) -> Sequence[Individuals]:
        """The populations that evolve apart, as `population` has them together; one unless there are several."""
        return (self.population,)

    @property
    def operator_weights(self) -> dict[str, float]:
        """How often each operator makes the next designs, by its name; nothing where weights are not adapted."""
        return {} if self._adaptation is None else self._adaptation.probabilities

    @property
    def generation(self) -> int:
        """Number of the generation that is asked for next, or being evaluated now."""
        return self._told

    @property
    def population(self) -> Individuals:
        """The members that survived the last generation told, best first.

        Raises:
            RuntimeError: nothing was told yet.
        """
        if self._population is None:
            raise RuntimeError("expected a population; got none yet; ask, evaluate and tell first")
        return self._population

    def ask(self) -> Individuals:
        """Return the designs of the next generation, not evaluated yet.

        Raises:
            RuntimeError: the designs of the last `ask` were not told yet.
        """
        if self._asked is not None:
            raise RuntimeError("expected tell after ask; got ask again; tell the fitness of what was asked first")
        self._asked = self.begin() if self._population is None else self.propose(self._population)
        return self._asked

    def tell(self, fitness: np.ndarray, measures: Mapping[str, np.ndarray] | None = None) -> None:
        """Select the next population, now that the designs last asked for are evaluated.

        Args:
            fitness: of each design in the order asked, higher is better, -inf for an invalid one, shape (n,).
            measures: further numbers of each design by name, NaN where it has none, each of shape (n,); those that
                the search does not look at are passed over. None where it looks at none.

        Raises:
            RuntimeError: nothing was asked.
            ValueError: fitness of the wrong shape, NaN or infinitely good; a measure that the search looks at is
                missing or of the wrong shape.
        """
        if self._asked is None:
            raise RuntimeError("expected ask before tell; got tell first; ask for designs and evaluate them")
        self.receive(self._evaluated(self._asked, fitness, measures))

    @property
    def entrance(self) -> float:
        """Fitness that a design must exceed to enter the population; minus infinity where any may enter."""
        return -np.inf

    def revise(self, fitness: np.ndarray) -> None:
        """Replace what the members of the population are worth, before the next ones are told or received.

        Args:
            fitness: of each member in the order of `population`, -inf for an invalid one, shape (n,).

        Raises:
            RuntimeError: nothing was told yet.
            ValueError: fitness of the wrong shape, NaN or infinitely good.
        """
        fitness = np.array(fitness, dtype=np.float64)
        if fitness.shape != self.population.fitness.shape or np.isnan(fitness).any() or np.isposinf(fitness).any():
            got = f"an array of shape {fitness.shape}"
            raise ValueError(f"expected fitness or -inf of {len(self.population)} members; got {got}; give one each")
        self._population = replace(self.population, fitness=fitness)

    def receive(self, evaluated: Individuals) -> None:
        """Select the next population from what it is and designs that are evaluated, whoever asked for them."""
        self._population = self.select(self._population, evaluated)
        self._asked = None
        self._told += 1
        self._credit(evaluated)
        self._adapt()

    def known_of(self, members: Individuals) -> dict[str, np.ndarray]:
        """Return what a search of this kind knows of members beside their fitness, each of shape (n,); nothing here."""
        del members
        return {}

    def admit(self, evaluated: Individuals, known: Mapping[str, np.ndarray] | None = None) -> None:
        """Let evaluated designs from elsewhere be selected into the population, between two generations.

        Args:
            evaluated: the designs.
            known: what the search that they come from knows of them, see `known_of`.
        """
        del known
        self._population = self.select(self._population, evaluated)

    def renumber(self, identities: np.ndarray) -> Individuals:
        """Give the designs last asked for other identities of their generation, and return them.

        Args:
            identities: of each, int64, shape (n, 2).

        Raises:
            RuntimeError: nothing was asked.
        """
        if self._asked is None:
            raise RuntimeError("expected designs that were asked for; got none; ask first")
        before, self._asked = self._asked, replace(self._asked, identities=identities)
        self._known.rename(before, self._asked)
        return self._asked

    def _credit(self, evaluated: Individuals) -> None:
        """Count which of some designs entered the population, where operators are adapted."""
        if self._adaptation is not None:
            members = set(map(tuple, self.population.identities.tolist()))
            entered = [tuple(identity) in members for identity in evaluated.identities.tolist()]
            self._adaptation.note(evaluated.operators, np.array(entered, dtype=np.bool_))

    def _adapt(self) -> None:
        """Change the operators' weights at the end of a generation, where they are adapted."""
        if self._adaptation is not None:
            self._adaptation.end_generation()
            self._use_weights()

    def _use_weights(self) -> None:
        if self.operator_weights:
            self.space = replace(self.space, variation=replace(self.space.variation, weights=self.operator_weights))

    def _evaluated(
        self, asked: Individuals, fitness: np.ndarray, measures: Mapping[str, np.ndarray] | None
    ) -> Individuals:
        """Return designs with their fitness and measures.

        Raises:
            ValueError: these cannot be, see `tell`.
        """
        fitness = np.array(fitness, dtype=np.float64)
        if fitness.shape != (len(asked),):
            raise ValueError(f"expected fitness of shape ({len(asked)},); got {fitness.shape}; tell all of it")
        if np.isnan(fitness).any() or np.isposinf(fitness).any():
            raise ValueError("expected finite fitness or -inf; got NaN or +inf; mark an invalid design with -inf")
        return replace(asked, fitness=fitness, measures=self._looked_at(measures or {}, len(fitness)))

    def _looked_at(self, measures: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
        """Return the measures that the search looks at.

        Raises:
            ValueError: one of them is missing or of the wrong shape.
        """
        found = {}
        for name in self.settings.measured:
            values = measures.get(name)
            if values is None or np.shape(values) != (count,):
                got = "none" if values is None else f"an array of shape {np.shape(values)}"
                raise ValueError(f"expected {count} numbers of the measure {name}; got {got}; tell all of them")
            found[name] = np.array(values, dtype=np.float64)
        return found

    def memory(self) -> dict[str, np.ndarray]:
        """Return what a search of this kind remembers besides its population, as named arrays; nothing by default."""
        return {}

    def recall(self, memory: Mapping[str, np.ndarray]) -> None:
        """Take what `memory` returned.

        Raises:
            ValueError: it is not what a search of this kind remembers.
        """
        if memory:
            raise ValueError(f"expected a search that remembers nothing else; got {sorted(memory)}")

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that `restore` needs to go on exactly from here, as named arrays.

        Raises:
            RuntimeError: called between `ask` and `tell`, or before the first `tell`.
        """
        if self._asked is not None:
            raise RuntimeError("expected state between tell and ask; got it in between; tell the fitness first")
        own = {f"{_MEMORY}{name}": array for name, array in self.memory().items()}
        if self._adaptation is not None:
            own |= {f"{_ADAPTATION}{name}": array for name, array in self._adaptation.state().items()}
        return {"told": np.array([self._told], dtype=np.int64), **own, **self.population.arrays()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from `state` as if nothing had happened in between.

        Raises:
            ValueError: the state is not one of this kind of search in this space.
            GenomeError: its genomes are none that a search can have: an unknown material, no body, one in pieces.
        """
        missing = {"told", "cells", "muscles", "identities", "parents", "operators", "fitness"} - state.keys()
        if missing:
            raise ValueError(f"expected a search state; got one without {sorted(missing)}; use what state() returned")
        own = {name for name in state if name == "told" or name.startswith((_MEMORY, _ADAPTATION))}
        population = Individuals.from_arrays({name: array for name, array in state.items() if name not in own})
        if set(population.measures) != set(self.settings.measured):
            told = f"those of {', '.join(self.settings.measured) or 'nothing'}"
            raise ValueError(f"expected measures, {told}; got those of {', '.join(population.measures) or 'nothing'}")
        shapes = (population.genomes.cells.shape[1:], population.genomes.muscles.shape[1:])
        if shapes != ((len(self.lattice.cell_nodes),), (len(self.lattice.edges),)):
            raise ValueError(f"expected genomes of this lattice; got {shapes} genes; restore the lattice of the state")
        check_whole(self.lattice, population.genomes)
        told = state["told"]
        if told.shape != (1,) or told.dtype != np.int64 or told[0] < 0:
            raise ValueError(f"expected how often fitness was told; got an array of {told.dtype} of shape {told.shape}")
        self.recall({name.removeprefix(_MEMORY): state[name] for name in own if name.startswith(_MEMORY)})
        if self._adaptation is not None:
            counts = {name.removeprefix(_ADAPTATION): state[name] for name in own if name.startswith(_ADAPTATION)}
            self._adaptation.restore(counts)
            self._use_weights()
        self._told, self._population, self._asked = int(told[0]), population, None
        self._forget()

    def overview(self) -> Overview | None:
        """Return the living by what the search looks at, for a page; None where it looks at fitness alone."""
        return None

    @abstractmethod
    def propose(self, population: Individuals) -> Individuals:
        """Return the designs to evaluate next, given the living population."""

    @abstractmethod
    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the next population, best first, out of the last one (None at first) and the designs evaluated."""
