"""Who is told how a run goes on, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codesign.analysis import NewStarts
from codesign.evaluate import EvaluatorListener, Workforce
from codesign.formats import BodyPlan
from codesign.run.metrics import Metrics


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: where the run is.
        finished: generations that are finished and recorded.
        generations: generations that it was to have.
        signal: number of the signal that ended it before; None where none did.
        best: id of the best design, None where no design was valid or nothing is finished.
        best_fitness: its fitness.
        seconds: time spent on the run so far [s].
        new_starts: what the best designs are worth from new starts; None where that was not asked for, or the run is
            not finished.
    """

    folder: Path
    finished: int
    generations: int
    signal: int | None
    best: str | None
    best_fitness: float | None
    seconds: float
    new_starts: NewStarts | None = None

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended it before."""
        return self.signal is not None


class Listener(EvaluatorListener):
    """Told how a run goes on, from the run's own thread; a base for those that want to hear a part of it."""

    @property
    def stops(self) -> bool:
        """Whether the run is to end after the generation that was told last, as it does after its last one."""
        return False

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        """Hear that the run starts, with so many of its generations finished before."""

    def on_best(self, plan: BodyPlan) -> None:
        """Hear of a best design that is another than before, ahead of the generation that it came with.

        A run that goes on tells of the one that it has. The plan's name is the design's id.
        """

    def on_generation(self, metrics: Metrics, best: str) -> None:
        """Hear that a generation is finished and recorded; `best` is the id of the best design so far."""

    def between_generations(self) -> None:
        """Do what takes a while; called after `on_generation`, where nothing is half done.

        A signal that ends the run interrupts it at once by an exception, as it interrupts an evaluation, so whatever is
        done here must leave nothing half written.
        """

    def on_stop(self, outcome: Outcome) -> None:
        """Hear how the run ended; not called where an error ended it."""


class Listeners(Listener):
    """Tells each of several listeners all that it hears, in their order.

    Args:
        listeners: who is told.
    """

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = tuple(listeners)

    @property
    def stops(self) -> bool:
        """Whether one of them asks for it."""
        return any(listener.stops for listener in self._listeners)

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        for listener in self._listeners:
            listener.on_start(folder, finished, generations)

    def on_notice(self, text: str) -> None:
        for listener in self._listeners:
            listener.on_notice(text)

    def on_workforce(self, workforce: Workforce) -> None:
        for listener in self._listeners:
            listener.on_workforce(workforce)

    def on_progress(self, done: int, asked: int) -> None:
        for listener in self._listeners:
            listener.on_progress(done, asked)

    def on_best(self, plan: BodyPlan) -> None:
        for listener in self._listeners:
            listener.on_best(plan)

    def on_generation(self, metrics: Metrics, best: str) -> None:
        for listener in self._listeners:
            listener.on_generation(metrics, best)

    def between_generations(self) -> None:
        for listener in self._listeners:
            listener.between_generations()

    def on_stop(self, outcome: Outcome) -> None:
        for listener in self._listeners:
            listener.on_stop(outcome)
