"""What every evaluator promises: the same numbers for the same designs, wherever they are computed."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluation_stream import BatchStream, EvaluationStream
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.request import Request
from codesign.sim import Execution

EvaluateDesigns = Callable[[EvaluationSpec, Request], Evaluations]
"""(spec, request) -> evaluations, a pure function of its arguments; but for which weights are kept, design by design.
"""


@dataclass(frozen=True)
class Workforce:
    """Who evaluates at a moment, and what went wrong until then.

    Attributes:
        nodes: machines with workers.
        workers: workers that answer.
        retries: pieces of work that were given to another worker, since the start.
    """

    nodes: int
    workers: int
    retries: int

    def __str__(self) -> str:
        """Return it in a few words, for a line of progress."""
        where = "" if self.nodes <= 1 else f" on {_counted(self.nodes, 'node')}"
        again = f", {_counted(self.retries, 'retry', 'retries')}" if self.retries else ""
        return f"{_counted(self.workers, 'worker')}{where}{again}"


class EvaluatorListener:
    """Told how an evaluation goes on, from the thread that asked for it; a base for those that want a part of it."""

    def on_notice(self, text: str) -> None:
        """Hear something that the user should know."""

    def on_workforce(self, workforce: Workforce) -> None:
        """Hear who evaluates, whenever it changes; never where the work is done in this process."""

    def on_progress(self, done: int, asked: int) -> None:
        """Hear how many of the designs that were asked for are done, as they come; never where all come at once."""


class Evaluator(ABC):
    """Evaluates designs; holds what is worth keeping between generations, and gives it back when closed.

    Attributes:
        listener: told how it goes.
    """

    listener = EvaluatorListener()

    @abstractmethod
    def evaluate(self, request: Request) -> Evaluations:
        """Return the evaluations of the designs that are asked for, in their order."""

    def stream(self, in_flight: int, together: int) -> EvaluationStream:
        """Return a way to evaluate designs without waiting for others; one at a time, closed before `evaluate`.

        Unless an evaluator has its own, designs are evaluated in batches, and complete in the order of submission.

        Args:
            in_flight: designs that are submitted and not completed, where the evaluator has no number of its own.
            together: designs that are evaluated together at most, where it evaluates batches.
        """
        return BatchStream(self.evaluate, in_flight, together)

    @abstractmethod
    def close(self) -> None:
        """Give back processes and memory; closing twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class EvaluatorSettings(ABC):
    """Settings that every evaluator has; none of them changes a result.

    Attributes:
        name: key in the registry.
    """

    name: str = ""

    def processes(self, execution: Execution) -> int | None:
        """Return how many processes will share this machine's memory, None where other machines may do the work.

        Raises:
            ConfigError: the execution's device is not there.
        """
        del execution
        return 1

    @abstractmethod
    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> Evaluator:
        """Return a running evaluator of `spec`, which hands designs to `function`."""


def _counted(count: int, noun: str, nouns: str = "") -> str:
    return f"{count} {noun if count == 1 else nouns or f'{noun}s'}"
