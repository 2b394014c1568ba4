"""Assessments that cost nothing, for everything around the real one."""

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import codesign
from codesign.body import Tissue
from codesign.control import CONTROLLERS
from codesign.errors import MemoryBudgetError
from codesign.evaluate import Evaluations, EvaluationSpec, Request
from codesign.evaluate.evaluator import EvaluateDesigns
from codesign.genome import LATTICES, Genomes, random_genomes
from codesign.search import Individuals, Search
from codesign.sim import Execution, Physics
from codesign.streams import Purpose, draws_of, stream
from codesign.tasks import TASKS, TERRAINS
from codesign.train import LEARNERS, LearningStatus

LATTICE = LATTICES["triangle"](rows=5, columns=6)
ITERATIONS = 3

CORES = 6
"""CPU cores that the tests' cluster believes to have; the evaluator that a module keeps takes up to three."""


def spec(seed: int = 7) -> EvaluationSpec:
    """Return a spec that only fakes can carry out."""
    return EvaluationSpec(
        lattice=LATTICE,
        tissue=Tissue(),
        physics=Physics(),
        execution=Execution(device="cpu", memory_mib=64),
        controller=CONTROLLERS["mlp"](),
        task=TASKS["walk"](),
        terrain=TERRAINS["flat"](),
        learner=LEARNERS["normalized"](iterations=ITERATIONS),
        seed=seed,
    )


def designs(count: int) -> tuple[Genomes, np.ndarray]:
    """Return random genomes and their identities."""
    genomes = random_genomes(LATTICE.build(), LATTICE, draws_of(0, 0, count, Purpose.GENOME))
    return genomes, np.stack([np.full(count, 4), np.arange(count)], axis=1)


def quick(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return made-up evaluations, a function of each design and its identity; cells on the right are worth more.

    Every eleventh design or so is invalid, and every one has as many weights as cells. What is below a threshold stops
    there and is worth 1 less.
    """
    genomes, identities, thresholds = request.genomes, request.identities, request.thresholds
    count = len(genomes)
    sizes = np.count_nonzero(genomes.cells, axis=1)
    attempts = np.zeros(count, np.int64) if request.attempts is None else request.attempts
    noise = [
        stream(spec.seed + 7919 * attempt, born, number, Purpose.CONTROLLER).random(8)
        for (born, number), attempt in zip(identities.tolist(), attempts.tolist(), strict=True)
    ]
    # Whole numbers, so that no order of summation shows.
    value = genomes.cells.astype(np.int64) @ (np.arange(genomes.cells.shape[1]) - 20)
    fitness = value / 100 + 0.01 * np.array([row[0] for row in noise])
    invalid = np.array([row[1] < 1 / 11 for row in noise])
    fitness[invalid] = -np.inf
    curves = np.array([row[2 : 3 + ITERATIONS] for row in noise], dtype=np.float32)
    curves[invalid, 1:] = np.nan
    status = np.where(invalid, LearningStatus.NOT_FINITE, LearningStatus.OK).astype(np.int8)
    episodes = np.full(count, ITERATIONS + 2)
    for steps, threshold in enumerate([] if thresholds is None else thresholds.tolist()):
        behind = (status == LearningStatus.OK) & (np.fmax.accumulate(curves, axis=1)[:, steps] < threshold)
        status[behind], episodes[behind] = LearningStatus.STOPPED, steps + 2
        curves[behind, steps + 1 :] = np.nan
        fitness[behind] -= 1.0
    weights = [np.resize(row, size) for row, size in zip(noise, sizes, strict=True)]
    return Evaluations(
        fitness=fitness,
        curves=curves,
        best_iteration=np.array([int(row[4] * ITERATIONS) for row in noise], dtype=np.int32),
        status=status,
        world_fitness=np.where(np.isfinite(fitness), fitness, np.nan)[:, None],
        measures={
            "height": np.array([row[3] for row in noise]),
            **{name: np.array([row[5] for row in noise]) if name != "size" else sizes * 1.0 for name in spec.measured},
        },
        weights=np.concatenate(weights).astype(np.float32),
        weight_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        masses=sizes.astype(np.int32),
        springs=(2 * sizes).astype(np.int32),
        muscles=np.count_nonzero(genomes.muscles, axis=1).astype(np.int32),
        robot_steps=int(episodes.sum()) * 20,
    ).kept(request.keep, identities)


def fatal_once(marker: Path, victim: int) -> EvaluateDesigns:
    """Return an assessment that takes its process down with it the first time it meets individual `victim`."""
    return partial(_fatal_once, marker, victim)


def _fatal_once(marker: Path, victim: int, spec: EvaluationSpec, request: Request) -> Evaluations:
    if victim in request.identities[:, 1] and not marker.exists():
        marker.touch()
        os._exit(1)
    return quick(spec, request)


def always_fatal(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Take the process down."""
    os._exit(1)


def over_budget(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Fail like a simulator that was given too little memory."""
    raise MemoryBudgetError("64 MiB", "8 MiB", "set execution.memory_mib=64")


def broken(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Fail like a program with a mistake."""
    raise ZeroDivisionError("a mistake")


def broken_by(victim: int) -> EvaluateDesigns:
    """Return an assessment with a mistake that shows only where individual `victim` is."""
    return partial(_broken_by, victim)


def _broken_by(victim: int, spec: EvaluationSpec, request: Request) -> Evaluations:
    if victim in request.identities[:, 1]:
        raise ZeroDivisionError("a mistake")
    time.sleep(0.05)
    return quick(spec, request)


def traced(folder: Path, pause: float, slow: float = 1.0) -> EvaluateDesigns:
    """Return an assessment that takes its time, and writes a line into `folder`/(number of the process) when it begins.

    Args:
        folder: where it writes, and whoever looks can see who works.
        pause: time that a design takes [s].
        slow: how many times as long it takes in the process that was first.
    """
    return partial(_traced, folder, pause, slow)


def _traced(folder: Path, pause: float, slow: float, spec: EvaluationSpec, request: Request) -> Evaluations:
    try:
        (folder / "first").symlink_to(str(os.getpid()))
    except FileExistsError:
        slow = slow if str((folder / "first").readlink()) == str(os.getpid()) else 1.0
    if not (folder / str(os.getpid())).exists():
        with (folder / "order").open("a") as file:
            file.write(f"{os.getpid()}\n")
    with (folder / str(os.getpid())).open("a") as file:
        file.write(f"{len(request)}\n")
    time.sleep(pause * slow * len(request))
    return quick(spec, request)


def where_imported(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return made-up evaluations with a measure whose name says where this package was imported from."""
    return replace(quick(spec, request), measures={codesign.__file__: np.zeros(len(request))})


def told(search: Search, spec: EvaluationSpec) -> tuple[Individuals, Evaluations]:
    """Take a search through one generation, and return what was asked and told."""
    asked = search.ask()
    evaluations = quick(spec, Request(asked.genomes, asked.identities))
    search.tell(evaluations.fitness)
    return asked, evaluations


def assert_same(one: Evaluations, other: Evaluations) -> None:
    """Check that two records agree to the bit."""
    for name in (
        "fitness",
        "curves",
        "best_iteration",
        "status",
        "weights",
        "weight_start",
        "masses",
        "springs",
        "muscles",
    ):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours.dtype == theirs.dtype, name
        assert ours.shape == theirs.shape, name
        assert ours.tobytes() == theirs.tobytes(), name
    assert one.measures.keys() == other.measures.keys()
    assert all(one.measures[name].tobytes() == other.measures[name].tobytes() for name in one.measures)
    assert one.robot_steps == other.robot_steps
