"""Which ways to spend robot-steps on learning pay? The study's README says."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from codesign.files import write_text
from codesign.run import RunFolder
from experiments.figures import COLOURS, band, panels
from experiments.inheritance.__main__ import SEEDS
from experiments.intervals import paired_difference, told
from experiments.learning_budget import bodies, racing
from experiments.learning_budget.schemes import SCHEMES, TASKS, budget, run_of
from experiments.runs import Curves, curves, generations
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

LEARNERS, STARTS, RACING, BUDGETS = "learners.csv", "starts.csv", "racing.csv", "budgets.csv"
SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
TOLD = (0.1, 0.3, 1.0)
"""Shares of the budget that are kept, and those that the table tells."""

PUBLISHED = {inheritance: next(iter(schemes)) for inheritance, schemes in SCHEMES.items()}
"""The schemes that the others are compared with, whose bodies are taught, and whose curves are replayed."""

EVOLVED_BY = {"walk": "walk_2d", "voxel_walk": "walk_3d", "hills": "hills_2d"}
"""Runs that evolved bodies of a task are from."""


def measure(runs: Path) -> Tables:
    """Return what learners and starts come to with given bodies, what racing would do, and fitness by budget."""
    raced, budgets = [], []
    for seed in SEEDS:
        for task in TASKS:
            for inheritance, schemes in SCHEMES.items():
                for scheme in schemes:
                    run = run_of(runs, task, inheritance, scheme, seed)
                    labels = {"task": task, "inheritance": inheritance}
                    if scheme == PUBLISHED[inheritance]:
                        raced += racing.replayed(RunFolder(run.folder), {**labels, "seed": seed})
                    labels |= {"scheme": scheme, "seed": seed}
                    budgets += _by_budget(generations(run, labels), budget(task), labels)
    learners, starts = [], []
    for task in bodies.TASKS:
        spec = bodies.spec_of(task)
        own = [run_of(runs, EVOLVED_BY[task], "none", PUBLISHED["none"], seed) for seed in SEEDS]
        evolved = bodies.evolved_bodies([RunFolder(run.folder) for run in own])
        for group, genomes in {"random": bodies.random_bodies(spec), "evolved": evolved}.items():
            given, name = (spec, genomes, {"task": task, "bodies": group}), f"{task}-{group}.json"
            learners += _kept(runs / f"learners-{name}", partial(bodies.what_learners_reach, *given))
            starts += _kept(runs / f"starts-{name}", partial(bodies.what_starts_buy, *given))
    return {LEARNERS: learners, STARTS: starts, RACING: raced, BUDGETS: budgets}


def _kept(path: Path, make: Callable[[], Rows]) -> Rows:
    """Return rows from a file among the runs; they are made where it is not there."""
    if not path.is_file():
        write_text(path, json.dumps(make()))
    return json.loads(path.read_text(encoding="utf-8"))


def _by_budget(rows: Rows, total: int, labels: dict[str, Any]) -> Rows:
    """Return best, mean and diversity at each share of a budget; NaN before the end of generation 0."""
    names, at = ("best", "mean", "diversity"), [share * total for share in SHARES]
    found = {name: curves(rows, name, at=at).values[0].round(5).tolist() for name in names}
    return [
        {**labels, "share": share, **{name: found[name][place] for name in names}} for place, share in enumerate(SHARES)
    ]


def report(tables: Tables) -> str:
    """Return the tables that the README shows, in Markdown."""
    return "\n".join([_budgets(tables), _gains(tables), _learners(tables), _starts(tables), _racing(tables)])


def _found(rows: Rows, number: str, **wanted: Any) -> list[float]:
    return [row[number] for row in rows if all(row[name] == value for name, value in wanted.items())]


def _cases() -> list[tuple[str, str]]:
    return [(inheritance, scheme) for inheritance, schemes in SCHEMES.items() for scheme in schemes]


def _budgets(tables: Tables) -> str:
    lines = []
    for task in TASKS:
        for inheritance, scheme in _cases():
            wanted = {"task": task, "inheritance": inheritance, "scheme": scheme}
            cells = [
                told(_found(tables[BUDGETS], number, **wanted, share=share))
                for share in TOLD
                for number in ("best", "mean")
            ]
            lines.append([task, inheritance, scheme, *cells])
    heads = [f"{number} at {share:.0%}" for share in TOLD for number in ("best", "mean")]
    return markdown(["task", "inheritance", "learning", *heads], lines)


def _gains(tables: Tables) -> str:
    """Return what each scheme has more at the end than the first one with the same inheritance, paired by seed."""
    lines = []
    for inheritance, scheme in _cases():
        if scheme == PUBLISHED[inheritance]:
            continue
        cells = []
        for task in TASKS:
            for number in ("best", "mean"):
                wanted = {"task": task, "inheritance": inheritance, "share": 1.0}
                ours = _found(tables[BUDGETS], number, **wanted, scheme=scheme)
                theirs = _found(tables[BUDGETS], number, **wanted, scheme=PUBLISHED[inheritance])
                cells.append(paired_difference(ours, theirs).told(signed=True))
        lines.append([f"{scheme} less {PUBLISHED[inheritance]}", inheritance, *cells])
    heads = [f"{task}: {number}" for task in TASKS for number in ("best", "mean")]
    return markdown(["at 100%", "inheritance", *heads], lines)


def _columns(tables: Tables) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["task"], row["bodies"]) for row in tables[LEARNERS]))


def _learners(tables: Tables) -> str:
    """Return what each learner reaches, with what it has more than the published one."""
    published, *others = bodies.LEARNERS
    lines = []
    for name in (published, *others):
        cells = []
        for task, group in _columns(tables):
            ours, theirs = (
                _found(tables[LEARNERS], "at_the_end", task=task, bodies=group, learner=each)
                for each in (name, published)
            )
            less = "" if name == published else f", {paired_difference(ours, theirs).told(signed=True)}"
            cells.append(f"{np.mean(ours):.3f}{less}")
        lines.append([name, *cells])
    return markdown(["learner", *(f"{task}, {group}" for task, group in _columns(tables))], lines)


def _starts(tables: Tables) -> str:
    """Return what one start reaches, and what each way to spend as many episodes on several has more."""
    keys = ("episodes", "restarts", "restart_iterations", "iterations")
    ways = list(dict.fromkeys(tuple(row[key] for key in keys) for row in tables[STARTS]))
    lines = []
    for way in ways:
        wanted, cells = dict(zip(keys, way, strict=True)), []
        for task, group in _columns(tables):
            ours = _found(tables[STARTS], "fitness", task=task, bodies=group, **wanted)
            alone = {"episodes": wanted["episodes"], "restarts": 0}
            theirs = _found(tables[STARTS], "fitness", task=task, bodies=group, **alone)
            more = paired_difference(ours, theirs).told(signed=True)
            cells.append(more if wanted["restarts"] else f"{np.mean(ours):.3f}")
        lines.append([*way, *cells])
    heads = ["episodes", "restarts", "restart_iterations", "steps of the winner"]
    return markdown([*heads, *(f"{task}, {group}" for task, group in _columns(tables))], lines)


def _racing(tables: Tables) -> str:
    lines = []
    for task in TASKS:
        for inheritance in SCHEMES:
            for chance in racing.CHANCES:
                wanted = {"task": task, "inheritance": inheritance, "chance": chance}
                numbers = ("saved", "lost", "survivors_per_step")
                cells = [told(_found(tables[RACING], number, **wanted), 2) for number in numbers]
                lines.append([task, inheritance, chance, *cells])
    heads = ["task", "inheritance", "racing_chance", "episodes saved", "survivors lost", "survivors per step"]
    return markdown(heads, lines)


def draw(tables: Tables) -> Figures:
    """Draw the mean by budget of every scheme, and what racing saves and loses."""
    budgets, axes = panels(len(TASKS), len(SCHEMES), width=4.2, height=3.0)
    for place, axis in enumerate(axes):
        inheritance, task = list(SCHEMES)[place // len(TASKS)], TASKS[place % len(TASKS)]
        for scheme, colour in zip(SCHEMES[inheritance], COLOURS, strict=False):
            wanted = {"task": task, "inheritance": inheritance, "scheme": scheme}
            values = [_found(tables[BUDGETS], "mean", **wanted, share=share) for share in SHARES]
            known = [here for here, own in enumerate(values) if np.isfinite(own).all()]
            found = Curves(100 * np.array(SHARES)[known], np.array(values)[known].T)
            band(axis, found, scheme, colour)
        axis.set(title=f"{task}, inheritance {inheritance}", xlabel="share of the robot-steps [%]", ylim=(0.0, None))
        if place % len(TASKS) == 0:
            axis.set_ylabel("mean fitness [m]")
            axis.legend(fontsize=7)
    figure, axes = panels(len(TASKS), height=3.0)
    for axis, task in zip(axes, TASKS, strict=True):
        for colour, inheritance in zip(COLOURS, SCHEMES, strict=False):
            for seed in SEEDS:
                wanted = {"task": task, "inheritance": inheritance, "seed": seed}
                saved, lost = (_found(tables[RACING], number, **wanted) for number in ("saved", "lost"))
                label = f"inheritance {inheritance}" if seed == SEEDS[0] else None
                axis.plot(saved, lost, "o-", color=colour, label=label, linewidth=1.0, markersize=4)
        axis.set(title=task, xlabel="share of episodes saved", ylabel="share of survivors lost")
        axis.legend()
    return {"budgets.svg": budgets, "racing.svg": figure}


STUDY = Study(Path(__file__).parent, (LEARNERS, STARTS, RACING, BUDGETS), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
