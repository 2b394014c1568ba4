"""`codesign evolve`: a new run, or one that goes on."""

import math
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from codesign.analysis import NewStarts
from codesign.cli import run_config
from codesign.cli.application import Command, Completion, Invocation, Plan, Scored
from codesign.cli.catalogue import experiment_catalogue, experiment_of, require_effect
from codesign.cli.given_bodies import given_bodies, reason_of, words_for
from codesign.cli.memory_estimate import estimate_line
from codesign.cli.progress import Logger
from codesign.cli.settings import build
from codesign.errors import ConfigError, RunError
from codesign.evaluate import MemoryEstimate
from codesign.run import (
    Delivery,
    Experiment,
    Listener,
    Listeners,
    LoggerSettings,
    Outcome,
    ReportWriter,
    RunFolder,
    evolve,
    resume,
)
from codesign.signals import exit_status


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for a run, new or old.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range.
        RunError: a new run where one is already, or an old one where none is.
        MemoryBudgetError: a design that the search may come to does not fit into the memory.
    """
    run = invocation.config["run"]
    if run == run_config.AUTO:
        if invocation.timed:
            expected = f"a folder that run={run} can come back to"
            raise ConfigError(expected, f"{invocation.folder}, named by the time", _NAME_ONE)
        folder = RunFolder(invocation.folder)
        return _prepare_auto(invocation, folder) if folder.config.exists() else _prepare_new(invocation)
    if run is not None:
        return _prepare_old(invocation, RunFolder(Path(str(run))))
    return _prepare_new(invocation)


_NAME_ONE = "set hydra.run.dir=FOLDER, or with -m hydra.sweep.dir=FOLDER"


def _prepare_new(invocation: Invocation, stored: Mapping[str, Any] | None = None) -> Plan:
    """Check an invocation for a new run, perhaps by the configuration of another one."""
    config = {**(invocation.config if stored is None else stored), "run": None}
    settings = build(experiment_catalogue(), config)
    require_effect(settings)
    folder = RunFolder(invocation.folder)
    experiment = experiment_of(settings)
    inputs = {**run_config.input_files(config), **experiment.inputs}
    folder.require_unused(inputs)
    start = partial(evolve, experiment, folder.path, run_config.to_yaml(config), inputs=inputs)
    return Plan(folder.path, partial(_run, start, experiment, _told(settings, config)))


def _prepare_old(invocation: Invocation, folder: RunFolder) -> Plan:
    stored = run_config.read(folder, experiment_catalogue())
    config = run_config.with_overrides(stored, invocation.config, invocation.overrides)
    if not folder.begun:
        if invocation.timed:
            expected = "the folder of a run that has begun, or hydra.run.dir for a new one"
            remedy = f"start it anew by {shlex.join(['codesign', 'evolve', f'run={folder.path}', 'hydra.run.dir=NEW'])}"
            raise RunError(expected, f"{folder.path}, which only records how one was configured", remedy)
        return _prepare_new(invocation, config)
    # The folder keeps the number of generations that the run was started with.
    longer = "search.generations" in invocation.overrides
    return _going_on(folder, config, "search.generations" if longer else "")


def _prepare_auto(invocation: Invocation, folder: RunFolder) -> Plan:
    """Check an invocation which says all that a run is, for one that was started before."""
    if not folder.begun:
        expected = "the folder of a run that has begun, or an empty one"
        got = f"{folder.path}, which only records how one was configured"
        raise RunError(expected, got, "choose another folder with hydra.run.dir=FOLDER")
    stored = run_config.read(folder, experiment_catalogue())
    run_config.require_same(stored, invocation.config, folder)
    if invocation.config["search"]["first"] is not None:
        with run_config.found_in(folder):
            kept = experiment_of(build(experiment_catalogue(), stored))
        run_config.require_same_first(kept, experiment_of(build(experiment_catalogue(), invocation.config)), folder)
    return _going_on(folder, run_config.with_free(stored, invocation.config))


def _going_on(folder: RunFolder, config: Mapping[str, Any], told: str = "") -> Plan:
    with run_config.found_in(folder):
        settings = build(experiment_catalogue(), config)
        experiment = experiment_of(settings)
    further = f" {told}={experiment.search.generations}" if told else ""
    start = partial(resume, experiment, folder.path)
    notices = run_config.plugin_notices(folder)
    return Plan(folder.path, partial(_run, start, experiment, _told(settings, config), further, notices))


def complete(invocation: Invocation) -> Completion:
    """Return the words that a new run lacks for the bodies that it is to begin with."""
    config = invocation.config
    if config["run"] not in (None, run_config.AUTO) or config["search"]["first"] is None:
        return Completion()
    bodies = given_bodies(run_config.FIRST, config["search"]["first"], lenient=config["lenient"])
    words = words_for(bodies, config["body"], invocation.overrides)
    return Completion(tuple(words), reason_of(bodies) if config["logger"]["display"] != "none" else "")


@dataclass(frozen=True)
class _Told:
    """Who is told how a run goes on.

    Attributes:
        logger: what is shown.
        loggers: services that get the numbers of every generation.
        config: the run's settings, for these.
    """

    logger: Logger
    loggers: tuple[LoggerSettings, ...]
    config: Mapping[str, Any]


def _told(settings: Mapping[str, Any], config: Mapping[str, Any]) -> _Told:
    for logger in settings["loggers"]:
        logger.require_installed()
    return _Told(settings["logger"], settings["loggers"], config)


def _memory(experiment: Experiment) -> str:
    return estimate_line(
        partial(MemoryEstimate.of_search, experiment.trial, experiment.evaluator), experiment.trial.execution
    )


def _run(
    start: Callable[[Listener], Outcome],
    experiment: Experiment,
    told: _Told,
    further: str = "",
    notices: Sequence[str] = (),
) -> Scored:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    logger, deliveries = told.logger, [Delivery(each, told.config) for each in told.loggers]
    with logger.display_on(console) as display, ExitStack() as stack:
        for delivery in deliveries:
            stack.enter_context(delivery)
        for notice in (*notices, _memory(experiment)):
            display.on_notice(notice)
        writer = ReportWriter(
            experiment, designs=logger.page_designs, every=logger.page_seconds, tell=display.on_notice
        )
        outcome = start(Listeners([display, *deliveries, *([writer] if logger.page else [])]))
    if logger.display != "none":
        further = run_config.naming_plugins(told.config) + further
        console.print(_ending(outcome, further, experiment.trial.units.get("fitness", "")), markup=False)
    page = writer.finish(outcome) if logger.page else None
    if page is not None and not outcome.interrupted:
        console.print(f"Page: {page.resolve()}", markup=False)
    fitness = -math.inf if outcome.best_fitness is None else outcome.best_fitness
    return Scored(0 if outcome.signal is None else exit_status(outcome.signal), fitness)


def _ending(outcome: Outcome, further: str, unit: str) -> str:
    best = "no valid design yet"
    if outcome.best is not None:
        best = f"best design {outcome.best} with fitness {outcome.best_fitness:.3f} {unit}".rstrip()
    if outcome.interrupted:
        where = f"{outcome.finished} of {outcome.generations} generations are safe"
        again = shlex.quote(f"run={outcome.folder}")
        return f"Stopped: {where}, {best}.\nGo on with: codesign evolve {again}{further}"
    ended = f"Finished: {outcome.finished} generations in {outcome.seconds:.0f} s, {best}."
    return ended if outcome.new_starts is None else f"{ended}\n{_from_new_starts(outcome.new_starts, unit)}"


def _from_new_starts(found: NewStarts, unit: str) -> str:
    """Return what the best designs are worth from new starts beside what they had, in a line."""
    known = np.isfinite(found.means)
    starts = f"{found.starts} new start{'s' if found.starts > 1 else ''}"
    if not known.any():
        return f"From {starts} none of the best {len(found)} designs is valid."
    own, mean = (f"{float(values[known].mean()):.3f} {unit}".rstrip() for values in (found.fitness, found.means))
    best = found.best
    row = 0 if best is None else found.designs.index(best)
    whose = f"{best} is the best of them there with {found.means[row]:.3f} {unit}".rstrip()
    return f"From {starts} each the best {len(found)} designs reach {mean} on average, where they have {own}; {whose}."


COMMAND = Command("evolve", "config", experiment_catalogue, prepare, run_config.require_resumable, complete)
