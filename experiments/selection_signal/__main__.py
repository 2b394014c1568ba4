"""What evolution finds that selects by fitness after learning, by fitness without learning, and not at all."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import codesign
from experiments.designs import best_designs
from experiments.figures import COLOURS as LINES
from experiments.figures import band, panels, points
from experiments.intervals import cliffs_delta, difference, mann_whitney, told
from experiments.runs import curves, evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

SEEDS = (0, 1, 2, 3, 4)
GENERATIONS = 278
RANDOM_GENERATIONS = 8
NAMES = {
    "learned": "evolution, fitness after learning",
    "unlearned": "evolution, fitness without learning",
    "random": "random designs that learn",
}
COLOURS = {"learned": LINES[0], "unlearned": LINES[3], "random": LINES[2]}
CURVES, BEST = "curves.csv", "best.csv"
DESIGNS = 20
"""Best distinct designs of a run that learn from new first weights."""

EQUAL = 27.8e6
"""Robot-steps of the runs without learning: 100 designs x 278 generations x 1000 steps."""

SPENT = {
    "27.8 million robot-steps": {"learned": 7, "unlearned": GENERATIONS, "random": 7},
    "6,000 designs": {"learned": 60, "unlearned": 60},
}
"""What runs have in common, and the generations of each that come to it."""


def run_of(runs: Path, kind: str, seed: int) -> codesign.Run:
    """Return a finished run; those of the published scheme are the runs of the study strgar2024_small."""
    if kind == "learned":
        folder = runs.parent / "strgar2024_small" / f"published_{seed}"
        return evolved(folder, "experiment=strgar2024_small", f"seed={seed}")
    if kind == "random":
        length = f"search.generations={RANDOM_GENERATIONS}"
        return evolved(runs / f"random_{seed}", "experiment=random_baseline", length, f"seed={seed}")
    words = ("learner.iterations=0", f"search.generations={GENERATIONS}")
    return evolved(runs / f"unlearned_{seed}", "experiment=strgar2024_small", *words, f"seed={seed}")


def measure(runs: Path) -> Tables:
    """Return curves of all runs, and what their best bodies come to with new first weights and with no actuation."""
    rows, best = [], []
    for kind in NAMES:
        for seed in SEEDS:
            run = run_of(runs, kind, seed)
            own = generations(run, {"kind": kind, "seed": seed})
            # Curves of 278 generations are thinned; every number that the report needs is of a generation that stays.
            rows += [row for row in own if row["generation"] < 60 or row["generation"] % 10 == 7]
            for equal, spent in SPENT.items():
                if kind in spent:
                    best.append({"equal": equal, "kind": kind, "seed": seed, **again(run, spent[kind])})
    return {CURVES: rows, BEST: best}


def again(run: codesign.Run, spent: int) -> dict[str, float]:
    """Return means over a run's best designs: as selected, taught from new first weights, and with no actuation."""
    chosen = best_designs(run, DESIGNS, spent)
    problem = codesign.Problem(experiment="strgar2024_small", seed=1000, execution={"threads": 1})
    results = problem.evaluate(chosen)
    bodies = problem.develop(chosen)
    still = replace(bodies, swings=np.zeros_like(bodies.swings))
    fall = -problem.value_and_gradient(still, problem.initial_weights(still))[0]
    learned = np.asarray(results.curves, np.float64)
    return {
        "fitness": float(np.mean([design.fitness for design in chosen])),
        "new_start": float(np.mean(results.fitness[np.isfinite(results.fitness)])),
        "new_start_best": float(np.max(results.fitness)),
        "gain": float(np.median(np.nanmax(learned, axis=1) - learned[:, 0])),
        "fall": float(np.mean(fall)),
        "masses": float(np.mean(np.diff(bodies.mass_start))),
    }


def column(rows: Rows, name: str, equal: str, kind: str) -> list[float]:
    """Return a number of each run of a kind."""
    return [row[name] for row in rows if row["equal"] == equal and row["kind"] == kind]


def report(tables: Tables) -> str:
    """Return what came out as tables in Markdown."""
    rows, best = tables[CURVES], tables[BEST]
    lines = []
    for equal, spent in SPENT.items():
        over, at = ("generation", 59) if "designs" in equal else ("robot_steps", EQUAL)
        for kind in spent:
            found = {each: curves(rows, each, over=over, at=[at], kind=kind).values[:, 0] for each in ("best", "mean")}
            lines.append([equal, NAMES[kind], len(found["best"]), told(found["best"]), told(found["mean"])])
    parts = [markdown(["equal", "signal", "seeds", "best [m]", "mean of the population [m]"], lines)]

    numbers = ("fitness", "new_start", "new_start_best", "gain", "fall")
    lines = [
        [equal, NAMES[kind], *(told(column(best, number, equal, kind)) for number in numbers)]
        for equal, spent in SPENT.items()
        for kind in spent
    ]
    heads = ["equal", f"best {DESIGNS} of each run", "as recorded [m]", "taught from new first weights [m]"]
    parts.append(markdown([*heads, "the best of them [m]", "median gain [m]", "muscles still [m]"], lines))

    lines = []
    for equal, spent in SPENT.items():
        learned = column(best, "new_start", equal, "learned")
        for other in list(spent)[1:]:
            theirs = column(best, "new_start", equal, other)
            less, delta = difference(learned, theirs).told(signed=True), cliffs_delta(learned, theirs)
            lines.append([equal, NAMES[other], less, f"{delta:+.2f}", f"{mann_whitney(learned, theirs):.3f}"])
    heads = ["equal", "fitness after learning as the signal, less", "taught from new first weights [m], 95 % interval"]
    parts.append(markdown([*heads, "Cliff's delta", "Mann-Whitney p"], lines))
    return "\n".join(parts)


def draw(tables: Tables) -> Figures:
    """Draw best fitness over robot-steps, and what the best bodies come to when they learn anew."""
    figure, axes = panels(2, width=4.8, height=3.4)
    for kind, name in NAMES.items():
        band(axes[0], curves(tables[CURVES], "best", kind=kind), name, COLOURS[kind], unit=1e6)
    axes[0].set(xlabel="robot-steps [millions]", ylabel="best fitness [m]", xscale="log", ylim=(0.0, 1.0))
    axes[0].legend(loc="upper left")
    equal = next(iter(SPENT))
    groups = [(kind, column(tables[BEST], "new_start", equal, kind)) for kind in NAMES]
    points(axes[1], groups, list(COLOURS.values()))
    axes[1].set(ylabel=f"best {DESIGNS} bodies, taught anew [m]", ylim=(0.0, None), title=equal)
    return {"signal.svg": figure}


STUDY = Study(Path(__file__).parent, (CURVES, BEST), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
