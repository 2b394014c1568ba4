"""Signals that stop a run: they take effect only where nothing is half written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from codesign.signals import Stopped, heeded, raise_stopped


class Interruption:
    """Which signal came to end a run; within `interruptible` it interrupts at once, elsewhere it waits.

    A second signal does what it did before: whoever asks twice is not kept waiting.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._interruptible = False
        self._before: dict[signal.Signals, Any] = {}

    @contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Handle the signals within the block; outside the main thread, where Python cannot, do nothing.

        After the block a signal that came goes on to a handler of somebody else's, such as that of a launcher which
        puts an interrupted job into its queue again.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._note) for number in heeded()}
        self._before = before
        try:
            yield
        finally:
            self._restore()
        if self.signal is not None:
            handler = before.get(signal.Signals(self.signal))
            if callable(handler) and handler not in (signal.default_int_handler, raise_stopped):
                signal.raise_signal(self.signal)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal interrupt the block, one that came before as well.

        Raises:
            Stopped: a signal came.
        """
        self._interruptible = True
        try:
            if self.signal is not None:
                raise Stopped(self.signal)
            yield
        finally:
            self._interruptible = False

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number
        self._restore()
        if self._interruptible:
            raise Stopped(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
