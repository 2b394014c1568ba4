"""What an analysis found as a page, as figures and as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.export import (
    DotFigure,
    DotRow,
    FindingsPage,
    LineFigure,
    LineSeries,
    PageAnswer,
    PageTable,
    write_findings_page,
)
from codesign.trainability import tables
from codesign.trainability.answers import answers
from codesign.trainability.figures import write_figures
from codesign.trainability.findings import Findings, rounded
from codesign.trainability.measures import MEASURES

PAGE = "analysis.html"
"""Name of the page."""

RESULT = "analysis.json"
"""Name of the file with all numbers."""

FIGURES = "figures"
"""Name of the folder of figures."""

LANDSCAPES = "landscapes.svg"
"""Name of the figure of landscapes in it."""

_DOTS = {
    "mean": "Fitness from new starts",
    "gain": "Gain by learning",
    "luck": "Luck of the start that was kept",
    "share_90": "Starts near the best gain",
    "gain_variation": "Spread of the gain",
    "improving": "Learning steps that improve",
    "chaos": "Chaos",
    "fall": "Falls",
    "masses": "Size",
}
"""Measures that are drawn as dots, with the titles of their figures."""

_CURVES = (
    ("hamming", "Diversity", "mean share of cells in which two members differ", "share of cells"),
    ("shapes", "Shapes", "bodies that are distinct up to their place and mirror images", "shapes"),
    ("gait_spread", "Gaits", "distance of two members in the measures of their gaits", "standard deviations"),
    ("effective_founders", "Founders", "effective number of first designs that members descend from", "founders"),
)
"""Curves over generations: field, title, note, label."""


def write_findings(found: Findings, folder: Path, formats: Sequence[str] = ("html", "json")) -> list[Path]:
    """Write tables and figures, and the page and the JSON where the formats have them; return the files.

    Args:
        found: what was found.
        folder: where to.
        formats: html, json or both.

    Raises:
        OutputError: the folder cannot be written to.
    """
    page = page_of(found)
    written = [*tables.write_tables(found, folder), *write_figures(page.figures, folder / FIGURES)]
    if found.lines:
        from codesign.landscape import draw_landscapes  # noqa: PLC0415 - only who draws loads matplotlib

        path = folder / FIGURES / LANDSCAPES
        files.write_bytes(path, draw_landscapes(found.lines, found.unit)[0])
        written.append(path)
    if "html" in formats:
        written += write_findings_page(page, folder / PAGE)
    # Last, since its being there says that all is.
    return [*written, *tables.write_json(found, folder / RESULT)] if "json" in formats else written


def page_of(found: Findings) -> FindingsPage:
    """Return what the page shows."""
    evolved = len(found.runs) - len(found.random_runs)
    designs = sum(len(each.sample) for each in found.examined)
    random = f" and {_several(len(found.random_runs), 'random run')}" if found.random_runs else ""
    summary = (
        f"{_several(evolved, 'run')}{random}; {_several(designs, 'design')} with {found.settings.inits} new starts"
        f" each, {found.robot_steps:.3g} robot-steps of learning. Medians over designs; intervals hold 95 % of"
        f" {found.settings.draws} resamples of runs, and of designs inside of them."
    )
    return FindingsPage(
        "What designs learn from new starts",
        summary,
        found.notices,
        tuple(PageAnswer(each.question, each.text, each.refuted) for each in answers(found)),
        (*_own_and_new(found), *_dots(found), *_over_generations(found), *_spent(found)),
        tuple(_tables(found)),
    )


def _dots(found: Findings) -> list[DotFigure]:
    meanings = {measure.name: measure for measure in MEASURES}
    figures = list[DotFigure]()
    for name, title in _DOTS.items():
        rows = [
            DotRow(group, nested.values, *_ends(found, group, name), number)
            for number, group in enumerate(found.groups)
            if len(nested := found.nested(group, name))
        ]
        if rows:
            measure = meanings[name]
            label = f"{name.replace('_', ' ')}{f' [{found.unit}]' if measure.fitness and found.unit else ''}"
            note = f"{measure.meaning[0].upper()}{measure.meaning[1:]}. A dot is a design, a bar the median."
            figures.append(DotFigure(title, note, label, tuple(rows)))
    return figures


def _own_and_new(found: Findings) -> list[DotFigure]:
    """Return the figure of what selection saw beside what new starts come to."""
    rows = list[DotRow]()
    for number, group in enumerate(found.groups):
        for name, said in (("own", "as selection saw it"), ("mean", "from new starts")):
            if len(nested := found.nested(group, name)):
                rows.append(DotRow(f"{group}, {said}", nested.values, *_ends(found, group, name), number))
    label = f"fitness{f' [{found.unit}]' if found.unit else ''}"
    return [DotFigure("Fitness, own and new", "What is kept of many starts is the luckiest.", label, tuple(rows))]


def _over_generations(found: Findings) -> list[LineFigure]:
    figures = list[LineFigure]()
    for field, title, note, label in _CURVES:
        series = list[LineSeries]()
        for place, variant in enumerate(found.variants):
            own = [each for each in found.generations if each.run == place]
            values = np.array([getattr(each, field) for each in own], dtype=np.float64)
            if np.isfinite(values).any():
                at = np.array([each.generation for each in own], dtype=np.float64)
                series.append(LineSeries(variant, at, values))
        if series:
            sentence = f"{note[0].upper()}{note[1:]}, in the population of each run."
            figures.append(LineFigure(title, sentence, "generation", label, tuple(series)))
    return figures


def _spent(found: Findings) -> list[LineFigure]:
    label = f"fitness{f' [{found.unit}]' if found.unit else ''}"
    series = tuple(
        LineSeries(group.name, np.cumsum(np.nan_to_num(run.summary.robot_steps)), run.summary.best)
        for group in found.comparison.groups
        for run in (found.comparison.runs[place] for place in group.runs.tolist())
    )
    note = "Best fitness, as selection saw it, of each run by what was simulated."
    return [LineFigure("Fitness by robot-steps", note, "robot-steps", label, series)] if series else []


def _tables(found: Findings) -> list[PageTable]:
    made = (
        ("Groups beside their references", tables.effects(found)),
        ("Medians of groups", tables.groups(found)),
        ("How learning ended", tables.endings(found)),
        ("Populations that were sampled", tables.kinship(found)),
        ("Runs at equal robot-steps", tables.budgets(found)),
        ("How much cheaper", tables.factors(found)),
        ("Operators", tables.operators(found)),
    )
    return [_table(title, rows) for title, rows in made if rows]


def _table(title: str, rows: tables.Rows) -> PageTable:
    heads = tuple(dict.fromkeys(key for row in rows for key in row))
    return PageTable(
        title,
        tuple(head.replace("_", " ") for head in heads),
        tuple(tuple(_cell(row.get(head)) for head in heads) for row in rows),
    )


def _cell(value: Any) -> str:
    plain = rounded(value)
    if plain is None:
        return "\u2013"
    return f"{plain:.3g}" if isinstance(plain, float) else str(plain)


def _ends(found: Findings, group: str, measure: str) -> tuple[float, float, float]:
    estimate = found.medians[group, measure]
    return estimate.value, estimate.low, estimate.high


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
