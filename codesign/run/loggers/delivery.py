"""Delivery of a run's numbers to one logger, in a thread of its own: neither faults nor waiting are the run's."""

import atexit
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from codesign.files import write_text
from codesign.run.folder import RunFolder
from codesign.run.listeners import Listener, Outcome
from codesign.run.loggers.logger import LoggedRun, LoggerConnection, LoggerSettings
from codesign.run.metrics import Metrics
from codesign.signals import exit_status

PATIENCE = 60.0
"""Seconds without a sign of life after which a logger counts as failed; at the end of a run it has as long again."""

FAREWELL = 10.0
"""Seconds that the library of a logger which failed by silence may take when the process ends."""

_log = logging.getLogger(__name__)


class Delivery(Listener):
    """Gives one logger every generation of a run exactly once, also of one that goes on or had no logger before.

    What was delivered stands in loggers/NAME.json in the run folder, so that a run which goes on is the same run for
    the logger, with the same steps. A logger that fails is told of once, as a warning of Python's logging, and then
    left out.

    Args:
        settings: the logger.
        config: the run's settings, plain values in nested mappings.
    """

    def __init__(self, settings: LoggerSettings, config: Mapping[str, Any]) -> None:
        self._settings, self._config = settings, config
        self._rows: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: str | None = None
        self._told = False
        self._alive = time.monotonic()
        self._outcome: Outcome | None = None

    def __enter__(self) -> "Delivery":
        """Return itself; after the block the logger has all there is, or was told of."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the logger put away what it has, for as long as the patience lasts."""
        if self._thread is None:
            return
        self._rows.put(None)
        self._thread.join(0.0 if self._told else PATIENCE)
        if self._thread.is_alive():
            self._failure = self._failure or f"no answer for {PATIENCE:.0f} s"
            atexit.register(_leave_soon, self._outcome)
        self._tell()

    def on_start(self, folder: Path, finished: int, generations: int) -> None:  # noqa: ARG002 - metrics.jsonl says it
        self._thread = threading.Thread(
            target=self._deliver, args=(RunFolder(folder),), name=f"logger {self._settings.name}", daemon=True
        )
        self._thread.start()

    def on_generation(self, metrics: Metrics, best: str) -> None:  # noqa: ARG002 - a text, not a number
        if self._rows.empty():
            self._alive = time.monotonic()
        elif time.monotonic() - self._alive > PATIENCE:
            self._failure = self._failure or f"no answer for {PATIENCE:.0f} s"
        self._tell()
        if not self._told:
            self._rows.put(metrics.row())

    def on_stop(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def _tell(self) -> None:
        if self._failure is not None and not self._told:
            self._told = True
            _log.warning("the logger %s failed (%s); the run goes on without it", self._settings.name, self._failure)

    def _deliver(self, folder: RunFolder) -> None:
        """Deliver what is recorded and what comes; the thread's work."""
        try:
            state = _State(folder.loggers / f"{self._settings.name}.json")
            title = str(self._config.get("title", folder.path.name))
            place = folder.loggers / self._settings.name
            connection = self._settings.open(LoggedRun(place, title, self._config, state.identity))
            state.keep(connection, state.following)
            for row in folder.read_metrics():
                self._pass_on(row, connection, state)
            while (row := self._rows.get()) is not None:
                self._pass_on(row, connection, state)
            outcome = self._outcome
            connection.close(finished=outcome is not None and outcome.signal is None)
        except BaseException as error:  # a library may raise anything, and nothing of it ends a run
            first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
            self._failure = self._failure or f"{type(error).__name__}: {first}"

    def _pass_on(self, row: Mapping[str, Any], connection: LoggerConnection, state: "_State") -> None:
        generation = int(row["generation"])
        if generation >= state.following:
            connection.write(generation, scalars(row))
            state.keep(connection, generation + 1)
        self._alive = time.monotonic()


class _State:
    """What a logger calls a run, and the generation that it gets next; kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.identity: str | None = None
        self.following = 0
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            found = json.loads(path.read_text(encoding="utf-8"))
            identity, following = found["run"], found["next"]
            if isinstance(identity, str | None) and isinstance(following, int):
                self.identity, self.following = identity, following

    def keep(self, connection: LoggerConnection, following: int) -> None:
        """Write down how far the logger is."""
        self.following = following
        write_text(self._path, json.dumps({"run": connection.identity, "next": following}) + "\n")


def scalars(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a row of metrics by name, those inside mappings as outer/inner; left out what is absent."""
    found: dict[str, float] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}/{inner}": number for inner, number in scalars(value).items()}
        elif isinstance(value, int | float) and name != "generation":
            found[name] = float(value)
    return found


def _leave_soon(outcome: Outcome | None) -> None:
    """Let the process end though a library that was silent before waits for its server when it is unloaded."""
    signal = None if outcome is None else outcome.signal
    timer = threading.Timer(FAREWELL, os._exit, [0 if signal is None else exit_status(signal)])
    timer.daemon = True
    timer.start()
