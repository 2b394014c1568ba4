"""Numbers of runs as pages hold them: plain values, rounded to six digits, None where there is nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.analysis import Comparison, NewStarts, Operators, Quartiles, RunSummary


def plain(value: float) -> float | None:
    """Return a number of six digits; None where it is not finite."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def plain_list(values: npt.ArrayLike) -> list[float | None]:
    """Return a list of numbers, see `plain`."""
    return [plain(value) for value in np.asarray(values).tolist()]


def summary_numbers(summary: RunSummary) -> dict[str, Any]:
    """Return a run in numbers, by the names of its fields."""
    curves = ("best", "mean", "diversity", "valid", "survivors", "robots", "robot_steps", "seconds", "wall_seconds")
    rates = ("robots_per_second", "robot_steps_per_second")
    quartiles = ("before", "after", "masses", "muscles")
    return {
        "planned": summary.planned,
        "generations": summary.generations.tolist(),
        **{name: plain_list(getattr(summary, name)) for name in (*curves, *rates)},
        **{name: _quartiles(getattr(summary, name)) for name in quartiles},
        "statuses": _by_name(summary.statuses),
        "operators": _operators(summary.operators),
        "lineage": list(summary.lineage),
        "from_scratch": plain_list(summary.from_scratch),
        "island_best": [plain_list(values) for values in summary.island_best],
        "diversity_within": plain_list(summary.diversity_within),
        "diversity_between": plain_list(summary.diversity_between),
        "operator_weights": _by_name(summary.operator_weights),
        "new_starts": None if summary.new_starts is None else _new_starts(summary.new_starts),
    }


def comparison_numbers(comparison: Comparison) -> dict[str, Any]:
    """Return several runs side by side, by the names of its fields; of each run what is compared."""
    return {
        "unit": comparison.unit,
        "runs": [
            {
                "name": run.name,
                "title": run.title,
                "seed": _setting(run.settings.get("seed")),
                "final": plain(run.final),
                "robot_steps_total": plain(float(np.nansum(run.summary.robot_steps))),
                **summary_numbers(run.summary),
            }
            for run in comparison.runs
        ],
        "groups": [
            {
                "name": group.name,
                "runs": group.runs.tolist(),
                "final": plain_list(group.final),
                "fitness": {
                    axis: {name: plain_list(getattr(band, name)) for name in ("at", "low", "median", "high")}
                    for axis, band in group.fitness.items()
                },
            }
            for group in comparison.groups
        ],
        "differences": [
            {"key": each.key, "values": [_setting(value) for value in each.values]} for each in comparison.differences
        ],
        "unreadable": dict(comparison.unreadable),
    }


def _setting(value: Any) -> Any:
    """Return a setting as JSON can hold it."""
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _quartiles(quartiles: Quartiles) -> dict[str, list[float | None]]:
    return {name: plain_list(getattr(quartiles, name)) for name in ("low", "median", "high")}


def _operators(operators: Operators) -> list[dict[str, Any]]:
    columns: Iterable[tuple[Any, ...]] = zip(
        operators.names,
        operators.children.tolist(),
        operators.entered.tolist(),
        operators.better.tolist(),
        plain_list(operators.gain),
        strict=True,
    )
    return [dict(zip(("name", "children", "entered", "better", "gain"), each, strict=True)) for each in columns]


def _new_starts(found: NewStarts) -> dict[str, Any]:
    """Return the designs with their fitness in the run and from new starts, and how many starts these are."""
    numbers = ("fitness", "means", "spreads", "lowest", "highest")
    rows = zip(found.designs, *(plain_list(getattr(found, name)) for name in numbers), strict=True)
    return {
        "generation": found.generation,
        "starts": found.starts,
        "designs": [dict(zip(("id", "fitness", "mean", "spread", "low", "high"), row, strict=True)) for row in rows],
    }


def _by_name(values: Mapping[str, npt.ArrayLike]) -> dict[str, list[float | None]]:
    return {name: plain_list(each) for name, each in values.items()}
