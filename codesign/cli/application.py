"""A command as a Hydra application, whose whole configuration is checked before anything is written."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from codesign.cli.composition import (
    VERSION_BASE,
    by_key,
    composer,
    config_folder,
    explained,
    parse_flags,
    quoted,
    readable,
    require_each_once,
    require_paths,
)
from codesign.cli.config_files import read_files_as_saved
from codesign.cli.exit_codes import MISTAKE
from codesign.cli.help import help_text
from codesign.cli.job_reports import JobReport, JobReports
from codesign.cli.named_plugins import load_named, require_loaded
from codesign.cli.output import UnreadError
from codesign.cli.output_folder import check_writable, claimed, free_name, remove_empty
from codesign.cli.schemas import Catalogue, register
from codesign.cli.sweeps import asks_for_several, jobs, maximising, of_launcher, sweeper_params, told_of_job
from codesign.errors import CodesignError, ConfigError
from codesign.paths import require_working_folder
from codesign.plugins import loaded, restore
from codesign.signals import SIGNALLED, Stopped
from codesign.sim import start_warp


@dataclass(frozen=True)
class Invocation:
    """What a user typed, composed into a configuration.

    Attributes:
        config: the composed configuration without Hydra's own part, plain containers.
        overrides: keys and groups that were set on the command line.
        folder: where Hydra would let the command write.
        timed: whether that name holds the time, so that the same words name another folder next time.
    """

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    folder: Path
    timed: bool = False


@dataclass(frozen=True)
class Scored:
    """How the work of a job ended that sweepers may compare with others.

    Attributes:
        status: exit status.
        fitness: what a sweeper is to maximise; minus infinity where nothing was valid.
    """

    status: int
    fitness: float


@dataclass(frozen=True)
class Plan:
    """What a command will do for an invocation that was found to be right.

    Attributes:
        folder: where the work will write; made when it begins.
        work: does it and returns the exit status, with a fitness where it makes one.
    """

    folder: Path
    work: Callable[[], int | Scored]


@dataclass(frozen=True)
class Completion:
    """Words that a command line lacks, because files that it names ask for them.

    Attributes:
        words: overrides, none of which the user set otherwise.
        reason: what asks for them, as the beginning of a line; empty where the user is not to be told.
    """

    words: tuple[str, ...] = ()
    reason: str = ""


def _nothing_added() -> tuple[str, ...]:
    return ()


def _complete_already(_invocation: Invocation) -> Completion:
    return Completion()


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: as typed.
        config_name: its primary configuration in conf/.
        catalogue: returns what its configuration may hold.
        prepare: checks an invocation without writing anything, and returns what is to be done.
        precheck: checks the overrides by their keys before a configuration is composed with them.
        added: returns overrides that every invocation has besides, for what plug-ins brought.
        complete: returns what an invocation lacks; asked again with the words that it gave, until it gives none.
        writes: whether it writes anything; one that does not has the folder that it reads for its plan's.
    """

    name: str
    config_name: str
    catalogue: Callable[[], Catalogue]
    prepare: Callable[[Invocation], Plan]
    precheck: Callable[[Mapping[str, Any]], None] = lambda _overrides: None
    complete: Callable[[Invocation], Completion] = _complete_already
    added: Callable[[], tuple[str, ...]] = _nothing_added
    writes: bool = True


def run(command: Command, arguments: Sequence[str]) -> int:
    """Run `command` with Hydra's flags and overrides, and return its exit status.

    Raises:
        CodesignError: something the user can mend. If it was found before the work began, nothing was written.
    """
    require_working_folder()
    words = [readable(word) for word in arguments]
    flags = parse_flags(command.name, words)
    load_named(flags.overrides)
    catalogue = command.catalogue()
    register(catalogue)
    if added := command.added():
        words += added
        flags = parse_flags(command.name, words)
    read_files_as_saved()
    if flags.help:
        _print_help(command, flags, catalogue)
        return 0
    if flags.hydra_help or flags.shell_completion or flags.info:
        _hand_over(command, words, lambda _config: None, catalogue)
        return 0
    checked = _check(command, flags, catalogue)
    # Beside the other overrides, since Hydra's parser takes them from one place only.
    place = words.index(flags.overrides[0]) if flags.overrides else len(words)
    words[place:place] = checked.further
    if checked.folder is None:
        _hand_over(command, words, lambda _config: None, catalogue)
        return 0
    if checked.told:
        print(checked.told)  # noqa: T201 - the user is to see what was not typed
    with claimed(checked.folder) if checked.passing else nullcontext(checked.folder) as folder:
        if checked.multirun:
            words += [f"hydra.sweep.dir={quoted(str(folder))}"]
            return _run_several(command, words, catalogue, folder)
        # The folder that was checked, even where its name holds the time of day.
        return _run_one(command, [*words, f"hydra.run.dir={quoted(str(folder))}"], catalogue)


def _run_one(command: Command, words: list[str], catalogue: Catalogue) -> int:
    statuses: list[int] = []
    mistakes: list[CodesignError] = []

    def task(config: DictConfig) -> None:
        try:
            statuses.append(_ended(command.prepare(_invocation(config, HydraConfig.get().runtime.output_dir)).work()))
        except CodesignError as error:
            # Kept for later, because Hydra would say in its own way that a job failed. An empty folder is Hydra's.
            mistakes.append(_located(error, catalogue))
            remove_empty(Path(HydraConfig.get().runtime.output_dir))

    _hand_over(command, words, task, catalogue)
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=0)


def _run_several(command: Command, words: list[str], catalogue: Catalogue, sweep: Path) -> int:
    """Run all jobs of a sweep, wherever its launcher has them run; return the greatest exit status of theirs."""
    reports, needed = JobReports(sweep), loaded()

    def task(config: DictConfig) -> float | None:
        # In a process of the launcher's, perhaps.
        start_warp(quiet=True)
        restore(needed)
        number, told = HydraConfig.get().job.num, " ".join(HydraConfig.get().overrides.task)
        folder = HydraConfig.get().runtime.output_dir
        try:
            ended = command.prepare(_invocation(config, folder)).work()
        except UnreadError:
            remove_empty(Path(folder))
            raise
        except CodesignError as error:
            mistake = _located(error, command.catalogue())  # its own, which need not be sent to another process
            remove_empty(Path(folder))
            if not reports.add(JobReport(number, told, MISTAKE, " ".join(str(mistake).split()))):
                got = f"{mistake.got} in job {number} ({told})"
                raise CodesignError(mistake.expected, got, mistake.remedy) from error
            return None
        status = _ended(ended)
        reports.add(JobReport(number, told, status))
        if status > SIGNALLED:
            # Else Hydra would begin the next job.
            raise Stopped(status - SIGNALLED)
        return ended.fitness if isinstance(ended, Scored) else None

    failure: Exception | None = None
    try:
        _hand_over(command, words, task, catalogue)
    except Exception as error:  # raised again, unless the jobs themselves have said more
        failure = of_launcher(error)
    finally:
        found = reports.collect()
    for report in found:
        if report.mistake:
            sys.stderr.write(f"codesign: {report.line()}\n")
    # A sweeper that compares jobs complains where all of them failed.
    if failure is not None and not (isinstance(failure, ValueError) and any(report.mistake for report in found)):
        raise failure
    return max((report.status for report in found), default=0)


def _hand_over(command: Command, words: list[str], task: Callable[[DictConfig], Any], catalogue: Catalogue) -> None:
    """Let Hydra do what a command line says, with `task` for the work."""
    with explained(catalogue), _as_process([f"codesign {command.name}", *words]):
        hydra.main(str(config_folder()), command.config_name, version_base=VERSION_BASE)(task)()


def _ended(ended: "int | Scored") -> int:
    return ended.status if isinstance(ended, Scored) else ended


def _located(error: CodesignError, catalogue: Catalogue) -> CodesignError:
    return catalogue.located(error) if isinstance(error, ConfigError) else error


def _print_help(command: Command, flags: argparse.Namespace, catalogue: Catalogue) -> None:
    with composer(flags, command.config_name, catalogue) as composed:
        overrides = next(jobs(flags.overrides, multirun=flags.multirun))
        _precheck(command, overrides, catalogue)
        print(help_text(catalogue, composed(overrides), writes=command.writes))  # noqa: T201 - this is what was asked for


def _precheck(command: Command, overrides: list[str], catalogue: Catalogue) -> None:
    chosen = by_key(overrides)
    require_each_once(chosen, catalogue.collections)
    command.precheck(chosen)


@dataclass(frozen=True)
class _Checked:
    """A command line whose jobs were all found to be right.

    Attributes:
        folder: where the only job writes, or the sweep; None where the configuration is only to be shown.
        multirun: whether it is a sweep.
        passing: whether the folder's name is one by default that holds the time of day, so that others may come to it.
        further: words to be added to the command line.
        told: a line about these; empty where nothing is to be said.
    """

    folder: Path | None
    multirun: bool
    passing: bool
    further: tuple[str, ...]
    told: str


def _check(command: Command, flags: argparse.Namespace, catalogue: Catalogue) -> _Checked:
    """Compose and prepare every job that would run, unless the configuration is only to be shown."""
    with composer(flags, command.config_name, catalogue) as composed:
        first = next(jobs(flags.overrides, multirun=flags.multirun or asks_for_several(flags.overrides)))
        _precheck(command, first, catalogue)
        config = composed(first)
        require_loaded(config)
        multirun = flags.multirun or config.hydra.mode == RunMode.MULTIRUN
        added, told = _completed(command, config, composed, first)
        first, config = [*first, *added], composed([*first, *added]) if added else config
        if multirun and not command.writes:
            remedy = "give it one value for each key, without -m"
            raise ConfigError(f"one run at a time for codesign {command.name}", "several jobs", remedy)
        params = sweeper_params(config, flags.overrides) if multirun else []
        planned = [[*job, *added] for job in jobs([*params, *flags.overrides], multirun=multirun)]
        if flags.cfg:
            return _Checked(None, multirun, False, tuple(added), "")
        require_paths(config, multirun=multirun)
        start_warp(quiet=True)  # this process is ours, and a laptop need not be told that it has no GPU
        node = config.hydra.sweep if multirun else config.hydra.run
        typed = [word.lstrip("+").partition("=")[0] for word in config.hydra.overrides.hydra]
        timed = "${now:" in OmegaConf.to_yaml(node)
        passing = timed and ("hydra.sweep.dir" if multirun else "hydra.run.dir") not in typed
        base = _short(Path(node.dir))
        folder = own = free_name(base) if passing else base
        for overrides in planned:
            with told_of_job(overrides, flags.overrides, several=len(planned) > 1), explained(catalogue):
                _precheck(command, overrides, catalogue)
                if overrides != first:
                    config = composed(overrides)
                    require_loaded(config)
                    require_paths(config, multirun=multirun)
                plan = command.prepare(_invocation(config, config.hydra.run.dir if multirun else own, timed=timed))
            folder = folder if multirun else plan.folder
            if command.writes:
                check_writable(folder)
        passing = passing and folder == own
        return _Checked(base if passing else folder, multirun, passing, (*maximising(config, typed), *added), told)


def _completed(
    command: Command, config: DictConfig, composed: Callable[[list[str]], DictConfig], overrides: list[str]
) -> tuple[list[str], str]:
    """Return the words that a command line lacks, and a line about them."""
    added, told = list[str](), ""
    while (more := command.complete(_invocation(config, ""))).words:
        added += more.words
        told = f"{more.reason}: {' '.join(added)}" if more.reason else ""
        config = composed([*overrides, *added])
    return added, told


def _invocation(config: DictConfig, folder: str | Path, *, timed: bool = False) -> Invocation:
    own = OmegaConf.to_container(
        OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]), resolve=True
    )
    assert isinstance(own, dict)
    hydra_config = config.hydra if "hydra" in config else HydraConfig.get()
    parsed = OverridesParser.create().parse_overrides(list(hydra_config.overrides.task))
    keys = tuple(override.key_or_group for override in parsed)
    return Invocation({str(key): value for key, value in own.items()}, keys, _short(Path(folder)), timed)


def _short(path: Path) -> Path:
    """Return a path from the working folder where it is below that: shorter to read, and to type again."""
    working = Path.cwd()
    return path.relative_to(working) if path.is_relative_to(working) else path


@contextmanager
def _as_process(words: list[str]) -> Iterator[None]:
    """Let Hydra see `words` as the command line, and raise errors instead of printing them."""
    before, full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv, os.environ["HYDRA_FULL_ERROR"] = words, "1"
    try:
        yield
    except SystemExit as ended:
        # Hydra leaves by exiting after it has shown help.
        if ended.code:
            raise
    finally:
        sys.argv = before
        if full is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = full
