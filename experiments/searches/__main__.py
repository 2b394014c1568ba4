"""Which search finds more for the same robot-steps: kinds of search side by side, with and without inheritance.

    python -m experiments.searches                # runs that are not there, the table and the figure
    python -m experiments.searches figures        # the figure from the table alone

Runs stay outside of the repository, in `runs=FOLDER`, by default a folder beside this checkout; finished ones are kept.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
TABLE = HERE / "results.csv"
FIGURE = HERE / "figure.svg"

BUDGET = 6_937_500
"""Robot-steps that each run may take, a quarter of those of 30 published generations."""

SEEDS = (0, 1, 2)

CELLS = 10
"""Cells along each of two measures, size (0 to 42 masses) and share of muscles, that coverage is counted in."""

LOOK = {"measures": ["size", "muscle_share"]}
KINDS: dict[str, dict[str, Any]] = {
    "random": {},
    "genetic": {},
    "age_fitness": {},
    "nsga2": {"maximise": ["fitness"], "minimise": ["size"]},
    "map_elites": {**LOOK, "lowest": [0.0, 0.0], "highest": [42.0, 1.0], "cells": [CELLS]},
    "novelty": LOOK,
    "steady_state": {},
    "islands": {"name": "genetic", "islands": 5},
}
"""Settings of each kind of search; others join here."""

SCHEMES: dict[str, tuple[dict[str, Any], int]] = {
    "none": ({"iterations": 35, "step_length": 0.2}, 8),
    "lamarckian": ({"iterations": 8, "step_length": 0.8}, 26),
}
"""How children begin to learn: the learning that suits it, and generations that take a little more than the budget."""


def cases() -> Iterator[tuple[str, str, int]]:
    """Yield scheme, kind and seed of every run: the published scheme for the two that it is known for."""
    for seed in SEEDS:
        yield from (("none", kind, seed) for kind in ("random", "genetic", "steady_state"))
        yield from (("lamarckian", kind, seed) for kind in KINDS if kind != "random")


def run_all(runs: Path) -> None:
    """Run what is not there yet, one after the other in this process; an interrupted run goes on."""
    import codesign  # noqa: PLC0415 - figures are made without it

    for scheme, kind, seed in cases():
        folder = runs / f"{scheme}-{kind}-s{seed}"
        if (folder / "done").exists():
            continue
        learner, generations = SCHEMES[scheme]
        problem = codesign.Problem(
            body="triangle",
            task="walk",
            controller="mlp",
            physics={"name": "no_slip", "steps": 500},
            learner=learner,
            execution={"threads": 1},
            seed=seed,
        )
        search = {"name": kind, "population_size": 50, "inheritance": scheme, **KINDS[kind]}
        settings = {"search": search, "mutation": "flips", "checkpoints": {"weights": 1, "every": 5}}
        codesign.evolve(problem, folder, generations=generations, page=False, **settings)
        (folder / "done").touch()


def measured(folder: Path) -> dict[str, float]:
    """Return what a run had found when its robot-steps were spent."""
    import pyarrow.parquet  # noqa: PLC0415 - figures are made without it

    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    spent = np.cumsum([row["robot_steps"] for row in rows])
    within = int(np.searchsorted(spent, BUDGET, side="right"))
    read: Any = pyarrow.parquet.read_table
    columns = ["fitness", "masses", "springs", "muscles"]
    tables = [read(path, columns=columns) for path in sorted((folder / "designs").iterdir())[:within]]
    fitness, masses, springs, muscles = (
        np.concatenate([table.column(name).to_numpy() for table in tables]).astype(np.float64) for name in columns
    )
    valid = np.isfinite(fitness)
    across = np.clip(masses / 42 * CELLS, 0, CELLS - 1).astype(int)
    up = np.clip(muscles / springs * CELLS, 0, CELLS - 1).astype(int)
    best = np.zeros((CELLS, CELLS))
    np.maximum.at(best, (across[valid], up[valid]), np.maximum(fitness[valid], 1e-9))
    return {
        "best": float(np.max(fitness)),
        "top_ten": float(np.mean(np.sort(fitness)[-10:])),
        "coverage": float(np.mean(best > 0)),
        "quality": float(best.sum()),
        "diversity": float(rows[within - 1]["diversity"]),
        "generations": within,
        "robot_steps": int(spent[within - 1]),
    }


def write_table(runs: Path) -> None:
    """Write a row for each run."""
    rows = []
    for scheme, kind, seed in cases():
        found = measured(runs / f"{scheme}-{kind}-s{seed}")
        numbers = {name: f"{value:.5g}" if isinstance(value, float) else value for name, value in found.items()}
        rows.append({"inheritance": scheme, "search": kind, "seed": seed, **numbers})
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def draw() -> None:
    """Draw the table: every seed as a dot, the mean as a line, a column for each search."""
    import matplotlib as mpl  # noqa: PLC0415 - only who draws loads it

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "searches", "font.size": 8})
    from matplotlib import pyplot as plt  # noqa: PLC0415

    with TABLE.open() as file:
        rows = list(csv.DictReader(file))
    kinds = list(dict.fromkeys(row["search"] for row in rows))
    shown = {
        "best": "best fitness [m]",
        "top_ten": "mean of the best ten [m]",
        "coverage": "share of 100 cells with a design",
        "quality": "sum of the cells' best fitness [m]",
    }
    figure, axes = plt.subplots(1, len(shown), figsize=(11, 3.2), layout="constrained")
    colours = {"none": "#2468b4", "lamarckian": "#e0730f"}
    for axis, (name, label) in zip(axes, shown.items(), strict=True):
        for shift, (scheme, colour) in zip((-0.15, 0.15), colours.items(), strict=True):
            for place, kind in enumerate(kinds):
                own = [float(row[name]) for row in rows if (row["search"], row["inheritance"]) == (kind, scheme)]
                if own:
                    at = place + shift
                    axis.plot([at] * len(own), own, "o", color=colour, markersize=3)
                    axis.plot([at - 0.12, at + 0.12], [np.mean(own)] * 2, color=colour, linewidth=1.5)
        axis.set_xticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds], rotation=45, ha="right")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
    marks = [plt.Line2D([], [], color=colour, marker="o", markersize=3) for colour in colours.values()]
    figure.legend(
        marks, ["taught from scratch (35 steps)", "lamarckian (8 steps of 0.8)"], loc="outside upper right", ncols=2
    )
    figure.savefig(FIGURE, metadata={"Date": None})


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    named = [each.removeprefix("runs=") for each in arguments if each.startswith("runs=")]
    runs = Path(named[0]) if named else HERE.parents[2] / "codesign-runs" / "searches"
    if "figures" not in arguments:
        run_all(runs)
        write_table(runs)
    draw()


if __name__ == "__main__":
    main(sys.argv[1:])
