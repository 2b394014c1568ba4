"""Designs for a search to propose: those that it is given, random ones, and none that repeats another."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from codesign.errors import ConfigError
from codesign.genome import Genomes, Lattice, random_genomes, repeated
from codesign.search.individuals import NO_PARENT, NOT_EVALUATED, Individuals, identities_of
from codesign.search.known import KnownKeys
from codesign.search.settings import SearchSettings, Space
from codesign.streams import Draws, Purpose, draws_of

RANDOM = "random"
"""Operator recorded for a design that was drawn and not varied from another."""

GIVEN = "given"
"""Operator recorded for a design that the search was given to begin with."""

ATTEMPTS = 20
"""Times that a design is made anew because it repeats another; a tiny lattice may have no other."""


class DesignSource(ABC):
    """Makes designs by numbers that are addressed by (seed, generation, individual).

    Args:
        settings: sizes, and whether mirror images are the same.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: SearchSettings, space: Space, seed: int) -> None:
        self.settings, self.space, self.seed = settings, space, seed
        self.lattice: Lattice = space.lattice.build()
        self._forget()

    def _forget(self) -> None:
        """Forget the keys of designs that were looked up, which only spares looking them up again."""
        self._known = KnownKeys(self.lattice, symmetric=self.settings.symmetric)

    @property
    @abstractmethod
    def generation(self) -> int:
        """Number of the generation that is asked for next, or being evaluated now."""

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
