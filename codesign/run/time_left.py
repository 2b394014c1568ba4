"""How long the rest of a run will take, from how long its last generations took."""

import time
from collections import deque

from codesign.run.metrics import Metrics

_RECENT = 5
"""Generations whose time says how long the next ones will take; the first compiles kernels, may
learn longer, and is no guide."""


class TimeLeft:
    """Expects of the generations to come what the last ones took.

    Args:
        finished: generations that are finished.
        generations: generations that the run is to have.
    """

    def __init__(self, finished: int, generations: int) -> None:
        self._left = generations - finished
        self._seconds: deque[float] = deque(maxlen=_RECENT)
        self._since = time.monotonic()

    def note(self, metrics: Metrics) -> None:
        """Take in a generation that has just been finished."""
        if metrics.generation == 1:
            self._seconds.clear()
        self._seconds.append(metrics.generation_seconds)
        self._left -= 1
        self._since = time.monotonic()

    @property
    def after_generation(self) -> float | None:
        """Time that was left when the last generation was finished [s]; None before the first one."""
        if not self._seconds:
            return None
        return sum(self._seconds) / len(self._seconds) * self._left

    @property
    def now(self) -> float | None:
        """Time that is left at this moment [s]; None before the first generation."""
        whole = self.after_generation
        if whole is None or not self._left:
            return whole
        # A generation that takes longer than those before has no time left, those after it still have theirs.
        pace = whole / self._left
        return whole - min(time.monotonic() - self._since, pace)
