"""Reaching a Ray cluster: one of this machine's own, or one that is already there.

Everything here happens in the process that talks to Ray (`ray_driver`), whose environment and signals are its own.
"""

import logging
import os
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from codesign.errors import ConfigError

LOCAL = "local"

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # silences a warning about what a worker without a GPU sees
    # Below `uv run` Ray would pack the working directory and build an environment from it on every machine.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Environment of every process that talks to Ray."""

OWN = {
    # Despite its name this holds on Linux too; it is what makes every Ray process listen on 127.0.0.1 alone.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    # Nobody restarts the control process (GCS) of such a cluster, so nobody should wait for it for a minute.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "10",
}
"""Environment of one that starts a cluster of this machine's own; RAY_AUTH_TOKEN comes on top."""

_ANSWER_SECONDS = 5.0

_TEMPORARY = "/tmp"  # where Ray itself looks

_LONGEST_SOCKET = 107
"""Bytes of a socket's path at most (unix(7))."""

_SOCKET = "session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
"""The longest path of a socket within Ray's folder."""


def connect(address: str, cores: int) -> ModuleType:
    """Return the `ray` module, connected.

    Args:
        address: "local" for a cluster of this machine's own that only this machine can reach, else that of a running
            cluster ("auto" finds it).
        cores: CPU cores to offer, for a cluster of this machine's own.

    Raises:
        ConfigError: there is no cluster at `address`, or Ray cannot start one here.
    """
    where = LOCAL
    if address == LOCAL:
        _require_loopback()
        _require_folder()
    else:
        where = _address_of_cluster(address)
    import ray  # noqa: PLC0415 - it takes a second, and only this evaluator needs it

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=cores, include_dashboard=False, **quiet)
        else:
            ray.init(address=where, **quiet)
    except ConnectionError as error:
        raise nobody_at(where, str(error)) from error
    return ray


def nobody_at(where: str, why: str) -> ConfigError:
    """Return the error that no cluster is at an address."""
    reason = next((line.strip() for line in why.splitlines() if line.strip()), "no answer")
    return ConfigError(
        "that of a running Ray cluster",
        f"{where}, where none answers ({reason})",
        "start one with `ray start --head`, or set {field}=local",
        "address",
    )


def _address_of_cluster(address: str) -> str:
    """Return the address, host:port, that an address of the settings stands for, where something answers.

    Raises:
        ConfigError: there is none, it has another form, or nothing answers there.
    """
    source, found = repr(address), address
    if address == "auto":
        source, found = _found_address()
    host, _, port = found.rpartition(":")
    if not host or "/" in host or not port.isdigit():
        expected = "auto, or host:port of a Ray cluster"
        remedy = "set {field}=HOST:6379 or RAY_ADDRESS=HOST:6379 without a scheme, or set {field}=local"
        raise ConfigError(expected, source, remedy, "address")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise nobody_at(source, str(error)) from error
    return found


def _found_address() -> tuple[str, str]:
    """Return where `auto` finds its address, as a user may read it, and the address.

    Raises:
        ConfigError: it finds none.
    """
    named = os.environ.get("RAY_ADDRESS", "")
    if named and named not in ("auto", LOCAL):
        return f"RAY_ADDRESS={named}", named
    file = _ray_folder() / "ray_current_cluster"
    try:
        written = file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        written = ""
    if not written:
        raise nobody_at("auto", f"neither RAY_ADDRESS nor {file} names one")
    return f"{written} (as {file} says)", written


def _ray_folder() -> Path:
    """Return the folder in which Ray keeps sockets, logs and the address of this machine's cluster."""
    return Path(os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or _TEMPORARY) / "ray"


def _require_folder() -> None:
    """See to it that Ray can make sockets in its folder: what TMPDIR names is passed over where it does not serve.

    Raises:
        ConfigError: the folder's path is too long, or nothing can be written there.
    """
    fault = _fault_of(_ray_folder())
    if fault is None:
        return
    if not os.environ.get("RAY_TMPDIR") and _fault_of(Path(_TEMPORARY) / "ray") is None:
        os.environ["RAY_TMPDIR"] = _TEMPORARY
        return
    remedy = "set the environment variable RAY_TMPDIR to a folder of yours with a short path, or evaluator=local"
    raise ConfigError(*fault, remedy)


def _fault_of(folder: Path) -> tuple[str, str] | None:
    """Return what is expected of Ray's folder and what is found instead; None where nothing is wrong."""
    longest = _LONGEST_SOCKET - len(_SOCKET) - 1
    if sys.platform.startswith("linux") and len(os.fsencode(folder)) > longest:
        expected = f"a folder for Ray's sockets with a path of at most {longest} bytes"
        return expected, f"{folder} of {len(os.fsencode(folder))}"
    probe = folder / f".codesign-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        return "a folder for Ray's sockets that can be written to", f"{folder} ({error.strerror or error})"
    return None


def _require_loopback() -> None:
    """Check that processes of this machine can talk to each other.

    Raises:
        ConfigError: they cannot.
    """
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=_ANSWER_SECONDS).close()
    except OSError as error:
        remedy = "bring it up (ip link set lo up), or set evaluator=local, which needs no network"
        raise ConfigError("a loopback network interface (127.0.0.1), for Ray", f"none ({error})", remedy) from error
