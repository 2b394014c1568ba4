"""Let random bodies learn by exact, smoothed and blended gradients, with equally many robot-steps, and compare them.

    python -m experiments.blended_gradients

Two tasks: to walk on level ground, and to pass marks on it, of which only whole ones count (`marks.py`), so that the
loss is a stair and its exact gradient is zero. Both with the controller `wave`, which has 7 weights; and to walk with
the network `mlp`, which has thousands. Three seeds, each with other bodies and other first weights. The best losses so
far, by episodes that were simulated for a design, are printed, written to `results.json` beside this file and drawn.
A case that was measured is kept in the folder of runs. Some minutes on two cores.
"""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.evaluate import EvaluationSpec
from codesign.sim import Task
from codesign.tasks import TASKS
from codesign.train import learn
from experiments.blended_gradients.marks import Marks
from experiments.figures import band, panels
from experiments.intervals import Interval
from experiments.runs import Curves
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown, read_table, write_table

SEEDS, DESIGNS, EPISODES, SAMPLES = (0, 1, 2), 32, 240, 4
CASES: dict[str, tuple[Task, str]] = {
    "walk": (TASKS["walk"](), "wave"),
    "marks": (Marks(), "wave"),
    "walk, mlp": (TASKS["walk"](), "mlp"),
}
"""Task and controller of each case."""
BLENDED = {"estimator": "blended", "samples": SAMPLES, "radius": 0.8}
ESTIMATORS: dict[str, dict[str, Any]] = {
    "exact": {},
    "smoothed": {"estimator": "smoothed", "samples": SAMPLES, "radius": 0.8},
    "blended": BLENDED | {"patience": 20},
    "blended at all times": BLENDED,
}
GRID = np.unique(np.geomspace(1, EPISODES, 40).astype(int))
RESULTS = "results.json"
COLOURS = {"exact": "#2468b4", "smoothed": "#e0730f", "blended": "#8c1d4b", "blended at all times": "#74b9ea"}


class SpentError(Exception):
    """Every design has had its episodes."""


def curves(spec: EvaluationSpec, bodies: codesign.Bodies) -> np.ndarray:
    """Return the best loss of each design by episodes that were simulated for it, shape (designs, GRID).

    Episodes of perturbed copies count like those of the weights themselves.
    """
    count = len(bodies)
    identities = np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1)
    problem: Any = spec.learning_problem(bodies, identities)
    spec.begin(problem, identities)
    losses, used, spent = [], [], np.zeros(count)

    def observe(_taken: int, _problem: Any) -> None:
        nonlocal spent
        # A loss is known after the episode of the weights themselves, even if the step then needs copies.
        losses.append(problem.loss.numpy().astype(np.float64))
        used.append(spent + 1)
        smoothed = getattr(problem, "smoothed", np.arange(0))
        spent = spent + 1
        spent[smoothed] += spec.learner.copies - 1
        if (spent >= EPISODES).all():
            raise SpentError

    with contextlib.suppress(SpentError):
        learn(problem, spec.learner, observe=observe)
    best, known = np.fmin.accumulate(np.array(losses), axis=0), np.array(used)
    places = [[np.searchsorted(known[:, design], at, side="right") - 1 for at in GRID] for design in range(count)]
    return np.take_along_axis(best.T, np.array(places), axis=1)


def measured(case: str) -> dict[str, Any]:
    """Return the curves of a case, by estimator and seed."""
    task, controller = CASES[case]
    found: dict[str, Any] = {name: {} for name in ESTIMATORS}
    for seed in SEEDS:
        problem = codesign.Problem(task=task, controller=controller, seed=seed)
        bodies = problem.develop(problem.random(DESIGNS, seed=seed))
        for name, changes in ESTIMATORS.items():
            learner = replace(problem.spec.learner, iterations=EPISODES, **changes)
            own = curves(replace(problem.spec, learner=learner), bodies)
            found[name][str(seed)] = own.round(5).tolist()
            sys.stdout.write(f"{case}, {name}, seed {seed}: {-own[:, -1].mean():.4f} m\n")
            sys.stdout.flush()
    return found


def pooled(own: dict[str, Any]) -> np.ndarray:
    """Return fitness of the designs of all seeds [m], shape (designs, GRID)."""
    return -np.concatenate([np.array(each) for each in own.values()])


def over_designs(values: np.ndarray) -> Interval:
    """Return the mean over designs, which are many, and its 95 % interval."""
    mean, half = float(values.mean()), 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return Interval(mean, mean - half, mean + half)


def measure(runs: Path) -> Tables:
    """Return the curves of all cases; one that was measured before is kept in the folder of runs."""
    found = {}
    for case in CASES:
        kept = runs / f"{case.replace(', ', '_')}.json"
        if not kept.exists():
            write_table(kept, measured(case))
        found[case] = read_table(kept)
    return {RESULTS: found}


def report(tables: Tables) -> str:
    """Return what designs reached as a table in Markdown."""
    lines = []
    for task, estimators in tables[RESULTS].items():
        for at in (len(GRID) - 1, int(np.searchsorted(GRID, EPISODES // 4))):
            blended = pooled(estimators["blended"])[:, at]
            for name, own in estimators.items():
                seeds = ", ".join(f"{-np.array(each)[:, at].mean():.3f}" for each in own.values())
                values = pooled(own)[:, at]
                told = "" if name == "blended" else over_designs(blended - values).told(signed=True)
                lines.append([task, GRID[at], name, seeds, f"{values.mean():.3f}", told])
    heads = ["task", "episodes", "estimator", "fitness of each seed [m]", "mean [m]", "blended less this [m]"]
    return markdown(heads, lines)


def draw(tables: Tables) -> Figures:
    """Draw the curves, with 95 % intervals over designs."""
    figure, axes = panels(len(tables[RESULTS]), width=3.8)
    for panel, (task, estimators) in zip(axes, tables[RESULTS].items(), strict=True):
        for name, own in estimators.items():
            band(panel, Curves(GRID.astype(np.float64), pooled(own)), name, COLOURS[name])
        panel.set(title=task, xlabel="episodes simulated for a design", ylabel="fitness [m]", xscale="log")
    axes[0].legend()
    return {"curves.svg": figure}


STUDY = Study(Path(__file__).parent, (RESULTS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
