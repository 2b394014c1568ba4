"""`codesign evolve`: a new run, or one that goes on."""

import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from codesign.cli import run_config
from codesign.cli.application import Command, Invocation, Plan
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.exit_codes import INTERRUPTED
from codesign.cli.memory_estimate import estimate_line
from codesign.cli.progress import Logger
from codesign.cli.settings import build
from codesign.evaluate import MemoryEstimate
from codesign.export import EXPORTERS
from codesign.run import Experiment, Listener, Outcome, RunFolder, evolve, gallery, resume


def prepare(invocation: Invocation) -> Plan:
    """Check an invocation for a run, new or old.

    Raises:
        ConfigError: a setting that is unknown, of the wrong type or out of range.
        RunError: a new run where one is already, or an old one where none is.
        MemoryBudgetError: a design that the search may come to does not fit into the memory.
    """
    if invocation.config["run"] is not None:
        return _prepare_old(invocation)
    settings = build(experiment_catalogue(), invocation.config)
    folder = RunFolder(invocation.folder)
    folder.require_unused()
    experiment = experiment_of(settings)
    inputs, text = run_config.input_files(invocation.config), run_config.to_yaml(invocation.config)
    start = partial(evolve, experiment, folder.path, text, inputs=inputs)
    return Plan(folder.path, partial(_run, start, experiment, settings["logger"], _memory(experiment)))


def _prepare_old(invocation: Invocation) -> Plan:
    folder = RunFolder(Path(str(invocation.config["run"])))
    stored = run_config.read(folder, experiment_catalogue())
    config = run_config.with_overrides(stored, invocation.config, invocation.overrides)
    settings = build(experiment_catalogue(), config)
    experiment = experiment_of(settings)
    # The folder keeps the number of generations that the run was started with.
    longer = "search.generations" in invocation.overrides
    further = f" search.generations={experiment.search.generations}" if longer else ""
    start = partial(resume, experiment, folder.path)
    work = partial(_run, start, experiment, settings["logger"], _memory(experiment), further)
    return Plan(folder.path, work)


def _memory(experiment: Experiment) -> str:
    return estimate_line(
        partial(MemoryEstimate.of_search, experiment.trial, experiment.evaluator), experiment.trial.execution
    )


def _run(
    start: Callable[[Listener], Outcome], experiment: Experiment, logger: Logger, memory: str, further: str = ""
) -> int:
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    with logger.display_on(console) as listener:
        listener.on_notice(memory)
        outcome = start(listener)
    if logger.display != "none":
        console.print(_ending(outcome, further), markup=False)
    if outcome.interrupted:
        return INTERRUPTED
    if logger.page and outcome.best is not None:
        folder = RunFolder(outcome.folder)
        pages = EXPORTERS["html"].write(gallery(experiment, folder, f"top{logger.page_designs},lineage"), folder.report)
        console.print(f"Page: {pages[0].resolve()}", markup=False)
    return 0


def _ending(outcome: Outcome, further: str) -> str:
    best = "no valid design yet"
    if outcome.best is not None:
        best = f"best design {outcome.best} with fitness {outcome.best_fitness:.3f}"
    if outcome.interrupted:
        where = f"{outcome.finished} of {outcome.generations} generations are safe"
        again = shlex.quote(f"run={outcome.folder}")
        return f"Stopped: {where}, {best}.\nGo on with: codesign evolve {again}{further}"
    return f"Finished: {outcome.finished} generations in {outcome.seconds:.0f} s, {best}."


COMMAND = Command("evolve", "config", experiment_catalogue, prepare, run_config.require_resumable)
