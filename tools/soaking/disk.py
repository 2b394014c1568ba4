"""A small file system for runs, which can be full, and parts of which can be read-only."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

_BLOCK = 1 << 16  # bytes


class Disk:
    """A file system in memory at a folder, where this process may mount one; else that folder as it is.

    Args:
        path: the folder, which is made.
        mebibytes: size of the file system [MiB].
    """

    def __init__(self, path: Path, mebibytes: int) -> None:
        self.path = path
        self._ballast = path / "ballast"
        self._frozen: list[Path] = []
        path.mkdir()
        self.mounted = os.geteuid() == 0 and _mount("-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", path)

    @property
    def disturbed(self) -> bool:
        """Whether something cannot be written now."""
        return self._ballast.exists() or bool(self._frozen)

    def fill(self) -> None:
        """Leave no space on the file system."""
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(_BLOCK))

    def free(self) -> None:
        """Give back the space that `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def freeze(self, path: Path) -> bool:
        """Make a file or folder read-only, whoever writes; return whether that could be done."""
        if not path.exists() or not _mount("--bind", path, path):
            return False
        self._frozen.append(path)
        if _mount("-o", "remount,bind,ro", path):
            return True
        self.thaw()
        return False

    def thaw(self) -> None:
        """Let all that `freeze` made read-only be written to again."""
        for path in self._frozen:
            _unmount(path)
        self._frozen.clear()

    def close(self) -> None:
        """Unmount everything."""
        self.thaw()
        if self.mounted:
            _unmount(self.path)
            self.mounted = False


def _mount(*arguments: str | Path) -> bool:
    command = shutil.which("mount")
    return (
        command is not None and not subprocess.run([command, *arguments], capture_output=True, check=False).returncode
    )


def _unmount(path: Path) -> None:
    subprocess.run(["umount", "--lazy", path], capture_output=True, check=False)
