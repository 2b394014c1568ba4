"""Reports about gradients as files: all numbers as JSON, tables as text, and figures."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.sensitivity.report import GradientReport
from codesign.sensitivity.tables import to_text

FORMAT = "codesign-gradient"
SCHEMA_VERSION = 1

FILES = ("gradient.json", "gradient.txt", "gradient.svg", "gradient.png")
"""Names of the files."""


def write_reports(reports: Sequence[GradientReport], folder: Path) -> list[Path]:
    """Write all numbers, tables and the figure, and return the files.

    Raises:
        OutputError: the folder cannot be written to.
    """
    from codesign.sensitivity.figure import draw  # noqa: PLC0415 - loads matplotlib

    paths = [folder / name for name in FILES]
    files.write_text(paths[0], json.dumps(to_json(reports), allow_nan=False, indent=1) + "\n")
    files.write_text(paths[1], to_text(reports))
    for path, content in zip(paths[2:], draw(reports, ("svg", "png")), strict=True):
        files.write_bytes(path, content)
    return paths


def to_json(reports: Sequence[GradientReport]) -> dict[str, Any]:
    """Return reports as JSON values; times in seconds, null where a number is not finite."""
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "designs": [_one(report) for report in reports],
    }


def _one(report: GradientReport) -> dict[str, Any]:
    differences, parting = report.differences, report.parting
    found: dict[str, Any] = {
        "design": report.name,
        "when": report.when,
        "steps": report.steps,
        "loss": _number(report.loss),
        "gradient_length": _number(report.gradient_length),
        "verdict": report.verdict(),
        "methods": [
            {name: _number(value) if isinstance(value, float) else value for name, value in asdict(row).items()}
            for row in report.methods
        ],
        "precision": {
            "horizons": [int(each) for each in parting.horizons],
            "cosines": _numbers(parting.cosines),
            "lengths": _numbers(parting.lengths),
            "parted": parting.parted,
        },
        "differences": {
            "sizes": _numbers(differences.sizes),
            "errors": [_numbers(each) for each in differences.errors],
            "wrong": _numbers(differences.wrong),
            "reach": differences.reach,
        },
        "lines": [
            {
                "kind": line.kind,
                "threshold": line.threshold,
                "places": _numbers(line.places),
                "losses": _numbers(line.losses),
                "slopes": _numbers(line.slopes),
                "jumps": _numbers(line.jumps),
                "jumps_per_length": line.per_length,
                "share_of_variation": line.share,
            }
            for line in report.lines
        ],
    }
    if report.growth is not None and report.lyapunov is not None:
        ratios = report.growth.ratios
        found["growth"] = {
            "times": _numbers(report.growth.times),
            "median": _numbers(np.median(ratios, axis=0)),
            "largest": _numbers(np.max(ratios, axis=0)),
        }
        found["lyapunov"] = {
            "times": _numbers(report.lyapunov.times),
            "exponents": _numbers(report.lyapunov.exponents),
            "windows": [_numbers(each) for each in report.lyapunov.windows],
        }
    return found


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(values: Any) -> list[float | None]:
    return [_number(float(f"{each:.9g}")) for each in np.asarray(values, np.float64)]
