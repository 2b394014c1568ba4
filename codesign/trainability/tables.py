"""What an analysis found as tables, and as files: parquet, CSV and JSON."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.analysis import Estimate
from codesign.trainability.findings import Findings, rounded
from codesign.trainability.measures import failures

Rows = list[dict[str, Any]]

VERSION = 1
"""Of the JSON; another one is for readers that would misread it."""


def designs(found: Findings) -> Rows:
    """Return a row for each design, with all of its numbers."""
    return [
        {
            "group": found.group_of(each),
            "run": found.runs[each.sample.run],
            "design": name,
            **{measure: float(each.values[measure][place]) for measure in found.measures if measure in each.values},
        }
        for each in found.examined
        for place, name in enumerate(each.sample.names)
    ]


def starts(found: Findings) -> Rows:
    """Return a row for each training: from a new start, or from a copy of the first one that was moved a little."""
    rows: Rows = []
    for each in found.examined:
        for name, own, moved in zip(each.sample.names, each.starts, each.copies, strict=True):
            about = {"group": found.group_of(each), "run": found.runs[each.sample.run], "design": name}
            rows += [
                {
                    **about,
                    "start": training.attempt - own[0].attempt,
                    "copy": training.copy,
                    "fitness": _number(training.fitness),
                    "untrained": _number(training.untrained),
                    "status": training.status,
                    "best_iteration": training.best_iteration,
                    "improving": _number(training.improving),
                }
                for training in (*own, *moved[1:])
            ]
    return rows


def groups(found: Findings) -> Rows:
    """Return a row for each group and measure: its median over designs with the interval."""
    rows: Rows = []
    for measure in found.measures:
        for group in found.groups:
            nested = found.nested(group, measure)
            if len(nested):
                about = {"measure": measure, "group": group, "runs": len(nested.units), "designs": len(nested)}
                rows.append({**about, **_interval("median", found.medians[group, measure])})
    return rows


def effects(found: Findings) -> Rows:
    """Return a row for each measure and pair of groups that are compared."""
    rows: Rows = []
    for each in found.contrasts:
        effect = each.effect
        if not np.isfinite(effect.delta.value):
            continue
        middle = [found.medians[group, each.measure].value for group in (each.reference, each.group)]
        rows.append(
            {
                "measure": each.measure,
                "reference": each.reference,
                "group": each.group,
                "reference_median": middle[0],
                "group_median": middle[1],
                **_interval("delta", effect.delta),
                "mann_whitney_p": effect.p,
                "by_run": " ".join(f"{value:+.2f}" for value in effect.by_run.values()),
                "runs": effect.runs[0],
                "reference_runs": effect.runs[1],
                "designs": effect.designs[0],
                "reference_designs": effect.designs[1],
            }
        )
    return rows


def kinship(found: Findings) -> Rows:
    """Return a row for each population that was sampled: founders, effective numbers, unrelated members."""
    return [{**asdict(each), "run": found.runs[each.run]} for each in found.kinship]


def generations(found: Findings) -> Rows:
    """Return a row for each run and generation: fitness, diversity, founders."""
    return [{**asdict(each), "run": found.runs[each.run]} for each in found.generations]


def endings(found: Findings) -> Rows:
    """Return a row for each group and way in which learning from new starts ended."""
    rows: Rows = []
    for group in found.groups:
        own = [each for each in found.examined if found.group_of(each) == group]
        counts = failures([training for each in own for several in each.starts for training in several])
        total = sum(counts.values())
        rows += [
            {"group": group, "status": status, "starts": count, "share": count / total}
            for status, count in counts.items()
        ]
    return rows


def budgets(found: Findings) -> Rows:
    """Return a row for each group of runs and share of the smallest budget."""
    names = [group.name for group in found.comparison.groups]
    return [
        {
            "runs": names[each.group],
            "share": each.share,
            "robot_steps": each.robot_steps,
            **_interval("best", each.best),
            **_interval("population_mean", each.mean),
        }
        for each in found.spent
    ]


def factors(found: Findings) -> Rows:
    """Return a row for each group of runs but the first: by what factor it comes to the first one's fitness cheaper."""
    names = [group.name for group in found.comparison.groups]
    return [
        {
            "runs": names[each.group],
            "reference": names[each.reference],
            "population_mean": each.value,
            "reached": each.reached,
            **_interval("factor", each.factor),
        }
        for each in found.factors
    ]


def operators(found: Findings) -> Rows:
    """Return a row for each run and operator of variation: its children and what became of them."""
    return [
        {
            "run": run.name,
            "operator": name,
            "children": int(own.children[place]),
            "entered": int(own.entered[place]),
            "better": int(own.better[place]),
            "gain": float(own.gain[place]),
        }
        for run in found.comparison.runs
        for own in [run.summary.operators]
        for place, name in enumerate(own.names)
    ]


TABLES: Mapping[str, Callable[[Findings], Rows]] = {
    "designs": designs,
    "starts": starts,
    "groups": groups,
    "effects": effects,
    "kinship": kinship,
    "generations": generations,
    "endings": endings,
    "budgets": budgets,
    "factors": factors,
    "operators": operators,
}
"""Tables by the name of their files."""


def write_tables(found: Findings, folder: Path) -> list[Path]:
    """Write all tables that have rows, as parquet and as CSV, and return the files.

    Raises:
        OutputError: the folder cannot be written to.
    """
    import pyarrow  # noqa: PLC0415 - only who writes tables loads it
    import pyarrow.parquet  # noqa: PLC0415

    written = list[Path]()
    for name, make in TABLES.items():
        rows = make(found)
        if not rows:
            continue
        names = list(dict.fromkeys(key for row in rows for key in row))
        table = pyarrow.table({key: [row.get(key) for row in rows] for key in names})
        path = folder / f"{name}.parquet"
        with files.replacing(path) as temporary:
            pyarrow.parquet.write_table(table, temporary, compression="zstd")
        stream = io.StringIO()
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _written(value) for key, value in row.items()} for row in rows)
        files.write_text(folder / f"{name}.csv", stream.getvalue())
        written += [path, folder / f"{name}.csv"]
    return written


def write_json(found: Findings, path: Path) -> list[Path]:
    """Write what was found but for single starts and generations, which the tables have; null for what is not known.

    Raises:
        OutputError: `path` cannot be written to.
    """
    held = {
        "kind": "codesign analysis",
        "version": VERSION,
        "unit": found.unit,
        "runs": list(found.runs),
        "random_runs": [found.runs[place] for place in found.random_runs],
        "settings": asdict(found.settings),
        "robot_steps": found.robot_steps,
        "notices": list(found.notices),
        **{name: _plain_rows(TABLES[name](found)) for name in TABLES if name not in ("starts", "generations")},
    }
    files.write_text(path, json.dumps(held, allow_nan=False, indent=1) + "\n")
    return [path]


def _plain_rows(rows: Rows) -> Rows:
    return [{key: rounded(value) for key, value in row.items()} for row in rows]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _written(value: Any) -> Any:
    """Return a value as a CSV file has it: numbers of six digits, nothing where there is none."""
    plain = rounded(value)
    return "" if plain is None else plain


def _interval(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
