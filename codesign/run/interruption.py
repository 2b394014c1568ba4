"""Signals that stop a run: they take effect only where nothing is half written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether Ctrl-C or SIGTERM came; within `interruptible` it interrupts at once, elsewhere it waits.

    A second signal does what it did before: whoever asks twice is not kept waiting.
    """

    def __init__(self) -> None:
        self.requested = False
        self._interruptible = False
        self._before: dict[signal.Signals, Any] = {}

    @contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Handle the signals within the block; outside the main thread, where Python cannot, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        try:
            yield
        finally:
            self._restore()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal interrupt the block, one that came before as well.

        Raises:
            KeyboardInterrupt: a signal came.
        """
        self._interruptible = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self._restore()
        if self._interruptible:
            raise KeyboardInterrupt

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
