"""One style for the figures of all studies: colours that colour-blind eyes tell apart, on a card of their own.

The card is opaque, so that figures can be read on light and on dark pages alike.
"""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from codesign.errors import ConfigError
from codesign.files import replacing
from experiments.intervals import t_interval
from experiments.runs import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2468b4", "#e0730f", "#8c1d4b", "#00a08a", "#74b9ea", "#14203c")
"""Colours of lines, in the order in which they are to be used; those of the pages of runs on paper."""

CARD, INK, GRID = "#fbfaf7", "#1d2226", "#dcdad4"

STYLE: dict[str, Any] = {
    "figure.facecolor": CARD,
    "axes.facecolor": CARD,
    "savefig.facecolor": CARD,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "font.family": "sans-serif",
    "font.size": 9,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "codesign",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
}


def library(name: str, extra: str = "experiments") -> Any:
    """Return a library that only studies need, or a module of a study that needs libraries of its own.

    Raises:
        ConfigError: a library is missing.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        remedy = f"pip install 'codesign[{extra}]'"
        raise ConfigError(f"the library {error.name}, which this study needs", "none installed", remedy) from error


def panels(columns: int = 1, rows: int = 1, width: float = 4.6, height: float = 3.1) -> "tuple[Figure, list[Axes]]":
    """Return a figure and its panels, row by row; width and height [inch] are those of a panel."""
    library("matplotlib").rcParams.update(STYLE)
    figure = library("matplotlib.figure").Figure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, list(np.ravel(figure.subplots(rows, columns)))


def band(axes: "Axes", curves: Curves, label: str, colour: str, *, unit: float = 1.0, style: str = "-") -> None:
    """Draw the mean of several runs with its 95 % t interval over runs; of two, whose interval says little, both runs.

    Args:
        axes: the panel.
        curves: those of the runs.
        label: their name.
        colour: of the line and, pale, of the interval.
        unit: what the axis is divided by, such as 1e6 for millions.
        style: of the line.
    """
    at = curves.at / unit
    axes.plot(at, curves.values.mean(axis=0), style, color=colour, label=label)
    if len(curves.values) == 2:
        axes.plot(at, curves.values.T, style, color=colour, linewidth=0.7, alpha=0.6)
    elif len(curves.values) > 2:
        ends = [t_interval(values) for values in curves.values.T]
        low, high = [each.low for each in ends], [each.high for each in ends]
        axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)


def points(axes: "Axes", groups: Sequence[tuple[str, Sequence[float]]], colours: Sequence[str] = COLOURS) -> None:
    """Draw a number of each run of several groups side by side, with means and 95 % t intervals."""
    for place, ((_, values), colour) in enumerate(zip(groups, colours, strict=False)):
        axes.plot(place + np.linspace(-0.12, 0.12, len(values)), values, "o", color=colour, alpha=0.5, markersize=4)
        found = t_interval(values)
        ends = [[found.mean - found.low], [found.high - found.mean]]
        axes.errorbar([place + 0.25], [found.mean], ends, fmt="D", color=colour, markersize=5, capsize=3)
    axes.set_xticks(range(len(groups)), [name for name, _ in groups])
    axes.set_xlim(-0.5, len(groups) - 0.25)


def save(figure: "Figure", path: Path) -> Path:
    """Write a figure, the same bytes each time, and return its path."""
    library("matplotlib").rcParams.update(STYLE)
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with replacing(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:], metadata=metadata)
    return path
