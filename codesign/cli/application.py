"""A command as a Hydra application, whose whole configuration is checked before anything is written."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from codesign.cli.composition import (
    VERSION_BASE,
    by_key,
    composer,
    config_folder,
    explained,
    jobs,
    parse_flags,
    quoted,
    readable,
    require_each_once,
    require_paths,
)
from codesign.cli.exit_codes import INTERRUPTED
from codesign.cli.help import help_text
from codesign.cli.schemas import Catalogue, register
from codesign.errors import CodesignError, ConfigError, OutputError
from codesign.paths import require_working_folder
from codesign.sim import start_warp


@dataclass(frozen=True)
class Invocation:
    """What a user typed, composed into a configuration.

    Attributes:
        config: the composed configuration without Hydra's own part, plain containers.
        overrides: keys and groups that were set on the command line.
        folder: where Hydra would let the command write.
    """

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Plan:
    """What a command will do for an invocation that was found to be right.

    Attributes:
        folder: where the work will write; made when it begins.
        work: does it and returns the exit status.
    """

    folder: Path
    work: Callable[[], int]


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    Attributes:
        name: as typed.
        config_name: its primary configuration in conf/.
        catalogue: returns what its configuration may hold.
        prepare: checks an invocation without writing anything, and returns what is to be done.
        precheck: checks the overrides by their keys before a configuration is composed with them.
    """

    name: str
    config_name: str
    catalogue: Callable[[], Catalogue]
    prepare: Callable[[Invocation], Plan]
    precheck: Callable[[Mapping[str, Any]], None] = lambda _overrides: None


def run(command: Command, arguments: Sequence[str]) -> int:
    """Run `command` with Hydra's flags and overrides, and return its exit status.

    Raises:
        CodesignError: something the user can mend. If it was found before the work began, nothing was written.
    """
    require_working_folder()
    words = [readable(word) for word in arguments]
    flags = parse_flags(command.name, words)
    catalogue = command.catalogue()
    register(catalogue)
    if flags.help:
        _print_help(command, flags, catalogue)
        return 0
    folder = None
    statuses: list[int] = []
    mistakes: list[CodesignError] = []

    def task(config: DictConfig) -> None:
        try:
            statuses.append(command.prepare(_invocation(config, HydraConfig.get().runtime.output_dir)).work())
        except CodesignError as error:
            # Kept for later, because Hydra would say in its own way that a job failed. An empty folder is Hydra's.
            mistakes.append(catalogue.located(error) if isinstance(error, ConfigError) else error)
            with suppress(OSError):
                Path(HydraConfig.get().runtime.output_dir).rmdir()
        if flags.multirun and INTERRUPTED in statuses:
            # Else Hydra would begin the next job.
            raise KeyboardInterrupt

    if not (flags.hydra_help or flags.shell_completion or flags.info):
        folder = _check(command, flags, catalogue)
    if folder is not None:
        # The folder that was checked, even where its name holds the time of day.
        words.append(f"hydra.run.dir={quoted(str(folder))}")
    with explained(catalogue), _as_process([f"codesign {command.name}", *words]):
        hydra.main(str(config_folder()), command.config_name, version_base=VERSION_BASE)(task)()
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=0)


def _print_help(command: Command, flags: argparse.Namespace, catalogue: Catalogue) -> None:
    with composer(flags, command.config_name, catalogue) as composed:
        overrides = next(jobs(flags))
        _precheck(command, overrides, catalogue)
        print(help_text(catalogue, composed(overrides)))  # noqa: T201 - this is what was asked for


def _precheck(command: Command, overrides: list[str], catalogue: Catalogue) -> None:
    chosen = by_key(overrides)
    require_each_once(chosen, catalogue.collections)
    command.precheck(chosen)


def _check(command: Command, flags: argparse.Namespace, catalogue: Catalogue) -> Path | None:
    """Compose and prepare every job that would run; return the folder of the only one, or None."""
    folder = None
    with composer(flags, command.config_name, catalogue) as composed:
        for overrides in jobs(flags):
            _precheck(command, overrides, catalogue)
            config = composed(overrides)
            if flags.cfg:
                continue
            require_paths(config, multirun=flags.multirun)
            start_warp(quiet=True)  # this process is ours, and a laptop need not be told that it has no GPU
            plan = command.prepare(_invocation(config, config.hydra.run.dir))
            folder = Path(config.hydra.sweep.dir) if flags.multirun else plan.folder
            _check_writable(folder)
    return None if flags.multirun else folder


def _invocation(config: DictConfig, folder: str) -> Invocation:
    own = OmegaConf.to_container(
        OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]), resolve=True
    )
    assert isinstance(own, dict)
    hydra_config = config.hydra if "hydra" in config else HydraConfig.get()
    parsed = OverridesParser.create().parse_overrides(list(hydra_config.overrides.task))
    keys = tuple(override.key_or_group for override in parsed)
    path, working = Path(folder), Path.cwd()
    if path.is_relative_to(working):
        # Shorter to read, and to type again.
        path = path.relative_to(working)
    return Invocation({str(key): value for key, value in own.items()}, keys, path)


def _check_writable(folder: Path) -> None:
    """Try to make `folder` and to write into it, and leave everything as it was.

    Raises:
        OutputError: it cannot be made or written to.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / f".codesign-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        got = f"{folder} ({error.strerror or error})"
        raise OutputError("a folder that can be written to", got, "choose another folder or free some space") from error
    finally:
        for path in missing:
            with suppress(OSError):
                path.rmdir()


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
