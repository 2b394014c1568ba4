"""Handing out the designs of a generation to workers that may be lost, hang, be slow, or join while it goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from codesign.errors import EvaluatorError
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import Workforce
from codesign.evaluate.pace import Pace, Patience
from codesign.evaluate.pieces import Pool
from codesign.evaluate.ray_workers import Fleet, Member, reason_of

_LOOK_SECONDS = 1.0
"""Seconds after which the machines of the cluster are looked at again."""

_PIECE_SECONDS = (0.2, 60.0)
"""How long a piece should take: so long that handing it out does not count, so short that little is lost with it."""

_FIRST = 2
"""Designs in a worker's first piece, while no speed is known (or the smallest piece, if that is larger)."""

_SILENT = 2.0
"""A worker that is silent for so many times what it was allowed is ended."""

_WAIT_SECONDS = 0.25
"""Seconds for which answers are waited for at a time."""

_IDLE_SECONDS = 0.02
"""The same while a worker has nothing to do and work may come."""

_PIECES_IN_STREAM = 2
"""Pieces for each worker where designs come and go: one that it evaluates, and one that waits for it."""

_SAY_SECONDS = 10.0
"""Seconds without any worker after which the user hears of it."""


@dataclass(frozen=True)
class Rules:
    """What a dispatcher puts up with.

    Attributes:
        smallest: designs in a piece at least.
        retries: times that a design is given to another worker after the one that had it was lost.
        wait: how long to wait for a worker where there is none [s].
        patience: how long a worker may take.
    """

    smallest: int
    retries: int
    wait: float
    patience: Patience


class AbandonedError(Exception):
    """Nobody wants the results any more."""


class Dispatcher:
    """Gives pieces to idle workers until every design of a generation has been evaluated once.

    Args:
        ray: the module, connected.
        fleet: the workers.
        rules: what to put up with.
        notice: called with what the user should know.
        workforce: called with who evaluates, when that has changed.
        stopped: whether nobody wants the results any more.
    """

    def __init__(
        self,
        ray: ModuleType,
        fleet: Fleet,
        rules: Rules,
        notice: Callable[[str], None],
        workforce: Callable[[Workforce], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._ray, self._fleet, self._rules = ray, fleet, rules
        self._notice, self._workforce, self._stopped = notice, workforce, stopped
        self._pace = Pace(rules.patience)
        self._retries = 0
        self._last_workforce: Workforce | None = None
        self._begin([])

    def evaluate(
        self,
        work: np.ndarray,
        arguments: Callable[[np.ndarray], tuple[Any, ...]],
        deliver: Callable[[np.ndarray, Evaluations], None],
    ) -> None:
        """Evaluate the designs of a generation.

        Args:
            work: expected work of each, above 0, shape (n,).
            arguments: returns what a worker is given for a piece.
            deliver: called with each piece and its evaluations, in any order, with every design once.

        Raises:
            EvaluatorError: nobody was left to work for too long, or a design took down too many workers.
            AbandonedError: nobody wants the results any more.
            Exception: whatever the function that evaluates raised.
        """
        self._begin(work)
        self._fleet.call()
        done = 0
        while done < len(work):
            done += self._advance(self._next_piece, arguments, deliver)
        self._tell_workforce()

    def stream(
        self,
        arrived: Callable[[], np.ndarray | None],
        arguments: Callable[[np.ndarray], tuple[Any, ...]],
        deliver: Callable[[np.ndarray, Evaluations], None],
        room: Callable[[int], None],
    ) -> None:
        """Evaluate designs as they come, each by whoever is free; for what it raises see `evaluate`.

        Args:
            arrived: returns the expected work of each design that came since it was called last, without waiting; None
                when no more come and what is not evaluated yet is not wanted.
            arguments: returns what a worker is given for a piece; designs are numbered as they came, from 0.
            deliver: called with each piece and its evaluations, in any order.
            room: called with how many designs there should be that are not delivered, when that has changed.
        """
        self._begin(np.zeros(0))
        self._streaming = True
        self._fleet.call()
        told = 0
        while (work := arrived()) is not None:
            self._pool.add(work)
            self._losses += [0] * len(work)
            wanted = _PIECES_IN_STREAM * self._rules.smallest * self._fleet.workforce(0).workers
            if wanted != told:
                room(wanted)
                told = wanted
            self._advance(self._next_in_stream, arguments, deliver)

    def _advance(
        self,
        next_piece: Callable[[Member, list[Member]], list[int]],
        arguments: Callable[[np.ndarray], tuple[Any, ...]],
        deliver: Callable[[np.ndarray, Evaluations], None],
    ) -> int:
        """Look after the workers, hand out pieces, take answers, and return how many designs are done by them."""
        if self._stopped():
            raise AbandonedError
        if time.monotonic() >= self._next_look:
            self._look()
            self._next_look = time.monotonic() + _LOOK_SECONDS
        self._hand_out(next_piece, arguments)
        answers = self._answers(self._next_look - time.monotonic())
        return sum(self._take(reference, deliver) for reference in answers)

    def _begin(self, work: Any) -> None:
        work = np.asarray(work, dtype=np.float64)
        self._pool = Pool(work, self._rules.smallest)
        self._losses = [0] * len(work)
        self._alone_since, self._told_alone = time.monotonic(), False
        self._next_look = 0.0
        self._streaming = False
        for member in self._fleet.members:
            member.piece = []  # of a generation that ended without it

    def _look(self) -> None:
        """See who came and went, whose time is over, and whether anybody is there."""
        for member in self._fleet.refresh():
            self._give_back(member)
        self._fleet.require_hope()
        now = time.monotonic()
        for member in list(self._fleet.members):
            taken = now - member.since
            if member.task is not None and taken > member.allowed and not member.late:
                self._notice(f"A worker on {member.host} has not answered for {taken:.0f} s: its designs go to others.")
                self._give_back(member)
                member.late = True
            elif member.late and taken > _SILENT * member.allowed:
                self._notice(f"A worker on {member.host} has been silent for {taken:.0f} s: it is ended and replaced.")
                self._drop(member)
                self._count_loss(member.piece, f"no answer within {taken:.0f} s")
        self._check_somebody(now)
        self._tell_workforce()

    def _check_somebody(self, now: float) -> None:
        """Check that somebody works, or did a short time ago.

        Raises:
            EvaluatorError: nobody did for too long.
        """
        if any(member.called is None for member in self._fleet.members):
            self._alone_since, self._told_alone = now, False
            return
        alone, wait = now - self._alone_since, self._rules.wait
        why = self._fleet.why_nobody()
        if alone > wait:
            raise EvaluatorError(
                f"a worker within {wait:g} s", f"none ({why})", "start nodes, or raise evaluator.wait_seconds"
            )
        if alone > min(_SAY_SECONDS, wait / 2) and not self._told_alone:
            self._told_alone = True
            self._notice(f"Nobody is there to evaluate ({why}); waiting up to {wait:g} s for a worker.")

    def _hand_out(
        self,
        next_piece: Callable[[Member, list[Member]], list[int]],
        arguments: Callable[[np.ndarray], tuple[Any, ...]],
    ) -> None:
        members = self._fleet.members
        for member in members:
            if not len(self._pool):
                return
            if member.idle:
                piece = next_piece(member, [each for each in members if each.called is None and not each.late])
                member.piece, member.work, member.since = piece, self._pool.work_of(piece), time.monotonic()
                member.allowed = self._pace.allowed(member, member.work)
                member.task = member.handle.evaluate.remote(*arguments(np.array(piece, dtype=np.int64)))

    def _next_piece(self, member: Member, members: list[Member]) -> list[int]:
        speed, smallest = self._pace.seconds_per_work(member), self._rules.smallest
        part = self._pace.part(member, members)
        if speed is None:
            return self._pool.take(part, most=max(_FIRST, smallest))
        shortest, longest = (seconds / speed for seconds in _PIECE_SECONDS)
        return self._pool.take(part, least_work=shortest, most_work=longest)

    def _next_in_stream(self, _member: Member, _members: list[Member]) -> list[int]:
        return self._pool.take(1.0, most=self._rules.smallest)

    def _answers(self, seconds: float) -> list[Any]:
        """Return references that are answered, within so many seconds."""
        members = self._fleet.members
        awaited = [each for member in members for each in (member.called, member.task) if each is not None]
        if not awaited:
            time.sleep(min(max(seconds, 0.0), 0.1))
            return []
        longest = _IDLE_SECONDS if self._streaming and any(member.idle for member in members) else _WAIT_SECONDS
        return self._ray.wait(awaited, num_returns=1, timeout=max(min(seconds, longest), 0.0))[0]

    def _take(self, reference: Any, deliver: Callable[[np.ndarray, Evaluations], None]) -> int:
        """Take an answer, and return how many designs are done by it."""
        member = next((each for each in self._fleet.members if reference in (each.called, each.task)), None)
        if member is None:
            return 0
        if reference == member.called:
            self._fleet.answered(member)
            self._tell_workforce()
            return 0
        exceptions = self._ray.exceptions
        piece, late, seconds = member.piece, member.late, time.monotonic() - member.since
        evaluations, raised = None, None
        try:
            evaluations = self._ray.get(reference)
        except exceptions.RayTaskError as error:
            raised = error.cause
        except exceptions.RayError as error:
            self._lose(member, error)
            return 0
        member.task, member.piece, member.late = None, [], False
        if raised is not None and piece:
            raise raised
        self._pace.record(member, seconds, member.work)
        if late:
            self._notice(f"A worker on {member.host} answered after {seconds:.0f} s, and goes on.")
        # What was given to another by now is not counted twice (the other's answer is the same), nor is what belongs
        # to a generation that ended without it.
        if not piece or (late and not self._pool.withdraw(piece)):
            return 0
        assert evaluations is not None
        deliver(np.array(piece, dtype=np.int64), evaluations)
        return len(piece)

    def _lose(self, member: Member, error: Exception) -> None:
        """Go on without a worker, and without all others of its machine if that is gone."""
        if self._fleet.is_gone(member.node):
            for each in self._fleet.remove_node(member.node):
                self._give_back(each)
                self._pace.forget(each)
            return
        self._drop(member)
        reason = reason_of(error)
        self._notice(f"A worker on {member.host} was lost ({reason}); its designs go to others.")
        self._give_back(member)
        self._count_loss(member.piece, reason)
        # Whoever else died with it is not known yet, and must not get work.
        self._fleet.call()

    def _drop(self, member: Member) -> None:
        self._fleet.remove(member)
        self._pace.forget(member)

    def _give_back(self, member: Member) -> None:
        """Let the designs that a worker has wait again, unless they did when it was late."""
        if member.piece and not member.late:
            self._pool.put_back(member.piece)
            self._retries += 1

    def _count_loss(self, piece: list[int], reason: str) -> None:
        """Note that designs lost a worker.

        Raises:
            EvaluatorError: one of them lost too many.
        """
        for design in piece:
            self._losses[design] += 1
        worst = max((self._losses[design] for design in piece), default=0)
        if worst > self._rules.retries:
            raise EvaluatorError(
                f"a worker that survives {len(piece)} designs",
                f"{worst} workers lost in a row on them ({reason})",
                "give it fewer workers or a smaller memory budget",
            )

    def _tell_workforce(self) -> None:
        now = self._fleet.workforce(self._retries)
        if now != self._last_workforce:
            self._last_workforce = now
            self._workforce(now)
