"""Which ways to spend robot-steps on learning pay? The study's README says."""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.files import write_text
from codesign.run import RunFolder
from experiments.figures import COLOURS, panels
from experiments.intervals import t_interval
from experiments.learning_budget import bodies, racing
from experiments.runs import curves, evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown

LEARNERS, STARTS, RACING, BUDGETS = "learners.csv", "starts.csv", "racing.csv", "budgets.csv"
SHARES = (0.1, 0.3, 1.0)
EVOLVED_BY = {"walk": "walk_2d", "voxel_walk": "walk_3d"}
"""Runs that evolved bodies of a task are from."""


def measure(runs: Path) -> Tables:
    """Return what learners and starts come to with given bodies, what racing would do, and fitness by budget."""
    made = {
        task: {
            scheme: [
                evolved(runs / task / f"{scheme}_{seed}", *racing.words(task, scheme, seed)) for seed in racing.SEEDS
            ]
            for scheme in schemes
        }
        for task, (_, schemes) in racing.RUNS.items()
    }
    learners, starts = [], []
    for task in bodies.TASKS:
        spec = bodies.spec_of(task)
        groups = {"random": bodies.random_bodies(spec)}
        if task in EVOLVED_BY:
            folders = [RunFolder(run.folder) for run in made[EVOLVED_BY[task]]["none"]]
            groups["evolved"] = bodies.evolved_bodies(folders)
        for group, genomes in groups.items():
            given, name = (spec, genomes, {"task": task, "bodies": group}), f"{task}-{group}.json"
            learners += _kept(runs / f"learners-{name}", partial(bodies.what_learners_reach, *given))
            starts += _kept(runs / f"starts-{name}", partial(bodies.what_starts_buy, *given))
    raced, budgets = [], []
    for task, schemes in made.items():
        total = min(_steps(run) for several in schemes.values() for run in several)
        for scheme, several in schemes.items():
            for seed, run in zip(racing.SEEDS, several, strict=True):
                labels = {"task": task, "scheme": scheme, "seed": seed}
                raced += racing.replayed(RunFolder(run.folder), labels)
                budgets += _by_budget(run, total, labels)
    return {LEARNERS: learners, STARTS: starts, RACING: raced, BUDGETS: budgets}


def _kept(path: Path, make: Callable[[], Rows]) -> Rows:
    """Return rows from a file among the runs; they are made where it is not there."""
    if not path.is_file():
        write_text(path, json.dumps(make()))
    return json.loads(path.read_text(encoding="utf-8"))


def _steps(run: codesign.Run) -> int:
    return sum(run.metrics["robot_steps"].to_pylist())


def _by_budget(run: codesign.Run, total: int, labels: Mapping[str, Any]) -> Rows:
    rows, at = generations(run, labels), [share * total for share in SHARES]
    best, mean = (curves(rows, number, at=at).values[0].tolist() for number in ("best", "mean"))
    return [{**labels, "share": share, "best": best[place], "mean": mean[place]} for place, share in enumerate(SHARES)]


def report(tables: Tables) -> str:
    """Return the tables that the README shows, in Markdown."""
    return "\n".join([_learners(tables), _starts(tables), _racing(tables), _budgets(tables)])


def _columns(tables: Tables) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row["task"], row["bodies"]) for row in tables[LEARNERS]))


def _found(rows: Rows, number: str, **wanted: Any) -> list[float]:
    return [row[number] for row in rows if all(row[name] == value for name, value in wanted.items())]


def _learners(tables: Tables) -> str:
    lines = [
        [
            name,
            *(
                f"{_found(tables[LEARNERS], 'at_the_end', task=task, bodies=group, learner=name)[0]:.3f}"
                for task, group in _columns(tables)
            ),
        ]
        for name in bodies.LEARNERS
    ]
    return markdown(["learner", *(f"{task}, {group}" for task, group in _columns(tables))], lines)


def _starts(tables: Tables) -> str:
    keys = ("episodes", "restarts", "restart_iterations", "iterations")
    ways = list(dict.fromkeys(tuple(row[key] for key in keys) for row in tables[STARTS]))
    lines = []
    for way in ways:
        wanted = dict(zip(keys, way, strict=True))
        found = (
            _found(tables[STARTS], "fitness", task=task, bodies=group, **wanted)[0] for task, group in _columns(tables)
        )
        lines.append([*way, *(f"{value:.3f}" for value in found)])
    heads = ["episodes", "restarts", "restart_iterations", "steps of the winner"]
    return markdown([*heads, *(f"{task}, {group}" for task, group in _columns(tables))], lines)


def _racing(tables: Tables) -> str:
    lines = []
    for task, (_, schemes) in racing.RUNS.items():
        for scheme in schemes:
            for chance in racing.CHANCES:
                told = [
                    t_interval(_found(tables[RACING], number, task=task, scheme=scheme, chance=chance)).told(2)
                    for number in ("saved", "lost", "survivors_per_step")
                ]
                lines.append([task, scheme, chance, *told])
    heads = ["runs", "inheritance", "racing_chance", "episodes saved", "survivors lost", "survivors per step"]
    return markdown(heads, lines)


def _budgets(tables: Tables) -> str:
    lines = []
    for task, (_, schemes) in racing.RUNS.items():
        for scheme in schemes:
            cells = []
            for share in SHARES:
                for number in ("best", "mean"):
                    values = _found(tables[BUDGETS], number, task=task, scheme=scheme, share=share)
                    cells.append(t_interval(values).told() if np.isfinite(values).all() else "-")
            lines.append([task, scheme, *cells])
    heads = ["runs", "inheritance", *(f"{number} at {share:.0%}" for share in SHARES for number in ("best", "mean"))]
    return markdown(heads, lines)


def draw(tables: Tables) -> Figures:
    """Draw what racing saves and loses."""
    figure, axes = panels(len(racing.RUNS), height=3.0)
    for axis, (task, (_, schemes)) in zip(axes, racing.RUNS.items(), strict=True):
        for colour, scheme in zip(COLOURS, schemes, strict=False):
            rows = [row for row in tables[RACING] if row["task"] == task and row["scheme"] == scheme]
            for seed in racing.SEEDS:
                own = [row for row in rows if row["seed"] == seed]
                label = f"inheritance {scheme}" if seed == racing.SEEDS[0] else None
                axis.plot([row["saved"] for row in own], [row["lost"] for row in own], "o-", color=colour, label=label)
        axis.set(title=task.replace("_", " "), xlabel="share of episodes saved", ylabel="share of survivors lost")
        axis.legend()
    return {"racing.svg": figure}


STUDY = Study(Path(__file__).parent, (LEARNERS, STARTS, RACING, BUDGETS), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
