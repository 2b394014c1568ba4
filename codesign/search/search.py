"""What every search has in common: ask and tell in turn, lineage, and a state that can be stored."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.checks import require_choice, require_count, require_flag, require_number
from codesign.errors import ConfigError
from codesign.genome import (
    Genomes,
    Lattice,
    LatticeSettings,
    VariationSettings,
    check_whole,
    random_genomes,
    repeated,
)
from codesign.search.adaptation import Adaptation
from codesign.search.individuals import NO_PARENT, NOT_EVALUATED, Individuals, identities_of
from codesign.search.known import KnownKeys
from codesign.search.overview import Overview
from codesign.streams import Draws, Purpose, draws_of

RANDOM = "random"
"""Operator recorded for a design that was drawn and not varied from another."""

GIVEN = "given"
"""Operator recorded for a design that the search was given to begin with."""

NO_INHERITANCE, LAMARCKIAN, MIXED = "none", "lamarckian", "mixed"
"""What designs begin to learn from, see `SearchSettings.inheritance`."""

_ADAPTATION = "adaptation."
"""What the names of arrays begin with that say what operators' children came to."""

_MEMORY = "memory."
"""What the names of arrays begin with that one kind of search remembers."""

ATTEMPTS = 20
"""Times that a design is made anew because it repeats another; a tiny lattice may have no other."""


@dataclass(frozen=True)
class Space:
    """The designs that a search moves in.

    Attributes:
        lattice: settings of the lattice that the designs live on, and of how random ones are drawn.
        variation: operators that make a design from others, with their weights.
        first: designs that the search begins with, whole and no two the same; None for random ones alone.
    """

    lattice: LatticeSettings
    variation: VariationSettings
    first: Genomes | None = None


@dataclass(frozen=True)
class SearchSettings(ABC):
    """Settings that every search has.

    Attributes:
        name: key in the registry.
        population_size: designs that survive a generation.
        generations: generations of the run; the first, number 0, is random, or begins with `first`.
        offspring_per_parent: designs evaluated per member of the population in every later generation.
        symmetric: whether mirror images and rotations of a design are the same design, which is not evaluated again
            while the other lives. They are for tasks without a direction, such as jumping.
        inheritance: what a design begins to learn from. "none": its controller's weights are drawn. "lamarckian": it
            has those that its parents had learned, wherever both bodies have the same masses and springs of the
            lattice; what is new is drawn. "mixed": either, by chance.
        inheritance_probability: of inheriting, from 0 to 1, for inheritance=mixed.
        from_scratch: whether every design that enters the population is also taught from drawn weights, as designs of
            the first generation are, to tell how well its body learns; selection knows nothing of it.
        polish_designs: members of the last population, the best ones, that learn on at the end of the run, from what
            they learned; 0 for none. It changes nothing about the run.
        polish_iterations: steps that each of these takes.
        islands: populations that evolve apart, which `population_size` is divided among; 1 for one population.
        migration_interval: generations after which the best members of each island go to the next one.
        migrants: members that go, of each island.
        first: file or folder of bodies that the first generation begins with, or several; it is filled up at random.
            Of more than `population_size` the best by the files' own fitness are taken, or the first. None for none.
        starts: starts that every new design learns from, each with first weights of its own, before it is judged.
        reevaluate: whether every valid member of the population learns from one more start in each generation, so that
            who was lucky does not stay for that.
        reevaluate_by: what a design is worth by all its starts so far: their "mean", or a "quantile" of them.
        reevaluate_quantile: share of the starts in which less is done, from 0 (the worst) to 1, for a quantile.
        final_designs: members of the last population, the best ones, that learn from new starts at the end of the run,
            to tell what they are worth without luck; 0 for none. It changes nothing about the run.
        final_starts: new starts of each of these.

    Raises:
        ConfigError: a number that is not whole or out of range, islands that the population cannot be divided among, or
            of a search that waits for no generation, more migrants than members, `symmetric`, `from_scratch` or
            `reevaluate` neither true nor false, an inheritance or `reevaluate_by` that does not exist, several starts
            where nobody waits for a generation, or `first` no path.
    """

    name: str = ""
    population_size: int = 100
    generations: int = 60
    offspring_per_parent: int = 1
    symmetric: bool = False
    inheritance: str = NO_INHERITANCE
    inheritance_probability: float = 0.5
    from_scratch: bool = False
    polish_designs: int = 0
    polish_iterations: int = 100
    islands: int = 1
    migration_interval: int = 10
    migrants: int = 1
    first: str | tuple[str, ...] | None = None
    starts: int = 1
    reevaluate: bool = False
    reevaluate_by: str = "mean"
    reevaluate_quantile: float = 0.25
    final_designs: int = 0
    final_starts: int = 8

    def __post_init__(self) -> None:
        for field in ("population_size", "generations", "offspring_per_parent", "starts", "final_starts"):
            require_count(self, field)
        require_count(self, "polish_designs", at_least=0, example=10)
        require_count(self, "polish_iterations", example=100)
        for field in ("symmetric", "from_scratch", "reevaluate"):
            require_flag(self, field)
        for field in ("islands", "migration_interval", "migrants"):
            require_count(self, field)
        self._require_islands()
        require_choice(self, "inheritance", (NO_INHERITANCE, LAMARCKIAN, MIXED))
        require_number(self, "inheritance_probability", at_least=0.0, at_most=1.0, example=0.5)
        if self.from_scratch and self.asynchronous:
            got = f"true with search={self.name}, which waits for no generation"
            raise ConfigError("false", got, "set {field}=false, or choose a search of generations", "from_scratch")
        require_count(self, "final_designs", at_least=0, example=10)
        require_choice(self, "reevaluate_by", ("mean", "quantile"))
        require_number(self, "reevaluate_quantile", at_least=0.0, at_most=1.0, example=0.25)
        if self.asynchronous and self.several_starts:
            field = "reevaluate" if self.reevaluate else "starts"
            got = f"{getattr(self, field)} with search={self.name}, which waits for no generation"
            wanted = "false" if self.reevaluate else "1"
            raise ConfigError(wanted, got, f"set {{field}}={wanted}, or choose a search of generations", field)
        paths = self.first_paths if isinstance(self.first, str | tuple | None) else ("",)
        if self.first == () or not all(isinstance(path, str) and path for path in paths):
            raise ConfigError("a path or a list of paths", repr(self.first), "set {field}=FILE", "first")

    def _require_islands(self) -> None:
        if self.islands == 1:
            return
        if self.asynchronous:
            got = f"{self.islands} with a search that waits for no generation"
            raise ConfigError("1", got, "set {field}=1, or choose another search", "islands")
        each, rest = divmod(self.population_size, self.islands)
        if rest or not each:
            got = f"{self.population_size} with {self.islands} islands"
            raise ConfigError("a multiple of the number of islands", got, "change one of them", "population_size")
        if self.migrants > each:
            remedy = "lower {field}, or raise population_size"
            raise ConfigError(f"at most {each}, the members of an island", f"{self.migrants}", remedy, "migrants")

    @property
    def first_paths(self) -> tuple[str, ...]:
        """The files and folders of `first`."""
        return (self.first,) if isinstance(self.first, str) else tuple(self.first or ())

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measures that the search looks at besides fitness; none unless a search says so."""
        return ()

    @property
    def asynchronous(self) -> int:
        """Designs in flight, where the search waits for no generation and one process evaluates them; 0 else."""
        return 0

    @property
    def several_starts(self) -> bool:
        """Whether designs may be judged by more than one start."""
        return self.reevaluate or self.starts > 1

    def by_all_starts(self, fitness: Sequence[float]) -> float:
        """Return what a design is worth, given its fitness from each of its starts so far, at least one.

        One invalid start (-inf) makes a mean invalid, and a quantile that it takes part in.
        """
        ordered = np.sort(np.asarray(fitness, dtype=np.float64))
        if self.reevaluate_by == "mean":
            return float(ordered.mean())
        place = self.reevaluate_quantile * (len(ordered) - 1)
        low = int(place)
        share = place - low
        return float(ordered[low] if share == 0.0 else ordered[low] * (1.0 - share) + ordered[low + 1] * share)

    @abstractmethod
    def start(self, space: Space, seed: int) -> "Search":
        """Return a search in `space` that has not asked for anything yet."""


class Search(ABC):
    """Proposes designs and is told their fitness: `ask`, `tell`, `ask`, `tell`, ...

    Everything random comes from streams addressed by (seed, generation, individual), so that the population and the
    number of generations told are all there is to remember.

    Args:
        settings: sizes.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: SearchSettings, space: Space, seed: int) -> None:
        self.settings, self.space, self.seed = settings, space, seed
        self.lattice: Lattice = space.lattice.build()
        self._told = 0
        self._population: Individuals | None = None
        self._asked: Individuals | None = None
        self._known = KnownKeys(self.lattice, symmetric=settings.symmetric)
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

    def admit(self, evaluated: Individuals) -> None:
        """Let evaluated designs from elsewhere be selected into the population, between two generations."""
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
        self._known = KnownKeys(self.lattice, symmetric=self.settings.symmetric)

    def overview(self) -> Overview | None:
        """Return the living by what the search looks at, for a page; None where it looks at fitness alone."""
        return None

    @abstractmethod
    def propose(self, population: Individuals) -> Individuals:
        """Return the designs to evaluate next, given the living population."""

    @abstractmethod
    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the next population, best first, out of the last one (None at first) and the designs evaluated."""

    def begin(self) -> Individuals:
        """Return the designs of the first generation: those given, and random ones that differ from them.

        A random design is the one that would have its number if none were given.

        Raises:
            ConfigError: more designs are given than there are members of the population.
        """
        given = self.space.first
        if given is None:
            return self.draw()
        count, own = self.settings.population_size, len(given)
        if own > count:
            raise ConfigError(f"at most {count} first designs", f"{own}", "give fewer, or set population_size")
        identities = identities_of(self.generation, count)
        draws = draws_of(self.seed, self.generation, count, Purpose.GENOME)

        def make(chosen: np.ndarray) -> Individuals:
            drawn = random_genomes(self.lattice, self.space.lattice, draws.of(chosen))
            place = np.where(chosen < own, chosen, own + np.arange(len(chosen)))
            return Individuals(
                Genomes.concatenate([given, drawn])[place],
                identities[chosen],
                np.full((len(chosen), 2, 2), NO_PARENT, dtype=np.int64),
                tuple(GIVEN if number < own else RANDOM for number in chosen.tolist()),
                np.full(len(chosen), NOT_EVALUATED),
            )

        return self.distinct(make, count, None)

    def draw(self, count: int | None = None, living: Individuals | None = None) -> Individuals:
        """Return `count` random designs of this generation that differ from each other and from the `living`."""
        count = self.settings.population_size if count is None else count
        identities = identities_of(self.generation, count)
        draws = draws_of(self.seed, self.generation, count, Purpose.GENOME)

        def make(chosen: np.ndarray) -> Individuals:
            return self.random_designs(identities[chosen], draws.of(chosen))

        return self.distinct(make, count, living)

    def random_designs(self, identities: np.ndarray, draws: Draws) -> Individuals:
        """Return a random design of each identity, whatever designs there are already."""
        count = len(identities)
        genomes = random_genomes(self.lattice, self.space.lattice, draws)
        orphans = np.full((count, 2, 2), NO_PARENT, dtype=np.int64)
        return Individuals(genomes, identities, orphans, (RANDOM,) * count, np.full(count, NOT_EVALUATED))

    def distinct(
        self, make: Callable[[np.ndarray], Individuals], count: int, living: Individuals | None
    ) -> Individuals:
        """Return individuals 0 to `count` - 1 of `make`, made anew where one repeats another or one of the `living`.

        Args:
            make: returns the individuals of the given numbers, other ones each time it is called.
            count: individuals to make.
            living: designs that are not worth another evaluation.
        """
        alive = None if living is None else self._known.look_up(living)
        made = make(np.arange(count))
        found = self._known.compute(made)
        for _ in range(ATTEMPTS):
            again = repeated(found, alive)
            if not len(again):
                break
            others = make(again)
            made = made.replaced(again, others)
            found[again] = self._known.compute(others)
        self._known.remember((made, found), *([] if living is None or alive is None else [(living, alive)]))
        return made
