"""Signals that ask this process to end: which ones are heeded, and how they end what has nothing of its own to save."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""What terminals, users and schedulers send when they want a process to end. Slurm sends the one that `--signal` names.
"""

_NOT_FOR_CHILDREN = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that whole process groups get, and whose default ends a process that takes no notice of them."""

SIGNALLED = 128
"""What shells add to the number of the signal that ended a process."""

GRACE = 2.0
"""Seconds that the main thread has to end after a second signal; within native code it cannot."""


class Stopped(KeyboardInterrupt):
    """A signal asked this process to end.

    Args:
        number: the signal's.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    def __reduce__(self) -> tuple[type["Stopped"], tuple[int]]:
        """Rebuild from the number, so that it crosses process boundaries."""
        return type(self), (self.number,)


def exit_status(number: int) -> int:
    """Return the exit status of a process that a signal ended, as shells count it."""
    return SIGNALLED + number


def heeded() -> tuple[signal.Signals, ...]:
    """Return the signals that end this process.

    Not those that whoever started it told it to ignore, as nohup does with SIGHUP. SIGINT is heeded all the same,
    because shells let every command in the background ignore it.
    """
    return tuple(
        number for number in ENDING if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
    )


def raise_stopped(number: int, _frame: FrameType | None) -> None:
    """Raise `Stopped`; a handler of signals."""
    raise Stopped(number)


@contextmanager
def ending_signals_raise() -> Iterator[None]:
    """Let the signals that end this process raise `Stopped` within the block, and two of them end it whatever it does.

    Python calls handlers in the main thread between two steps of its own, so compiled code keeps a signal waiting. If a
    second one came and the block did not end within `GRACE` seconds, the process ends. Outside the main thread, where
    Python handles no signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, raise_stopped) for number in heeded()}
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    over = threading.Event()
    threading.Thread(target=_end_after_two, args=(reading, over), name="signals", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(woken)
        os.close(writing)
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_after_two(reading: int, over: threading.Event) -> None:
    """End this process if two signals came and it is not over soon after."""
    seen = 0
    with os.fdopen(reading, "rb", buffering=0) as stream:
        while came := stream.read(1):
            seen += came[0] in ENDING
            if seen >= 2 and not over.wait(GRACE):
                _leave(came[0])


def _leave(number: int) -> None:
    """End this process here and now; files are whole or absent at any moment."""
    line = f"codesign: ended at once by {signal.Signals(number).name}\n"
    if sys.stderr is not None and sys.stderr.isatty():
        line = f"\x1b[?25h{line}"  # a display of progress may have hidden the cursor
    try:
        os.write(2, line.encode())
    finally:
        os._exit(exit_status(number))


@contextmanager
def kept_from_children() -> Iterator[None]:
    """Let processes that are started within the block, and those which they start, not see what groups are sent.

    A terminal that hangs up or a scheduler signals all processes of a job. Helpers that die of that take the work with
    them before this process, which heeds the signal, could put it away. This process still sees signals, by the thread
    of `ending_signals_raise` where there is one, else after the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _NOT_FOR_CHILDREN)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
