"""What a run is doing at a moment, in a small file that whoever watches it reads: status.json."""

import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from codesign.errors import CodesignError
from codesign.evaluate import Workforce
from codesign.files import write_text
from codesign.reading import MOST, json_value, read_bytes
from codesign.run.folder import RunFolder
from codesign.run.listeners import Listener, Outcome
from codesign.run.metrics import Metrics
from codesign.run.time_left import TimeLeft

BEAT = 10.0
"""Seconds after which a run that goes on writes its status again, though nothing has changed."""

_APART = 1.0
"""Seconds between two writes at least, however much happens."""

_PATIENCE = 5.0
"""Seconds that the last write may take when the run ends; a disk that hangs must not keep it."""

STATES = ("running", "finished", "interrupted", "failed")
"""What a run can be. One that was killed still says that it is running, and says nothing any more."""

_LONGEST = 500
"""Characters of a message."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunStatus:
    """What a run is doing.

    Attributes:
        state: one of `STATES`.
        finished: generations that are finished and recorded; the next one is in progress.
        generations: generations that it is to have.
        started: when this part of the run began, ISO 8601 in UTC.
        updated: when this was written.
        host: name of the machine that the run is on.
        pid: number of its process there.
        designs_done, designs_asked: designs of the generation in progress that are evaluated, and all of them; None
            where they come all at once.
        workers: who evaluates, in a few words; empty where the run's own process does.
        seconds_left: time until it will have finished [s], None while no generation says how long one takes.
        message: why it failed; empty otherwise.
    """

    state: str
    finished: int
    generations: int
    started: str
    updated: str
    host: str
    pid: int
    designs_done: int | None = None
    designs_asked: int | None = None
    workers: str = ""
    seconds_left: float | None = None
    message: str = ""

    def __post_init__(self) -> None:
        kinds = {"finished": int, "generations": int, "pid": int, "designs_done": int, "designs_asked": int}
        for item in fields(self):
            value, kind = getattr(self, item.name), kinds.get(item.name, str)
            if item.name == "seconds_left":
                kind = int | float
            absent = value is None and item.default is None
            if not absent and (not isinstance(value, kind) or isinstance(value, bool)):
                raise ValueError(f"{item.name} that is {value!r}")
        if self.state not in STATES:
            raise ValueError(f"a state {self.state!r}")

    @property
    def age(self) -> float:
        """Time since it was written by this machine's clock [s], which another machine's may disagree with."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.updated)).total_seconds()


def read_status(folder: RunFolder) -> RunStatus | None:
    """Return what a run says that it is doing; None where it never said so, or what is there says nothing."""
    try:
        found = json_value(read_bytes(folder.status, MOST.manifest))
        known = {item.name for item in fields(RunStatus)}
        status = RunStatus(**{name: value for name, value in found.items() if name in known})
        _ = status.age
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return status


class StatusFile(Listener):
    """Keeps status.json true while a run goes on, from a thread of its own: a disk that is full or hangs costs nothing.

    It is written when the run begins, after each generation, when workers or finished designs have changed, every
    `BEAT` seconds, and when the run ends, however it ends; at most once in a second. To be used as a context manager
    by who has the folder's lock.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._status: RunStatus | None = None
        self._left = TimeLeft(0, 0)
        self._changed, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._faulty = False

    def __enter__(self) -> Self:
        """Return itself; what is written comes with `on_start`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write how the run ended, if the disk lets it."""
        if self._thread is None:
            return
        if error is not None:
            stopped = isinstance(error, KeyboardInterrupt)
            self._set(state="interrupted" if stopped else "failed", message=" ".join(str(error).split())[:_LONGEST])
        self._over.set()
        self._changed.set()
        self._thread.join(_PATIENCE)

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        del folder
        now = _now()
        self._left = TimeLeft(finished, generations)
        self._status = RunStatus("running", finished, generations, now, now, socket.gethostname(), os.getpid())
        self._thread = threading.Thread(target=self._keep, name="status", daemon=True)
        self._thread.start()

    def on_workforce(self, workforce: Workforce) -> None:
        self._set(workers=str(workforce))

    def on_progress(self, done: int, asked: int) -> None:
        self._set(designs_done=done, designs_asked=asked)

    def on_generation(self, metrics: Metrics, best: str) -> None:
        del best
        self._left.note(metrics)
        self._set(finished=metrics.generation + 1, designs_done=None, designs_asked=None)

    def on_stop(self, outcome: Outcome) -> None:
        self._set(state="interrupted" if outcome.interrupted else "finished", finished=outcome.finished)

    def _set(self, **changes: Any) -> None:
        assert self._status is not None, "before the run started"
        # A record is replaced whole, so that the thread never sees half of a change.
        self._status = replace(self._status, **changes)
        self._changed.set()

    def _keep(self) -> None:
        """Write whenever there is something new, and in between; the thread's work."""
        while True:
            over = self._over.is_set()
            self._changed.clear()
            self._write()
            if over:
                return
            self._over.wait(_APART)
            self._changed.wait(BEAT - _APART)

    def _write(self) -> None:
        assert self._status is not None, "the thread began with it"
        status = replace(self._status, updated=_now())
        if status.state == "running":
            left = self._left.now
            status = replace(status, seconds_left=None if left is None else round(left, 1))
        try:
            with _followed(self._folder.path) as folder:
                self._folder.require_in_place()
                write_text(folder / self._folder.status.name, json.dumps(asdict(status)) + "\n", make_folder=False)
            self._faulty = False
        except (CodesignError, OSError) as error:
            if not self._faulty:
                _log.info("the status is not written (%s); the run goes on", error)
            self._faulty = True


@contextmanager
def _followed(folder: Path) -> Iterator[Path]:
    """Yield a path of a folder that goes on to be its path if it is moved, and never that of another in its place."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        path = Path(f"/proc/self/fd/{descriptor}")
        yield path if path.exists() else folder  # some containers have no /proc
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
