"""Motion and actuation as numbers: NumPy arrays, and tables as CSV and Parquet.

Numbers are those of the recording. In CSV they are the shortest decimals that read back as the same float32.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from codesign import files
from codesign.export.drawn_body import CHANGEABLE
from codesign.export.exporter import each_design
from codesign.export.recording import Array, Gallery, Recording, Trajectory

NPZ, CSV, PARQUET = ".motion.npz", ".motion.csv", ".motion.parquet"
CSV_ACTUATION, PARQUET_ACTUATION = ".actuation.csv", ".actuation.parquet"

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell, for the same bytes every time."""

_UNITS = {"time": "s", "x": "m", "y": "m", "z": "m", "actuation": "1"}
_BODY = (
    *("springs", "rest_lengths", "stiffness", "swings", "cells", "materials", "ground", "curve", "weights"),
    *("point_masses", "damping", "force_limits"),
)
_TEXTS = ("design", "operator", "controller", "task")

_ColumnsOf = Callable[[Recording, str, Trajectory], dict[str, Array]]


def write_npz(gallery: Gallery, path: Path) -> list[Path]:
    """Write a file of NumPy arrays for each design, named as `Exporter.write` says, and return the files.

    Arrays have the names, types, shapes and units of `Recording`; those of a motion have its name before theirs, such
    as after_positions, and those of the body before it learned "drawn". Nothing in the file is pickled.

    Raises:
        OutputError: `path` cannot be written to.
    """
    return each_design(_write_arrays, gallery, path, NPZ)


def write_csv(gallery: Gallery, path: Path) -> list[Path]:
    """Write two tables of text for each design, named as `Exporter.write` says, and return the files.

    The first has a row for each motion, frame and mass, in metres and seconds; the second, whose name ends in
    .actuation.csv, one for each motion, frame and spring.

    Raises:
        OutputError: `path` cannot be written to.
    """
    mains = each_design(partial(_write_csv, _positions), gallery, path, CSV)
    besides = each_design(partial(_write_csv, _actuation), gallery, _beside(path, CSV, CSV_ACTUATION), CSV_ACTUATION)
    return [each for pair in zip(mains, besides, strict=True) for each in pair]


def write_parquet(gallery: Gallery, path: Path) -> list[Path]:
    """Write two Parquet tables for each design, with the columns of `write_csv` and their units in the metadata.

    Raises:
        OutputError: `path` cannot be written to.
    """
    mains = each_design(partial(_write_parquet, _positions), gallery, path, PARQUET)
    beside = _beside(path, PARQUET, PARQUET_ACTUATION)
    besides = each_design(partial(_write_parquet, _actuation), gallery, beside, PARQUET_ACTUATION)
    return [each for pair in zip(mains, besides, strict=True) for each in pair]


def _beside(path: Path, suffix: str, other: str) -> Path:
    return path.with_name(f"{path.name.removesuffix(suffix)}{other}")


def _motions(recording: Recording) -> Iterator[tuple[str, Trajectory]]:
    for name, motion in (("before", recording.before), ("after", recording.after)):
        if motion is not None:
            yield name, motion


def _write_arrays(recording: Recording, path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in _arrays(recording).items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy", _EARLIEST), "w") as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    files.write_bytes(path, packed.getvalue())


def _arrays(recording: Recording) -> dict[str, Array]:
    found: dict[str, Array] = {name: np.array(getattr(recording, name), dtype=np.str_) for name in _TEXTS}
    found |= {name: np.array(getattr(recording, name), dtype=np.str_) for name in ("parents", "material_names")}
    found |= {"generation": np.array(recording.generation), "fitness": np.array(recording.fitness)}
    found["measure_names"] = np.array(list(recording.measures), dtype=np.str_)
    found["measures"] = np.array(list(recording.measures.values()), dtype=np.float64)
    found |= {name: getattr(recording, name) for name in _BODY}
    optional = {name: getattr(recording, name) for name in ("light", "world_fitness")}
    found |= {name: array for name, array in optional.items() if array is not None}
    if recording.drawn is not None:
        found |= {f"drawn_{name}": getattr(recording.drawn, name) for name in ("positions", *CHANGEABLE)}
    for name, motion in _motions(recording):
        arrays = {part: getattr(motion, part) for part in ("times", "positions", "actuation")}
        found |= {f"{name}_{part}": array for part, array in arrays.items()}
        found[f"{name}_diverged"] = np.array(motion.diverged)
    return found


def _positions(recording: Recording, name: str, motion: Trajectory) -> dict[str, Array]:
    """Return the columns of a motion's positions."""
    places = motion.positions.reshape(-1, recording.dim).T
    return _columns(name, motion.times, "mass", recording.masses) | dict(zip("xyz", places, strict=False))


def _actuation(recording: Recording, name: str, motion: Trajectory) -> dict[str, Array]:
    """Return the columns of a motion's actuation, with the masses that each spring joins."""
    springs = recording.springs
    first, second = (np.tile(ends, len(motion.times)) for ends in springs.T)
    columns = _columns(name, motion.times, "spring", len(springs))
    return columns | {"first_mass": first, "second_mass": second, "actuation": motion.actuation.ravel()}


def _columns(name: str, times: Array, thing: str, count: int) -> dict[str, Array]:
    numbers = np.tile(np.arange(count, dtype=np.int32), len(times))
    return {"motion": np.full(len(numbers), name), "time": np.repeat(times, count), thing: numbers}


def _write_csv(columns_of: _ColumnsOf, recording: Recording, path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, (name, motion) in enumerate(_motions(recording)):
        columns = columns_of(recording, name, motion)
        if number == 0:
            writer.writerow(columns)
        # NumPy's text of a float32 is its shortest decimal that reads back the same.
        writer.writerows(zip(*(column.astype(np.str_).tolist() for column in columns.values()), strict=True))
    files.write_text(path, text.getvalue())


def _write_parquet(columns_of: _ColumnsOf, recording: Recording, path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only who asks for tables loads Arrow
    from pyarrow import parquet  # noqa: PLC0415

    motions = [columns_of(recording, name, motion) for name, motion in _motions(recording)]
    columns = {name: np.concatenate([each[name] for each in motions]) for name in motions[0]}
    fields = [pa.field(name, pa.array(column[:1]).type, metadata=_unit(name)) for name, column in columns.items()]
    about = {name: getattr(recording, name) for name in _TEXTS}
    table = pa.table(list(columns.values()), schema=pa.schema(fields, metadata=about))
    with files.replacing(path) as temporary:
        parquet.write_table(table, temporary)


def _unit(name: str) -> dict[str, str] | None:
    return {"unit": _UNITS[name]} if name in _UNITS else None
