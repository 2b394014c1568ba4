"""What evolved walkers still do without a share of their muscles, their senses or their clock."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import codesign
from experiments.designs import best_designs
from experiments.figures import COLOURS, panels
from experiments.intervals import t_interval, told
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

SEEDS = (0, 1, 2, 3, 4)
SHARES = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0)
FAULTS = ("motors", "sensors", "clock")
"""Muscles that are silent, masses that are not sensed, and sines of the time that are nought."""

DESIGNS, DRAWS = 10, 8
"""Best distinct designs of a run, and choices at random of what fails of each."""

SINES, FEATURES = 10, 4
"""First inputs of the network, which no fault concerns, and inputs of each mass: its place and speed on two axes."""

KEPT = "kept.csv"


def measure(runs: Path) -> Tables:
    """Return what the best designs of each published run come to, by fault and share."""
    rows: Rows = []
    for seed in SEEDS:
        folder = runs.parent / "strgar2024_small" / f"published_{seed}"
        run = evolved(folder, "experiment=strgar2024_small", f"seed={seed}")
        designs = best_designs(run, DESIGNS)
        weights = [recording.weights.astype(np.float64) for recording in run.recordings(designs)]
        bodies = run.problem.develop(designs)
        for fault in FAULTS:
            for share in SHARES:
                came = with_fault(run.problem, bodies, weights, fault, share, seed)
                rows.append({"seed": seed, "fault": fault, "share": share, "came": float(came.mean())})
    return {KEPT: rows}


def with_fault(
    problem: codesign.Problem, bodies: codesign.Bodies, weights: list[np.ndarray], fault: str, share: float, seed: int
) -> np.ndarray:
    """Return the displacement of each design in each draw [m], shape (draws, designs)."""
    generator = np.random.default_rng((seed, FAULTS.index(fault), round(1000 * share)))
    shapes, came = problem.initial_weights(bodies).shapes, []
    for _ in range(DRAWS if 0 < share < 1 else 1):
        swings, changed = bodies.swings.copy(), []
        for number, own in enumerate(weights):
            given = own.copy()
            springs = np.arange(bodies.spring_start[number], bodies.spring_start[number + 1])
            muscles = springs[bodies.swings[springs] > 0]
            masses = int(np.diff(bodies.mass_start)[number])
            if fault == "motors":
                swings[generator.choice(muscles, round(share * len(muscles)), replace=False)] = 0.0
            else:
                count = masses if fault == "sensors" else SINES
                lost = generator.choice(count, round(share * count), replace=False)
                columns = (SINES + FEATURES * lost[:, None] + np.arange(FEATURES)) if fault == "sensors" else lost
                first = given[: int(np.prod(shapes[number]["w1"]))].reshape(shapes[number]["w1"])
                first[:, columns.ravel()] = 0.0
            changed.append(given)
        simulator = problem.spec.simulator(replace(bodies, swings=swings))
        simulator.load(np.concatenate(changed))
        simulator.forward()
        came.append(-simulator.loss.numpy().astype(np.float64))
    return np.array(came)


def kept(rows: Rows, fault: str, share: float) -> list[float]:
    """Return the share of its displacement that each run's designs keep."""
    whole = {row["seed"]: row["came"] for row in rows if row["fault"] == fault and row["share"] == 0.0}
    return [row["came"] / whole[row["seed"]] for row in rows if row["fault"] == fault and row["share"] == share]


def report(tables: Tables) -> str:
    """Return what is left as a table in Markdown."""
    rows, lines = tables[KEPT], []
    for fault in FAULTS:
        for share in SHARES:
            came = [row["came"] for row in rows if row["fault"] == fault and row["share"] == share]
            lines.append([fault, f"{share:.1%}", told(came), told(kept(rows, fault, share), 2) if share else "1"])
    return markdown(["fault", "share that fails", "displacement [m]", "share of it that is kept"], lines)


def draw(tables: Tables) -> Figures:
    """Draw the share that is kept by the share that fails."""
    figure, (axes,) = panels()
    for fault, colour in zip(FAULTS, COLOURS, strict=False):
        found = [t_interval(kept(tables[KEPT], fault, share)) for share in SHARES]
        axes.plot(SHARES, [each.mean for each in found], "o-", color=colour, label=fault, markersize=3)
        low, high = [each.low for each in found], [each.high for each in found]
        axes.fill_between(SHARES, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set(
        xlabel="share that fails",
        ylabel="share of the displacement that is kept",
        ylim=(min(0.0, axes.get_ylim()[0]), 1.05),
    )
    axes.legend()
    return {"kept.svg": figure}


STUDY = Study(Path(__file__).parent, (KEPT,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
