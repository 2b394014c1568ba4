"""Paths that a user names, checked in one place: whatever a file system may refuse is told in one line, with its cause.

A path that passes may still fail later, because files change. So whoever opens it says so too; this is for the cause.
"""

import os
import stat
from pathlib import Path
from typing import Literal

from codesign.errors import ConfigError

LONGEST_NAME = 255
"""Bytes of a file's name that the usual file systems allow."""

_LONGEST_PATH = 4095
_SHOWN = 60
_ENCODING_REMEDY = "set LC_ALL=C.UTF-8, or choose a name of plain letters"

Use = Literal["file", "folder", "either", "output"]
"""What a path is for: a file to read, a folder to read, one of both, or a folder to write to, which need not exist."""

_WANTED: dict[Use, str] = {
    "file": "a file",
    "folder": "a folder",
    "either": "a file or a folder",
    "output": "a folder to write to",
}


def require_path(key: str, path: Path | str, use: Use) -> Path:
    """Check that a path can be what it is named for, and return it.

    Args:
        key: what the user sets the path with, for the message.
        path: as the user named it.
        use: what it is for.

    Raises:
        ConfigError: it cannot; the message says which part of the path is the cause.
    """
    text = os.fspath(path)
    wanted = _WANTED[use]
    fault = _fault_of_text(text) or _fault_on_disk(Path(text), use)
    if fault is not None:
        got, remedy = fault
        raise ConfigError(wanted, got.replace("{path}", _shown(text)), remedy, key)
    return Path(text)


def require_working_folder() -> None:
    """Check that the folder that the shell is in still exists, which relative paths need.

    Raises:
        ConfigError: it was removed, or may not be entered.
    """
    try:
        Path.cwd()
    except OSError as error:
        got = f"one that cannot be found ({error.strerror})"
        raise ConfigError("a working folder that exists", got, "change to a folder that exists, with cd") from error


def _fault_of_text(text: str) -> tuple[str, str] | None:
    """Return what no file system would take about a path and what to do, None where there is nothing."""
    if not text or "\0" in text:
        return "{path}, with a NUL character" if text else "an empty text", "set {field} to a path"
    try:
        if os.fsencode(text) != text.encode("utf-8"):
            return "{path}, which this locale does not write as UTF-8", _ENCODING_REMEDY
    except UnicodeEncodeError:
        return "{path}, with characters that this locale does not have", _ENCODING_REMEDY
    longest = max((len(part.encode("utf-8")) for part in Path(text).parts), default=0)
    if longest > LONGEST_NAME:
        return f"{{path}}, with a name of {longest} bytes, above {LONGEST_NAME}", "choose a shorter name"
    if len(text.encode("utf-8")) > _LONGEST_PATH:
        return f"{{path}}, of more than {_LONGEST_PATH} bytes", "choose a shorter path"
    return None


def _fault_on_disk(path: Path, use: Use) -> tuple[str, str] | None:
    """Return what stands in the way of a path on the disk and what to do, None where nothing does."""
    for part in (*reversed(path.parents), path):
        try:
            kind = part.stat().st_mode
        except PermissionError:
            return f"{{path}}, where {part.parent} may not be entered", "ask its owner, or choose another place"
        except FileNotFoundError:
            return _fault_of_missing(part, path, use)
        except OSError as error:  # a circle of links; a file system that does not answer
            return f"{{path}} ({part}: {error.strerror})", "check the path"
        if part != path and not stat.S_ISDIR(kind):
            return f"{{path}}, where {part} is not a folder", "check the path"
    return _fault_of_kind(path, path.stat().st_mode, use)


def _fault_of_missing(part: Path, path: Path, use: Use) -> tuple[str, str] | None:
    if part.is_symlink():
        missing = f"where {part} is a link to {part.readlink()}, which is not there"
        return f"{{path}}, {missing}", "mend the link, or choose another path"
    if use == "output":
        return None
    if part != path:
        return f"{{path}}, where there is no folder {part}", "check the path"
    return f"no {'file' if use == 'either' else use} {{path}}", "check the path"


def _fault_of_kind(path: Path, kind: int, use: Use) -> tuple[str, str] | None:
    if use == "file" or (use == "either" and not stat.S_ISDIR(kind)):
        if stat.S_ISDIR(kind):
            return "the folder {path}", "name a file"
        if not stat.S_ISREG(kind):
            return "{path}, a stream or a device", "save what it gives in a file, which can be read more than once"
        readable = os.access(path, os.R_OK)
        return None if readable else ("{path}, which may not be read", "ask its owner, or choose another file")
    if not stat.S_ISDIR(kind):
        return "the file {path}", "name a folder"
    if not os.access(path, os.R_OK | os.X_OK):
        return "{path}, which may not be entered", "ask its owner, or choose another folder"
    return None


def _shown(text: str) -> str:
    """Return a path as it can be printed in one line, the middle of a long one left out."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(printable) <= 4 * _SHOWN:
        return printable
    return f"{printable[:_SHOWN]}...{printable[-_SHOWN:]}"
