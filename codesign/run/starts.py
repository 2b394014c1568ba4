"""Designs that are judged by several starts: new ones by a few, those that live by one more in each generation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.errors import RunError
from codesign.evaluate import DesignWeights, Evaluations, Request
from codesign.genome import Genomes
from codesign.run.design_tables import DesignTables
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import Identity, identity_pair
from codesign.run.inheritance import Inheritance
from codesign.run.start_tables import Starts, StartTables, write_starts
from codesign.search import Individuals


@dataclass(frozen=True)
class _Asked:
    """Which evaluations are asked for: those of new designs from their own starts, and further ones.

    Attributes:
        identities: (generation, individual) of the designs of the further ones, int64, shape (n, 2).
        attempts: numbers of their starts, int64, shape (n,).
        living: members of the population whose fitness they change, places in it, int64.
    """

    identities: np.ndarray
    attempts: np.ndarray
    living: np.ndarray


class SeveralStarts:
    """What the living and the new designs of a run did from each of their starts, generation by generation.

    Start 0 of a design is the one that it has in its row of the designs' tables. Weights that are kept of a design are
    those of its best start.

    Args:
        experiment: the run's, whose search says who is evaluated again and how fitness is made of all starts.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment, self._settings = experiment, experiment.search
        self._fitness: dict[Identity, list[float]] = {}
        self._first: dict[Identity, np.ndarray] = {}
        self._asked: _Asked | None = None
        self._judged: Judged | None = None

    def request(self, own: Request, population: Individuals | None) -> Request:
        """Return what is to be evaluated of a generation: its designs, and all further starts behind them.

        Args:
            own: the new designs, each from its own start.
            population: the living; None before the first generation.
        """
        if not self._settings.several_starts:
            return own
        more, count = self._settings.starts - 1, len(own)
        old = np.zeros(0, dtype=np.int64)
        if self._settings.reevaluate and population is not None:
            old = np.flatnonzero(np.isfinite(population.fitness))
        identities, attempts = np.tile(own.identities, (more, 1)), np.repeat(np.arange(1, more + 1), count)
        genomes, first = [own.genomes, *[own.genomes] * more], own.first
        if population is not None and len(old):
            living = population.take(old)
            identities = np.concatenate([identities, living.identities])
            tried = [len(self._fitness[identity_pair(identity)]) for identity in living.identities.tolist()]
            attempts = np.concatenate([attempts, np.array(tried, dtype=np.int64)])
            genomes.append(living.genomes)
        if first is not None:
            self._first |= {identity_pair(each): first.of(place) for place, each in enumerate(own.identities.tolist())}
        if self._first:
            none = next(iter(self._first.values()))[:0]
            everyone = np.concatenate([own.identities, identities]).tolist()
            first = DesignWeights.joined([self._first.get(identity_pair(each), none) for each in everyone])
        self._asked = _Asked(identities, attempts, old)
        # The best start of a design decides which of its weights are kept, and that is known afterwards only.
        return replace(
            own,
            designs=Genomes.concatenate(genomes),
            identities=np.concatenate([own.identities, identities]),
            keep=None,
            first=first,
            attempts=np.concatenate([np.zeros(count, dtype=np.int64), attempts]),
        )

    def judge(self, asked: Individuals, population: Individuals | None, found: Evaluations) -> "Judged":
        """Return what the evaluations that were asked for come to.

        Args:
            asked: the new designs.
            population: the living; None before the first generation.
            found: all that was asked for.
        """
        if self._asked is None:
            self._judged = Judged(found, None, None, found.fitness, None)
            return self._judged
        further, self._asked, count = self._asked, None, len(asked)
        own, others = found.take(np.arange(count)), found.take(np.arange(count, len(found)))
        # Curves are as long as those of the oldest that live, which may have learned for longer.
        steps = self._experiment.trial.learner.in_generation(int(asked.identities[0, 0])).iterations
        own = replace(own, curves=own.curves[:, : steps + 1])
        for identity, fitness in zip(map(identity_pair, asked.identities.tolist()), own.fitness.tolist(), strict=True):
            self._fitness[identity] = [fitness]
        pairs = [identity_pair(each) for each in further.identities.tolist()]
        for identity, fitness in zip(pairs, others.fitness.tolist(), strict=True):
            self._fitness[identity].append(fitness)
        revised = None
        if population is not None:
            revised = population.fitness.copy()
            revised[further.living] = self._worth(
                [identity_pair(each) for each in population.identities[further.living].tolist()]
            )
        worth = self._worth([identity_pair(each) for each in asked.identities.tolist()])
        starts = Starts(further.identities, further.attempts, others.fitness, self._worth(pairs))
        self._judged = Judged(own, others, starts, worth, revised)
        return self._judged

    def _worth(self, identities: Sequence[Identity]) -> np.ndarray:
        return np.array([self._settings.by_all_starts(self._fitness[each]) for each in identities], dtype=np.float64)

    def write(self, folder: RunFolder, generation: int) -> None:
        """Write the table of a generation's further starts, if there are any.

        Raises:
            OutputError: the folder cannot be written to.
        """
        judged = self._judged
        if judged is not None and judged.starts is not None and judged.further is not None and len(judged.further):
            write_starts(folder.starts, generation, judged.starts, judged.further)

    def tried(self, population: Individuals) -> list[int]:
        """Return from how many starts each member of a population has learned."""
        return [len(self._fitness.get(identity_pair(identity), (0.0,))) for identity in population.identities.tolist()]

    def survive(self, population: Individuals) -> None:
        """Forget those that died."""
        living = {identity_pair(identity) for identity in population.identities.tolist()}
        self._fitness = {identity: own for identity, own in self._fitness.items() if identity in living}
        self._first = {identity: own for identity, own in self._first.items() if identity in living}

    def kept(
        self,
        count: int,
        population: Individuals,
        judged: "Judged",
        asked: Individuals,
        before: Mapping[Identity, np.ndarray],
    ) -> dict[Identity, np.ndarray]:
        """Return the weights of the best members of a population from the best start of each, those that are there.

        Args:
            count: members whose weights are kept, at most.
            population: members after selection, best first.
            judged: of this generation, with weights of all evaluations.
            asked: its new designs.
            before: the weights that were kept before.
        """
        new: dict[Identity, np.ndarray] = {}
        parts = [(asked.identities, np.zeros(len(asked), dtype=np.int64), judged.own)]
        if judged.further is not None and judged.starts is not None:
            parts.append((judged.starts.identities, judged.starts.attempts, judged.further))
        for identities, attempts, evaluations in parts:
            for place, (identity, attempt) in enumerate(zip(identities.tolist(), attempts.tolist(), strict=True)):
                # Of equal starts the first counts, as everywhere where a best start is looked for.
                if attempt == int(np.argmax(self._fitness[identity_pair(identity)])):
                    new[identity_pair(identity)] = evaluations.weights_of(place)
        found: dict[Identity, np.ndarray] = {}
        for identity in map(identity_pair, population.identities[:count].tolist()):
            if identity in new:
                found[identity] = new[identity].copy()
            elif identity in before:
                found[identity] = before[identity]
        return found

    def restore(self, population: Individuals, generation: int, folder: RunFolder) -> None:
        """Read what the members of a population did from each of their starts from the run's tables.

        Args:
            population: after a generation.
            generation: its number.
            folder: the run's.

        Raises:
            DesignError: the run has not evaluated one of them.
            RunError: a table cannot be read, or lacks a start.
        """
        if not self._settings.several_starts:
            return
        identities = [identity_pair(identity) for identity in population.identities.tolist()]
        tables, further = DesignTables(folder), StartTables(folder).fitness(identities, generation)
        designs = tables.find(identities)
        self._fitness = {design.identity: [design.fitness, *further.get(design.identity, [])] for design in designs}
        first = Inheritance(self._experiment).first_of(folder, designs)
        self._first = {} if first is None else {each: first.of(place) for place, each in enumerate(identities)}
        for identity, fitness in zip(identities, population.fitness.tolist(), strict=True):
            worth = self._settings.by_all_starts(self._fitness[identity])
            if not (worth == fitness or abs(worth - fitness) < 1e-9):
                got = f"starts that come to {worth:g} where the checkpoint has {fitness:g}"
                raise RunError("tables with all starts of the living", got, "restore them, or start a new run")


@dataclass(frozen=True)
class Judged:
    """What a generation's evaluations come to.

    Attributes:
        own: evaluations of the new designs from their own starts, with the steps of all evaluations.
        further: evaluations from further starts, in the order of `starts`; None where there are none at all.
        starts: which those are.
        fitness: what each new design is worth by its starts, which is told to the search, shape (n,).
        revised: what each member of the population is worth by all of its, shape (m,); None for no change.
    """

    own: Evaluations
    further: Evaluations | None
    starts: Starts | None
    fitness: np.ndarray
    revised: np.ndarray | None
