"""Checks of file formats."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from codesign.errors import CodesignError, OutputError
from codesign.formats import FORMATS, BodyPlan, Format, FormatError, genomes_of, settings_of
from codesign.genome import LATTICES
from codesign.testing.failures import CheckError, expect

SHAPES = {"square": ((2, 3), (4, 2)), "triangle": ((2, 3), (4, 2)), "cube": ((2, 3, 1), (1, 2, 2))}
"""Shapes of the bodies that are written and read back, by kind of lattice."""


def check_format(found: Format, samples: Sequence[Path] = ()) -> None:
    """Check a file format: what it writes reads back equal, and no damaged file raises anything but what is told.

    Args:
        found: what to check.
        samples: files of it; at least one where it is only read.

    Raises:
        CheckError: the format breaks its contract.
    """
    expect(found.name.isidentifier(), "a name that is an identifier", repr(found.name))
    expect(FORMATS.get(found.name, found) == found, "a name that no other format has", found.name)
    for suffix in found.suffixes:
        expect(suffix.startswith(".") and suffix == suffix.lower(), "suffixes in lower case, with the dot", suffix)
    expect(found.write or samples, "a format that writes, or `samples` of its files", "neither")
    for sample in samples:
        _check_sample(found, Path(sample))
    if found.write is not None:
        expect(found.suffixes, "a suffix for files that are written", "none")
        able = [lattice for lattice in SHAPES if _writes(found, lattice)]
        expect(able, f"a format that writes bodies of {', '.join(SHAPES)}, or some of these", "none")
        for lattice in able:
            with TemporaryDirectory() as name:
                _check_writing(found, example_plans(lattice), Path(name))


def example_plans(lattice: str) -> list[BodyPlan]:
    """Return small bodies of all materials on a kind of lattice, without an empty cell."""
    drawn, count = np.random.default_rng(3), len(LATTICES[lattice]().build().materials)
    cells = [drawn.integers(1, count, shape, np.uint8) for shape in SHAPES[lattice]]
    return [BodyPlan(f"body{number}", lattice, each) for number, each in enumerate(cells)]


def _check_sample(found: Format, sample: Path) -> None:
    plans = _read(found, sample)
    expect(plans, f"a body in {sample.name}", "none")
    names = [plan.name for plan in plans]
    expect(len(set(names)) == len(names), "bodies of different names", names)
    for plan in plans:
        if plan.lattice:
            genomes_of([plan], settings_of([plan]))
    if sample.is_file():
        with TemporaryDirectory() as name:
            _check_damaged(found, sample.read_bytes(), Path(name) / sample.name)


def _writes(found: Format, lattice: str) -> bool:
    """Return whether a format can express bodies on a kind of lattice."""
    assert found.write is not None
    with TemporaryDirectory() as name:
        try:
            found.write(example_plans(lattice), Path(name) / f"probe{found.suffixes[0]}")
        except FormatError:
            return False
    return True


def _check_writing(found: Format, plans: list[BodyPlan], folder: Path) -> None:
    assert found.write is not None
    suffix = found.suffixes[0]
    for count in (1, len(plans)):
        path = folder / "new" / f"first{suffix}"
        written = found.write(plans[:count], path)
        expect(written and all(each.is_file() for each in written), "the files written", written)
        if count == 1:
            expect(written[0] == path, f"the files written, {path.name} first", written)
        back = [plan for each in written if each.suffix == suffix for plan in _read(found, each)]
        expect(len(back) == count, f"{count} bodies read back", len(back))
        for plan, read in zip(plans, back, strict=False):
            same = read.lattice == plan.lattice and np.array_equal(read.cells, plan.cells)
            expect(same, f"the cells {plan.cells.tolist()} read back, the lowest row first", read.cells.tolist())
    first, second = folder / f"one{suffix}", folder / f"other{suffix}"
    for path in (first, second):
        found.write(plans[:1], path)
    expect(first.read_bytes() == second.read_bytes(), "the same bytes for the same bodies", "others")
    _check_damaged(found, first.read_bytes(), folder / f"damaged{suffix}")
    (folder / "file").write_text("kept")
    try:
        found.write(plans[:1], folder / "file" / f"body{suffix}")
    except OutputError:
        return
    except Exception as error:
        raise CheckError(f"expected OutputError for a path that cannot be written to; got {error!r}") from error
    raise CheckError("expected OutputError for a path that cannot be written to; got none")


def _check_damaged(found: Format, good: bytes, path: Path) -> None:
    """Check that damaged files are read, or refused as is told to the user in one line."""
    drawn = np.random.default_rng(4)
    ends = [good[:end] for end in range(0, len(good), max(1, len(good) // 50))]
    altered = []
    for _ in range(50):
        data = bytearray(good)
        for place in drawn.integers(0, len(good), 3):
            data[place] = drawn.integers(0, 256)
        altered.append(bytes(data))
    for data in (*ends, *altered, b"\xff" * 64, b"9" * 64):
        path.write_bytes(data)
        try:
            found.read(path)
        except (CodesignError, OSError, ValueError):
            continue
        except Exception as error:
            expected = "FormatError, OSError or ValueError for a damaged file"
            raise CheckError(f"expected {expected}; got {error!r} for {data[:40]!r}") from error


def _read(found: Format, path: Path) -> list[BodyPlan]:
    try:
        head = path.read_bytes()[:4096] if path.is_file() else b""
        expect(found.recognises(path, head), f"{path.name} to be recognised", "no")
        return found.read(path)
    except (FormatError, OSError, ValueError) as error:
        raise CheckError(f"expected {path.name} to be read; got {error}") from error
