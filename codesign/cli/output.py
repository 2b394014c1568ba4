"""Standard output as a user may leave it: closed, full, read by nobody, in an encoding that lacks characters."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from codesign.errors import CodesignError, OutputError


class UnreadError(CodesignError):
    """Nobody reads standard output any more, as after `| head`; there is nobody to tell either."""

    def __init__(self) -> None:
        super().__init__("a reader of standard output", "none", "read all of it")

    def __reduce__(self) -> tuple[type["UnreadError"], tuple[()]]:
        """Rebuild from nothing."""
        return type(self), ()


class Output:
    """A text stream that outlives what it writes to: work must not end because nobody can hear of it.

    Args:
        stream: what is written to.
        tell: is called once, with what is wrong.

    Attributes:
        failed: whether anything was lost.
    """

    def __init__(self, stream: TextIO, tell: Callable[[OutputError], None]) -> None:
        self._stream, self._tell = stream, tell
        self._unread = False
        self.failed = False

    def write(self, text: str) -> int:
        """Write a text, or drop it once something has failed, and return its length.

        Raises:
            UnreadError: the stream is a pipe that nobody reads.
        """
        with self._guarded():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written.

        Raises:
            UnreadError: the stream is a pipe that nobody reads.
        """
        with self._guarded():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self._unread:
            raise UnreadError
        try:
            yield
        except BrokenPipeError as error:
            self._to_nowhere()
            self._unread = True
            raise UnreadError from error
        except OSError as error:
            self._to_nowhere()
            self.failed = True
            got = f"{error.strerror or error}, so that what is said from here on is lost"
            remedy = "send it elsewhere, or free some space; the work itself goes on"
            self._tell(OutputError("a standard output that can be written to", got, remedy))

    def _to_nowhere(self) -> None:
        """Send what is still to come to nowhere, else the interpreter would complain about it when it ends."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def open_missing_streams() -> None:
    """Open standard streams that the process was started without.

    Else a file of a run would get the number of one of them, and whatever is printed would go into that file.
    """
    for standard in range(3):
        try:
            os.fstat(standard)
        except OSError:
            # The system gives the lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for good


@contextmanager
def lasting_output(tell: Callable[[OutputError], None]) -> Iterator[Output]:
    """Let standard output be an `Output` meanwhile, in which characters that it lacks are written as escapes."""
    stream = sys.stdout
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and (stream.errors == "strict" or stream.encoding.lower() != "utf-8"):
        reconfigure(errors="backslashreplace")
    output = Output(stream, tell)
    sys.stdout = output  # type: ignore[assignment] - whoever prints needs no more of it
    try:
        yield output
    finally:
        sys.stdout = stream
