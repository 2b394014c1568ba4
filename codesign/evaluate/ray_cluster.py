"""Reaching a Ray cluster: one of this machine's own, or one that is already there."""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from codesign.errors import ConfigError

_LOCAL = "local"

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # silences a warning about what a worker without a GPU sees
}

_LOOPBACK_ONLY = {
    # Despite its name this holds on Linux too; it is what makes every Ray process listen on 127.0.0.1 alone.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
}


def connect(address: str, cores: int) -> tuple[ModuleType, bool]:
    """Return the `ray` module, connected, and whether this call started or joined the cluster.

    Args:
        address: "local" for a cluster of this machine's own that only this machine can reach, else that of a running
            cluster ("auto" finds it).
        cores: CPU cores to offer, for a cluster of this machine's own.

    Raises:
        ConfigError: there is no cluster at `address`.
    """
    if "ray" not in sys.modules:
        # Ray reads these when it is imported, and its processes inherit them; who imported it before has decided.
        for name, value in _QUIET.items() if address != _LOCAL else (_QUIET | _LOOPBACK_ONLY).items():
            os.environ.setdefault(name, value)
        if address == _LOCAL:
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray  # noqa: PLC0415 - it takes a second, and only this evaluator needs it

    if ray.is_initialized():
        return ray, False
    _require_answer(address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with _own_answer_to_sigterm():
        try:
            if address == _LOCAL:
                ray.init(address=_LOCAL, num_cpus=cores, include_dashboard=False, **quiet)
            else:
                ray.init(address=address, **quiet)
        except ConnectionError as error:
            raise _nobody_at(address, error) from error
        except BaseException:
            ray.shutdown()
            raise
    return ray, True


@contextmanager
def _own_answer_to_sigterm() -> Iterator[None]:
    """Keep this process's answer to SIGTERM: Ray would leave at once, and a run wants to put its state away first."""
    handler = signal.getsignal(signal.SIGTERM)
    came = False
    try:
        yield
    except SystemExit as left:
        came = left.code == signal.SIGTERM
        if not came:
            raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)
    if came:
        signal.raise_signal(signal.SIGTERM)


def _require_answer(address: str) -> None:
    """Check that something listens at host:port; Ray itself would go on asking for minutes."""
    host, separator, port = address.rpartition(":")
    if not separator or "/" in host or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise _nobody_at(address, error) from error


def _nobody_at(address: str, error: OSError) -> ConfigError:
    return ConfigError(
        "that of a running Ray cluster",
        f"{address!r}, where none is ({str(error).splitlines()[0]})",
        "start one with `ray start --head`, or set {field}=local",
        "address",
    )
