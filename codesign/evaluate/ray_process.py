"""A process of its own for all that concerns Ray, seen from the process that a user started."""

import contextlib
import multiprocessing
import os
import pickle
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from codesign.errors import ConfigError, EvaluatorError
from codesign.evaluate.ray_cluster import LOCAL, OWN, QUIET, nobody_at
from codesign.evaluate.ray_driver import FAILED, Orders

_LOCAL_SECONDS = 180.0
"""Time that Ray has to start on this machine."""

_JOIN_SECONDS = 30.0
"""Time that a cluster has to answer, after something listens at its address."""

_CLOSE_SECONDS = 15.0

_REMARK = ":info_message:"
"""What Ray marks lines with that say nothing of what went wrong."""


class RayProcess:
    """A child process that talks to Ray; it ends when this object is closed, or this process ends in any way.

    Args:
        orders: what it is to do.

    Raises:
        ConfigError: there is no cluster, or none can be started.
        EvaluatorError: the process ended.
    """

    def __init__(self, orders: Orders) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        # What Ray prints is of use only where it says why it ended.
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `kill`
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "codesign.evaluate.ray_driver", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    env=_environment(orders.address),
                    pass_fds=[theirs.fileno()],
                    # Ctrl-C in a terminal is for this process alone, which says what is to be done.
                    start_new_session=True,
                )
        except BaseException:
            self._connection.close()
            self._output.close()
            raise
        try:
            self.send(orders)
            seconds = _LOCAL_SECONDS if orders.address == LOCAL else _JOIN_SECONDS
            if not self._connection.poll(seconds):
                raise self._no_answer(orders.address, seconds)
            self.receive()
        except BaseException:
            self.kill()
            raise

    def send(self, message: Any) -> None:
        """Ask for something.

        Raises:
            EvaluatorError: the process ended.
        """
        try:
            self._connection.send(message)
        except OSError as error:
            raise self._ended() from error

    def receive(self) -> tuple[str, Any]:
        """Wait for what the process says next.

        Raises:
            EvaluatorError: the process ended.
            Exception: what it failed with.
        """
        try:
            kind, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error
        if kind == FAILED:
            raise pickle.loads(value)  # from our own process
        return kind, value

    def close(self) -> None:
        """Let the process leave Ray, and end it if it does not."""
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process and those that it started."""
        self._connection.close()
        if self._process.returncode is None:
            # What Ray started for it is of its group, and ends with it in any case.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._output.close()

    def _no_answer(self, address: str, seconds: float) -> ConfigError:
        said = self._last_words()
        if address == LOCAL:
            got = f"no answer within {seconds:g} s{said}"
            return ConfigError("Ray to start", got, "free the machine of other work, or set evaluator=local")
        return nobody_at(repr(address), f"no Ray within {seconds:g} s{said}")

    def _ended(self) -> EvaluatorError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_SECONDS)
        return EvaluatorError(
            "a Ray cluster that goes on",
            f"the end of Ray on this machine{self._last_words()}",
            "look whether somebody stopped Ray, or whether the machine ran out of memory",
        )

    def _last_words(self) -> str:
        """Return the last line that the process printed, for the end of a sentence."""
        if self._output.closed:
            return ""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - 4096))
        lines = self._output.read().decode(errors="replace").splitlines()
        said = [line.rpartition("] ")[2].strip() for line in lines if "] " in line and _REMARK not in line]
        return f" ({said[-1][:200]})" if said and said[-1] else ""


def _environment(address: str) -> dict[str, str]:
    """Return the environment for a process that talks to Ray; what the user set in it stands."""
    own: dict[str, str] = {}
    if address == LOCAL:
        own = {**OWN, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    # It imports what this process imports, and so do workers that it starts on this machine.
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**QUIET, **own, **os.environ, "PYTHONPATH": path}
