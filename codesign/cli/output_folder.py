"""Folders that commands write to: tried before the work, taken for one command alone, removed where nothing came."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codesign.errors import OutputError


@contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """Make a folder that nobody else has, named after `folder`, and yield it; it is removed again if it stays empty.

    Two commands may come to the same name, which holds the time to the second. Making a folder succeeds for one of
    them; the other one goes on with a number after the name.
    """
    missing = [path for path in folder.parents if not path.exists()]
    mine = _made(folder)
    try:
        yield mine
    finally:
        for path in (mine, *missing):
            remove_empty(path)


def free_name(folder: Path) -> Path:
    """Return where `claimed` would make a folder if it did so now."""
    return next(path for path in _names(folder) if not path.exists())


def _made(folder: Path) -> Path:
    """Make a folder that was not there, with a number after its name where that is taken, and return it."""
    for path in _names(folder):
        with suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
    raise AssertionError("names never end")


def _names(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in itertools.count(2))


def check_writable(folder: Path) -> None:
    """Try to make `folder` and to write into it, and leave everything as it was.

    Raises:
        OutputError: it cannot be made or written to.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / f".codesign-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        got = f"{folder} ({error.strerror or error})"
        raise OutputError("a folder that can be written to", got, "choose another folder or free some space") from error
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()


@contextmanager
def repeatable(key: str) -> Iterator[None]:
    """Say of what cannot be written within that the same command would make it again elsewhere.

    Args:
        key: what the command's folder is set with.

    Raises:
        OutputError: the one of within, with this remedy.
    """
    try:
        yield
    except OutputError as error:
        remedy = f"free some space there or set {key}=FOLDER, and start again: the same command gives the same numbers"
        raise OutputError(error.expected, error.got, remedy) from error


def remove_empty(folder: Path) -> None:
    """Remove a folder with nothing in it."""
    with suppress(OSError):
        folder.rmdir()
