"""The figures of an analysis as SVG files, for papers and slides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.export import COLOURS, DotFigure, LineFigure, figure_files


def write_figures(figures: Sequence[DotFigure | LineFigure], folder: Path) -> list[Path]:
    """Write each figure as one SVG file named after its title, and return the files; the same numbers, the same bytes.

    Raises:
        OutputError: the folder cannot be written to.
    """
    written = list[Path]()
    for figure in figures:
        name = "".join(letter if letter.isalnum() else "_" for letter in figure.title.lower())
        path = folder / f"{'_'.join(part for part in name.split('_') if part)}.svg"
        files.write_bytes(path, draw(figure))
        written.append(path)
    return written


def draw(figure: DotFigure | LineFigure) -> bytes:
    """Return a figure as SVG."""
    from matplotlib import rc_context  # noqa: PLC0415 - only who draws loads it
    from matplotlib.figure import Figure  # noqa: PLC0415

    height = 1.1 + 0.42 * len(figure.rows) if isinstance(figure, DotFigure) else 3.2
    canvas = Figure(figsize=(6.4, height), layout="constrained")
    panel = canvas.subplots()
    if isinstance(figure, DotFigure):
        _draw_dots(panel, figure)
    else:
        _draw_lines(panel, figure)
    panel.set_title(figure.title, fontsize=10)
    panel.spines[["top", "right"]].set_visible(False)
    # Text stays text, which papers and slides set in their own type.
    with rc_context({"svg.fonttype": "none"}):
        return figure_files(canvas)[0]


def _draw_dots(panel: Any, figure: DotFigure) -> None:
    for place, row in enumerate(figure.rows):
        colour = COLOURS[row.colour % len(COLOURS)]
        known = row.values[np.isfinite(row.values)]
        panel.plot(known, np.full(len(known), place), "o", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
        if np.isfinite([row.low, row.high]).all():
            panel.plot([row.low, row.high], [place, place], color=colour, linewidth=2)
        panel.plot([row.middle], [place], "|", color=colour, markersize=14, markeredgewidth=2)
    panel.set_yticks(range(len(figure.rows)), [row.name for row in figure.rows], fontsize=8)
    panel.set_ylim(len(figure.rows) - 0.5, -0.5)
    panel.set_xlabel(figure.label, fontsize=8)
    if figure.zero:
        panel.axvline(0.0, color="#999999", linewidth=0.6, zorder=0)


def _draw_lines(panel: Any, figure: LineFigure) -> None:
    names = list(dict.fromkeys(each.name for each in figure.series))
    told = set[str]()
    for each in figure.series:
        label = None if each.name in told else each.name
        told.add(each.name)
        colour = COLOURS[names.index(each.name) % len(COLOURS)]
        panel.plot(each.x, each.y, color=colour, linewidth=0.7 if each.thin else 1.2, label=label)
    # Generations, robot-steps: there is nothing between two of these.
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.set_xlabel(figure.x_label, fontsize=8)
    panel.set_ylabel(figure.y_label, fontsize=8)
    if len(names) > 1:
        panel.legend(fontsize=7, frameon=False)
