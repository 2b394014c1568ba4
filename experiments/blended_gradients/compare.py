"""Let random bodies learn by exact, smoothed and blended gradients, with equally many robot-steps, and compare them.

    python experiments/blended_gradients/compare.py

Two tasks: to walk on level ground, and to pass marks on it, of which only whole ones count (`marks.py`), so that the
loss is a stair and its exact gradient is zero. Both with the controller `wave`, which has 7 weights; and to walk with
the network `mlp`, which has thousands. Three seeds, each with other bodies and other first weights. The best losses so
far, by episodes that were simulated for a design, are printed, written to `results.json` beside this file and drawn in
`docs/images/blended_gradients.svg`. `--only CASE` measures one case anew, `--draw` none. Some minutes on two cores.
"""

import argparse
import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes

sys.path.insert(0, str(Path(__file__).parent))
from marks import Marks

import codesign
from codesign.evaluate import EvaluationSpec
from codesign.sim import Task
from codesign.tasks import TASKS
from codesign.train import learn

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
RESULTS = Path(__file__).parent / "results.json"
FIGURE = Path(__file__).parents[2] / "docs" / "images" / "blended_gradients.svg"
COLOURS = {"exact": "#4477aa", "smoothed": "#cc9900", "blended": "#aa3377", "blended at all times": "#999999"}


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


def half_width(values: np.ndarray) -> np.ndarray:
    """Return half the width of the 95 % interval of a mean over designs."""
    return 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))


def tables(found: dict[str, Any]) -> str:
    """Return what designs reached as a table in Markdown."""
    lines = [
        "| task | episodes | estimator | fitness of each seed [m] | mean [m] | blended less this, 95 % interval [m] |"
    ]
    lines.append("| --- | ---: | --- | --- | ---: | ---: |")
    for task, estimators in found.items():
        for at in (len(GRID) - 1, int(np.searchsorted(GRID, EPISODES // 4))):
            blended = pooled(estimators["blended"])[:, at]
            for name, own in estimators.items():
                seeds = ", ".join(f"{-np.array(each)[:, at].mean():.3f}" for each in own.values())
                values = pooled(own)[:, at]
                less = blended - values
                half = half_width(less)
                told = (
                    ""
                    if name == "blended"
                    else f"{less.mean():+.3f} ({less.mean() - half:+.3f} to {less.mean() + half:+.3f})"
                )
                lines.append(f"| {task} | {GRID[at]} | {name} | {seeds} | {values.mean():.3f} | {told} |")
    return "\n".join(lines)


def draw(found: dict[str, Any]) -> None:
    """Draw the curves, with 95 % intervals over designs."""
    mpl.rcParams["svg.hashsalt"] = "codesign"
    figure, axes = pyplot.subplots(1, len(found), figsize=(11.0, 3.2), layout="constrained")
    for ax, (task, estimators) in zip(np.atleast_1d(axes), found.items(), strict=True):
        panel: Axes = ax
        for name, own in estimators.items():
            values = pooled(own)
            mean, half = values.mean(axis=0), half_width(values)
            panel.plot(GRID, mean, label=name, color=COLOURS[name])
            panel.fill_between(GRID, mean - half, mean + half, color=COLOURS[name], alpha=0.15, linewidth=0)
        panel.set(title=task, xlabel="episodes simulated for a design", ylabel="fitness [m]", xscale="log")
        panel.spines[["top", "right"]].set_visible(False)
    np.atleast_1d(axes)[0].legend(frameon=False)
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=tuple(CASES), help="the case to measure; all if not given")
    parser.add_argument("--draw", action="store_true", help="only draw and tell what was measured before")
    options = parser.parse_args()
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for case in () if options.draw else (options.only,) if options.only else tuple(CASES):
        found[case] = measured(case)
        RESULTS.write_text(json.dumps(found) + "\n")
    draw(found)
    sys.stdout.write(f"{tables(found)}\n")


if __name__ == "__main__":
    main()
