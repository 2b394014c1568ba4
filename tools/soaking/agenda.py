"""What is to happen later."""

import heapq
import itertools
import time
from collections.abc import Callable


class Agenda:
    """Actions by the time at which they are due."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Callable[[], object]]] = []
        self._number = itertools.count()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen after so many seconds."""
        heapq.heappush(self._entries, (time.monotonic() + seconds, next(self._number), action))

    def run_due(self) -> None:
        """Do what is due."""
        while self._entries and self._entries[0][0] <= time.monotonic():
            heapq.heappop(self._entries)[2]()

    def run_all(self) -> None:
        """Do everything now, in the order of its times."""
        while self._entries:
            heapq.heappop(self._entries)[2]()
