"""Evaluation without generations: designs go in as there is room, and come out one after the other."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.request import Request


@dataclass(frozen=True)
class Completed:
    """A design whose evaluation is complete.

    Attributes:
        identity: (generation, individual).
        evaluation: of this design alone.
    """

    identity: tuple[int, int]
    evaluation: Evaluations


class EvaluationStream(ABC):
    """Designs on their way through an evaluator.

    Each design's numbers are those that `Evaluator.evaluate` has for it, whatever is evaluated beside it.

    Attributes:
        designs: whose evaluation has ended, whether they were returned by `completed` yet or not.
        robot_steps: that were simulated for these.
    """

    designs: int = 0
    robot_steps: int = 0

    def count(self, evaluations: Evaluations) -> None:
        """Count designs as evaluated, as soon as it is known that they are."""
        self.designs += len(evaluations)
        self.robot_steps += evaluations.robot_steps

    @property
    @abstractmethod
    def room(self) -> int:
        """Designs that should be submitted now, so that nobody waits for work; 0 where there are enough."""

    @abstractmethod
    def submit(self, request: Request) -> None:
        """Let designs be evaluated, without thresholds and attempts; more than there is room for do no harm."""

    @abstractmethod
    def completed(self) -> list[Completed]:
        """Return designs that were completed since this was called last, in the order of completion.

        It waits until there is news: a design, or room for others.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up what is still being evaluated."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        # After an error the evaluator itself is closed, which may have nobody left to say goodbye to.
        if kind is None:
            self.close()


class BatchStream(EvaluationStream):
    """A stream through whatever evaluates batches: designs complete in the order in which they were submitted.

    There is always room for as many as `in_flight`; when the oldest is asked for, all that wait are evaluated together.
    So the order in which designs come and go depends on nothing but `in_flight`.

    Args:
        evaluate: returns the evaluations of designs, in their order.
        in_flight: designs that are submitted and not completed.
        together: designs that are evaluated together at most.
    """

    def __init__(self, evaluate: Callable[[Request], Evaluations], in_flight: int, together: int) -> None:
        self._evaluate, self._in_flight, self._together = evaluate, in_flight, together
        self._waiting: deque[Request] = deque()
        self._done: deque[Completed] = deque()

    @property
    def room(self) -> int:
        return max(0, self._in_flight - len(self._waiting) - len(self._done))

    def submit(self, request: Request) -> None:
        self._waiting.extend(request.take(np.array([place])) for place in range(len(request)))

    def completed(self) -> list[Completed]:
        if not self._done and self._waiting:
            batch = [self._waiting[place] for place in range(min(self._together, len(self._waiting)))]
            request = Request.joined(batch)
            evaluations = self._evaluate(request)
            self.count(evaluations)
            self._done.extend(one_by_one(request.identities, evaluations))
            for _ in batch:
                self._waiting.popleft()
        return [self._done.popleft()] if self._done else []

    def close(self) -> None:
        self._waiting.clear()
        self._done.clear()


def one_by_one(identities: NDArray[np.integer], evaluations: Evaluations) -> list[Completed]:
    """Return the evaluations of each design alone; the steps of all are divided among them.

    Args:
        identities: (generation, individual) of each, shape (n, 2).
        evaluations: of these.
    """
    count, steps = len(evaluations), evaluations.robot_steps
    shares = np.diff(np.arange(count + 1) * steps // count).tolist()
    return [
        Completed((int(born), int(number)), replace(evaluations.take(np.array([place])), robot_steps=shares[place]))
        for place, (born, number) in enumerate(np.asarray(identities).tolist())
    ]
