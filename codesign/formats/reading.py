"""Reading a file of bodies, whatever its format."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codesign.errors import CodesignError
from codesign.formats.body_plan import BodyPlan, FormatError
from codesign.formats.format import Format

_HEAD = 4096

_LENIENT = "set lenient=true to go on with {instead}, or mend the file"

_PICKLE = "turn it into .npz with the script in docs/formats.md: a pickle may run anything, so none is read here"

_REMEDIES = {".pkl": _PICKLE, ".pickle": _PICKLE}
"""What to do about files that people of this field have and that are not read, by suffix."""


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
    except FormatError as error:
        raise FormatError(error.expected, _in_file(error.got, path), error.remedy) from error
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
    try:
        head = b"" if path.is_dir() else _head_of(path)
    except OSError as error:
        raise FormatError("a file of bodies", f"{path} ({error.strerror})", "check the path") from error
    suffix = "" if path.is_dir() else path.suffix.lower()
    fitting = [
        each
        for each in formats.values()
        if (suffix in each.suffixes if suffix else path.is_dir() and not each.suffixes)
    ]
    for each in fitting:
        if each.recognises(path, head):
            return each
    if fitting:
        names = " or ".join(each.name for each in fitting)
        raise FormatError(f"a file of bodies ({names})", f"{path}, which is none", "check the file")
    known = ", ".join(sorted({suffix for each in formats.values() for suffix in each.suffixes}))
    remedy = _REMEDIES.get(suffix, "convert it to one of these")
    raise FormatError(f"a file of bodies ({known}), or a folder of such", str(path), remedy)


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
    for plan in plans:
        if plan.inexpressible:
            first = plan.inexpressible[0]
            told = "; ".join(str(each) for each in plan.inexpressible)
            which = f" in body {plan.name}" if len(plans) > 1 else ""
            others = sum(bool(each.inexpressible) for each in plans) - 1
            more = f" (and {others} more bodies like that)" if others else ""
            instead = "; ".join(f"{each.what} {each.instead}" for each in plan.inexpressible)
            expected = "bodies of rigid, soft and muscle cells that are joined to their neighbours"
            remedy = _LENIENT.format(instead=instead)
            raise FormatError(expected, f"{told or first.what}{which} of {path}{more}", remedy)


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
