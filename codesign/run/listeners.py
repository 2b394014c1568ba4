"""Several listeners as one."""

from collections.abc import Sequence
from pathlib import Path

from codesign.run.evolution import Listener, Outcome
from codesign.run.metrics import Metrics


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

    def on_generation(self, metrics: Metrics, best: str) -> None:
        for listener in self._listeners:
            listener.on_generation(metrics, best)

    def between_generations(self) -> None:
        for listener in self._listeners:
            listener.between_generations()

    def on_stop(self, outcome: Outcome) -> None:
        for listener in self._listeners:
            listener.on_stop(outcome)
