"""Which search finds more, and more kinds, for the same robot-steps? The study's README says."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from experiments.figures import COLOURS, panels, points
from experiments.intervals import paired_difference, told
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

ENDS = "ends.csv"
FIGURE = "ends.svg"

BUDGET = 6_937_500
"""Robot-steps that count of each run: a quarter of those of 30 published generations."""

SEEDS = (0, 1, 2, 3, 4)

CELLS = 10
"""Cells along size and along the share of muscles that coverage is counted in."""

MOST_MASSES = 42
"""Masses of the largest body of this lattice."""

LOOK = "search.measures=[size,muscle_share]"
KINDS: dict[str, tuple[str, ...]] = {
    "random": (),
    "genetic": (),
    "age_fitness": (),
    "nsga2": ("search.maximise=[fitness]", "search.minimise=[size]"),
    "map_elites": (
        *(LOOK, "search.lowest=[0.0,0.0]", f"search.highest=[{MOST_MASSES}.0,1.0]", f"search.cells=[{CELLS}]"),
    ),
    "novelty": (LOOK,),
    "steady_state": (),
    "islands": ("search=genetic", "search.islands=5"),
    "operators": ("search=genetic", "mutation=default"),
    "adapted": ("search=genetic", "mutation=default", "mutation.adapt=true"),
}
"""What each kind of search is told besides its name; the last three are kinds of the genetic algorithm."""

COMMON = (
    *("body=triangle", "mutation=flips", "task=walk", "controller=mlp", "sim=no_slip", "sim.steps=500"),
    *("search.population_size=50", "execution.threads=1", "checkpoints.weights=1", "checkpoints.every=5"),
)
PUBLISHED, INHERITED = "none", "lamarckian"
SCHEMES: dict[str, tuple[str, ...]] = {
    PUBLISHED: ("learner.iterations=35", "learner.step_length=0.2", "search.generations=8"),
    INHERITED: ("learner.iterations=8", "learner.step_length=0.8", "search.generations=26"),
}
"""How children begin to learn, with the learning that suits it, for a little more than the budget."""

CASES = [
    *((PUBLISHED, kind) for kind in ("random", "genetic")),
    *((INHERITED, kind) for kind in KINDS if kind != "random"),
]

SHOWN = {
    "best": "best fitness [m]",
    "top_ten": "mean of the best ten [m]",
    "coverage": "cells with a design, of 100",
    "quality": "sum of the cells' best fitness [m]",
    "diversity": "diversity of the population",
}


def measure(runs: Path) -> Tables:
    """Return what each run had found when its robot-steps were spent."""
    rows: Rows = []
    for seed in SEEDS:
        for scheme, kind in CASES:
            named = any(word.startswith("search=") for word in KINDS[kind])
            own = KINDS[kind] if named else (f"search={kind}", *KINDS[kind])
            said = {word.partition("=")[0] for word in own}
            common = [word for word in COMMON if word.partition("=")[0] not in said]
            words = (*common, *SCHEMES[scheme], *own, f"search.inheritance={scheme}")
            run = evolved(runs / f"{scheme}-{kind}-s{seed}", *words, f"seed={seed}")
            rows.append({"inheritance": scheme, "search": kind, "seed": seed, **_found(run)})
    return {ENDS: rows}


def _found(run: Any) -> dict[str, float]:
    metrics = run.metrics.to_pylist()
    spent = np.cumsum([row["robot_steps"] for row in metrics])
    within = int(np.searchsorted(spent, BUDGET, side="right"))
    names = ("generation", "fitness", "masses", "springs", "muscles")
    columns = {name: run.designs.column(name).to_numpy().astype(np.float64) for name in names}
    known = (columns["generation"] < within) & np.isfinite(columns["fitness"])
    fitness, masses, springs, muscles = (columns[name][known] for name in names[1:])
    across = np.clip(masses / MOST_MASSES * CELLS, 0, CELLS - 1).astype(int)
    up = np.clip(muscles / springs * CELLS, 0, CELLS - 1).astype(int)
    best = np.full((CELLS, CELLS), -np.inf)
    np.maximum.at(best, (across, up), fitness)
    return {
        "generations": within,
        "robot_steps": int(spent[within - 1]),
        "best": float(fitness.max()),
        "top_ten": float(np.sort(fitness)[-10:].mean()),
        "coverage": int(np.isfinite(best).sum()),
        "quality": float(np.maximum(best, 0.0).sum()),
        "diversity": float(metrics[within - 1]["diversity"]),
    }


def _of(tables: Tables, scheme: str, kind: str, number: str) -> list[float]:
    return [row[number] for row in tables[ENDS] if (row["inheritance"], row["search"]) == (scheme, kind)]


def report(tables: Tables) -> str:
    """Return means with intervals over seeds, a row for each kind of search, in Markdown."""
    lines = [
        [
            f"`{kind}`",
            scheme,
            *(told(_of(tables, scheme, kind, number), 0 if number == "coverage" else 3) for number in SHOWN),
        ]
        for scheme, kind in CASES
    ]
    pairs = [(kind, "genetic") for scheme, kind in CASES if scheme == INHERITED and kind != "genetic"]
    numbers = ("best", "top_ten", "coverage", "quality")
    less = [
        [f"`{kind}` less `{other}`", *(_less(tables, kind, other, number) for number in numbers)]
        for kind, other in (*pairs, ("adapted", "operators"))
    ]
    heads = [SHOWN[number] for number in numbers]
    return (
        f"{markdown(['search', 'inheritance', *SHOWN.values()], lines)}\n"
        f"{markdown(['both with inheritance', *heads], less)}"
    )


def _less(tables: Tables, kind: str, other: str, number: str) -> str:
    """Return what a kind of search has more than another one, pair by pair of seeds."""
    found = paired_difference(_of(tables, INHERITED, kind, number), _of(tables, INHERITED, other, number))
    return found.told(0 if number == "coverage" else 3, signed=True)


def draw(tables: Tables) -> Figures:
    """Return a panel for each number, with every seed as a point."""
    shown = [number for number in SHOWN if number != "diversity"]
    figure, axes = panels(2, 2, width=6.0)
    for panel, number in zip(axes, shown, strict=True):
        groups = [
            (kind.replace("_", " ") + ("\nscratch" if scheme == PUBLISHED else ""), _of(tables, scheme, kind, number))
            for scheme, kind in CASES
        ]
        points(panel, groups, (*COLOURS, *COLOURS))
        panel.set_ylabel(SHOWN[number])
        panel.set_ylim(bottom=0)
        panel.tick_params(axis="x", labelsize=6)
    return {FIGURE: figure}


STUDY = Study(Path(__file__).parent, (ENDS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
