"""Does evaluating designs from several starts find better bodies at equal robot-steps? The study's README says."""

import sys
from pathlib import Path

import numpy as np

from codesign.errors import RunError
from experiments.figures import panels, points
from experiments.intervals import paired_difference, t_interval
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown

SEEDS = (0, 1, 2)
ENDS = "ends.csv"
SIZE = (
    *("body=triangle", "mutation=flips", "task=walk", "controller=mlp", "sim=no_slip", "sim.steps=500"),
    *("search.population_size=50", "conditions.unactuated=false", "search.final_designs=10", "search.final_starts=16"),
)
SCHEMES = {
    "none": ("search.generations=30",),
    "reevaluate": ("search.generations=15", "search.reevaluate=true"),
    "starts2": ("search.generations=15", "search.starts=2"),
}
"""What differs: how often designs are evaluated, and generations for about equal robot-steps."""


def measure(runs: Path) -> Tables:
    """Return what the ten best of each run are worth there and from sixteen new starts."""
    rows = []
    for seed in SEEDS:
        for scheme, words in SCHEMES.items():
            run = evolved(runs / f"{scheme}-s{seed}", *SIZE, *words, f"seed={seed}")
            found = run.reevaluated
            if found is None:
                raise RunError("a run with its best designs from new starts", str(run.folder), "let the run end")
            rows.append(
                {
                    "scheme": scheme,
                    "seed": seed,
                    "robot_steps": int(sum(run.metrics.column("robot_steps").to_pylist())),
                    "own": float(found.fitness.mean()),
                    "new": float(np.nanmean(found.means)),
                    "new_best": float(np.nanmax(found.means)),
                    "spread": float(np.nanmean(found.spreads)),
                }
            )
    return {ENDS: rows}


def report(tables: Tables) -> str:
    """Return what the best of each scheme are worth, and what the schemes add to one start, in Markdown."""
    own = {name: [row for row in tables[ENDS] if row["scheme"] == name] for name in SCHEMES}
    columns = ("own", "new", "new_best", "spread")
    lines = [
        [
            name,
            f"{np.mean([row['robot_steps'] for row in rows]) / 1e6:.2f}",
            *(t_interval([row[column] for row in rows]).told() for column in columns),
        ]
        for name, rows in own.items()
    ]
    heads = ["scheme", "robot-steps [M]", "own fitness [m]", "from new starts [m]", "best of them [m]", "spread [m]"]
    gains = [
        [
            name,
            *(
                paired_difference([row[c] for row in rows], [row[c] for row in own["none"]]).told(signed=True)
                for c in ("own", "new", "new_best")
            ),
        ]
        for name, rows in own.items()
        if name != "none"
    ]
    less = ["less none, 95 % interval", "own fitness [m]", "from new starts [m]", "best of them [m]"]
    return f"{markdown(heads, lines)}\n{markdown(less, gains)}"


def draw(tables: Tables) -> Figures:
    """Draw own fitness beside fitness from new starts."""
    figure, axes = panels(2)
    for axis, (column, title) in zip(
        axes, (("own", "fitness that selected"), ("new", "from 16 new starts")), strict=True
    ):
        values = [(name, [row[column] for row in tables[ENDS] if row["scheme"] == name]) for name in SCHEMES]
        points(axis, values)
        axis.set(title=title, ylabel="mean of the ten best [m]")
    return {"ends.svg": figure}


STUDY = Study(Path(__file__).parent, (ENDS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
