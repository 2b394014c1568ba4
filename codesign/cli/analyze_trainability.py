"""`codesign analyze` with inits, designs or baseline: designs of runs learn from new starts and are compared."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from codesign.cli import run_config
from codesign.cli.application import Plan
from codesign.cli.catalogue import experiment_catalogue, experiment_of
from codesign.cli.output_folder import repeatable
from codesign.cli.run_records import comparison_of, runs_in
from codesign.cli.settings import build
from codesign.errors import ConfigError
from codesign.evaluate import EvaluatorSettings
from codesign.landscape import LandscapeSettings
from codesign.run import RunFolder
from codesign.signals import Stopped
from codesign.trainability import (
    AnalysedRun,
    Analysis,
    AnalysisListener,
    AnalysisSettings,
    Findings,
    answers,
)

ASKS = ("inits", "designs", "baseline")
"""Settings of which one alone asks for all of this; without any of them runs are only put side by side."""

LANDSCAPE_KEYS = {f"landscape_{item.name}": item for item in fields(LandscapeSettings)}
"""Fields of `LandscapeSettings` by what they are called on the command line; they do nothing without landscape=true."""

WITH_THESE = (
    *("generations", "depth", "copies", "move", "random_designs", "draws", "threads", "device", "landscape"),
    *LANDSCAPE_KEYS,
)
"""Settings that say more about it, and do nothing without one of these."""

Write = Callable[[Findings], list[Path]]
"""Writes what was found, and returns the files."""


def asked_for(settings: Mapping[str, Any]) -> bool:
    """Return whether settings ask for more than runs side by side.

    Raises:
        ConfigError: something is asked for that only this has, and this is not.
    """
    if any(settings[name] is not None for name in ASKS):
        return True
    for name in WITH_THESE:
        if settings[name] not in (None, False):
            expected, remedy = f"{name} only with {', '.join(ASKS)}", "set inits=16, or leave it out"
            raise ConfigError(expected, repr(settings[name]), remedy)
    return False


def require_none_of_trainability(settings: Mapping[str, Any]) -> None:
    """Check that nothing is asked for that has no meaning where gradients are measured.

    Raises:
        ConfigError: something is.
    """
    for name in (*ASKS, *WITH_THESE):
        if settings[name] not in (None, False):
            raise ConfigError(f"{name} only without gradient=true", repr(settings[name]), "leave one of both out")


def settings_of(settings: Mapping[str, Any]) -> AnalysisSettings:
    """Return what is asked for; what is null is as `AnalysisSettings` has it.

    Raises:
        ConfigError: a value of the wrong type or out of range.
    """
    own = {item.name: settings[item.name] for item in fields(AnalysisSettings) if settings[item.name] is not None}
    for name in ("baseline", "generations"):
        if name in own:
            own[name] = tuple(own[name]) if isinstance(own[name], list | tuple) else (own[name],)
    return AnalysisSettings(**own)


def landscape_of(settings: Mapping[str, Any]) -> LandscapeSettings:
    """Return what is measured of landscapes; what is null is as `LandscapeSettings` has it.

    Raises:
        ConfigError: a value out of range, or one that does nothing because landscapes are not asked for.
    """
    own = {key: settings[key] for key in LANDSCAPE_KEYS if settings[key] is not None}
    if own and not settings["landscape"]:
        key, value = next(iter(own.items()))
        raise ConfigError(f"{key} only with landscape=true", repr(value), "set landscape=true, or leave it out")
    try:
        return LandscapeSettings(**{LANDSCAPE_KEYS[key].name: value for key, value in own.items()})
    except ConfigError as error:
        raise error.within("landscape", "_") from error


def analysis_of(
    paths: Sequence[Path],
    settings: AnalysisSettings,
    evaluator: EvaluatorSettings,
    output: Path,
    *,
    threads: int | None = None,
    device: str | None = None,
    landscape: LandscapeSettings | None = None,
) -> Analysis:
    """Return an analysis of runs, checked; nothing is computed yet.

    Args:
        paths: folders of runs or sweeps.
        settings: what is asked for.
        evaluator: where designs learn.
        output: folder that results are kept in.
        threads: of the simulator, None for those of the runs.
        device: of the simulator, None for that of the runs.
        landscape: what is measured of landscapes.

    Raises:
        ConfigError: runs that cannot be compared, or generations that one has not finished.
        RunError: a folder that is not that of a run, or of one that cannot be read.
    """
    folders = list(dict.fromkeys(each for path in paths for each in runs_in(path)))
    analysis = Analysis(
        tuple(_run(folder) for folder in folders),
        comparison_of(folders),
        settings,
        evaluator,
        output,
        threads,
        device,
        landscape or LandscapeSettings(),
    )
    analysis.require_sound()
    return analysis


def _run(path: Path) -> AnalysedRun:
    folder = RunFolder(path)
    stored = run_config.read(folder, experiment_catalogue())
    with run_config.found_in(folder):
        return AnalysedRun(path, experiment_of(build(experiment_catalogue(), stored)))


class _Progress(AnalysisListener):
    """Shows how many trainings are done."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._task = progress.add_task("learning from new starts", total=None, visible=False)

    def on_notice(self, text: str) -> None:
        self._progress.console.print(text, markup=False)

    def on_work(self, done: int, asked: int) -> None:
        self._progress.update(self._task, completed=done, total=asked, visible=True)
        if not self._console.is_terminal:
            self._console.print(f"{done} of {asked} trainings", markup=False)

    def on_landscapes(self, group: str, done: int, asked: int) -> None:
        self._console.print(f"landscapes: {done} of {asked} designs of {group}", markup=False)


def _work(analysis: Analysis, write: Write) -> int:
    """Do an analysis, write what it found, and say it."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            found = replace(analysis, listener=_Progress(console, progress)).run()
    except Stopped:
        console.print(
            f"Stopped. What was learned is kept in {analysis.folder}; the same command goes on.", markup=False
        )
        raise
    for answer in answers(found):
        console.print(f"{answer.question}\n  {answer.text}", markup=False)
    with repeatable("output"):
        for path in write(found):
            console.print(str(path), markup=False)
    return 0


def prepare_trainability(settings: Mapping[str, Any], paths: Sequence[Path], output: Path, write: Write) -> Plan:
    """Check what is asked for; runs are read, nothing is simulated yet. An analysis that was interrupted goes on.

    Args:
        settings: by key.
        paths: folders of runs or sweeps.
        output: where to.
        write: writes what was found, and returns the files.

    Raises:
        ConfigError: a setting of the wrong type or out of range, or runs that cannot be compared.
        RunError: a run that cannot be read.
    """
    asked, landscape = settings_of(settings), landscape_of(settings)
    analysis = analysis_of(
        paths,
        asked,
        settings["evaluator"],
        output,
        threads=settings["threads"],
        device=settings["device"],
        landscape=landscape,
    )
    return Plan(output, partial(_work, analysis, write))
