"""Files that are whole or absent: written beside their place, flushed to the disk, then renamed."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codesign.errors import OutputError

_CANNOT_FLUSH = (errno.EINVAL, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF)
"""What file systems answer that cannot flush a file or a folder, or not one that is open for reading. They write what
they hold when they like; nothing that a program can do makes them do it sooner, and nothing failed."""


@contextmanager
def replacing(path: Path, *, make_folder: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends without an error.

    Args:
        path: the file.
        make_folder: whether the folder may be made; not where it would be another one in the place of one that was
            moved.

    Raises:
        OutputError: the folder cannot be made or written to, or the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        # The system takes the user's umask from these permissions: files are as readable as the user's others.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        # What cannot be removed, since the disk has become read-only, must not hide why.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, make_folder: bool = True) -> None:
    """Write `data` to `path` atomically, see `replacing`."""
    with replacing(path, make_folder=make_folder) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str, *, make_folder: bool = True) -> None:
    """Write `text` to `path` atomically, as UTF-8, see `replacing`."""
    write_bytes(path, text.encode("utf-8"), make_folder=make_folder)


def append_line(path: Path, line: str) -> None:
    """Append one line to `path` and flush it to the disk; one that fails is taken back.

    Raises:
        OutputError: the file cannot be written to.
    """
    rest = line.rstrip("\n").encode("utf-8") + b"\n"
    try:
        with path.open("ab", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            try:
                while rest:
                    rest = rest[stream.write(rest) :]
                _flush_open(stream.fileno())
            except OSError:
                with suppress(OSError):
                    stream.truncate(end)
                raise
    except OSError as error:
        raise _unwritable(path, error) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        OutputError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def _flush(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        if error.errno in _CANNOT_FLUSH:
            return
        raise
    try:
        _flush_open(descriptor)
    finally:
        os.close(descriptor)


def _flush_open(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        "a place that can be written to",
        f"{path} ({error.strerror or error})",
        "choose another folder or free some space",
    )
