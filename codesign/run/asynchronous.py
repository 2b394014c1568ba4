"""Runs that wait for no generation: designs go to whoever is free, and a table is written with its last design."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codesign.errors import CheckpointError
from codesign.evaluate import (
    Completed,
    DesignWeights,
    Evaluations,
    EvaluationSpec,
    EvaluationStream,
    Evaluator,
    KeptWeights,
    Request,
)
from codesign.run.checkpoint import Checkpoint
from codesign.run.curves import Curves
from codesign.run.design_tables import DesignTables
from codesign.run.designs import COMPLETED
from codesign.run.generations import Born
from codesign.run.identities import Identity, identity_pair
from codesign.run.inheritance import Living
from codesign.run.interruption import Interruption
from codesign.run.kept_weights import kept
from codesign.run.listeners import Listener
from codesign.run.speed import StreamSpeed
from codesign.search import AsynchronousSearch, Individuals

_TOLD = "told."
_IN_FLIGHT = -1


@dataclass(frozen=True)
class _Open:
    """A design that was submitted and is in no table yet.

    Attributes:
        individual: the design alone.
        first: weights that it begins with, as far as they are not drawn; None where all are.
        inherited: share of its weights that it inherited, NaN where none inherits controllers.
        completed: how many designs were completed before it, `_IN_FLIGHT` while it is evaluated.
        evaluation: of it alone, without weights; None while it is evaluated, for the first time or again.
    """

    individual: Individuals
    first: DesignWeights | None
    inherited: float
    completed: int = _IN_FLIGHT
    evaluation: Evaluations | None = None


class Arrivals:
    """Designs of an asynchronous search on their way from being submitted to being in a table.

    Args:
        search: the run's, which is asked and told here.
        parents: what the living pass on, which is kept up to date here.
        generations: of the run; designs of later ones are made in their turn, and evaluated only if it goes on.
        weights: living designs, the best ones, whose weights are kept.
        listener: told how far the oldest generation is.
    """

    def __init__(
        self,
        search: AsynchronousSearch,
        parents: Living,
        generations: int,
        weights: int,
        listener: Listener,
    ) -> None:
        self._search, self._parents, self._listener = search, parents, listener
        self._generations = generations
        self._keep = KeptWeights(weights)
        self._open: dict[Identity, _Open] = {}
        self._completed = 0
        self._stream: EvaluationStream | None = None
        self._speed = StreamSpeed()
        self.weights: dict[Identity, np.ndarray] = {}
        self.curves = Curves.none()

    def begin(self, evaluator: Evaluator, spec: EvaluationSpec, interruption: Interruption) -> EvaluationStream:
        """Return the stream that designs go through, once those that are in no table are on their way again.

        Args:
            evaluator: that evaluates them.
            spec: how it does.
            interruption: whose signals interrupt the waiting.
        """
        # Learners with patience take as many steps as a design needs: what each took is known of it alone.
        in_flight = self._search.settings.asynchronous
        self._stream = stream = evaluator.stream(in_flight, 1 if spec.learner.patience else in_flight)
        self._speed = StreamSpeed()
        again = sorted(identity for identity, own in self._open.items() if own.completed != _IN_FLIGHT)
        if again:
            self._submit(again)
            evaluations = []
            while len(evaluations) < len(again):
                with interruption.interruptible():
                    news = stream.completed()
                evaluations += news
            for one in evaluations:
                self._open[one.identity] = replace(self._open[one.identity], evaluation=_bare(one))
            told = Individuals.concatenate([self._open[one.identity].individual for one in evaluations])
            joined = Evaluations.concatenate([one.evaluation for one in evaluations])
            # Those that died by now may have had children.
            self._parents.remember(told, joined)
        flying = sorted(identity for identity, own in self._open.items() if own.completed == _IN_FLIGHT)
        flying = [identity for identity in flying if identity[0] < self._generations]
        if flying:
            self._submit(flying)
        return stream

    def advance(self, interruption: Interruption) -> Born:
        """Submit and tell designs until the oldest generation is complete, and return its designs.

        Args:
            interruption: whose signals interrupt the waiting, but nothing that is told.
        """
        assert self._stream is not None, "not begun"
        generation = self._search.generation
        size, done = self._search.size(generation), self._done(generation)
        while done < size:
            self._fill(self._stream)
            with interruption.interruptible():
                news = self._stream.completed()
            if news:
                self._tell(news)
                done = self._done(generation)
                self._listener.on_progress(done, size)
        identities = [(generation, number) for number in range(size)]
        members = [self._open.pop(identity) for identity in identities]
        self._search.finish_generation()
        shares = np.array([own.inherited for own in members])
        return Born(
            Individuals.concatenate([own.individual for own in members]),
            Evaluations.concatenate([own.evaluation for own in members if own.evaluation is not None]),
            None if np.isnan(shares).any() else shares,
            {COMPLETED: np.array([own.completed for own in members], dtype=np.int64)},
            self._speed.completed(size, self._stream.designs, self._stream.robot_steps),
        )

    def state(self) -> dict[str, np.ndarray]:
        """Return, besides the state of the search, what `restore` needs, as named arrays."""
        designs = dict(sorted(self._open.items()))
        told = [own.individual for own in designs.values() if own.completed != _IN_FLIGHT]
        first = {identity: own.first for identity, own in designs.items() if own.first is not None}
        found = {
            "count": np.array([self._completed], dtype=np.int64),
            "identities": np.array(list(designs), dtype=np.int64).reshape(-1, 2),
            "completed": np.array([own.completed for own in designs.values()], dtype=np.int64),
            "inherited": np.array([own.inherited for own in designs.values()], dtype=np.float64),
        }
        if told:
            found |= {f"{_TOLD}{name}": array for name, array in Individuals.concatenate(told).arrays().items()}
        if first:
            joined = DesignWeights.concatenate(list(first.values()))
            found |= {"first": joined.values, "first.start": joined.start}
            found["first.identities"] = np.array(list(first), dtype=np.int64)
        return found

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, from which the search was restored before.

        Raises:
            CheckpointError: what it has of designs that are in no table does not fit, or is not there.
        """
        self.weights = checkpoint.weights
        try:
            self._restore(checkpoint.arrivals)
        except (KeyError, ValueError, IndexError, TypeError) as error:
            got = f"that of generation {checkpoint.generation} ({error})"
            raise CheckpointError("a checkpoint of an asynchronous run", got, "use another checkpoint") from error

    def recorded(self, population: Individuals) -> Individuals:
        """Return those members of a population that are in a table."""
        told = {identity for identity, own in self._open.items() if own.completed != _IN_FLIGHT}
        return population.take(
            np.array([tuple(each) not in told for each in population.identities.tolist()], dtype=bool)
        )

    def _restore(self, state: Mapping[str, np.ndarray]) -> None:
        arrays = {name.removeprefix(_TOLD): array for name, array in state.items() if name.startswith(_TOLD)}
        parts = [Individuals.from_arrays(arrays)] if arrays else []
        parts += [] if self._search.in_flight is None else [self._search.in_flight]
        individuals = {
            identity: part.take(np.array([place]))
            for part in parts
            for place, identity in enumerate(map(identity_pair, part.identities.tolist()))
        }
        first: dict[Identity, DesignWeights] = {}
        if "first" in state:
            joined = DesignWeights(state["first"], state["first.start"])
            identities = map(identity_pair, state["first.identities"].tolist())
            first = {identity: joined.take(np.array([place])) for place, identity in enumerate(identities)}
        known = list(map(identity_pair, state["identities"].tolist()))
        if set(known) != set(individuals):
            raise ValueError(f"{len(known)} designs without a table, and genomes of {len(individuals)}")
        numbers = zip(known, state["inherited"].tolist(), state["completed"].tolist(), strict=True)
        self._open = {each: _Open(individuals[each], first.get(each), share, rank) for each, share, rank in numbers}
        (self._completed,) = state["count"].tolist()

    def _done(self, generation: int) -> int:
        return sum(born == generation and own.evaluation is not None for (born, _), own in self._open.items())

    def _fill(self, stream: EvaluationStream) -> None:
        # What follows the last generation is made when it would be, so that a longer run is the same up to there.
        while (room := stream.room - sum(born >= self._generations for born, _ in self._open)) > 0:
            asked = self._search.submit(room)
            first, shares = self._parents.first(asked), self._parents.shares
            identities = list(map(identity_pair, asked.identities.tolist()))
            for place, identity in enumerate(identities):
                one, share = np.array([place]), np.nan if shares is None else float(shares[place])
                self._open[identity] = _Open(asked.take(one), None if first is None else first.take(one), share)
            self._submit([identity for identity in identities if identity[0] < self._generations])

    def _submit(self, identities: Sequence[Identity]) -> None:
        assert self._stream is not None, "not begun"
        parts = list[Request]()
        for own in (self._open[identity] for identity in identities):
            parts.append(Request(own.individual.genomes, own.individual.identities, first=own.first))
        if parts:
            self._stream.submit(Request.joined(parts))

    def _tell(self, news: Sequence[Completed]) -> None:
        """Tell the search of designs, and keep what is to be kept of them."""
        evaluations = Evaluations.concatenate([one.evaluation for one in news])
        identities = [one.identity for one in news]
        told = self._search.complete(identities, evaluations.fitness, evaluations.measures)
        population = self._search.population
        self._parents.survive(population, told, evaluations)
        self.weights = kept(self._keep, population, told.identities, evaluations, self.weights)
        for place, one in enumerate(news):
            own, individual = self._open[one.identity], told.take(np.array([place]))
            self._open[one.identity] = replace(
                own, individual=individual, completed=self._completed, evaluation=_bare(one)
            )
            self._completed += 1


def replayed(search: AsynchronousSearch, tables: DesignTables) -> Iterator[Individuals]:
    """Yield the population after each generation of a run, by telling a search in the order of completion.

    Of a run that was stopped, what was told and is in no table yet is missing after the last generations.

    Args:
        search: that knows nothing yet.
        tables: the run's.

    Raises:
        RunError: a table of designs cannot be read.
    """
    generations = tables.generations()
    left, last, taken = list(generations), dict[int, int](), 0
    ranks, designs = np.zeros(0, dtype=np.int64), list[Individuals]()
    for generation in generations:
        # Some of later generations were completed before the last of this one.
        while left and (generation not in last or taken + np.sum(ranks <= last[generation]) <= last[generation]):
            own = tables.completed(left[0])
            ranks, last[left[0]] = np.append(ranks, own), int(own.max())
            designs.append(tables.evaluated(left.pop(0), search.settings.measured))
        waiting = Individuals.concatenate(designs)
        order = np.argsort(ranks, kind="stable")
        now = order[: np.count_nonzero(ranks <= last[generation])]
        search.take_in(waiting.take(now))
        search.finish_generation()
        yield search.population
        later = ranks > last[generation]
        ranks, designs, taken = ranks[later], [waiting.take(later)], taken + len(now)


def _bare(one: Completed) -> Evaluations:
    """Return an evaluation without weights."""
    return one.evaluation.kept(KeptWeights(0), np.array([one.identity], dtype=np.int64))
