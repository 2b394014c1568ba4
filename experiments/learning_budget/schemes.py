"""Ways to spend robot-steps on learning, as whole runs: with and without inheritance, until as many are spent."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import codesign
from experiments.inheritance.__main__ import SCHEMES as INHERITANCE
from experiments.inheritance.__main__ import TASKS as ALL_TASKS
from experiments.runs import evolved

TASKS = ("walk_2d", "hills_2d", "walk_3d")
"""Of the study `experiments.inheritance`, whose runs are the first scheme of each kind here."""


@dataclass(frozen=True)
class Scheme:
    """A way to learn.

    Attributes:
        words: what is said of it on the command line.
        episodes: that a design takes: before each step, after the last, with its best weights, and at rest. Where
            restarts or racing change it, about as many; then it only says how many generations are made at first.
    """

    words: tuple[str, ...]
    episodes: float


LONG = ("learner.step_length=0.8",)
ADAM = ("learner=adam", "learner.rate=0.03")
INHERIT = ("search.inheritance=lamarckian",)
FEW, SOME = ("learner.iterations=8",), ("learner.iterations=15",)
TRIES = ("learner.restarts=2", "learner.restart_iterations=4")

NONE: Mapping[str, Scheme] = {
    "35 of 0.2 (published)": Scheme(INHERITANCE["none"][1], 38),
    "15 of 0.8": Scheme((*SOME, *LONG), 18),
    "15 of Adam, 0.03": Scheme((*ADAM, *SOME), 18),
    "15 of 0.8, 2 restarts": Scheme((*SOME, *LONG, *TRIES), 28),
    "35 of 0.2, racing": Scheme(("learner.racing=2",), 22),
}
LAMARCKIAN: Mapping[str, Scheme] = {
    "8 of 0.8 (ours)": Scheme(INHERITANCE["lamarckian"][1], 11),
    "35 of 0.2": Scheme(INHERIT, 38),
    "15 of 0.8": Scheme((*INHERIT, *SOME, *LONG), 18),
    "8 of Adam, 0.03": Scheme((*INHERIT, *ADAM, *FEW), 11),
    "8 of 0.8, 2 restarts at first": Scheme((*INHERIT, *FEW, *LONG, *TRIES, "learner.later_restarts=0"), 11),
    "8 of 0.8, racing": Scheme((*INHERIT, *FEW, *LONG, "learner.racing=2"), 8),
}
SCHEMES: Mapping[str, Mapping[str, Scheme]] = {"none": NONE, "lamarckian": LAMARCKIAN}
"""Schemes by what children inherit; the first of each is a scheme of the study `experiments.inheritance`."""


def budget(task: str) -> int:
    """Return the robot-steps that every run of a task spends at least: as many as both first schemes do."""
    words, _ = ALL_TASKS[task]
    said = dict(word.split("=", 1) for word in words)
    a_generation = int(said["search.population_size"]) * int(said["sim.steps"])
    firsts = [next(iter(schemes.values())) for schemes in SCHEMES.values()]
    return round(min(_generations(task, first) * a_generation * first.episodes for first in firsts))


def _generations(task: str, scheme: Scheme) -> int:
    published, first = ALL_TASKS[task][1], next(iter(NONE.values()))
    return round(published * first.episodes / scheme.episodes)


def run_of(runs: Path, task: str, inheritance: str, scheme: str, seed: int) -> codesign.Run:
    """Return a run that spent the budget of its task; it goes on until it did.

    Args:
        runs: folder of this study's; runs of the study `experiments.inheritance` lie beside it.
        task: one of `TASKS`.
        inheritance: "none" or "lamarckian".
        scheme: name of the scheme among these.
        seed: of the run.
    """
    own, place = SCHEMES[inheritance][scheme], list(SCHEMES[inheritance]).index(scheme)
    folder = runs / task / f"{inheritance}_{place}_{seed}"
    if place == 0:
        folder = runs.parent / "inheritance" / task / f"{inheritance}_{seed}"
    count = _generations(task, own)
    while True:
        words = (*ALL_TASKS[task][0], *own.words, f"search.generations={count}", f"seed={seed}")
        run = evolved(folder, *words)
        spent = sum(run.metrics["robot_steps"].to_pylist())
        if spent >= budget(task):
            return run
        count = max(count + 1, int(count * budget(task) / spent))
