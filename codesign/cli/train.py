"""`codesign train`: one generation. Bodies learn, nothing evolves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from codesign.body import Bodies, develop
from codesign.cli import evolve, run_config
from codesign.cli.application import Command, Completion, Invocation, Plan
from codesign.cli.catalogue import experiment_catalogue, experiment_of, require_effect
from codesign.cli.drawings import wide_console
from codesign.cli.given_bodies import (
    MOST,
    GivenBody,
    chosen,
    given_bodies,
    reason_of,
    replaced,
    require_lattice,
    words_for,
)
from codesign.cli.learning_report import LearningReport, plot_curves, rows, table
from codesign.cli.memory_estimate import estimate_line
from codesign.cli.output_folder import repeatable
from codesign.cli.schemas import Catalogue
from codesign.cli.settings import build
from codesign.cli.together import prepare_together
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec, KeptWeights, MemoryEstimate, Request, evaluate_bodies
from codesign.export import EXPORTERS, Recording, RecordingError
from codesign.files import write_text
from codesign.formats import enlarged, genomes_of
from codesign.run import Experiment, gallery_of, learned_recordings
from codesign.search import GIVEN

MEANINGS = {
    "run": "not for this command: null.",
    "designs": "file or folder of bodies, or a list of them: exported designs, drawings, files of other systems; null"
    " for random bodies.",
    "design": "which of these: all, best, top5 (by the fitness in the files), a name, or a list; null for all of up to"
    f" {MOST}.",
    "together": "whether one controller learns with all random bodies and is tried on others as well; for controllers"
    " that fit any body.",
}


def training_catalogue() -> Catalogue:
    """Return what the configuration holds: an experiment's, and the designs to learn again."""
    experiments = experiment_catalogue()
    values = {**experiments.values, "designs": Any, "design": Any, "together": bool}
    meanings = {**experiments.meanings, **MEANINGS}
    return Catalogue(experiments.choices, experiments.records, values, meanings, experiments.collections)


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for one generation of learning.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range, or that the designs do not fit.
        RecordingError: a file of designs that is none, or whose body is in pieces or of other dimensions than the rest.
        FormatError: a file of bodies that is none, or bodies that cannot be expressed or are on another lattice.
        MemoryBudgetError: a design alone does not fit into the memory.
    """
    settings = build(training_catalogue(), invocation.config)
    require_effect(settings)
    _require_new(settings)
    if settings["loggers"]:
        raise ConfigError("loggers of a run", f"{settings['loggers'][0].name} for one generation", "set loggers=[]")
    experiment = experiment_of(settings)
    if settings["together"]:
        if settings["designs"] is not None:
            raise ConfigError("random bodies for together=true", "designs", "leave one of both out")
        return prepare_together(experiment, invocation.folder)
    spec, logger = experiment.trial, settings["logger"]
    if settings["design"] is not None and settings["designs"] is None:
        raise ConfigError("designs to choose from", "design without them", "set designs=FILE")
    if settings["designs"] is not None:
        given = _given(settings)
        dimension = _dimension(given)
        _require_body(spec, given, dimension, invocation.overrides)
        spec.require_dimension(dimension)
        bodies = _grown(spec, given)
        memory = estimate_line(partial(MemoryEstimate.of_bodies, spec, bodies), spec.execution)
        opening = [_world_of(spec, dimension), *replaced([body.plan for body in given]), memory]
        learned = partial(_learn_given, spec, bodies, given, logger.page_designs if logger.page else 0)
    else:
        opening = [estimate_line(partial(MemoryEstimate.of_search, spec, experiment.evaluator), spec.execution)]
        learned = partial(_learn_random, experiment)
    text = run_config.to_yaml(invocation.config)
    return Plan(
        invocation.folder, partial(_run, learned, invocation.folder, experiment.title, text, "\n".join(opening))
    )


def complete(invocation: Invocation) -> Completion:
    """Return the words that a command line lacks for the bodies that it gives."""
    config = invocation.config
    if config["designs"] is None or config["together"]:
        return evolve.complete(invocation)
    # What brings its own springs learns as it is, whichever lattice it grew on.
    bodies = [body for body in _given(config) if body.plan.body is None]
    if not bodies:
        return Completion()
    return Completion(tuple(words_for(bodies, config["body"], invocation.overrides)), reason_of(bodies))


def _given(settings: Mapping[str, Any]) -> tuple[GivenBody, ...]:
    return chosen(given_bodies("designs", settings["designs"], lenient=settings["lenient"]), settings["design"])


@dataclass(frozen=True)
class _Learned:
    """What bodies learned, and how the best of them move: none of random ones."""

    report: LearningReport
    recordings: Sequence[Recording] = ()
    units: Mapping[str, str] = field(default_factory=dict)


def _require_new(settings: Mapping[str, Any]) -> None:
    if settings.get("run") is not None:
        got = f"run={settings['run']} for a command that starts none"
        raise ConfigError("designs to learn", got, "export designs of that run, then set designs=FILE.json")


def _run(learned: Callable[[], _Learned], folder: Path, title: str, config_text: str, opening: str) -> int:
    console = wide_console()
    console.print(opening, markup=False)
    if console.is_terminal:
        with console.status("learning", spinner="line"):
            found = learned()
    else:
        found = learned()
    console.print(table(found.report))
    with repeatable("hydra.run.dir"):
        write_text(folder / "learning.jsonl", rows(found.report))
        plot_curves(found.report, title, folder / "learning.png")
    console.print(f"Learning curves: {folder / 'learning.png'}", markup=False)
    console.print(f"Numbers, a line per design: {folder / 'learning.jsonl'}", markup=False)
    if found.recordings:
        with repeatable("hydra.run.dir"):
            shown = gallery_of(title, found.recordings, config_text, found.units)
            EXPORTERS["html"].write(shown, folder / "report.html")
        console.print(f"Page: {(folder / 'report.html').resolve()}", markup=False)
    return 0


def _learn_random(experiment: Experiment) -> _Learned:
    """Let the designs that a run of this experiment starts with learn."""
    asked = experiment.search.start(experiment.space, experiment.seed).ask()
    with experiment.evaluator.start(experiment.trial) as evaluator:
        found = evaluator.evaluate(Request(asked.genomes, asked.identities))
    numbers = asked.identities[:, 1].tolist()
    names = [f"{operator}-{number}" for operator, number in zip(asked.operators, numbers, strict=True)]
    units = experiment.trial.units
    return _Learned(LearningReport.of(names, found, unit=units.get("fitness", "")), units=units)


def _learn_given(spec: EvaluationSpec, bodies: Bodies, given: Sequence[GivenBody], shown: int) -> _Learned:
    """Let given bodies learn, with the first controllers of the designs that a run starts with.

    Args:
        spec: how they learn.
        bodies: those given.
        given: where they are from.
        shown: bodies whose motion is recorded, the best ones.
    """
    identities = np.stack([np.zeros(len(bodies), np.int64), np.arange(len(bodies))], axis=1)
    found = evaluate_bodies(spec, Request(bodies, identities, keep=KeptWeights(shown)))
    names = [body.id for body in given]
    sources = [(body.file, body.plan.name, body.plan.fitness) for body in given]
    recordings = learned_recordings(spec, bodies, names, identities, found, GIVEN, shown)
    unit = spec.units.get("fitness", "")
    return _Learned(LearningReport.of(names, found, sources, unit), recordings, spec.units)


def _grown(spec: EvaluationSpec, given: Sequence[GivenBody]) -> Bodies:
    """Return given bodies: those of masses and springs as they are, those on a lattice with the run's tissue.

    Raises:
        FormatError: a body on another kind of lattice than the run's, or in pieces.
        RecordingError: cells of several kinds.
    """
    on_lattice = [body for body in given if body.plan.body is None]
    require_lattice(on_lattice, spec.lattice)
    bodies = [body.plan.body for body in given if body.plan.body is not None]
    corners = {body.cells.shape[1] for body in bodies if len(body.cells)}
    corners |= {spec.lattice.build().cell_nodes.shape[1]} if on_lattice else set()
    if len(corners) > 1:
        got = f"cells of {' and of '.join(map(str, sorted(corners)))} corners"
        raise RecordingError("designs whose cells are of one kind", got, "let those of each kind learn apart")
    parts = [Bodies.of(bodies)] if bodies else []
    if on_lattice:
        plans = [body.plan for body in on_lattice]
        lattice = enlarged(spec.lattice, plans)
        parts.append(develop(lattice.build(), genomes_of(plans, lattice), spec.tissue))
    # Those of springs come first in the parts, and all of them in the order given in the end.
    order = np.argsort([body.plan.body is None for body in given], kind="stable")
    return Bodies.concatenate(parts).take(np.argsort(order))


def _require_body(spec: EvaluationSpec, given: Sequence[GivenBody], dimension: int, overrides: tuple[str, ...]) -> None:
    """Check that what the command line says of bodies agrees with given ones; of a choice, its dimensions count."""
    if any(body.plan.body is None for body in given):
        return
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


def _dimension(given: Sequence[GivenBody]) -> int:
    """Return the dimensions of space that bodies, at least one, share."""
    first = given[0]
    for body in given:
        if body.dimension != first.dimension:
            expected = f"designs in {first.dimension} dimensions, as {first.file}"
            got = f"{body.file} in {body.dimension}"
            raise RecordingError(expected, got, "let those in 2D and in 3D learn apart")
    return first.dimension


COMMAND = Command("train", "train", training_catalogue, prepare, _require_new, complete)
