"""Reports of a generation of learning: a table, rows of numbers, and a plot of learning curves."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from codesign.cli.drawings import narrow_table
from codesign.evaluate import Evaluations
from codesign.files import replacing
from codesign.sim import UNACTUATED
from codesign.train import LearningStatus

_SHOWN = 20
"""Designs in the table; the rows file has all of them."""

_NAMED = 8
"""Given designs up to which each has a colour and a name in the plot."""


@dataclass(frozen=True)
class LearningReport:
    """Designs and what they learned; entry i of every field belongs to design i.

    Attributes:
        names: of the designs.
        masses, springs: sizes of the bodies, shape (n,).
        curves: performance before learning and after each step, NaN once learning ended early, shape
            (n, iterations + 1).
        fitness: the best of each curve, -inf if invalid, shape (n,).
        status: how learning ended, the label of a `LearningStatus`.
        sources: the file that each design is from, its name there, and the fitness that the file tells, None where it
            tells none; None for random ones.
        unit: that of fitness; empty where it is a share or not known.
        unactuated: what each design is worth with its muscles at rest, NaN where invalid, shape (n,); None where that
            was not tried.
    """

    names: list[str]
    masses: np.ndarray
    springs: np.ndarray
    curves: np.ndarray
    fitness: np.ndarray
    status: list[str]
    sources: list[tuple[str, str, float | None]] | None = None
    unit: str = ""
    unactuated: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        names: list[str],
        evaluations: Evaluations,
        sources: list[tuple[str, str, float | None]] | None = None,
        unit: str = "",
    ) -> "LearningReport":
        """Return the report of evaluated designs of these names."""
        status = [LearningStatus(code).label for code in evaluations.status]
        found = evaluations
        sizes, at_rest = (found.masses, found.springs), found.measures.get(UNACTUATED)
        return cls(names, *sizes, found.curves, found.fitness, status, sources, unit, at_rest)


def table(report: LearningReport) -> Table:
    """Return the best designs with points of their curves, and a line about all of them."""
    iterations = report.curves.shape[1] - 1
    points = sorted({0, iterations // 2, iterations})
    valid = np.isfinite(report.fitness)
    unit = f" {report.unit}" if report.unit else ""
    caption = f"{valid.sum()} of {len(valid)} designs valid"
    if valid.any():
        gain = np.median(report.fitness[valid] - report.curves[valid, 0])
        caption += f", mean fitness {report.fitness[valid].mean():.3f}{unit}, median gain by learning {gain:.3f}{unit}"
    if valid.any() and report.unactuated is not None:
        caption += f", mean with muscles at rest {report.unactuated[valid].mean():.3f}{unit}"
    told = [None if report.sources is None else report.sources[index][2] for index in range(len(report.names))]
    in_file = ("in file",) if any(value is not None for value in told) else ()
    steps = (f"step {point}" for point in points)
    at_rest = report.unactuated
    headings = (
        "design",
        "masses",
        "springs",
        *in_file,
        *(() if at_rest is None else ("at rest",)),
        *steps,
        f"fitness [{report.unit}]" if unit else "fitness",
        "status",
    )
    shown = narrow_table(headings, ("design", "status"), caption)
    for index in np.argsort(-report.fitness, kind="stable")[:_SHOWN]:
        curve = [_number(value) for value in report.curves[index, points].tolist()]
        facts = [str(report.masses[index]), str(report.springs[index])]
        if in_file:
            own = told[index]
            facts.append("" if own is None else _number(own))
        if at_rest is not None:
            facts.append(_number(float(at_rest[index])))
        fitness = _number(float(report.fitness[index]))
        shown.add_row(report.names[index], *facts, *curve, fitness, report.status[index])
    return shown


def rows(report: LearningReport) -> str:
    """Return a line of JSON per design; null stands for what is not finite."""
    lines = [
        {
            "design": name,
            **({} if report.sources is None else _source(*report.sources[index])),
            "masses": int(report.masses[index]),
            "springs": int(report.springs[index]),
            "fitness": finite(report.fitness[index]),
            **({} if report.unactuated is None else {UNACTUATED: finite(report.unactuated[index])}),
            "status": report.status[index],
            "curve": [finite(value) for value in report.curves[index]],
        }
        for index, name in enumerate(report.names)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def plot_curves(report: LearningReport, title: str, path: Path) -> None:
    """Write all learning curves and their median as a PNG.

    Raises:
        OutputError: `path` cannot be written to.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only plots load it

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    if report.sources is not None and len(report.names) <= _NAMED:
        for name, curve in zip(report.names, report.curves, strict=True):
            axes.plot(curve, linewidth=1.0, label=name)
    else:
        axes.plot(report.curves.T, color="#2a78b5", alpha=0.25, linewidth=0.8)
    valid = np.isfinite(report.fitness)
    if valid.any():
        curves = report.curves[valid].T
        # Of those that still learn: after others ended early there are no numbers, and after all did, no median.
        medians = [np.median(each[np.isfinite(each)]) if np.isfinite(each).any() else np.nan for each in curves]
        axes.plot(medians, color="#d95f02", linewidth=2, label="median of the valid")
        axes.legend(frameon=False)
    unit = f" [{report.unit}]" if report.unit else ""
    axes.set(xlabel="learning step", ylabel=f"performance{unit} (higher is better)", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)


def _source(file: str, name: str, fitness: float | None) -> dict[str, object]:
    return {"file": file, "name": name, "file_fitness": None if fitness is None else finite(fitness)}


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "none"


def finite(value: float) -> float | None:
    """Return a number as JSON can hold it: None stands for what is not finite."""
    return float(value) if np.isfinite(value) else None
