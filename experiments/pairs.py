"""Studies of two kinds of runs with the same seeds and equally many robot-steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.figures import COLOURS, band, panels
from experiments.intervals import paired_difference, t_interval, told
from experiments.runs import curves, evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown

CURVES = "curves.csv"


@dataclass(frozen=True)
class Pair:
    """Two kinds of runs.

    Attributes:
        kinds: words of the command line by the name of the kind; the first is what the other is compared with.
        seeds: of the runs of each kind.
        shares: parts of the robot-steps at which the table tells what was reached.
    """

    kinds: Mapping[str, Sequence[str]]
    seeds: Sequence[int]
    shares: Sequence[float] = (0.1, 0.5, 1.0)

    def measure(self, runs: Path) -> Tables:
        """Return the curves of all runs."""
        rows = []
        for kind, words in self.kinds.items():
            for seed in self.seeds:
                run = evolved(runs / f"{kind}_{seed}", *words, f"seed={seed}")
                rows += generations(run, {"kind": kind, "seed": seed})
        return {CURVES: rows}

    def report(self, tables: Tables) -> str:
        """Return what was reached, and how far curves rise, as tables in Markdown."""
        rows = tables[CURVES]
        ends_of_runs = {(row["kind"], row["seed"]): row["robot_steps"] for row in rows}
        whole = min(ends_of_runs.values())
        lines = []
        for share in self.shares:
            for kind in self.kinds:
                found = [curves(rows, each, at=[share * whole], kind=kind).values[:, 0] for each in ("best", "mean")]
                lines.append([f"{share * whole / 1e6:.1f}", kind, *(told(values) for values in found)])
        heads = ["robot-steps [millions]", "runs", "best [m]", "mean of the population [m]"]
        parts = [markdown(heads, lines)]
        lines, ends = [], {}
        for kind in self.kinds:
            mean = curves(rows, "mean", over="generation", kind=kind).values
            ends[kind] = curves(rows, "best", at=[whole], kind=kind).values[:, 0]
            each = ", ".join(f"{value:.3f}" for value in ends[kind])
            rises = t_interval(mean[:, -1] / mean[:, 0]).told(2)
            lines.append([kind, each, rises, f"{np.mean(np.diff(mean, axis=1) >= 0):.0%}"])
        heads = ["runs", "best of each seed [m]", "last mean over first mean", "generations without a fall of the mean"]
        parts.append(markdown(heads, lines))
        first, second = self.kinds
        pairs = min(len(ends[first]), len(ends[second]))
        less = paired_difference(ends[second][:pairs], ends[first][:pairs]).told(signed=True)
        heads = [f"best of {second} less best of {first}, 95 % interval [m]", "pairs of seeds"]
        parts.append(markdown(heads, [[less, pairs]]))
        return "\n".join(parts)

    def draw(self, tables: Tables) -> Figures:
        """Draw best and mean over robot-steps."""
        figure, axes = panels(2, width=4.4)
        for axis, number in zip(axes, ("best", "mean"), strict=True):
            for kind, colour in zip(self.kinds, COLOURS, strict=False):
                band(axis, curves(tables[CURVES], number, kind=kind), kind, colour, unit=1e6)
            axis.set(xlabel="robot-steps [millions]", ylabel="fitness [m]", title=number, ylim=(0.0, None))
        axes[0].legend(loc="upper left")
        return {"curves.svg": figure}

    def study(self, folder: Path) -> Study:
        """Return the study of a folder."""
        return Study(folder, (CURVES,), self.measure, self.report, self.draw)
