"""Teach an evolved body to walk by analytic gradients and by proximal policy optimisation, at equal robot-steps.

    pip install 'codesign[gym,rl,torch]'
    python -m experiments.gradient_against_ppo      # about ten minutes on two cores

Three ways, three seeds each, all with the body and physics of `codesign/Walker-v0` (28 masses, 38 muscles, 1000 steps):

- PPO of stable-baselines3, with the settings of `examples/reinforcement_learning/ppo_walker.py`;
- the same class of policy, a network of 64 and 64 tanh units that sees what PPO's sees and acts every ten steps, taught
  by gradients of the episode's rewards that go back through the simulator for 20 control steps (`codesign.torch`);
- our own learner and controller: the network of Strgar et al. 2024, which also sees sines of time and acts every step.

Robot-steps are counted as the project counts them: steps that are simulated forwards. What is simulated in reverse and
again for that is in a column of its own.
"""

import sys
from pathlib import Path

import numpy as np

from experiments.figures import COLOURS, band, library, panels
from experiments.intervals import t_interval
from experiments.runs import Curves
from experiments.study import Figures, Study
from experiments.tables import Tables, read_table, write_table

RESULTS = "results.json"
SEEDS = (0, 1, 2)
STEPS = 1000

MARKS = (20_000, 50_000, 300_000, 500_000, 1_000_000)
"""Robot-steps at which the table tells how far the bodies come."""

OURS = "gradient, our learner"
WAYS = {"PPO": "by_ppo", "gradient, same policy": "by_gradient", OURS: "by_learner"}
"""What each way is called, and its function in `ways.py`."""

Curve = list[tuple[int, int, float, float]]
"""Robot-steps forwards, robot-steps in reverse, seconds of a processor, and displacement without noise [m]."""


def measure(runs: Path) -> Tables:
    """Return the curves of all ways by seed; a way that was measured before is kept in the folder of runs."""
    found = {}
    for way, function in WAYS.items():
        kept = runs / f"{function}.json"
        if not kept.exists():
            ways = library("experiments.gradient_against_ppo.ways", "gym,rl,torch")
            curves: list[Curve] = [getattr(ways, function)(seed) for seed in SEEDS]
            write_table(kept, [[(f, r, round(s, 2), round(came, 4)) for f, r, s, came in curve] for curve in curves])
        found[way] = read_table(kept)
    return {RESULTS: found}


def best_so_far(curve: Curve, steps: float) -> float:
    """Return how far the best policy tried within so many robot-steps comes [m]."""
    return max((came for forward, _, _, came in curve if forward <= steps), default=0.0)


def report(tables: Tables) -> str:
    """Return what was found as tables in Markdown."""
    found = tables[RESULTS]
    lines = [
        f"| robot-steps forwards | {' | '.join(f'{way} [m]' for way in found)} |",
        "| --- " * (len(found) + 1) + "|",
    ]
    for steps in MARKS:
        cells = []
        for way, curves in found.items():
            # Our learner ends by itself, and its best weights stand; the others would go on.
            ends = [steps if way == OURS else curve[-1][0] * 1.1 for curve in curves]
            values = np.array(
                [best_so_far(curve, steps) if steps <= end else np.nan for curve, end in zip(curves, ends, strict=True)]
            )
            known = t_interval(values) if np.isfinite(values).all() else None
            each = ", ".join(f"{value:.2f}" for value in values)
            told = "not run" if known is None else f"{known.mean:.2f} ± {known.high - known.mean:.2f} ({each})"
            cells.append(told)
        lines.append(f"| {steps:,} | {' | '.join(cells)} |")
    lines += ["", "| until the end | forwards | in reverse | seconds | best [m] | last [m] |", "| --- " * 6 + "|"]
    for way, curves in found.items():
        ends = [curve[-1] for curve in curves]
        best = ", ".join(f"{max(point[3] for point in curve):.2f}" for curve in curves)
        last, seconds = (", ".join(f"{end[place]:.{digits}f}" for end in ends) for place, digits in ((3, 2), (2, 0)))
        forwards, backwards = (max(end[place] for end in ends) for place in (0, 1))
        lines.append(f"| {way} | {forwards:,} | {backwards:,} | {seconds} | {best} | {last} |")
    lines += ["", "| until 0.8 m | robot-steps forwards | seconds |", "| --- | --- | --- |"]
    for way, curves in found.items():
        first = [next((point for point in curve if point[3] >= 0.8), None) for curve in curves]
        steps = ", ".join("never" if point is None else f"{point[0]:,}" for point in first)
        lines.append(
            f"| {way} | {steps} | {', '.join('-' if point is None else f'{point[2]:.0f}' for point in first)} |"
        )
    return "\n".join(lines) + "\n"


def draw(tables: Tables) -> Figures:
    """Draw the best policy so far by robot-steps and by seconds, means with 95 % intervals over seeds."""
    figure, axes = panels(2)
    for panel, place, label in ((axes[0], 0, "robot-steps forwards"), (axes[1], 2, "seconds of a processor")):
        for (way, curves), colour in zip(tables[RESULTS].items(), COLOURS, strict=False):
            end = (max if way == OURS else min)(curve[-1][place] for curve in curves)
            first = max(curve[0][place] for curve in curves)
            across = np.geomspace(max(first, 0.1 if place else STEPS), end, 120)
            best = np.array([on_axis(curve, place, across) for curve in curves])
            band(panel, Curves(across, best), way, colour)
        panel.set(xscale="log", xlabel=label, ylabel="displacement of the best so far [m]", ylim=(0.0, None))
    axes[0].legend()
    return {"curves.svg": figure}


def on_axis(curve: Curve, place: int, across: np.ndarray) -> np.ndarray:
    """Return how far the best policy comes that was tried until each place of an axis [m]."""
    at, came = np.array([point[place] for point in curve]), np.maximum.accumulate([point[3] for point in curve])
    return came[np.maximum(np.searchsorted(at, across, side="right") - 1, 0)]


STUDY = Study(Path(__file__).parent, (RESULTS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
