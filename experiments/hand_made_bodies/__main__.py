"""Bodies that evolved beside bodies drawn by hand: the study's README says what was asked and what came out."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import codesign
from codesign.run import read_weights
from experiments.hand_made_bodies import pictures
from experiments.hand_made_bodies.lessons import from_new_starts, halving, longest_spring, taught_on
from experiments.inheritance.__main__ import SCHEMES
from experiments.inheritance.__main__ import TASKS as INHERITANCE
from experiments.intervals import Interval, paired_difference, t_interval
from experiments.runs import evolved, generations
from experiments.study import Figures, Study
from experiments.tables import Rows, Tables, markdown, read_table, write_table

HERE = Path(__file__).parent
SEEDS = (0, 1, 2, 3, 4)
RUNS, ROUNDS, BEST, TAUGHT, BODIES = FILES = "runs.csv", "rounds.csv", "best.csv", "taught.csv", "bodies.json"
EVOLVED, TAUGHT_ON, DRAWN = KINDS = "evolved", "taught on", "drawn"
"""What is compared; the first is the name of the best body of a run among those drawn by hand, too."""


@dataclass(frozen=True)
class Task:
    """A task on which bodies that evolved are put beside drawn ones.

    Attributes:
        title: what it is called.
        drawn: file of the bodies drawn by hand.
        unit: of what is told.
        shift: added to the fitness to be told.
        words: of its runs, where they are this study's; None where they are those of the study inheritance.
    """

    title: str
    drawn: str
    unit: str = "m"
    shift: float = 0.0
    words: tuple[str, ...] | None = None


_LENGTH = ("sim.steps=500", "search.population_size=50")
TASKS = {
    "walk_2d": Task("walk, triangles", "triangles"),
    "hills_2d": Task("hills, triangles", "triangles"),
    "jump_2d": Task(
        "jump, triangles",
        "triangles",
        words=("body=triangle", "task=jump", "controller=mlp", "sim=no_slip", "mutation=flips", *_LENGTH),
    ),
    "walk_squares": Task(
        "walk, squares",
        "squares",
        words=(
            *("body=square", "body.tissue.swing=0.4", "task=walk", "controller=cpg", "controller.frequency=20"),
            *("sim=coulomb", "sim.gravity=-9.8", *_LENGTH),
        ),
    ),
    "walk_3d": Task("walk, cubes", "cubes"),
    "light_3d": Task("light, cubes", "cubes", unit="share of the way", shift=1.0),
}
"""Tasks by the name of their folder."""

GENERATIONS = 15
"""Of the published scheme in the runs of this study, whose robot-steps these runs spend with inheritance."""


def run_of(runs: Path, task: str, seed: int) -> codesign.Run:
    """Return a run in which children inherit what their parents learned; see `Task.words` for whose it is."""
    words, published = TASKS[task].words, GENERATIONS
    if words is None:
        runs = runs.parent / "inheritance"
        words, published = INHERITANCE[task]
    iterations, more = SCHEMES["lamarckian"]
    count = round(published * (35 + 3) / (iterations + 3))
    return evolved(runs / task / f"lamarckian_{seed}", *words, *more, f"search.generations={count}", f"seed={seed}")


def lessons(runs: Path, task: str, seed: int) -> dict[str, Rows]:
    """Return what bodies of a task learned, made once and kept: a run's generations, rounds of halving, new starts."""
    kept = runs / task / f"lessons_{seed}.json"
    if kept.is_file():
        return read_table(kept)
    run = run_of(runs, task, seed)
    problem, hand_made = run.problem, codesign.load(HERE / "bodies" / f"{TASKS[task].drawn}.txt")
    bodies, best = problem.bodies(hand_made), problem.bodies([run.best])
    own = [{name: row[name] for name in ("robot_steps", "best")} for row in generations(run, {})]
    rounds = halving(problem, hand_made.names, bodies, own[-1]["robot_steps"])
    taught = from_new_starts(problem, [EVOLVED], best, 1000) + from_new_starts(problem, hand_made.names, bodies, 0)
    found = {RUNS: own, ROUNDS: rounds, TAUGHT: taught}
    write_table(kept, found)
    return found


def ends_of_seed(runs: Path, task: str, seed: int) -> Rows:
    """Return a row for each kind of what came out best: by the run, by teaching that on, and by drawn bodies."""
    run, found = run_of(runs, task, seed), lessons(runs, task, seed)
    problem, best, last = run.problem, run.problem.bodies([run.best]), found[ROUNDS][-1]
    weights = np.array(read_weights(run.folder / "best.safetensors", problem.spec.controller, problem.spec.dimension))
    spent, steps = found[RUNS][-1]["robot_steps"], _steps_of_line(run)
    kept = runs / task / f"taught_on_{seed}.json"
    if not kept.is_file():
        more = taught_on(problem, best, weights, last["steps"])
        write_table(kept, {"longest_before": longest_spring(problem, best, weights), **more})
    more = read_table(kept)
    own = {"best": float(run.best.fitness), "longest": more["longest_before"], "robot_steps": spent, "steps": steps}
    on = {"best": more["best"], "longest": more["longest"], "robot_steps": spent + more["robot_steps"]}
    names = ("body", "best", "longest", "robot_steps")
    return [
        {"kind": EVOLVED, "body": EVOLVED, **own},
        {"kind": TAUGHT_ON, "body": EVOLVED, **on, "steps": steps + last["steps"]},
        {"kind": DRAWN, **{name: last[name] for name in names}, "steps": _steps_of_rounds(found[ROUNDS])},
    ]


def measure(runs: Path) -> Tables:
    """Return what all runs and all lessons came to, by task and seed, and the shapes of all bodies."""
    tables: dict[str, Any] = {name: [] for name in (RUNS, ROUNDS, BEST, TAUGHT)}
    shapes: dict[str, Any] = {}
    for task, about in TASKS.items():
        for seed in SEEDS:
            run = run_of(runs, task, seed)
            found = lessons(runs, task, seed) | {BEST: ends_of_seed(runs, task, seed)}
            for name, rows in found.items():
                tables[name] += [{"task": task, "seed": seed, **row} for row in rows]
            told = ", ".join(f"{row['kind']} {row['best']:.3f}" for row in found[BEST])
            sys.stderr.write(f"{task}, seed {seed}: {told}\n")
            hand_made = codesign.load(HERE / "bodies" / f"{about.drawn}.txt")
            drawn = run.problem.bodies(hand_made)
            shapes |= {f"{about.drawn}/{name}": pictures.shape(drawn[i]) for i, name in enumerate(hand_made.names)}
            shapes[f"{task}/{seed}"] = pictures.shape(run.problem.bodies([run.best])[0])
    return {**tables, BODIES: shapes}


def _steps_of_line(run: codesign.Run) -> int:
    """Return how many steps the best design of a run and its first parents, their first parents and so on learned."""
    designs = run.designs.select(["design", "parents"]).to_pydict()
    parents = dict(zip(designs["design"], designs["parents"], strict=True))
    born, design = 1, run.best.id
    while parents[design]:
        born, design = born + 1, parents[design][0]
    return born * SCHEMES["lamarckian"][0]


def _steps_of_rounds(rounds: Rows) -> int:
    """Return how many steps the best of the drawn pairs had learned after the round in which it came to its best."""
    last = next(number for number, row in enumerate(rounds) if row["best"] == rounds[-1]["best"])
    return sum(row["steps"] for row in rounds[: last + 1])


def told_of(tables: Tables) -> dict[str, Task]:
    """Return the tasks that tables tell of."""
    there = {row["task"] for row in tables[BEST]}
    return {task: about for task, about in TASKS.items() if task in there}


def ends_of(tables: Tables, task: str, kind: str) -> Rows:
    """Return what the best of a kind came to at the end, by seed."""
    own = (row for row in tables[BEST] if row["task"] == task and row["kind"] == kind)
    return sorted(own, key=lambda row: row["seed"])


def best_of(tables: Tables, task: str, kind: str) -> np.ndarray:
    """Return what the best of a kind came to at the end, by seed."""
    return np.array([row["best"] for row in ends_of(tables, task, kind)]) + TASKS[task].shift


def taught_anew(tables: Tables, task: str) -> dict[str, np.ndarray]:
    """Return by body what it learns from new starts, the mean of these for each seed."""
    found: dict[str, list[float]] = {}
    for row in sorted((row for row in tables[TAUGHT] if row["task"] == task), key=lambda row: row["seed"]):
        found.setdefault(row["body"], []).append(row["mean"] + TASKS[task].shift)
    return {body: np.array(values) for body, values in found.items()}


def best_pupil(taught: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return for each seed what that drawn body learns which learns most on the other seeds: luck favours none."""
    drawn = np.array([values for body, values in taught.items() if body != EVOLVED])
    seeds = np.arange(drawn.shape[1])
    others = [drawn[:, seeds != seed].mean(axis=1).argmax() for seed in seeds]
    return drawn[others, seeds]


def verdict(less: Interval, seeds: int) -> str:
    """Return what a difference, evolved less drawn, says of evolving bodies."""
    if less.low > 0:
        return "pays"
    return "does not pay" if less.high < 0 else f"not decided by {seeds} seeds"


def report(tables: Tables) -> str:
    """Return what was found as tables in Markdown."""
    equal, on, anew, costs = [], [], [], []
    for task, about in told_of(tables).items():
        run, polished, drawn = (best_of(tables, task, kind) for kind in KINDS)
        winners = Counter(row["body"] for row in ends_of(tables, task, DRAWN)).most_common()
        told = ", ".join(f"{name} {count}" for name, count in winners)
        equal.append([about.title, about.unit, *_compared(run, drawn), told])
        on.append([about.title, about.unit, *_compared(polished, drawn)])
        taught = taught_anew(tables, task)
        anew.append([about.title, about.unit, *_compared(taught[EVOLVED], best_pupil(taught))])
        costs.append([about.title, *_cost(tables, task)])
    heads = ["task", "unit", EVOLVED, DRAWN, "evolved less drawn", "seeds above", "evolving a body"]
    kinds = "; ".join(KINDS)
    cost = [
        "task",
        f"millions of robot-steps: {kinds}",
        f"steps of learning behind the best, mean: {kinds}",
        f"longest spring: {kinds}",
        "pairs x steps of each round",
    ]
    each = ["task", "body", "mean of new starts", "best of them", "with muscles at rest"]
    parts = [
        markdown([*heads, "drawn body that came first, times"], equal),
        markdown([*heads[:2], TAUGHT_ON, DRAWN, "taught on less drawn", *heads[5:]], on),
        markdown([*heads[:6], "evolving, for pupils"], anew),
        markdown(each, _each_body(tables)),
        markdown(cost, costs),
    ]
    return "\n".join(parts)


def _compared(run: np.ndarray, drawn: np.ndarray) -> list[str]:
    less = paired_difference(run, drawn)
    above = f"{int((run > drawn).sum())} of {len(run)}"
    return [t_interval(run).told(), t_interval(drawn).told(), less.told(signed=True), above, verdict(less, len(run))]


def _each_body(tables: Tables) -> list[list[str]]:
    """Return what each body learns from new starts, those drawn by hand from the best to the worst."""
    lines = []
    for task, about in told_of(tables).items():
        taught = taught_anew(tables, task)
        drawn = sorted(taught.keys() - {EVOLVED}, key=lambda body: -taught[body].mean())
        for body in (EVOLVED, *drawn):
            own = [row for row in tables[TAUGHT] if row["task"] == task and row["body"] == body]
            best, rest = (np.mean([row[name] for row in own]) + about.shift for name in ("best", "rest"))
            title = about.title if body == EVOLVED else ""
            lines.append([title, body, t_interval(taught[body]).told(), f"{best:.3f}", f"{rest:.3f}"])
    return lines


def _cost(tables: Tables, task: str) -> list[str]:
    """Return what each kind cost, how long its best learned, its longest spring, and how drawn bodies were taught."""
    ends = [ends_of(tables, task, kind) for kind in KINDS]
    spent = "; ".join(f"{max(row['robot_steps'] for row in own) / 1e6:.2f}" for own in ends)
    steps = "; ".join(f"{np.mean([row['steps'] for row in own]):.0f}" for own in ends)
    longest = "; ".join(f"{max(row['longest'] for row in own):.1f}" for own in ends)
    rounds = [row for row in tables[ROUNDS] if row["task"] == task and row["seed"] == ends[0][0]["seed"]]
    return [spent, steps, longest, ", ".join(f"{row['pairs']} x {row['steps']}" for row in rounds)]


def _curve(tables: Tables, task: str, name: str) -> Rows:
    """Return the best over robot-steps; rounds end at their mean over seeds, which differ by some looks at leaders."""
    rows = [row | {"best": row["best"] + TASKS[task].shift} for row in tables[name] if row["task"] == task]
    if name == ROUNDS:
        ends = {row["round"]: [own["robot_steps"] for own in rows if own["round"] == row["round"]] for row in rows}
        rows = [row | {"robot_steps": float(np.mean(ends[row["round"]]))} for row in rows]
    return rows


def draw(tables: Tables) -> Figures:
    """Return the figures of what bodies reach over robot-steps and at the end, and that of the bodies themselves."""
    ends, over = {}, {}
    for task, about in told_of(tables).items():
        label = "fitness [m]" if about.unit == "m" else about.unit
        taught = taught_anew(tables, task)
        ends[about.title, label] = (
            *(best_of(tables, task, kind) for kind in KINDS),
            taught[EVOLVED],
            best_pupil(taught),
        )
        over[about.title, label] = tuple(_curve(tables, task, name) for name in (RUNS, ROUNDS))
    drawn = {
        name: [task for task, about in told_of(tables).items() if about.drawn == name]
        for name in ("triangles", "squares", "cubes")
    }
    return {
        "fitness.svg": pictures.ends(ends),
        "curves.svg": pictures.over_robot_steps(over),
        "bodies.svg": pictures.bodies(tables[BODIES], drawn),
    }


STUDY = Study(HERE, FILES, measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
