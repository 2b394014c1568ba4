"""Evolve robots whose controllers learn alone, and robots whose bodies learn beside them, re-learned or inherited.

    python -m experiments.shape_and_control

Runs that are not in the folder yet are made: two tasks, three seeds and four kinds, each with as many designs, learning
steps and robot-steps. A body that learned its rest lengths begins its episode as it was drawn, so that its springs are
strained and give their energy back. How much of what was gained is that energy is measured: the best designs of each
run are simulated again from rest, in the shape that they learned and with the weights that they have. What was found is
printed as a table, and written to `results.json` and `figure.svg` beside this file.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.export import Recording, shapes_at_rest
from experiments.figures import COLOURS, panels
from experiments.intervals import paired_difference
from experiments.study import Figures, Study
from experiments.tables import Tables

RESULTS = "results.json"
SEEDS = (0, 1, 2)
TASKS: dict[str, dict[str, Any]] = {
    "walk": {},
    "hills": {"terrain": "hills", "physics": {"name": "coulomb", "steps": 500}},
}
ALL = {"rest_lengths": 0.2, "stiffness": 0.25, "swings": 0.25, "rate": 3.0}
SPRINGS = {**ALL, "rest_lengths": 0.0}
NOTHING = {**ALL, "rest_lengths": 0.0, "stiffness": 0.0, "swings": 0.0}
KINDS = {
    "control": {**NOTHING, "inherit": False},
    "shape, re-learned": {**ALL, "inherit": False},
    "shape, inherited": {**ALL, "inherit": True},
    "springs, inherited": {**SPRINGS, "inherit": True},
}
GENERATIONS, POPULATION = 6, 16
DESIGNS = 5
"""Best designs of a run that are simulated again from rest."""


def problem_of(task: str, kind: str, seed: int) -> codesign.Problem:
    """Return the problem of a kind of run."""
    settings = {"execution": {"threads": 2}, "learner": {"body": KINDS[kind]}, **TASKS[task]}
    return codesign.Problem(experiment="shape_and_control", seed=seed, **settings)


def run_of(folder: Path, task: str, kind: str, seed: int) -> codesign.Run:
    """Return a finished run, which is made if it is not there."""
    path = folder / f"{task}_{kind.replace(', ', '_')}_{seed}"
    search = {"population_size": POPULATION}
    return codesign.evolve(problem_of(task, kind, seed), path, generations=GENERATIONS, search=search, page=False)


def from_rest(problem: codesign.Problem, recordings: list[Recording]) -> np.ndarray:
    """Return what designs do when they begin at rest in the shape that they learned, shape (designs,)."""
    bodies = []
    for recording in recordings:
        start = recording.after.positions[0] if recording.drawn is None else shapes_at_rest(recording)[1]
        springs = {name: getattr(recording, name) for name in ("springs", "rest_lengths", "stiffness", "swings")}
        bodies.append(codesign.Body(positions=start - start.min(axis=0), **springs))
    spec = replace(problem.spec, learner=replace(problem.spec.learner, body=type(problem.spec.learner.body)()))
    simulator = spec.simulator(codesign.Bodies.of(bodies))
    simulator.load(np.concatenate([recording.weights for recording in recordings]).astype(np.float64))
    simulator.forward()
    return -simulator.loss.numpy().astype(np.float64)


def measured(folder: Path) -> Tables:
    """Return what all runs came to, by task, kind and seed."""
    found: dict[str, Any] = {}
    for task in TASKS:
        for seed in SEEDS:
            for kind in KINDS:
                run = run_of(folder, task, kind, seed)
                best = run.recordings(f"top{DESIGNS}")
                metrics = run.metrics.to_pydict()
                changes = [each.changes.get("rest_lengths", (0.0, 0.0))[0] for each in best]
                found.setdefault(task, {}).setdefault(kind, {})[seed] = {
                    "robot_steps": sum(metrics["robot_steps"]),
                    "seconds": round(sum(metrics["generation_seconds"]), 1),
                    "best_by_generation": np.round(metrics["best_fitness"], 5).tolist(),
                    "fitness": [round(each.fitness, 5) for each in best],
                    "from_rest": from_rest(run.problem, best).round(5).tolist(),
                    "rest_lengths_changed": round(float(np.mean(changes)), 4),
                }
                sys.stderr.write(f"{task}, {kind}, seed {seed}: {best[0].fitness:.3f}\n")
    return {RESULTS: found}


def best_from_rest(seed: dict[str, Any]) -> float:
    """Return the best of what the best designs of a run do from rest."""
    return max(seed["from_rest"])


def report(tables: Tables) -> str:
    """Return what was found as tables in Markdown."""
    found = tables[RESULTS]
    heads = [
        "task",
        "kind",
        "best fitness [m], by seed",
        "less control, 95 % interval",
        "from rest [m]",
        "less control",
    ]
    lines = [f"| {' | '.join(heads)} |", f"{'| --- ' * len(heads)}|"]
    for task, kinds in found.items():
        control = list(kinds["control"].values())
        for kind, seeds in kinds.items():
            own = list(seeds.values())
            cells = [task, kind]
            for number in (lambda each: each["fitness"][0], best_from_rest):
                ours, theirs = (np.array([number(each) for each in runs]) for runs in (own, control))
                cells.append(", ".join(f"{each:.3f}" for each in ours))
                cells.append("" if kind == "control" else paired_difference(ours, theirs).told(signed=True))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(tables: Tables) -> Figures:
    """Draw what the best design did after each generation, and again from rest after the last, mean and each seed."""
    found = tables[RESULTS]
    figure, axes = panels(len(found))
    for axis, (task, kinds) in zip(axes, found.items(), strict=True):
        for (kind, seeds), colour in zip(kinds.items(), COLOURS, strict=False):
            curves = np.array([each["best_by_generation"] for each in seeds.values()])
            axis.plot(curves.mean(axis=0), color=colour, label=kind)
            rest = [best_from_rest(each) for each in seeds.values()]
            axis.plot([curves.shape[1] + 0.6] * len(rest), rest, ".", color=colour, alpha=0.5)
            axis.plot(curves.shape[1] + 0.6, np.mean(rest), "D", color=colour)
        axis.set(title=task, xlabel="generation (diamonds: the best again, from rest)", ylabel="best fitness [m]")
    axes[0].legend()
    return {"figure.svg": figure}


STUDY = Study(Path(__file__).parent, (RESULTS,), measured, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
