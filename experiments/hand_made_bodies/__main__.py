"""Bodies that evolved beside bodies drawn by hand: on which tasks does co-design pay.

    python -m experiments.hand_made_bodies

Runs that are not in the folder yet are made: five tasks, three seeds. For each run, all bodies drawn by hand on its
lattice (`bodies/`) are taught from as many starts as cost, all together, what the whole run did in robot-steps, and the
best body that evolved is taught from new starts by the same learner. Tables are `results.json` and `bodies.json`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.body import Bodies
from codesign.evaluate import Evaluations, EvaluationSpec, Request, evaluate_bodies
from experiments.figures import COLOURS, INK, panels
from experiments.intervals import Interval, paired_difference, t_interval
from experiments.runs import evolved
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown, read_table, write_table

HERE = Path(__file__).parent
RESULTS, BODIES = "results.json", "bodies.json"
SEEDS = (0, 1, 2)
NEW_STARTS = 16
"""Starts from which every body is taught by itself, with the budget of one design."""

INHERITING = "execution.threads=1 search.inheritance=lamarckian learner.iterations=35 learner.later_iterations=8"
LONG = f"search.population_size=30 search.generations=12 {INHERITING}"
FLAT = f"body=triangle sim.steps=500 learner.step_length=0.2 learner.later_step_length=0.8 {LONG}"
TASKS: dict[str, tuple[str, str, str]] = {
    "walk": ("triangles", "walk on level ground, triangles", f"task=walk {FLAT}"),
    "squares": (
        "squares",
        "walk, squares of EvoGym",
        "task=walk body=square body.lattice.rows=5 body.lattice.columns=5 body.tissue.swing=0.4 controller=cpg"
        f" controller.frequency=20 sim=coulomb sim.gravity=-9.8 sim.steps=500 learner=adam learner.rate=0.1 {LONG}",
    ),
    "hills": ("triangles", "walk over hills, triangles", f"task=walk terrain=hills sim=coulomb {FLAT}"),
    "cubes": (
        "cubes",
        "walk, cubes",
        "task=walk body=voxel body.lattice.columns=5 body.lattice.rows=4 body.lattice.layers=3 controller=cpg sim=voxel"
        " sim.steps=400 learner.step_length=0.2 learner.later_step_length=0.8 search.population_size=20"
        f" search.generations=8 {INHERITING}",
    ),
    "jump": ("triangles", "jump, triangles", f"task=jump {FLAT}"),
}
"""File of the bodies drawn by hand, title and words of each task."""


def measured(runs: Path) -> Tables:
    """Return what all runs and all lessons came to, by task and seed."""
    results: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for task, (drawn, _, words) in TASKS.items():
        for seed in SEEDS:
            run = evolved(runs / f"{task}_{seed}", *words.split(), f"seed={seed}")
            hand_made = codesign.load(HERE / "bodies" / f"{drawn}.txt")
            bodies, best = run.problem.bodies(hand_made), run.problem.bodies([run.best])
            shapes |= {f"drawn {drawn}/{name}": _shape(bodies[index]) for index, name in enumerate(hand_made.names)}
            shapes[f"evolved {task}/{seed}"] = _shape(best[0])
            kept = runs / f"{task}_{seed}_taught.json"
            if not kept.is_file():
                spent = sum(run.metrics.to_pydict()["robot_steps"])
                write_table(kept, _taught(run.problem.spec, spent, hand_made.names, bodies, best))
            own = read_table(kept) | {"evolved_best": float(run.best.fitness), "design": run.best.id}
            results.setdefault(task, {})[str(seed)] = own
            sys.stderr.write(f"{task}, seed {seed}: {own['evolved_best']:.3f}\n")
    return {RESULTS: results, BODIES: shapes}


def _taught(spec: EvaluationSpec, spent: int, names: tuple[str, ...], bodies: Bodies, best: Bodies) -> dict[str, Any]:
    """Return what bodies drawn by hand learn for what a run spent, and what its best body learns from new starts."""
    new = _lessons(spec, best, NEW_STARTS, 1000)
    starts = max(int(spent / (new.robot_steps / NEW_STARTS)) // len(bodies), NEW_STARTS)
    drawn = _lessons(spec, bodies, starts, 0)
    return {
        "robot_steps": spent,
        "restart_robot_steps": drawn.robot_steps,
        "starts": starts,
        "evolved_new": new.fitness.round(5).tolist(),
        "evolved_rest": round(float(np.mean(new.measures["unactuated"])), 5),
        "drawn": {
            name: {
                "new": own[:NEW_STARTS].round(5).tolist(),
                "best": round(float(own.max()), 5),
                "rest": round(float(np.mean(drawn.measures["unactuated"].reshape(-1, starts)[index])), 5),
            }
            for index, (name, own) in enumerate(zip(names, drawn.fitness.reshape(-1, starts), strict=True))
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
        "drawn_best": np.array([max(body["best"] for body in each["drawn"].values()) for each in own]),
    }


def _verdict(taught: Interval, whole: Interval) -> str:
    """Return what two differences, evolved less drawn, say together."""
    wins, losses = sum(each.low > 0 for each in (taught, whole)), sum(each.high < 0 for each in (taught, whole))
    if wins == 2:
        return "pays"
    if losses == 2:
        return "does not pay"
    if wins or losses:
        return f"{'pays' if wins else 'does not pay'} in one of both columns"
    return "not decided by three seeds"


def report(tables: Tables) -> str:
    """Return what was found as tables in Markdown."""
    rows, bodies = [], []
    for task, seeds in tables[RESULTS].items():
        found = _columns(seeds)
        taught = paired_difference(found["evolved_new"], found["drawn_new"])
        whole = paired_difference(found["evolved_best"], found["drawn_best"])
        cells = [_told(found[name]) for name in ("evolved_new", "drawn_new")] + [taught.told(signed=True)]
        cells += [_told(found[name]) for name in ("evolved_best", "drawn_best")] + [whole.told(signed=True)]
        rows.append([TASKS[task][1], *cells, _verdict(taught, whole)])
        own = list(seeds.values())
        means = {name: [np.mean(each["drawn"][name]["new"]) for each in own] for name in own[0]["drawn"]}
        best = {name: [each["drawn"][name]["best"] for each in own] for name in means}
        at_rest = {name: np.mean([each["drawn"][name]["rest"] for each in own]) for name in means}
        order = sorted(means, key=lambda name: -np.mean(means[name]))
        evolved_rest = np.mean([each["evolved_rest"] for each in own])
        bodies.append([TASKS[task][1], "evolved", t_interval(found["evolved_new"]).told(), "", f"{evolved_rest:.3f}"])
        bodies += [
            ["", name, t_interval(means[name]).told(), f"{np.mean(best[name]):.3f}", f"{at_rest[name]:.3f}"]
            for name in order
        ]
    heads = [
        "task",
        "evolved, taught",
        "drawn, taught",
        "difference",
        "evolved, whole run",
        "drawn, as many robot-steps",
    ]
    more = ["task", "body", "mean of 16 new starts", "best of all starts", "with muscles at rest"]
    return markdown([*heads, "difference", "co-design"], rows) + "\n" + markdown(more, bodies)


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
        axis.set_xticks([0.4, 2.4], ["taught,\n16 starts", "whole\nbudget"])
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
