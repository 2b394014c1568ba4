"""`codesign train`: one generation. Bodies learn, nothing evolves."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from codesign.body import Bodies, Body
from codesign.cli.application import Command, Prepared, Request
from codesign.cli.catalogue import experiment_of, of_experiments
from codesign.cli.lessons import Lessons, plot_curves, rows, table
from codesign.cli.preflight import told
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.together import prepare_together
from codesign.cli.words import typed
from codesign.errors import ConfigError
from codesign.evaluate import Trial, batches, estimate, estimate_given
from codesign.export import Recording, RecordingError, read_json
from codesign.files import write_text
from codesign.run import Experiment
from codesign.streams import Purpose, streams
from codesign.train import LearningStatus, learn


def of_training() -> Catalogue:
    """Return what the configuration holds: an experiment's, and the designs to learn again."""
    experiments = of_experiments()
    return Catalogue(experiments.choices, experiments.records, {**experiments.values, "designs": Any, "together": bool})


def prepare(request: Request) -> Prepared:
    """Check a request for one generation of learning.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range, or that the designs do not fit.
        RecordingError: a file of designs that is none, or whose body is in pieces or of other dimensions than the rest.
        MemoryBudgetError: a design alone does not fit into the memory.
    """
    settings = build(of_training(), request.config)
    if settings["run"] is not None:
        got = f"run={settings['run']} for a command that starts none"
        raise ConfigError("designs to learn", got, "export designs of that run, then set designs=FILE.json")
    experiment = experiment_of(settings)
    if settings["together"]:
        if settings["designs"] is not None:
            raise ConfigError("random bodies for together=true", "designs", "leave one of both out")
        return prepare_together(experiment, request.folder)
    names = () if settings["designs"] is None else typed("designs", settings["designs"])
    recordings = [read_json(Path(name)) for name in names]
    trial = experiment.trial
    if recordings:
        dimension = _dimension(recordings, names)
        _require_body(trial, dimension, request.overrides)
        trial.require_dimension(dimension)
        bodies = Bodies.of([_body(recording, name) for recording, name in zip(recordings, names, strict=True)])
        opening = f"{_world_of(trial, dimension)}\n{told(estimate_given(trial, bodies), trial.execution)}"
        teach = partial(_learn_given, trial, bodies, [recording.design for recording in recordings])
    else:
        opening = told(estimate(trial, experiment.evaluator), trial.execution)
        teach = partial(_learn_random, experiment)
    return Prepared(request.folder, partial(_run, teach, request.folder, experiment.title, opening))


def _run(teach: partial[Lessons], folder: Path, title: str, opening: str) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(opening, markup=False)
    if console.is_terminal:
        with console.status("learning"):
            lessons = teach()
    else:
        lessons = teach()
    console.print(table(lessons))
    write_text(folder / "learning.jsonl", rows(lessons))
    plot_curves(lessons, title, folder / "learning.png")
    console.print(f"Learning curves: {folder / 'learning.png'}", markup=False)
    console.print(f"Numbers, a line per design: {folder / 'learning.jsonl'}", markup=False)
    return 0


def _learn_random(experiment: Experiment) -> Lessons:
    """Return what became of the designs that a run of this experiment starts with."""
    asked = experiment.search.begin(experiment.space, experiment.seed).ask()
    with experiment.evaluator.start(experiment.trial) as evaluator:
        found = evaluator.evaluate(asked.genomes, asked.identities)
    names = [f"random-{individual}" for _, individual in asked.identities.tolist()]
    status = [LearningStatus(code).name.lower() for code in found.status]
    return Lessons(names, found.masses, found.springs, found.curves, found.fitness, status)


def _learn_given(trial: Trial, bodies: Bodies, names: list[str]) -> Lessons:
    """Return what became of exported bodies with new controllers, as many at a time as fit into the memory."""
    chosen = np.arange(len(bodies))
    generators = streams(trial.seed, 0, len(bodies), Purpose.CONTROLLER)
    learned = []
    for part in batches(trial, bodies):
        own = bodies.take(chosen[part])
        simulator = trial.simulator(own)
        first = np.tile(trial.start, len(own)) if trial.start else simulator.initial(generators[part])
        learned.append(learn(simulator, trial.learner, first))
    curves, fitness, codes = (
        np.concatenate([getattr(part, field) for part in learned]) for field in ("curves", "fitness", "status")
    )
    status = [LearningStatus(code).name.lower() for code in codes]
    return Lessons(names, np.diff(bodies.mass_start), np.diff(bodies.spring_start), -curves, fitness, status)


def _require_body(trial: Trial, dimension: int, overrides: tuple[str, ...]) -> None:
    """Check that what the command line says of bodies agrees with given ones; of a choice, its dimensions count."""
    for key in overrides:
        if key.startswith("body."):
            raise ConfigError("either designs or settings of bodies", f"{key} and designs", f"leave {key} out")
    if "body" in overrides and trial.dimension != dimension:
        got = f"one of {trial.dimension}"
        raise ConfigError(f"a body of {dimension} dimensions, as the designs are", got, "leave body out, or choose so")


def _world_of(trial: Trial, dimension: int) -> str:
    """Return what given bodies learn in, which is not what they were exported from unless one says so."""
    physics = trial.physics
    published = "; sim=voxel is the physics of published cubes" if dimension == 3 else ""
    return (
        f"New controllers: {trial.controller.name}, task={trial.task.name}, terrain={trial.terrain.name}, "
        f"sim.contact={physics.contact.name}, sim.gravity={physics.gravity:g}{published}"
    )


def _dimension(recordings: list[Recording], names: tuple[str, ...]) -> int:
    """Return the dimensions of space that recordings, at least one, share."""
    first = recordings[0].dim
    for recording, name in zip(recordings, names, strict=True):
        if recording.dim != first:
            expected = f"designs in {first} dimensions, as {names[0]}"
            raise RecordingError(expected, f"{name} in {recording.dim}", "let those in 2D and in 3D learn apart")
    return first


def _body(recording: Recording, name: str) -> Body:
    start = recording.after.positions[0].astype(np.float64)
    body = Body(
        positions=start - start.min(axis=0),
        springs=recording.springs,
        rest_lengths=recording.rest_lengths.astype(np.float64),
        stiffness=recording.stiffness.astype(np.float64),
        swings=recording.swings.astype(np.float64),
        cells=recording.cells,
        materials=recording.materials,
    )
    if body.pieces != 1:
        expected = f"a body whose {len(start)} masses are joined by springs in {name}"
        raise RecordingError(expected, f"{body.pieces} pieces", "leave the loose masses out, or join them")
    return body


COMMAND = Command("train", "train", of_training, prepare)
