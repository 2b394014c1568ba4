"""What evolution finds that selects by fitness after learning, by fitness without learning, and not at all."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from experiments.designs import best_designs
from experiments.figures import band, panels, points
from experiments.intervals import cliffs_delta, difference, mann_whitney, told
from experiments.runs import curves, evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

SEEDS = (0, 1, 2, 3, 4)
GENERATIONS = 278
KINDS = {
    "learned": "strgar2024_small",
    "unlearned": "strgar2024_small",
    "random": "random_baseline",
}
"""Signal of selection, and the experiment of its runs."""

NAMES = {
    "learned": "evolution, fitness after learning",
    "unlearned": "evolution, fitness without learning",
    "random": "random designs that learn",
}
COLOURS = {"learned": "#2468b4", "unlearned": "#00a08a", "random": "#8c1d4b"}
CURVES, BEST = "curves.csv", "best.csv"
DESIGNS = 20
"""Best distinct designs of a run that learn from new first weights."""

EQUAL = 27.8e6
"""Robot-steps of the runs without learning: 100 designs x 278 generations x 1000 steps."""


def run_of(runs: Path, kind: str, seed: int) -> codesign.Run:
    """Return a finished run; those with learning are the runs of the study strgar2024_small."""
    if kind == "unlearned":
        words = ("learner.iterations=0", f"search.generations={GENERATIONS}")
        return evolved(runs / f"unlearned_{seed}", "experiment=strgar2024_small", *words, f"seed={seed}")
    folder = runs.parent / "strgar2024_small" / f"{'published' if kind == 'learned' else kind}_{seed}"
    return evolved(folder, f"experiment={KINDS[kind]}", f"seed={seed}")


def measure(runs: Path) -> Tables:
    """Return curves of all runs, and what their best bodies come to with new first weights and with still muscles."""
    rows, best = [], []
    for kind in KINDS:
        for seed in SEEDS:
            run = run_of(runs, kind, seed)
            own = generations(run, {"kind": kind, "seed": seed})
            # Curves of 278 generations are thinned; every number that the report needs is of a generation that stays.
            rows += [row for row in own if row["generation"] < 60 or row["generation"] % 10 == 7]
            best.append({"kind": kind, "seed": seed, **again(run)})
    return {CURVES: rows, BEST: best}


def again(run: codesign.Run) -> dict[str, float]:
    """Return means over a run's best designs: as selected, taught from new first weights, and with no actuation."""
    chosen = best_designs(run, DESIGNS)
    problem = codesign.Problem(experiment="strgar2024_small", seed=1000, execution={"threads": 1})
    results = problem.evaluate(chosen)
    bodies = problem.develop(chosen)
    still = replace(bodies, swings=np.zeros_like(bodies.swings))
    fall = -problem.value_and_gradient(still, problem.initial_weights(still))[0]
    curves_of = np.asarray(results.curves, np.float64)
    return {
        "fitness": float(np.mean([design.fitness for design in chosen])),
        "new_start": float(np.mean(results.fitness[np.isfinite(results.fitness)])),
        "new_start_best": float(np.max(results.fitness)),
        "gain": float(np.median(np.nanmax(curves_of, axis=1) - curves_of[:, 0])),
        "fall": float(np.mean(fall)),
        "masses": float(np.mean(np.diff(bodies.mass_start))),
    }


def column(rows: Rows, kind: str, name: str) -> list[float]:
    """Return a number of each run of a kind."""
    return [row[name] for row in rows if row["kind"] == kind]


def report(tables: Tables) -> str:
    """Return what out came as tables in Markdown."""
    rows, best = tables[CURVES], tables[BEST]
    lines = []
    for title, over, at in (("6,000 designs", "generation", 59), ("27.8 million robot-steps", "robot_steps", EQUAL)):
        for kind in KINDS:
            found = {each: curves(rows, each, over=over, at=[at], kind=kind).values[:, 0] for each in ("best", "mean")}
            lines.append([title, NAMES[kind], len(found["best"]), told(found["best"]), told(found["mean"])])
    parts = [markdown(["equal", "signal", "seeds", "best [m]", "mean of the population [m]"], lines)]
    lines = [
        [
            NAMES[kind],
            *(told(column(best, kind, name)) for name in ("fitness", "new_start", "new_start_best", "gain", "fall")),
        ]
        for kind in KINDS
    ]
    heads = [
        f"best {DESIGNS} of each run, mean",
        "as recorded [m]",
        "learned from new first weights [m]",
        "the best of them [m]",
    ]
    parts.append(markdown([*heads, "median gain by learning [m]", "muscles still [m]"], lines))
    learned = column(best, "learned", "new_start")
    lines = []
    for other in ("unlearned", "random"):
        theirs = column(best, other, "new_start")
        less, delta = difference(learned, theirs).told(signed=True), cliffs_delta(learned, theirs)
        lines.append([NAMES[other], less, f"{delta:+.2f}", f"{mann_whitney(learned, theirs):.3f}"])
    heads = ["fitness after learning as the signal, less", "bodies taught anew [m], 95 % interval", "Cliff's delta"]
    parts.append(markdown([*heads, "Mann-Whitney p"], lines))
    return "\n".join(parts)


def draw(tables: Tables) -> Figures:
    """Draw best fitness over robot-steps, and what the best bodies come to when they learn anew."""
    figure, axes = panels(2, width=4.8, height=3.4)
    for kind in KINDS:
        found = curves(tables[CURVES], "best", kind=kind)
        band(axes[0], found, NAMES[kind], COLOURS[kind], unit=1e6)
    axes[0].set(xlabel="robot-steps [millions]", ylabel="best fitness [m]", xscale="log", ylim=(0.0, 1.0))
    axes[0].legend(loc="upper left")
    groups: list[tuple[str, Any]] = [(kind, column(tables[BEST], kind, "new_start")) for kind in KINDS]
    points(axes[1], groups, list(COLOURS.values()))
    axes[1].set(ylabel=f"best {DESIGNS} bodies, taught anew [m]", ylim=(0.0, None))
    return {"signal.svg": figure}


STUDY = Study(Path(__file__).parent, (CURVES, BEST), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
