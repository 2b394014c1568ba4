"""`codesign train`: one generation. Bodies learn, nothing evolves."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from codesign.body import Bodies, Body
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.learning_report import LearningReport, plot_curves, rows, table
from codesign.cli.memory_estimate import estimate_line
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.suggestions import typed
from codesign.cli.together import prepare_together
from codesign.errors import BodyError, ConfigError
from codesign.evaluate import EvaluationSpec, MemoryEstimate, evaluate_bodies
from codesign.export import Recording, RecordingError, read_json
from codesign.files import write_text
from codesign.run import Experiment

MEANINGS = {
    "run": "not for this command: null.",
    "designs": "file of an exported design to learn again, or a list of them; null for random bodies.",
    "together": "whether one controller learns with all random bodies and is tried on others as well; for controllers"
    " that fit any body.",
}


def training_catalogue() -> Catalogue:
    """Return what the configuration holds: an experiment's, and the designs to learn again."""
    experiments = experiment_catalogue()
    values = {**experiments.values, "designs": Any, "together": bool}
    meanings = {**experiments.meanings, **MEANINGS}
    return Catalogue(experiments.choices, experiments.records, values, meanings, experiments.collections)


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for one generation of learning.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range, or that the designs do not fit.
        RecordingError: a file of designs that is none, or whose body is in pieces or of other dimensions than the rest.
        MemoryBudgetError: a design alone does not fit into the memory.
    """
    settings = build(training_catalogue(), invocation.config)
    _require_new(settings)
    if settings["loggers"]:
        raise ConfigError("loggers of a run", f"{settings['loggers'][0].name} for one generation", "set loggers=[]")
    experiment = experiment_of(settings)
    if settings["together"]:
        if settings["designs"] is not None:
            raise ConfigError("random bodies for together=true", "designs", "leave one of both out")
        return prepare_together(experiment, invocation.folder)
    names = () if settings["designs"] is None else typed("designs", settings["designs"])
    recordings = [read_json(Path(name)) for name in names]
    spec = experiment.trial
    if recordings:
        dimension = _dimension(recordings, names)
        _require_body(spec, dimension, invocation.overrides)
        spec.require_dimension(dimension)
        bodies = Bodies.of([body_of(recording, name) for recording, name in zip(recordings, names, strict=True)])
        memory = estimate_line(partial(MemoryEstimate.of_bodies, spec, bodies), spec.execution)
        opening = f"{_world_of(spec, dimension)}\n{memory}"
        learned = partial(_learn_given, spec, bodies, [recording.design for recording in recordings])
    else:
        opening = estimate_line(partial(MemoryEstimate.of_search, spec, experiment.evaluator), spec.execution)
        learned = partial(_learn_random, experiment)
    return Plan(invocation.folder, partial(_run, learned, invocation.folder, experiment.title, opening))


def _require_new(settings: Mapping[str, Any]) -> None:
    if settings.get("run") is not None:
        got = f"run={settings['run']} for a command that starts none"
        raise ConfigError("designs to learn", got, "export designs of that run, then set designs=FILE.json")


def _run(learned: partial[LearningReport], folder: Path, title: str, opening: str) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(opening, markup=False)
    if console.is_terminal:
        with console.status("learning", spinner="line"):
            report = learned()
    else:
        report = learned()
    console.print(table(report))
    with repeatable("hydra.run.dir"):
        write_text(folder / "learning.jsonl", rows(report))
        plot_curves(report, title, folder / "learning.png")
    console.print(f"Learning curves: {folder / 'learning.png'}", markup=False)
    console.print(f"Numbers, a line per design: {folder / 'learning.jsonl'}", markup=False)
    return 0


def _learn_random(experiment: Experiment) -> LearningReport:
    """Let the designs that a run of this experiment starts with learn."""
    asked = experiment.search.start(experiment.space, experiment.seed).ask()
    with experiment.evaluator.start(experiment.trial) as evaluator:
        found = evaluator.evaluate(asked.genomes, asked.identities)
    return LearningReport.of([f"random-{individual}" for _, individual in asked.identities.tolist()], found)


def _learn_given(spec: EvaluationSpec, bodies: Bodies, names: list[str]) -> LearningReport:
    """Let exported bodies learn, with the first controllers of the designs that a run starts with."""
    identities = np.stack([np.zeros(len(bodies), np.int64), np.arange(len(bodies))], axis=1)
    return LearningReport.of(names, evaluate_bodies(spec, bodies, identities))


def _require_body(spec: EvaluationSpec, dimension: int, overrides: tuple[str, ...]) -> None:
    """Check that what the command line says of bodies agrees with given ones; of a choice, its dimensions count."""
    for key in overrides:
        if key.startswith("body."):
            raise ConfigError("either designs or settings of bodies", f"{key} and designs", f"leave {key} out")
    if "body" in overrides and spec.dimension != dimension:
        got = f"one of {spec.dimension}"
        raise ConfigError(f"a body of {dimension} dimensions, as the designs are", got, "leave body out, or choose so")


def _world_of(spec: EvaluationSpec, dimension: int) -> str:
    """Return what given bodies learn in, which is not what they were exported from unless one says so."""
    physics = spec.physics
    published = "; sim=voxel is the physics of published cubes" if dimension == 3 else ""
    return (
        f"New controllers: {spec.controller.name}, task={spec.task.name}, terrain={spec.terrain.name}, "
        f"sim.contact.name={physics.contact.name}, sim.gravity={physics.gravity:g}{published}"
    )


def _dimension(recordings: list[Recording], names: tuple[str, ...]) -> int:
    """Return the dimensions of space that recordings, at least one, share."""
    first = recordings[0].dim
    for recording, name in zip(recordings, names, strict=True):
        if recording.dim != first:
            expected = f"designs in {first} dimensions, as {names[0]}"
            raise RecordingError(expected, f"{name} in {recording.dim}", "let those in 2D and in 3D learn apart")
    return first


def body_of(recording: Recording, name: str) -> Body:
    """Return the body that a recording in a file shows, as it stands at the start.

    Raises:
        RecordingError: no body that can be simulated, or one in pieces.
    """
    start = recording.after.positions[0].astype(np.float64)
    try:
        body = Body(
            positions=start - start.min(axis=0),
            springs=recording.springs,
            rest_lengths=recording.rest_lengths.astype(np.float64),
            stiffness=recording.stiffness.astype(np.float64),
            swings=recording.swings.astype(np.float64),
            cells=recording.cells,
            materials=recording.materials,
        )
    except BodyError as error:
        raise RecordingError(error.expected, f"{error.got} in {name}", error.remedy) from error
    if body.pieces != 1:
        expected = f"a body whose {len(start)} masses are joined by springs in {name}"
        raise RecordingError(expected, f"{body.pieces} pieces", "leave the loose masses out, or join them")
    return body


COMMAND = Command("train", "train", training_catalogue, prepare, _require_new)
