"""What two runs of one experiment recorded, compared to the bit."""

import json
import math
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
from safetensors import safe_open

from codesign.errors import CodesignError
from codesign.run import RunFolder
from codesign.run.checkpoint import Checkpoint, newest_intact
from codesign.run.metrics import CLOCK_FIELDS

Record = dict[str, bytes]
"""Every value of a part of a run, as bytes by its place."""


@dataclass(frozen=True)
class Differences:
    """How a run differs from another.

    Attributes:
        values: compared values.
        bits: of these, how many bits differ; a value that only one of the runs has differs in all of its bits.
        lost: designs of the first run that the second does not have.
        where: places of values that differ, how many by part of the run.
    """

    values: int
    bits: int
    lost: int
    where: Mapping[str, int]


def differences(reference: Path, run: Path) -> Differences:
    """Return how a finished run differs from another, in everything that it recorded but the time it took.

    Raises:
        CodesignError, OSError, ValueError: the first run cannot be read.
    """
    expected, ids = recorded(reference), designs(reference)
    try:
        found, found_ids = recorded(run), designs(run)
    except (CodesignError, OSError, ValueError, KeyError) as error:
        bits = sum(8 * len(value) for value in expected.values())
        return Differences(len(expected), bits, len(ids), {f"unreadable: {error}": len(expected)})
    bits, where = 0, Counter[str]()
    for place in expected.keys() | found.keys():
        differing = _differing_bits(expected.get(place), found.get(place))
        if differing:
            bits += differing
            where[place.partition("/")[0]] += 1
    return Differences(len(expected), bits, len(ids - found_ids), dict(where))


def designs(path: Path) -> set[str]:
    """Return the names of all designs in the tables of a run."""
    tables = sorted(RunFolder(path).designs.glob("*.parquet"))
    return {name for table in tables for name in _table(table, ["design"]).column("design").to_pylist()}


def recorded(path: Path) -> Record:
    """Return every value that a run recorded but times: metrics, tables, the newest checkpoint, the best design."""
    folder = RunFolder(path)
    values: dict[str, Any] = {}
    for row in folder.read_metrics():
        values[f"metrics/{row['generation']}"] = {name: row[name] for name in row if name not in CLOCK_FIELDS}
    for table in sorted(folder.designs.glob("*.parquet")):
        values[table.stem] = {row["design"]: row for row in _table(table).to_pylist()}
    newest, faults = newest_intact(folder.checkpoints)
    values["checkpoint"] = {"faults": faults, **(_of_checkpoint(newest) if newest else {})}
    values["best"] = json.loads(folder.best.read_text(encoding="utf-8"))
    with safe_open(folder.best_weights, "numpy") as weights:
        values["best_weights"] = {name: weights.get_tensor(name).tolist() for name in weights.keys()}  # noqa: SIM118
    return dict(_leaves("", values))


def _table(path: Path, columns: list[str] | None = None) -> Any:
    return pyarrow.parquet.ParquetFile(path).read(columns)


def _of_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "generation": checkpoint.generation,
        "search": {name: array.tolist() for name, array in checkpoint.search.items()},
        "weights": {str(identity): weights.tolist() for identity, weights in checkpoint.weights.items()},
        "curves": {
            str(tuple(identity)): curve.tolist()
            for identity, curve in zip(checkpoint.curves.identities, checkpoint.curves.values, strict=True)
        },
    }


def _leaves(place: str, value: Any) -> Iterator[tuple[str, bytes]]:
    """Yield each number and text within a value with its place."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(f"{place}/{name}" if place else str(name), part)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(f"{place}/{number}", part)
    elif isinstance(value, bytes):
        yield place, value
    elif isinstance(value, float):
        # All that are not numbers are alike: which of them it is depends on the way through a file.
        yield place, struct.pack("<d", math.nan if math.isnan(value) else value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, struct.pack("<q", value)
    else:
        yield place, repr(value).encode()


def _differing_bits(one: bytes | None, other: bytes | None) -> int:
    if one is None or other is None:
        return 8 * max(1, len(one or other or b""))
    differing = sum((a ^ b).bit_count() for a, b in zip(one, other, strict=False))
    return differing + 8 * abs(len(one) - len(other))
