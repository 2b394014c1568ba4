"""Do robots get further per robot-step if children begin with what their parents learned? The study's README says."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import codesign
from codesign.evaluate import Request, evaluate_designs
from experiments.figures import COLOURS, band, panels
from experiments.intervals import paired_difference, told
from experiments.runs import curves, evolved, generations, spent_until
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown, read_table, write_table

SEEDS = (0, 1, 2, 3, 4)
SMALL = ("mutation=flips", "sim.steps=500", "search.population_size=50")
WALK = ("body=triangle", "task=walk", "controller=mlp", "sim=no_slip", *SMALL)
TASKS = {
    "walk_2d": (WALK, 15),
    "walk_3d": (
        ("body=voxel_small", "task=walk", "controller=cpg", "sim=voxel", "sim.steps=500", "search.population_size=32"),
        9,
    ),
    "hills_2d": ((*WALK, "terrain=hills"), 10),
    "light_3d": (
        (
            "body=voxel_small",
            "task=light",
            "controller=shared",
            "controller.sensors=[position,velocity,light,contact]",
            "sim=voxel",
            "sim.steps=500",
            "search.population_size=32",
        ),
        9,
    ),
}
"""The words of each task, and generations of the published scheme; the other has as many robot-steps."""

SCHEMES = {
    "none": (35, ()),
    "lamarckian": (8, ("search.inheritance=lamarckian", "learner.iterations=8", "learner.step_length=0.8")),
}
"""Steps of learning of each scheme, and its words."""

SHARES = (0.1, 0.3, 1.0)
CURVES, AGAIN = "curves.csv", "from_scratch.csv"
NUMBERS = {"best": 1, "mean": 1, "diversity": 1}


def measure(runs: Path) -> Tables:
    """Return the generations of all runs, and what their last populations learn from drawn weights."""
    rows: Rows = []
    again: Rows = []
    for seed in SEEDS:
        for task, (words, published) in TASKS.items():
            for scheme, (iterations, more) in SCHEMES.items():
                # A design is simulated before each step, after the last, with its best weights, and at rest.
                count = round(published * (35 + 3) / (iterations + 3))
                own = (*words, *more, f"search.generations={count}", f"seed={seed}")
                run = evolved(runs / task / f"{scheme}_{seed}", *own)
                labels = {"task": task, "scheme": scheme, "seed": seed}
                rows += generations(run, labels)
                again.append({**labels, **from_scratch(run, runs / task / f"{scheme}_{seed}.json")})
    return {CURVES: rows, AGAIN: again}


def from_scratch(run: codesign.Run, kept: Path) -> dict[str, float]:
    """Return what the last population of a run learns by the published scheme from weights that no design had.

    Args:
        run: the run.
        kept: file that keeps it.
    """
    if kept.exists():
        return read_table(kept)
    *_, population = run.populations()
    trial = run.experiment.trial
    spec = replace(trial, learner=replace(trial.learner, iterations=35, step_length=0.2))
    count = len(population)
    found = evaluate_designs(spec, Request(population.genomes, population.identities, attempts=np.full(count, 1)))
    valid = found.fitness[np.isfinite(found.fitness)]
    own = {"fitness": float(population.fitness.mean()), "mean": float(valid.mean()), "best": float(valid.max())}
    write_table(kept, own)
    return own


def compared(rows: Rows) -> list[str]:
    """Return the tasks that a table has both schemes of."""
    return [task for task in TASKS if {row["scheme"] for row in rows if row["task"] == task} >= SCHEMES.keys()]


def at_shares(rows: Rows, task: str, scheme: str, number: str) -> np.ndarray:
    """Return a number of each run at `SHARES` of the robot-steps that all runs of a task reached, (runs, shares)."""
    end = min(curves(rows, "best", task=task, scheme=each).at[-1] for each in SCHEMES)
    at = [share * end for share in SHARES]
    found = curves(rows, number, at=at, task=task, scheme=scheme).values
    first = min(row["robot_steps"] for row in rows if row["task"] == task and row["scheme"] == scheme)
    return np.where(np.array(at) < first, np.nan, found)


def speed_up(rows: Rows, task: str, number: str) -> list[float]:
    """Return, seed by seed, how many times fewer robot-steps inheritance needs to the other's final number on average.

    It is NaN where a run does not come to it.
    """
    target = float(at_shares(rows, task, "none", number)[:, -1].mean())
    own = [row for row in rows if row["task"] == task]
    end = max(row["robot_steps"] for row in own if row["scheme"] == "none")
    seeds = sorted({row["seed"] for row in own})
    return [end / spent_until(own, number, target, scheme="lamarckian", seed=seed) for seed in seeds]


def report(tables: Tables) -> str:
    """Return fitness and diversity at shares of the robot-steps, differences, speed-ups and fitness from scratch."""
    rows, again = tables[CURVES], tables[AGAIN]
    heads = ["task, seeds", "scheme", "number", *(f"at {share:.0%} of the robot-steps" for share in SHARES)]
    lines, differences = [], []
    for task in compared(rows):
        seeds = len({row["seed"] for row in rows if row["task"] == task})
        for number in NUMBERS:
            found = {scheme: at_shares(rows, task, scheme, number) for scheme in SCHEMES}
            for scheme, values in found.items():
                lines.append([f"{task}, {seeds}", scheme, number, *(told(column) for column in values.T)])
            less = found["lamarckian"][:, -1] - found["none"][:, -1]
            interval = paired_difference(found["lamarckian"][:, -1], found["none"][:, -1]).told(signed=True)
            times = "" if number == "diversity" else ", ".join(f"{each:.1f}" for each in speed_up(rows, task, number))
            differences.append([task, number, interval, f"{int((less > 0).sum())} of {len(less)}", times])
    told_again, taught = [], []
    for task in compared(again):
        cells = []
        for name in ("mean", "best"):
            ours, theirs = (
                [row[name] for row in again if (row["task"], row["scheme"]) == (task, scheme)]
                for scheme in ("lamarckian", "none")
            )
            cells += [
                paired_difference(ours, theirs).told(signed=True),
                f"{int((np.array(ours) > theirs).sum())} of {len(ours)}",
            ]
        taught.append([task, *cells])
        for scheme in SCHEMES:
            own = [row for row in again if row["task"] == task and row["scheme"] == scheme]
            columns = (told([row[name] for row in own]) for name in ("fitness", "mean", "best"))
            told_again.append([task, scheme, *columns])
    ends = [
        "task",
        "number",
        "lamarckian less none at the end (95 %)",
        "seeds above",
        "times fewer robot-steps, by seed",
    ]
    scratch = ["task", "scheme", "mean fitness in the run", "mean from scratch", "best from scratch"]
    less = ["lamarckian less none, from scratch (95 %)", "mean", "seeds above", "best", "seeds above"]
    parts = (heads, lines), (ends, differences), (scratch, told_again), (less, taught)
    return "\n".join(markdown(*part) for part in parts)


def draw(tables: Tables) -> Figures:
    """Draw best, mean and diversity over robot-steps."""
    rows = tables[CURVES]
    tasks = compared(rows)
    figure, axes = panels(3, len(tasks), width=3.6, height=2.5)
    for place, (task, number) in enumerate((task, number) for task in tasks for number in NUMBERS):
        for scheme, colour in zip(SCHEMES, COLOURS, strict=False):
            band(axes[place], curves(rows, number, task=task, scheme=scheme), scheme, colour, unit=1e6)
        unit = "- share of the way left" if task == "light_3d" else "fitness [m]"
        label = "share of cells" if number == "diversity" else unit
        axes[place].set(title=f"{task}: {number}", ylabel=label, xlabel="robot-steps [millions]")
    axes[0].legend()
    return {"curves.svg": figure}


STUDY = Study(Path(__file__).parent, (CURVES, AGAIN), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
