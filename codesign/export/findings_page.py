"""What an analysis found, as one self-contained page: answers in words, figures and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign import files
from codesign.export.numbers import plain, plain_list
from codesign.export.webpage import render_document, script_safe, warn_of_size

FINDINGS_SCRIPTS = ("ticks", "svg", "charts", "figure", "findings")
"""The page's modules in the order in which they are joined."""


@dataclass(frozen=True)
class PageAnswer:
    """A question and its answer.

    Attributes:
        question: asked.
        text: the answer.
        refuted: what would refute it; empty for none.
    """

    question: str
    text: str
    refuted: str = ""


@dataclass(frozen=True, eq=False)
class DotRow:
    """Numbers of one group, drawn as dots along an axis.

    Attributes:
        name: of the group.
        values: a dot each; what is not finite is left out.
        middle, low, high: a number with its interval; NaN for none.
        colour: number of its colour; rows of one are told to belong together.
    """

    name: str
    values: npt.NDArray[np.float64]
    middle: float
    low: float
    high: float
    colour: int = 0


@dataclass(frozen=True, eq=False)
class DotFigure:
    """A figure of rows of dots.

    Attributes:
        title: read above it.
        note: a sentence below the title.
        label: what the numbers are, with their unit.
        rows: from the top.
        zero: whether the axis has 0 on it.
    """

    title: str
    note: str
    label: str
    rows: tuple[DotRow, ...]
    zero: bool = True


@dataclass(frozen=True, eq=False)
class LineSeries:
    """A curve.

    Attributes:
        name: told beside it and in the key; curves of one name have one colour.
        x, y: float64[points].
        thin: whether it is one of many.
    """

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    thin: bool = False


@dataclass(frozen=True, eq=False)
class LineFigure:
    """A figure of curves.

    Attributes:
        title: read above it.
        note: a sentence below the title.
        x_label, y_label: what the axes are, with their units.
        series: the curves.
    """

    title: str
    note: str
    x_label: str
    y_label: str
    series: tuple[LineSeries, ...]


@dataclass(frozen=True)
class PageTable:
    """A table.

    Attributes:
        title: read above it.
        heads: of the columns.
        rows: cells as they are read.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class FindingsPage:
    """All that the page shows.

    Attributes:
        title: of the page.
        summary: a sentence below.
        notices: what the reader should know before.
        answers: in their order.
        figures: dots and curves, in their order.
        tables: in their order.
    """

    title: str
    summary: str
    notices: tuple[str, ...]
    answers: tuple[PageAnswer, ...]
    figures: tuple[DotFigure | LineFigure, ...]
    tables: tuple[PageTable, ...]


def render_findings(page: FindingsPage) -> str:
    """Return the page as text; it shows nothing but what `page` holds and loads nothing from elsewhere."""
    data = {
        "summary": page.summary,
        "notices": list(page.notices),
        "answers": [{"question": each.question, "text": each.text, "refuted": each.refuted} for each in page.answers],
        "figures": [_dots(each) if isinstance(each, DotFigure) else _lines(each) for each in page.figures],
        "tables": [
            {"title": each.title, "heads": list(each.heads), "rows": [list(row) for row in each.rows]}
            for each in page.tables
        ],
    }
    return render_document("findings.html", FINDINGS_SCRIPTS, page.title, script_safe(data))


def write_findings_page(page: FindingsPage, path: Path) -> list[Path]:
    """Write the page and return its path.

    Raises:
        OutputError: `path` cannot be written to.
    """
    text = render_findings(page)
    files.write_text(path, text)
    warn_of_size(path, text)
    return [path]


def _dots(figure: DotFigure) -> dict[str, Any]:
    return {
        "kind": "dots",
        "title": figure.title,
        "note": figure.note,
        "label": figure.label,
        "zero": figure.zero,
        "rows": [
            {
                "name": row.name,
                "values": _known(row.values),
                "middle": plain(row.middle),
                "low": plain(row.low),
                "high": plain(row.high),
                "colour": row.colour,
            }
            for row in figure.rows
        ],
    }


def _lines(figure: LineFigure) -> dict[str, Any]:
    names: Sequence[str] = list(dict.fromkeys(each.name for each in figure.series))
    return {
        "kind": "lines",
        "title": figure.title,
        "note": figure.note,
        "x_label": figure.x_label,
        "y_label": figure.y_label,
        "names": names,
        "series": [
            {"name": names.index(each.name), "thin": each.thin, "x": plain_list(each.x), "y": plain_list(each.y)}
            for each in figure.series
        ],
    }


def _known(values: npt.NDArray[np.float64]) -> list[float | None]:
    return plain_list(values[np.isfinite(values)])
