"""Several runs side by side: their curves, what they share, and in which settings they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.analysis.run_summary import Numbers, RunSummary

POINTS = 120
"""Points at which curves against steps and seconds are sampled."""

TOLD = 2
"""Settings that the names of groups tell at most."""

TASK = "task.name"
"""The setting by which fitness is another quantity."""

SEED = "seed"
"""The setting in which runs of one group may differ."""


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A run as it is compared with others.

    Attributes:
        name: where it is, unique among those compared.
        title: what it calls itself.
        settings: plain values by dotted key: those that decide its results, the seed among them.
        summary: its numbers.
        unit: that of fitness; empty where it is a share or not known.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    summary: RunSummary
    unit: str = ""

    @property
    def final(self) -> float:
        """Best fitness after the last generation with a valid design; NaN where there is none."""
        known = self.summary.best[np.isfinite(self.summary.best)]
        return float(known[-1]) if len(known) else np.nan

    def against(self, axis: str) -> Numbers:
        """Return how much had been spent at the end of each generation, by an axis of `AXES`."""
        summary = self.summary
        if axis == "generation":
            return summary.generations.astype(np.float64)
        return np.cumsum(summary.robot_steps) if axis == "robot_steps" else summary.wall_seconds


AXES = ("generation", "robot_steps", "wall_seconds")
"""What best fitness is shown against: generations, simulated steps of all robots, seconds of the clock."""


@dataclass(frozen=True, eq=False)
class Band:
    """A number of several runs along an axis, as far as all of them reach.

    Attributes:
        at: float64[points], places on the axis, ascending.
        low, median, high: float64[points], least, median and greatest over the runs.
    """

    at: Numbers
    low: Numbers
    median: Numbers
    high: Numbers


@dataclass(frozen=True, eq=False)
class Group:
    """Runs whose settings are the same but for the seed.

    Attributes:
        name: the settings in which groups differ where these are few (`TOLD`), else the title of its first run.
        runs: int64[runs], places of its runs in `Comparison.runs`.
        final: float64[runs], best fitness of each at its end.
        fitness: best fitness by the name of the axis, of `AXES`.
    """

    name: str
    runs: npt.NDArray[np.int64]
    final: Numbers
    fitness: Mapping[str, Band]


@dataclass(frozen=True)
class Difference:
    """A setting in which runs differ.

    Attributes:
        key: its dotted name.
        values: in each run, in the order of `Comparison.runs`; None also where a run has no such setting.
    """

    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs side by side.

    Attributes:
        runs: those that could be read, in the order in which they were given.
        groups: each run is in one of them.
        differences: settings in which at least two runs differ.
        unreadable: why a run could not be read, by its folder.
    """

    runs: tuple[RunRecord, ...]
    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]
    unreadable: Mapping[str, str]

    @property
    def unit(self) -> str:
        """Unit of fitness where all runs have the same, else empty."""
        units = {run.unit for run in self.runs}
        return units.pop() if len(units) == 1 else ""

    def __str__(self) -> str:
        """Return a line about each group, one where tasks differ, and one about each run that could not be read."""
        lines = ["final best      runs  group"]
        for group in self.groups:
            known = group.final[np.isfinite(group.final)]
            middle = f"{np.median(known):8.3f}" if len(known) else "    none"
            extent = f" ({known.min():.3f} to {known.max():.3f})" if len(known) > 1 else ""
            lines.append(f"{middle}    {len(group.runs):6d}  {group.name}{extent}")
        if any(difference.key == TASK for difference in self.differences):
            lines.append("The tasks differ: fitness in one is no measure of fitness in another.")
        lines += [f"cannot be read: {folder} ({reason})" for folder, reason in self.unreadable.items()]
        return "\n".join(lines)

    __repr__ = __str__


def compare(runs: Sequence[RunRecord], unreadable: Mapping[str, str] | None = None) -> Comparison:
    """Return runs side by side.

    Args:
        runs: any number, of names of their own.
        unreadable: what is told of runs that could not be read, see `Comparison`.
    """
    differences = _differences(runs)
    telling = [difference for difference in differences if difference.key != SEED]
    members: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(runs)):
        members.setdefault(tuple(repr(each.values[place]) for each in telling), []).append(place)
    names = _names(runs, list(members.values()), telling)
    groups = [_group(runs, places, name) for places, name in zip(members.values(), names, strict=True)]
    return Comparison(tuple(runs), tuple(groups), tuple(differences), dict(unreadable or {}))


def _differences(runs: Sequence[RunRecord]) -> list[Difference]:
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    rows = [Difference(key, tuple(run.settings.get(key) for run in runs)) for key in keys]
    return [row for row in rows if any(repr(value) != repr(row.values[0]) for value in row.values)]


def _names(runs: Sequence[RunRecord], groups: Sequence[Sequence[int]], telling: Sequence[Difference]) -> list[str]:
    """Return what groups are called: by the settings in which they differ where these are few, else by their titles."""
    if telling and len(telling) <= TOLD:
        return [", ".join(f"{each.key}={_plain(each.values[places[0]])}" for each in telling) for places in groups]
    titles = [runs[places[0]].title for places in groups]
    return [
        title if titles.count(title) == 1 else f"{title} ({runs[places[0]].name})"
        for title, places in zip(titles, groups, strict=True)
    ]


def _group(runs: Sequence[RunRecord], places: Sequence[int], name: str) -> Group:
    own = [runs[place] for place in places]
    final = np.array([run.final for run in own])
    return Group(name, np.array(places, dtype=np.int64), final, {axis: _band(own, axis) for axis in AXES})


def _plain(value: Any) -> str:
    """Return a setting as one types it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _band(runs: Sequence[RunRecord], axis: str) -> Band:
    """Return the best fitness of runs along an axis, each as it was when that much had been spent."""
    curves = [(run.against(axis), run.summary.best) for run in runs]
    curves = [(at[np.isfinite(best)], best[np.isfinite(best)]) for at, best in curves]
    if any(not len(at) for at, _ in curves):
        none = np.zeros(0)
        return Band(none, none, none, none)
    first, last = max(at[0] for at, _ in curves), min(at[-1] for at, _ in curves)
    if axis == "generation":
        grid = np.arange(first, last + 1.0)
    else:
        grid = np.linspace(first, last, POINTS if last > first else 1) if last >= first else np.zeros(0)
    values = np.array([best[np.searchsorted(at, grid, side="right") - 1] for at, best in curves])
    return Band(grid, values.min(axis=0), np.median(values, axis=0), values.max(axis=0))
