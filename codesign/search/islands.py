"""Islands: populations that evolve apart, and whose best members go to the next one now and then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from codesign.search.individuals import Individuals, identities_of
from codesign.search.overview import Axis, Overview
from codesign.search.search import Search
from codesign.search.settings import SearchSettings, Space
from codesign.streams import Purpose, stream


def start_search(settings: SearchSettings, space: Space, seed: int) -> Search:
    """Return a search that has not asked for anything yet, on as many islands as its settings say."""
    return settings.start(space, seed) if settings.islands == 1 else Islands(settings, space, seed)


class Islands(Search):
    """Several searches of one kind, which are asked and told together; the first one's random numbers are the run's.

    Every `migration_interval` generations the best `migrants` of each island also become candidates on the next one, in
    a ring (Tanese 1989; Whitley, Rana & Heckendorn 1999): its search selects among its members and them. So a design
    may live on several islands; here it is one member.

    Individuals are numbered island after island, each of which evaluates as many designs in a generation.

    Args:
        settings: of all islands together: each has its share of the population.
        space: the designs to search; those that are given are shared out.
        seed: seed of the run.
    """

    def __init__(self, settings: SearchSettings, space: Space, seed: int) -> None:
        count = settings.islands
        # Operators are adapted on each island.
        super().__init__(settings, replace(space, variation=replace(space.variation, adapt=False)), seed)
        own = replace(settings, islands=1, migrants=1, population_size=settings.population_size // count)
        self._islands: list[Search] = []
        for number in range(count):
            first = (
                None if space.first is None or len(space.first) <= number else space.first[slice(number, None, count)]
            )
            at = seed if number == 0 else int(stream(seed, 0, number, Purpose.ISLAND).integers(2**62))
            self._islands.append(own.start(replace(space, first=first), at))

    @property
    def islands(self) -> Sequence[Individuals]:
        return tuple(island.population for island in self._islands)

    @property
    def operator_weights(self) -> dict[str, float]:
        """How often each operator is used, the mean of the islands."""
        several = [island.operator_weights for island in self._islands]
        return {name: float(np.mean([weights[name] for weights in several])) for name in several[0]}

    @property
    def entrance(self) -> float:
        """Fitness that a design must exceed to enter the population of some island."""
        return min(island.entrance for island in self._islands)

    def revise(self, fitness: np.ndarray) -> None:
        """Replace what the members of all islands are worth."""
        super().revise(fitness)
        worth = dict(
            zip(map(tuple, self.population.identities.tolist()), self.population.fitness.tolist(), strict=True)
        )
        for island in self._islands:
            island.revise(np.array([worth[tuple(own)] for own in island.population.identities.tolist()]))

    def begin(self) -> Individuals:
        """Return the designs of the first generation of all islands."""
        return self._ask()

    def propose(self, population: Individuals) -> Individuals:
        """Return the next designs of all islands."""
        del population
        return self._ask()

    def _ask(self) -> Individuals:
        parts = [island.ask() for island in self._islands]
        size = len(parts[0])
        if any(len(part) != size for part in parts):
            raise RuntimeError(f"expected {size} designs of every island; got {list(map(len, parts))}; use one island")
        identities = identities_of(self.generation, size * len(parts))
        places = np.split(np.arange(len(identities)), len(parts))
        return Individuals.concatenate(
            [island.renumber(identities[own]) for island, own in zip(self._islands, places, strict=True)]
        )

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Let every island select among its own designs, and migrants go, and return the members of all."""
        del population
        for island, own in zip(self._islands, np.split(np.arange(len(evaluated)), len(self._islands)), strict=True):
            island.receive(evaluated.take(own))
        if (self.generation + 1) % self.settings.migration_interval == 0:
            self._migrate()
        everyone = Individuals.concatenate(self.islands)
        everyone = everyone.take(everyone.best_first())
        _, first = np.unique(everyone.identities, axis=0, return_index=True)
        return everyone.take(np.sort(first))

    def _migrate(self) -> None:
        leaving = []
        for island in self._islands:
            population = island.population
            best = population.take(population.best_first()[: self.settings.migrants])
            best = best.take(np.isfinite(best.fitness))
            leaving.append((best, island.known_of(best)))
        for island, (migrants, known) in zip(self._islands, leaving[-1:] + leaving[:-1], strict=True):
            members = set(map(tuple, island.population.identities.tolist()))
            new = np.array(
                [tuple(identity) not in members for identity in migrants.identities.tolist()], dtype=np.bool_
            )
            if new.any():
                island.admit(migrants.take(new), {name: values[new] for name, values in known.items()})

    def overview(self) -> Overview | None:
        """Return the members of all islands, each by what it is on its own; None where they look at fitness alone.

        A design that lives on several islands is shown once, as it is on the first of them.
        """
        parts = [part for island in self._islands if (part := island.overview()) is not None]
        if not parts:
            return None
        identities = np.concatenate([part.identities for part in parts])
        _, first = np.unique(identities, axis=0, return_index=True)
        kept = np.sort(first)

        def joined(axes: Sequence[Axis]) -> Axis:
            return replace(axes[0], values=np.concatenate([axis.values for axis in axes])[kept])

        notes = [part.note for part in parts]
        each = " ".join(f"Island {number}: {note}" for number, note in enumerate(notes))
        return Overview(
            parts[0].title,
            f"{notes[0]} Every design is seen among those of its island." if len(set(notes)) == 1 else each,
            identities[kept],
            np.concatenate([part.fitness for part in parts])[kept],
            joined([part.across for part in parts]),
            joined([part.up for part in parts]),
            np.concatenate([part.marked for part in parts])[kept],
            parts[0].mark,
        )

    def memory(self) -> dict[str, np.ndarray]:
        return {
            f"{number}.{name}": array
            for number, island in enumerate(self._islands)
            for name, array in island.state().items()
        }

    def recall(self, memory: Mapping[str, np.ndarray]) -> None:
        states: list[dict[str, np.ndarray]] = [{} for _ in self._islands]
        for key, array in memory.items():
            number, _, name = key.partition(".")
            if not number.isdigit() or int(number) >= len(states):
                raise ValueError(f"expected the states of {len(states)} islands; got {key}")
            states[int(number)][name] = array
        for island, state in zip(self._islands, states, strict=True):
            island.restore(state)
