"""Comparisons as files: all numbers as JSON, and a figure of them."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.transfer.arrays import Array
from codesign.transfer.comparison import Outcome, Transfer

FORMAT = "codesign-transfer"
SCHEMA_VERSION = 1

FILES = ("transfer.json", "transfer.svg", "transfer.png")
"""Names of the files."""

_ROWS_PER_SECOND = 50.0
"""Distances in the JSON."""


def write_transfers(transfers: Sequence[Transfer], folder: Path) -> list[Path]:
    """Write all numbers and the figure, and return the files.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from codesign.transfer.figure import draw  # noqa: PLC0415 - loads matplotlib

    paths = [folder / name for name in FILES]
    text = json.dumps(to_json(transfers), allow_nan=False, indent=1)
    files.write_text(paths[0], text + "\n")
    for path, content in zip(paths[1:], draw(transfers, ("svg", "png")), strict=True):
        files.write_bytes(path, content)
    return paths


def to_json(transfers: Sequence[Transfer]) -> dict[str, Any]:
    """Return comparisons as JSON values; lengths in metres, times in seconds, null where a body exploded."""
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "designs": [
            {
                "design": each.design,
                "recorded": each.recorded,
                "dt": each.dt,
                "limits": asdict(each.limits),
                "stiffness": each.stiffness,
                "notes": list(each.notes),
                "outcomes": [_outcome_to_json(each, outcome) for outcome in each.outcomes],
            }
            for each in transfers
        ],
    }


def _outcome_to_json(transfer: Transfer, outcome: Outcome) -> dict[str, Any]:
    stride = max(1, round(1.0 / (_ROWS_PER_SECOND * transfer.dt)))
    return {
        "change": asdict(outcome.change),
        "loop": outcome.loop,
        "step": transfer.dt / outcome.substeps,
        "here": _number(outcome.here),
        "there": _number(outcome.there),
        "kept": _number(transfer.kept(outcome)),
        "distance_times": [round(at * transfer.dt, 9) for at in range(0, len(outcome.rms_distance), stride)],
        "centre_distance": _numbers(outcome.centre_distance[::stride]),
        "rms_distance": _numbers(outcome.rms_distance[::stride]),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: Array) -> list[float]:
    return [float(f"{value:.6g}") for value in np.asarray(values, np.float64)]
