"""The run that is disturbed: one folder, and a process after the other that works on it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from codesign.run import RunFolder

ROOT = Path(__file__).resolve().parent.parent.parent

EXPERIMENT = (
    "debug=tiny",
    "controller=mlp",
    "body.lattice.rows=4",
    "body.lattice.columns=5",
    "sim.steps=600",
    "learner.iterations=8",
    "search.population_size=32",
    "checkpoints.every=2",
    "checkpoints.keep=3",
    "logger=quiet",
)
"""A small experiment with real simulation, less than a second a generation."""

TRACEBACK = "Traceback (most recent call last)"


class Driver:
    """Processes of `codesign evolve` on one run folder, one at a time.

    Args:
        folder: of the run.
        logs: folder for what the processes print.
        generations: of the run.

    Attributes:
        folder: of the run, which may move.
        log: what the present process prints, or the last one did.
        expected: exit statuses that the present process may have.
        on_ray: whether it evaluates on the cluster.
        starts: processes so far.
    """

    def __init__(self, folder: Path, logs: Path, generations: int) -> None:
        self.folder, self.generations, self.starts = folder, generations, 0
        self.expected: set[int] = set()
        self.on_ray = False
        self._logs = logs
        self.log = logs / "none"
        self._process: subprocess.Popen[bytes] | None = None
        self._moved, self._seen, self._rows_at_start = 0.0, (0, 0), 0

    @property
    def process(self) -> int:
        """Number of the process."""
        assert self._process is not None
        return self._process.pid

    def start(self, evaluation: Sequence[str]) -> None:
        """Start a process that begins the run or goes on with it."""
        self.starts += 1
        self.log = self._logs / f"{self.folder.name}_{self.starts:03d}.log"
        self.expected, self.on_ray = set(), "evaluator=ray" in evaluation
        where = ("run=auto", f"hydra.run.dir={self.folder}")
        what = (*EXPERIMENT, f"search.generations={self.generations}", *evaluation)
        self._process = spawn([*what, *where], self.log)
        self._moved, self._seen, self._rows_at_start = time.monotonic(), self._look(), self.rows()

    def status(self) -> int | None:
        """Return the exit status of the process, None while it runs."""
        return None if self._process is None else self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Return the exit status of the process, None if it does not end in time."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def rows(self) -> int:
        """Return how many generations are recorded."""
        try:
            return RunFolder(self.folder).metrics.read_bytes().count(b"\n")
        except OSError:
            return 0

    def progressed(self) -> bool:
        """Return whether this process has finished a generation."""
        return self.rows() > self._rows_at_start

    def idle_seconds(self) -> float:
        """Return the time since the records last grew, or the process began [s]."""
        now = self._look()
        if now != self._seen:
            self._seen, self._moved = now, time.monotonic()
        return time.monotonic() - self._moved

    def complaint(self) -> str:
        """Return the last line that the process printed."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:500] if lines else ""

    def shows_traceback(self) -> bool:
        """Return whether the process printed a traceback."""
        return TRACEBACK in self.log.read_text(encoding="utf-8", errors="replace")

    def children(self) -> list[int]:
        """Return the processes that the process started."""
        try:
            return [
                int(child) for child in Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
            ]
        except OSError:
            return []

    def open_files(self, ending: str) -> list[Path]:
        """Return the files that the process has open and whose paths end so, by other paths that can be read."""
        found = Path(f"/proc/{self.process}/fd")
        return [path for path in found.iterdir() if str(path.readlink()).endswith(ending)] if found.is_dir() else []

    def close(self) -> None:
        """End the process."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _look(self) -> tuple[int, int]:
        try:
            found = RunFolder(self.folder).metrics.stat()
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size


def spawn(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Return a process of `codesign evolve`, apart from this one's group, that prints into `log`."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    # Ray would wait a minute for the control process of a cluster that ended.
    settings = {"PYTHONPATH": path, "PYTHONFAULTHANDLER": "1", "RAY_gcs_rpc_server_reconnect_timeout_s": "30"}
    environment = {**os.environ, **settings}
    with log.open("wb") as file, _hangups_heeded():
        return subprocess.Popen(
            [sys.executable, "-m", "codesign.cli", "evolve", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            cwd=log.parent,
            start_new_session=True,
        )


@contextmanager
def _hangups_heeded() -> Iterator[None]:
    """Let processes that are started within the block heed SIGHUP, though `nohup` told this one to ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def ray(address: str, workers: int) -> tuple[str, ...]:
    """Return the choice of evaluation on a cluster, with deadlines of seconds."""
    return (
        "evaluator=ray",
        f"evaluator.address={address}",
        f"evaluator.workers={workers}",
        "evaluator.retries=50",
        "evaluator.patience=4",
        "evaluator.grace_seconds=4",
        "evaluator.startup_seconds=30",
        "evaluator.wait_seconds=120",
    )


def local(threads: int) -> tuple[str, ...]:
    """Return the choice of evaluation in the process of the run."""
    return "evaluator=local", f"execution.threads={threads}"
