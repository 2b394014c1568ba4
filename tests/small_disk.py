"""A disk of a few megabytes that can be filled and made read-only, for tests that see what then becomes of files."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

MEBIBYTES = 4


class SmallDisk:
    """A file system in memory.

    Args:
        path: where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free within the block."""
        self.fill()
        try:
            yield
        finally:
            self.make_room()

    def fill(self) -> None:
        """Take all the space that is left."""
        with suppress(OSError), (self.path / "filler").open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def make_room(self) -> None:
        """Give back what `fill` took."""
        (self.path / "filler").unlink(missing_ok=True)

    def forbid_writing(self) -> None:
        """Make the disk read-only, also for who has opened files on it."""
        _mount("--bind", str(self.path), str(self.path))
        _mount("-o", "remount,bind,ro", str(self.path))

    def allow_writing(self) -> None:
        """Undo `forbid_writing`."""
        subprocess.run(["umount", "-l", str(self.path)], check=True, capture_output=True)


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    """Mount a small disk at a folder that is made; skip the test where this user may not mount one."""
    path.mkdir()
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    try:
        _mount("-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let root mount a small disk")
    try:
        yield SmallDisk(path)
    finally:
        while os.path.ismount(path):
            subprocess.run(["umount", "-l", str(path)], check=True, capture_output=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
