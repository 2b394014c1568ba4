"""What can be seen of a run from outside: its folder is looked at again and again, and only ever read."""

import math
import os
import shlex
import stat
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import GenomeError, RunError
from codesign.formats import BodyPlan, plans_of
from codesign.genome import Genomes, LatticeSettings, check_whole
from codesign.reading import MOST, json_value, read_bytes
from codesign.run import RunFolder, RunStatus, read_status

SILENT = 60.0
"""Seconds without news after which a run seems dead; one that goes on has news every ten."""

_SILENT_UNTOLD = 3600.0
"""The same for a run of an older version, which has news only when a generation is finished."""

_APART = 0.9
"""Seconds between two looks at least, however many ask."""

Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Observation:
    """A run at a moment.

    Attributes:
        state: "waiting" (nothing is finished and nobody is at work), "running", "silent" (it said so, and says nothing
            any more: it seems dead), "finished", "interrupted", "failed", "gone" (the folder is not there).
        told: more about the state; empty where there is nothing more.
        rows: numbers of each finished generation, as they stand in metrics.jsonl.
        generations: generations that the run is to have.
        status: what the run itself says; None where it says nothing.
        quiet: time since the last news [s].
        best: the best body so far, under the design's id; None where there is none.
        fault: what keeps the run from being read; empty where nothing does.
    """

    state: str
    told: str
    rows: tuple[Mapping[str, Any], ...]
    generations: int
    status: RunStatus | None
    quiet: float
    best: BodyPlan | None
    fault: str = ""

    @property
    def word(self) -> str:
        """The state as users read it."""
        return STATE_WORDS.get(self.state, self.state)

    @property
    def over(self) -> bool:
        """Whether the run says that nobody works on it any more."""
        return self.state in ("finished", "interrupted", "failed")

    @property
    def seconds_left(self) -> float | None:
        """Time that the run has left [s], as far as it can be known."""
        left = None if self.status is None else self.status.seconds_left
        return None if left is None or self.state != "running" else max(left - self.quiet, 0.0)

    @property
    def workers(self) -> str:
        """Who evaluates, in a few words; empty where nobody says so."""
        if self.status is None or self.state != "running":
            return ""
        return self.status.workers or "1 process"

    @property
    def progress(self) -> str:
        """How much of the generation in progress is done; empty where that is not known."""
        status = self.status
        if status is None or self.state != "running" or status.designs_asked is None:
            return ""
        return f"{status.designs_done} of {status.designs_asked} designs"

    def fitness(self, name: str) -> list[float]:
        """Return a number of every generation, such as `best_fitness`; NaN where there is none."""
        values = (row.get(name) for row in self.rows)
        return [
            float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
            for value in values
        ]


class Observer:
    """Looks at a run's folder, which another process writes to, on this machine or on another; takes no lock.

    Args:
        folder: the run's.
        generations: generations that the run was started with.
        lattice: what its bodies lie on.
        clock: seconds of a clock that does not go back.
    """

    def __init__(
        self,
        folder: RunFolder,
        generations: int,
        lattice: LatticeSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._generations, self._lattice, self._clock = folder, generations, lattice, clock
        self._stamps: tuple[Stamp, ...] | None = None
        self._news = 0.0
        self._rows: tuple[Mapping[str, Any], ...] = ()
        self._best: BodyPlan | None = None
        self._fault = ""
        self._lock = threading.Lock()
        self._seen: Observation | None = None
        self._seen_at = 0.0

    def look(self) -> Observation:
        """Return the run as it is now, or was less than a second ago; to be called by any thread."""
        with self._lock:
            now = self._clock()
            if self._seen is None or now - self._seen_at >= _APART:
                self._seen, self._seen_at = self._look(), now
            return self._seen

    def _look(self) -> Observation:
        folder = self._folder
        stamps = tuple(stamp_of(path) for path in (folder.metrics, folder.best, folder.status))
        before, self._stamps = self._stamps, stamps
        if before is None:
            self._news = self._clock() - _age(stamps)
        elif stamps != before:
            self._news = self._clock()
        # What is missing for now, since the folder is being moved or its file system is away, was seen before.
        if stamps[0] is not None and (before is None or stamps[0] != before[0]):
            self._read_metrics()
        if stamps[1] is not None and (before is None or stamps[1] != before[1]):
            self._best = best_of(folder, self._lattice) or self._best
        status = read_status(folder)
        quiet = max(self._clock() - self._news, 0.0)
        state = self._state(status, quiet)
        generations = self._generations if status is None else status.generations
        told = _told(state, status, quiet, folder)
        return Observation(state, told, self._rows, generations, status, quiet, self._best, self._fault)

    def _read_metrics(self) -> None:
        try:
            self._rows, self._fault = tuple(self._folder.read_metrics()), ""
        except RunError as error:
            self._fault = str(error)

    def _state(self, status: RunStatus | None, quiet: float) -> str:
        if not self._folder.path.is_dir():
            return "gone"
        if status is not None:
            return "silent" if status.state == "running" and quiet > SILENT else status.state
        if len(self._rows) >= self._generations:
            return "finished"
        if not self._folder.begun:
            return "waiting"
        return "silent" if quiet > _SILENT_UNTOLD else "running"


def _told(state: str, status: RunStatus | None, quiet: float, folder: RunFolder) -> str:
    where = "" if status is None else f"on {status.host} (process {status.pid})"
    return {
        "waiting": "nothing has begun here yet",
        "running": where,
        "silent": f"nothing from it {where}{' ' * bool(where)}for {told_seconds(quiet)}",
        "finished": "",
        "interrupted": f"go on with: codesign evolve {shlex.quote(f'run={folder.path}')}",
        "failed": "" if status is None else status.message,
        "gone": f"the folder {folder.path} is not there",
    }[state]


STATE_WORDS = {"silent": "seems dead", "interrupted": "stopped"}
"""What states are called where users read them, if not by their own names."""


def told_seconds(seconds: float) -> str:
    """Return a time in the two largest units that it has, such as 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def stamp_of(path: Path) -> Stamp:
    """Return what changes when a regular file is written or replaced; None where there is none.

    The file is opened, because file systems of other machines tell what is new only then.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return (found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _age(stamps: Sequence[Stamp]) -> float:
    """Return how long ago the youngest file was written, by clocks that may disagree [s]."""
    written = [stamp[2] / 1e9 for stamp in stamps if stamp is not None]
    return max(time.time() - max(written), 0.0) if written else 0.0


def best_of(folder: RunFolder, lattice: LatticeSettings) -> BodyPlan | None:
    """Return the body in a run's best.json; None where there is none that lies on the run's lattice."""
    try:
        found = json_value(read_bytes(folder.best, MOST.recording))
        cells, muscles = (np.array([found[name]], dtype=np.uint8) for name in ("cells", "muscles"))
        genomes = Genomes(cells, muscles)
        check_whole(lattice.build(), genomes)
        return plans_of(genomes, lattice, [str(found["design"])])[0]
    except (OSError, ValueError, TypeError, KeyError, OverflowError, GenomeError):
        return None
