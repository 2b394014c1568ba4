"""Machines that a test makes odd: the program as a process of its own, without root's rights, on a small disk."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CODESIGN = [sys.executable, "-m", "codesign.cli"]
CHECKOUT = Path(__file__).parent.parent
RIGHTS = "-dac_override,-dac_read_search"
"""What lets root enter folders that it may not enter."""


def run(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    unprivileged: bool = False,
    shell: str = '"$@"',
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run `codesign` as a process of its own and return what it said.

    Args:
        arguments: of the command.
        environment: variables besides this process's.
        shell: what a shell does with the command, which is "$@" there.
        unprivileged: whether root's rights to enter everything are taken away.
        options: of `subprocess.run`.
    """
    before = [*_without_rights()] if unprivileged else []
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT), **(environment or {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    command = ["sh", "-c", shell, "sh", *before, *CODESIGN, *arguments]
    return subprocess.run(command, env=variables, text=True, errors="replace", check=False, **streams)


def _without_rights() -> list[str]:
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--bounding-set", RIGHTS]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("root enters every folder here, and setpriv cannot take that right away")
    return command


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Yield a folder on a file system of its own with so much room, as mount(8) takes it."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def told(process: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a user's mistake is told in."""
    lines = process.stderr.splitlines()
    assert process.returncode == 2, process.stderr
    assert len(lines) == 1, process.stderr
    assert lines[0].startswith("codesign: expected "), process.stderr
    return lines[0]
