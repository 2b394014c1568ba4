"""The checks refuse formats and loggers that break their contract, for the reason that is broken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from codesign.files import write_text
from codesign.formats import BodyPlan, Format, FormatError
from codesign.run import LoggedRun, LoggerConnection, LoggerSettings
from codesign.testing import check_format, check_logger
from tests.testing.refusals import ANYHOW, refused


def _read(path: Path) -> list[BodyPlan]:
    rows = [[int(digit) for digit in line] for line in path.read_text().split()]
    if not rows or len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")
    return [BodyPlan(path.stem, "square", np.array(rows, np.uint8)[::-1])]


def _write(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    if any(plan.lattice != "square" for plan in plans):
        raise FormatError("squares", "others", "choose another format")
    paths = [path] if len(plans) == 1 else [path.with_name(f"{path.stem}-{plan.name}.digits") for plan in plans]
    for plan, each in zip(plans, paths, strict=True):
        write_text(each, "\n".join("".join(map(str, row)) for row in plan.cells[::-1].tolist()))
    return paths


GOOD = Format("digits", (".digits",), _read, write=_write)


def _careless(path: Path) -> list[BodyPlan]:
    return [{}["missing"]] if not path.read_text(errors="replace").isascii() else _read(path)


def _upside_down(path: Path) -> list[BodyPlan]:
    return [replace(plan, cells=plan.cells[::-1]) for plan in _read(path)]


def _at_random(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    paths = _write(plans, path)
    for each in paths:
        each.write_text(each.read_text() + "\n" * int(ANYHOW.integers(1, 1000)))
    return paths


def _unsafe(plans: Sequence[BodyPlan], path: Path) -> list[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return _write(plans, path)


BROKEN = {
    "a suffix in capitals": (replace(GOOD, suffixes=(".DIGITS",)), "lower case"),
    "a name of two words": (replace(GOOD, name="two words"), "identifier"),
    "the name of another": (replace(GOOD, name="text"), "no other format"),
    "neither reads nor writes": (replace(GOOD, write=None), "neither"),
    "does not know its own": (replace(GOOD, recognises=lambda _path, _head: False), "recognised"),
    "upside down": (replace(GOOD, read=_upside_down), "the lowest row first"),
    "raises anything": (replace(GOOD, read=_careless), "for a damaged file"),
    "other bytes each time": (replace(GOOD, write=_at_random), "the same bytes"),
    "another error for its path": (replace(GOOD, write=_unsafe), "OutputError"),
}


def test_the_good_format_passes() -> None:
    check_format(GOOD)


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_formats_are_refused(fault: str) -> None:
    refused(check_format, BROKEN[fault][0], reason=BROKEN[fault][1])


def test_a_sample_that_is_not_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.digits").write_text("12\n3\n")
    only_read = replace(GOOD, write=None)
    refused(check_format, only_read, [tmp_path / "x.digits"], reason="rows of different lengths")
    (tmp_path / "x.digits").write_text("12\n34\n")
    check_format(only_read, [tmp_path / "x.digits"])


class Connection(LoggerConnection):
    def __init__(self, identity: Any) -> None:
        self.identity = identity

    def write(self, generation: int, values: Mapping[str, float]) -> None:
        pass

    def close(self, *, finished: bool) -> None:
        pass


@dataclass(frozen=True)
class Diary(LoggerSettings):
    """Writes nothing."""

    name: str = "diary"
    module: ClassVar[str] = "csv"
    connect: ClassVar[Callable[[LoggedRun], Any]] = lambda run: Connection(run.identity or "one")

    def open(self, run: LoggedRun) -> LoggerConnection:
        return type(self).connect(run)


@dataclass(frozen=True)
class Absent(Diary):
    """Needs what is not there."""

    name: str = "absent"
    module: ClassVar[str] = "no_such_module"


@dataclass(frozen=True)
class Forgetful(Diary):
    """Begins anew each time."""

    name: str = "forgetful"
    connect: ClassVar[Callable[[LoggedRun], Any]] = lambda _run: Connection(str(ANYHOW.random()))


@dataclass(frozen=True)
class Numbered(Diary):
    """Calls a run by a number."""

    name: str = "numbered"
    connect: ClassVar[Callable[[LoggedRun], Any]] = lambda _run: Connection(3)


@dataclass(frozen=True)
class Closed(Diary):
    """Has no connection."""

    name: str = "closed"
    connect: ClassVar[Callable[[LoggedRun], Any]] = lambda _run: None


def test_a_good_logger_passes() -> None:
    check_logger(Diary())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(Absent, "no_such_module"), (Forgetful, "the identity"), (Numbered, "a text"), (Closed, "LoggerConnection")],
)
def test_broken_loggers_are_refused(kind: type[LoggerSettings], reason: str) -> None:
    refused(check_logger, kind(), reason=reason)
