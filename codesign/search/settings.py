"""Settings that every search has, and the designs that searches move in."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from codesign.checks import require_choice, require_count, require_default, require_flag, require_number
from codesign.errors import ConfigError
from codesign.genome import (
    Genomes,
    LatticeSettings,
    VariationSettings,
)

if TYPE_CHECKING:
    from codesign.search.search import Search

NO_INHERITANCE = "none"
"""Designs begin with weights that are drawn, see `SearchSettings.inheritance`."""

LAMARCKIAN = "lamarckian"
"""Children begin with what their parents learned."""

MIXED = "mixed"
"""Some children do, by chance."""


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

    def require_effect(self) -> None:
        """Check that no setting differs from its default where it does nothing, as `Learner.require_effect` does.

        Raises:
            ConfigError: one does.
        """
        remedy = "set {field}=none, or choose a search whose designs have parents"
        require_default(self, "inheritance", not self.heredity, remedy)
        several = "several starts (starts=2 or reevaluate=true)"
        by_quantile = self.several_starts and self.reevaluate_by == "quantile"
        for field, needed, idle in (
            ("inheritance_probability", f"inheritance={MIXED}", self.inheritance != MIXED),
            ("polish_iterations", "polish_designs=10", not self.polish_designs),
            ("migration_interval", "islands=2", self.islands == 1),
            ("migrants", "islands=2", self.islands == 1),
            ("reevaluate_by", several, not self.several_starts),
            ("reevaluate_quantile", f"reevaluate_by=quantile and {several}", not by_quantile),
        ):
            require_default(self, field, idle, f"leave {{field}} out, or let the search have {needed}")

    @property
    def first_paths(self) -> tuple[str, ...]:
        """The files and folders of `first`."""
        return (self.first,) if isinstance(self.first, str) else tuple(self.first or ())

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measures that the search looks at besides fitness; none unless a search says so."""
        return ()

    @property
    def heredity(self) -> bool:
        """Whether designs are made from others, which they may inherit from."""
        return True

    @property
    def selects_fittest(self) -> bool:
        """Whether the fittest survive, whatever else designs are; not so unless a search says it."""
        return False

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
