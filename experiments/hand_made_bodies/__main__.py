"""Bodies that evolved beside bodies drawn by hand: the study's README says what was asked and what came out."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.body import Bodies
from codesign.evaluate import Evaluations, EvaluationSpec, Request, evaluate_bodies
from experiments.figures import COLOURS, INK, panels
from experiments.inheritance.__main__ import SCHEMES
from experiments.inheritance.__main__ import TASKS as EVOLVED
from experiments.intervals import Interval, paired_difference, t_interval
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown, read_table, write_table

HERE = Path(__file__).parent
RESULTS, BODIES = "results.json", "bodies.json"
SEEDS = (0, 1, 2)
TASKS = {"walk_2d": ("triangles", "walk, triangles", 16)}
"""File of the bodies drawn by hand, title, and new starts of each body, by the task of `experiments.inheritance`."""


def measured(runs: Path) -> Tables:
    """Return what all runs and all lessons came to, by task and seed."""
    results: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for task, (drawn, _, starts) in TASKS.items():
        for seed in SEEDS:
            run = _run(runs, task, seed)
            hand_made = codesign.load(HERE / "bodies" / f"{drawn}.txt")
            bodies, best = run.problem.bodies(hand_made), run.problem.bodies([run.best])
            shapes |= {f"drawn {drawn}/{name}": _shape(bodies[index]) for index, name in enumerate(hand_made.names)}
            shapes[f"evolved {task}/{seed}"] = _shape(best[0])
            kept = runs / task / f"drawn_{seed}.json"
            if not kept.is_file():
                write_table(kept, _taught(run.problem.spec, hand_made.names, bodies, best, starts))
            spent = sum(run.metrics.to_pydict()["robot_steps"])
            own = read_table(kept) | {"evolved_best": float(run.best.fitness), "evolved_robot_steps": spent}
            results.setdefault(task, {})[str(seed)] = own
            sys.stderr.write(f"{task}, seed {seed}: {own['evolved_best']:.3f}\n")
    return {RESULTS: results, BODIES: shapes}


def _run(runs: Path, task: str, seed: int) -> codesign.Run:
    """Return the run of `experiments.inheritance` in which children inherit what their parents learned."""
    words, published = EVOLVED[task]
    iterations, more = SCHEMES["lamarckian"]
    count = round(published * (35 + 3) / (iterations + 3))
    return evolved(runs / task / f"lamarckian_{seed}", *words, *more, f"search.generations={count}", f"seed={seed}")


def _taught(spec: EvaluationSpec, names: tuple[str, ...], bodies: Bodies, best: Bodies, starts: int) -> dict[str, Any]:
    """Return what bodies drawn by hand and the best one that evolved learn from new starts by the published learner."""
    published = replace(spec, learner=replace(spec.learner, iterations=35, step_length=0.2))
    new, drawn = _lessons(published, best, starts, 1000), _lessons(published, bodies, starts, 0)
    rest = drawn.measures["unactuated"].reshape(-1, starts).mean(axis=1)
    return {
        "starts": starts,
        "drawn_robot_steps": drawn.robot_steps,
        "evolved_new": new.fitness.round(5).tolist(),
        "evolved_rest": round(float(np.mean(new.measures["unactuated"])), 5),
        "drawn": {
            name: {"new": own.round(5).tolist(), "rest": round(float(at_rest), 5)}
            for name, own, at_rest in zip(names, drawn.fitness.reshape(-1, starts), rest, strict=True)
        },
    }


def _lessons(spec: EvaluationSpec, bodies: Bodies, starts: int, individual: int) -> Evaluations:
    """Return what bodies learn from several starts each, body by body, as designs of a first generation do."""
    places = np.repeat(np.arange(len(bodies)), starts)
    identities = np.stack([np.zeros_like(places), individual + places], axis=1)
    attempts = np.tile(np.arange(1, starts + 1), len(bodies))
    return evaluate_bodies(spec, Request(bodies.take(places), identities, attempts=attempts))


def _shape(body: codesign.Body) -> dict[str, Any]:
    """Return what a picture of a body needs; of cubes without the diagonals, which hide it."""
    springs, lengths = body.springs, np.linalg.norm(np.diff(body.positions[body.springs], axis=1)[:, 0], axis=-1)
    shown = lengths < 1.01 * lengths.min() if body.positions.shape[1] == 3 else np.ones(len(springs), bool)
    return {
        "positions": body.positions.round(3).tolist(),
        "springs": springs[shown].tolist(),
        "muscles": (body.swings[shown] > 0).astype(int).tolist(),
        "masses": len(body.positions),
    }


def _columns(seeds: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the numbers that are compared, one for each seed."""
    own = list(seeds.values())
    return {
        "evolved_new": np.array([np.mean(each["evolved_new"]) for each in own]),
        "drawn_new": np.array([max(np.mean(body["new"]) for body in each["drawn"].values()) for each in own]),
        "evolved_best": np.array([each["evolved_best"] for each in own]),
        "drawn_best": np.array([max(max(body["new"]) for body in each["drawn"].values()) for each in own]),
    }


def _verdict(taught: Interval) -> str:
    """Return what the difference at an equal budget of learning, evolved less drawn, says."""
    if taught.low > 0:
        return "pays"
    return "does not pay" if taught.high < 0 else "not decided by three seeds"


def report(tables: Tables) -> str:
    """Return what was found as tables in Markdown."""
    rows, bodies, costs = [], [], []
    for task, seeds in tables[RESULTS].items():
        found = _columns(seeds)
        taught = paired_difference(found["evolved_new"], found["drawn_new"])
        whole = paired_difference(found["evolved_best"], found["drawn_best"])
        cells = [_told(found[name]) for name in ("evolved_new", "drawn_new")] + [taught.told(signed=True)]
        cells += [_told(found[name]) for name in ("evolved_best", "drawn_best")] + [whole.told(signed=True)]
        rows.append([TASKS[task][1], *cells, _verdict(taught)])
        own = list(seeds.values())
        means = {name: [np.mean(each["drawn"][name]["new"]) for each in own] for name in own[0]["drawn"]}
        best = {name: [max(each["drawn"][name]["new"]) for each in own] for name in means}
        at_rest = {name: np.mean([each["drawn"][name]["rest"] for each in own]) for name in means}
        order = sorted(means, key=lambda name: -np.mean(means[name]))
        evolved_rest = np.mean([each["evolved_rest"] for each in own])
        bodies.append([TASKS[task][1], "evolved", t_interval(found["evolved_new"]).told(), "", f"{evolved_rest:.3f}"])
        bodies += [
            ["", name, t_interval(means[name]).told(), f"{np.mean(best[name]):.3f}", f"{at_rest[name]:.3f}"]
            for name in order
        ]
        spent = [[f"{each[name] / 1e6:.1f}" for each in own] for name in ("evolved_robot_steps", "drawn_robot_steps")]
        costs.append([TASKS[task][1], *(", ".join(each) for each in spent)])
    heads = [
        "task",
        "evolved, taught",
        "best drawn, taught",
        "difference",
        "evolved, best of its run",
        "drawn, best of all starts",
    ]
    more = ["task", "body", "mean of new starts", "best of them", "with muscles at rest"]
    cost = ["robot-steps, millions", "of the run", "of all lessons of the drawn bodies together"]
    parts = markdown([*heads, "difference", "evolving a body"], rows), markdown(more, bodies), markdown(cost, costs)
    return "\n".join(parts)


def _told(values: np.ndarray) -> str:
    return ", ".join(f"{each:.3f}" for each in values)


def draw(tables: Tables) -> Figures:
    """Return the figure of what bodies reach, and that of the bodies themselves."""
    figure, axes = panels(len(TASKS), 1, width=2.6, height=3.2)
    for axis, (task, seeds) in zip(axes, tables[RESULTS].items(), strict=True):
        found = _columns(seeds)
        for place, (kind, colour) in enumerate((("evolved", COLOURS[0]), ("drawn", COLOURS[1]))):
            for offset, (what, marker) in enumerate((("new", "o"), ("best", "D"))):
                values = found[f"{kind}_{what}"]
                at = np.full(len(values), 2 * offset + 0.8 * place)
                label = kind if what == "new" else None
                axis.plot(at, values, marker, color=colour, alpha=0.7, markersize=5, label=label)
                axis.plot([at[0] - 0.25, at[0] + 0.25], [values.mean()] * 2, color=colour)
        axis.set_xticks([0.4, 2.4], ["taught,\nmean", "best\nof all"])
        axis.set(title=TASKS[task][1].replace(", ", ",\n"), ylim=(min(0.0, axis.get_ylim()[0]), None))
    axes[0].set_ylabel("fitness [m]")
    axes[0].legend()
    return {"fitness.svg": figure, "bodies.svg": _pictures(tables[BODIES])}


def _pictures(shapes: Mapping[str, Any]) -> Any:
    """Return the figure of all bodies: those drawn by hand on each lattice, then those that evolved on each task."""
    rows = []
    for drawn in dict.fromkeys(own for own, _, _ in TASKS.values()):
        rows.append([name for name in shapes if name.startswith(f"drawn {drawn}/")])
        rows.append([f"evolved {task}/{seed}" for task, (own, _, _) in TASKS.items() if own == drawn for seed in SEEDS])
    columns = max(len(row) for row in rows)
    figure, axes = panels(columns, len(rows), width=1.35, height=1.3)
    for place, axis in enumerate(axes):
        row, column = divmod(place, columns)
        axis.axis("off")
        if column < len(rows[row]):
            _picture(axis, shapes[rows[row][column]], rows[row][column])
    return figure


def _picture(axis: Any, shape: Mapping[str, Any], name: str) -> None:
    positions, springs = np.array(shape["positions"]), np.array(shape["springs"])
    if positions.shape[1] == 3:  # seen from above and from the side
        x, y, z = positions.T
        positions = np.stack([x + 0.45 * y, z + 0.3 * y], axis=1)
    muscles = np.array(shape["muscles"], bool)
    for kind, colour in ((~muscles, INK), (muscles, COLOURS[1])):
        ends = positions[springs[kind]]
        gaps = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan)], axis=1).reshape(-1, 2)
        axis.plot(gaps[:, 0], gaps[:, 1], color=colour, linewidth=0.8)
    kind, own = name.split("/")
    task = kind.partition(" ")[2]
    axis.set_title(own if kind.startswith("drawn") else f"{task}, seed {own}", fontsize=7)
    axis.set_aspect("equal")


STUDY = Study(HERE, (RESULTS, BODIES), measured, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
