"""The lock on a folder: who has it knows that nobody else writes there, and whether the folder is where it was."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codesign.errors import OutputError, RunError

_CONTENDED = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
"""What the system answers where another process has a lock; all else means that there are no locks here."""


class FolderLock:
    """The lock on one folder, a file in it.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: int | None = None

    @contextmanager
    def held(self, notice: Callable[[str], None] | None = None) -> Iterator[None]:
        """Keep every other process from taking the lock until the block ends, or this process.

        Args:
            notice: told where the file system cannot lock, so that nothing keeps others out.

        Raises:
            RunError: another process has it.
            OutputError: the folder cannot be made or written to.
        """
        import fcntl  # noqa: PLC0415 - a system without it can still read runs

        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a")
        except OSError as error:
            raise OutputError(
                "a folder that can be written to", f"{folder} ({error.strerror})", "choose another folder"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in _CONTENDED:
                    raise RunError(
                        "a run that nothing else writes to",
                        f"{folder} in use by another process",
                        "wait until it ends or stop it, or choose another folder",
                    ) from error
                if notice is not None:
                    notice(
                        f"{folder} is on a file system that cannot lock files ({error.strerror}): "
                        "see to it that no other process goes on with this run."
                    )
            self._held = file.fileno()
            try:
                yield
            finally:
                self._held = None

    def in_place(self) -> bool:
        """Return whether the file that is held still is the one at its path; true if it is not held."""
        if self._held is None:
            return True
        try:
            return os.path.samestat(os.fstat(self._held), self.path.stat())
        except OSError:
            return False

    def whereabouts(self) -> Path | None:
        """Return where the folder of the file that is held has gone, None where the system does not tell."""
        if self._held is None:
            return None
        try:
            now = Path(f"/proc/self/fd/{self._held}").readlink()
            return now.parent if os.path.samestat(os.fstat(self._held), now.stat()) else None
        except OSError:
            return None
