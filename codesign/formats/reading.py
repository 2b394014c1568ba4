"""Reading a file of bodies, whatever its format."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from codesign.errors import CodesignError
from codesign.formats.body_plan import BodyPlan, FormatError, Inexpressible
from codesign.formats.format import Format

_HEAD = 4096

_PICKLE = "turn it into .npz with the script in docs/formats.md: a pickle may run anything, so none is read here"

_REMEDIES = {".pkl": _PICKLE, ".pickle": _PICKLE}
"""What to do about files that people of this field have and that are not read, by suffix."""

_CONTENTS = {
    b"\x93NUMPY": (".npy",),
    b"PK\x03\x04": (".npz",),
    b"PAR1": (".parquet",),
    b"{": (".json",),
    b"<": (".vxa", ".vxd", ".vxc"),
    **{bytes([0x80, protocol]): (".pkl",) for protocol in range(2, 6)},
}
"""How files begin, and the suffixes of those."""

_ALL_CONTENTS = {*(suffix for found in _CONTENTS.values() for suffix in found), ".txt"}

_MOST_LISTED = 1000
"""Entries of a folder that are looked at, to name one of them."""


def read_plans(formats: Mapping[str, Format], path: Path, *, lenient: bool = False) -> list[BodyPlan]:
    """Return every body in a file or folder, at least one.

    Args:
        formats: those that are tried.
        path: the file or folder.
        lenient: whether what bodies here cannot have is replaced; the plans say what was.

    Raises:
        FormatError: there is no such file, its format is none of these, it is damaged or holds no body, or, unless
            `lenient`, a body has what bodies here cannot have.
    """
    found = format_of(formats, path)
    try:
        plans = found.read(path)
    except CodesignError as error:
        raise FormatError(error.expected, _in_file(error.got, path), error.remedy) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        raise FormatError(f"a file of bodies ({found.name})", f"{path} ({reason})", "check the file") from error
    if not plans:
        raise FormatError("at least one body", f"none in {path}", "check the file")
    if not lenient:
        _require_expressible(plans, path)
    return plans


def format_of(formats: Mapping[str, Format], path: Path) -> Format:
    """Return the format that a file or folder is of.

    Raises:
        FormatError: there is no such file, or its format is none of these.
    """
    if path.is_dir():
        return _format_of_folder(formats, path)
    try:
        head = _head_of(path)
    except OSError as error:
        raise FormatError("a file of bodies", f"{path} ({error.strerror})", "check the path") from error
    suffix = path.suffix.lower()
    if not head and suffix in _ALL_CONTENTS:
        raise FormatError(f"a file of bodies ({suffix})", f"{path}, which is empty", "save it again")
    fitting = [each for each in formats.values() if suffix and suffix in each.suffixes]
    content = _content_of(head)
    if content and suffix not in content and suffix in {"", *_ALL_CONTENTS}:
        got = f"{path}, which begins as {' or '.join(content)} files do"
        remedy = _REMEDIES.get(content[0], f"call it {path.stem}{content[0]}, if it holds bodies")
        raise FormatError(f"a file of bodies ({suffix or 'with a suffix'})", got, remedy)
    for each in fitting:
        if each.recognises(path, head):
            return each
    if fitting:
        names = " or ".join(each.name for each in fitting)
        raise FormatError(f"a file of bodies ({names})", f"{path}, which is none", "check the file")
    known = ", ".join(sorted({suffix for each in formats.values() for suffix in each.suffixes}))
    remedy = _REMEDIES.get(suffix, "convert it to one of these")
    raise FormatError(f"a file of bodies ({known}), or a folder of such", str(path), remedy)


_METRICS = "metrics.jsonl"
"""A file that the folder of a run has, whose other files hold no bodies."""


def _format_of_folder(formats: Mapping[str, Format], path: Path) -> Format:
    folders = [each for each in formats.values() if not each.suffixes]
    for each in folders:
        if each.recognises(path, b""):
            return each
    known = {suffix for each in formats.values() for suffix in each.suffixes}
    try:
        inside = [each for each in islice(path.iterdir(), _MOST_LISTED) if each.suffix.lower() in known]
    except OSError as error:
        raise FormatError("a folder of bodies", f"{path} ({error.strerror})", "check the path") from error
    remedy = f"name the files in it, as in {min(inside)}" if inside else "check the path"
    if (path / _METRICS).is_file():
        remedy = f"write designs of the run first, as in codesign export run={path} format=json, and name their files"
    expected = f"a file of bodies, or a folder of format {' or '.join(each.name for each in folders)}"
    raise FormatError(expected, f"{path}, another folder", remedy)


def _content_of(head: bytes) -> tuple[str, ...]:
    """Return the suffixes of files that begin like this; none where that says nothing."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((found for begin, found in _CONTENTS.items() if head.startswith(begin) or text.startswith(begin)), ())


def _head_of(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _HEAD)
    finally:
        os.close(descriptor)


def _in_file(got: str, path: Path) -> str:
    return got if str(path) in got else f"{got} in {path}"


def _require_expressible(plans: list[BodyPlan], path: Path) -> None:
    """Check that every body can be what its file says.

    Raises:
        FormatError: one cannot; the message names it, what and where.
    """
    odd = [plan for plan in plans if plan.inexpressible]
    if not odd:
        return
    found = odd[0].inexpressible
    which = f" of body {odd[0].name}" if len(plans) > 1 else ""
    others = len(odd) - 1
    more = f" (and in {others} more {'body' if others == 1 else 'bodies'})" if others else ""
    got = f"{_listed([str(each) for each in found])}{which} in {path}{more}"
    raise FormatError(
        "what bodies here can have", got, f"set lenient=true to have {_instead(found)}, or change the file"
    )


def _instead(found: Sequence[Inexpressible]) -> str:
    """Return what is done instead, after the words "to have"."""
    ways = list(dict.fromkeys(each.instead for each in found))
    if len(ways) == 1:
        return f"them {ways[0]}"
    return _listed([f"{each.what} {each.instead}" for each in found])


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def renamed(plans: list[BodyPlan]) -> list[BodyPlan]:
    """Return plans with a number after names that occur twice."""
    seen: dict[str, int] = {}
    for plan in plans:
        seen[plan.name] = seen.get(plan.name, 0) + 1
    counts, result = dict.fromkeys(seen, 0), list[BodyPlan]()
    for plan in plans:
        counts[plan.name] += 1
        again = seen[plan.name] > 1
        result.append(replace(plan, name=f"{plan.name}-{counts[plan.name]}") if again else plan)
    return result
