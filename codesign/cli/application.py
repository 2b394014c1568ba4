"""A command as a Hydra application, whose whole configuration is checked before anything is written."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import hydra
import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import codesign
from codesign.cli.complaints import explain
from codesign.cli.entry import INTERRUPTED
from codesign.cli.schemas import Catalogue, register
from codesign.errors import CodesignError, ConfigError, OutputError
from codesign.sim import start_warp

VERSION_BASE = "1.3"

PATHS = ("run", "output", "designs", "previous", "weights", "terrain.file", "hydra.run.dir", "hydra.sweep.dir")
"""Keys that hold paths, which may have any character in them."""

OTHER_KEYS = ("experiment", "debug", "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.job.name")
"""Keys that Hydra reads and no catalogue lists, for suggestions."""


@dataclass(frozen=True)
class Request:
    """What a user asked a command to do.

    Attributes:
        config: the composed configuration without Hydra's own part, plain containers.
        overrides: keys and groups that were set on the command line.
        folder: where Hydra would let the command write.
    """

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Prepared:
    """A request that was accepted.

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
        prepare: checks a request without writing anything, and returns what is to be done.
        precheck: checks the overrides by their keys before a configuration is composed with them.
    """

    name: str
    config_name: str
    catalogue: Callable[[], Catalogue]
    prepare: Callable[[Request], Prepared]
    precheck: Callable[[Mapping[str, Any]], None] = lambda _overrides: None


def run(command: Command, arguments: Sequence[str]) -> int:
    """Run `command` with Hydra's flags and overrides, and return its exit status.

    Raises:
        CodesignError: something the user can mend. If it was found before the work began, nothing was written.
    """
    words = [_readable(word) for word in arguments]
    flags = _parsed(command, words)
    catalogue = command.catalogue()
    register(catalogue)
    folder = None
    statuses: list[int] = []
    mistakes: list[CodesignError] = []

    def task(config: DictConfig) -> None:
        try:
            statuses.append(command.prepare(_request(config, HydraConfig.get().runtime.output_dir)).work())
        except CodesignError as error:
            # Kept for later, because Hydra would say in its own way that a job failed. An empty folder is Hydra's.
            mistakes.append(error)
            with suppress(OSError):
                Path(HydraConfig.get().runtime.output_dir).rmdir()
        if flags.multirun and INTERRUPTED in statuses:
            # Else Hydra would begin the next job.
            raise KeyboardInterrupt

    if not (flags.hydra_help or flags.shell_completion or flags.info):
        folder = _check(command, flags, catalogue)
    if folder is not None:
        # The folder that was checked, even where its name holds the time of day.
        words.append(f"hydra.run.dir={_quoted(str(folder))}")
    with _explained(catalogue), _as_process([f"codesign {command.name}", *words]):
        hydra.main(str(config_folder()), command.config_name, version_base=VERSION_BASE)(task)()
    if mistakes:
        raise mistakes[0]
    return max(statuses, default=0)


def config_folder() -> Path:
    """Return the folder of the configuration: inside an installed package, or at the top of a checkout."""
    package = Path(codesign.__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def _readable(word: str) -> str:
    """Return KEY=PATH with the path in quotes where Hydra could not read it without them."""
    key, equals, path = word.partition("=")
    if not equals or key not in PATHS:
        return word
    try:
        OverridesParser.create().parse_override(word)
    except HydraException:
        return f"{key}={_quoted(path)}"
    return word


def _parsed(command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        remedy = f"put flags first, or see codesign {command.name} --hydra-help"
        raise ConfigError("flags that Hydra knows", message, remedy)

    parser.error = refuse
    flags = parser.parse_args(list(arguments))
    if flags.experimental_rerun is not None:
        raise ConfigError("a configuration in YAML", "a pickle to run again", "use run=FOLDER, no pickle is read")
    return flags


def _check(command: Command, flags: argparse.Namespace, catalogue: Catalogue) -> Path | None:
    """Compose and prepare every job that would run; return the folder of the only one, or None."""
    config_name = flags.config_name or command.config_name
    search = (
        [] if flags.config_dir is None else [f"hydra.searchpath=[{_quoted(f'file://{_existing(flags.config_dir)}')}]"]
    )
    config_path = str(config_folder()) if flags.config_path is None else str(_existing(flags.config_path))
    folder = None
    with _explained(catalogue), initialize_config_dir(config_path, job_name="codesign", version_base=VERSION_BASE):
        for overrides in _jobs(flags):
            command.precheck(_by_key(overrides))
            config = _composed(config_name, [*overrides, *search])
            if flags.help or flags.cfg:
                continue
            start_warp(quiet=True)  # this process is ours, and a laptop need not be told that it has no GPU
            prepared = command.prepare(_request(config, config.hydra.run.dir))
            folder = Path(config.hydra.sweep.dir) if flags.multirun else prepared.folder
            _check_writable(folder)
    return None if flags.multirun else folder


def _composed(config_name: str, overrides: list[str]) -> DictConfig:
    try:
        return compose(config_name, overrides, return_hydra_config=True)
    except OmegaConfBaseException:
        raise
    except yaml.YAMLError as error:
        raise ConfigError("configuration files in YAML", str(error), "mend the file") from error
    except ValueError as error:
        # Hydra raises this one for a choice of nothing, as in task=null.
        raise ConfigError("choices by name", str(error), "choose with group=NAME, or leave it out") from error


def _jobs(flags: argparse.Namespace) -> Iterator[list[str]]:
    """Yield overrides that cover every value of every sweep, each at least once."""
    if not flags.multirun:
        yield flags.overrides
        return
    loader = GlobalHydra.instance().config_loader()
    parsed = OverridesParser.create(loader).parse_overrides(flags.overrides)
    values = [_values(override) for override in parsed]
    first = [options[0] for options in values if options]
    yield first
    for place, options in enumerate(options for options in values if options):
        for option in options[1:]:
            yield [*first[:place], option, *first[place + 1 :]]


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if not override.is_discrete_sweep():
        return []
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def _by_key(overrides: list[str]) -> dict[str, Any]:
    parsed = OverridesParser.create().parse_overrides(overrides)
    return {
        override.key_or_group: override.value()
        for override in parsed
        if not (override.is_sweep_override() or override.key_or_group.partition(".")[0] == "hydra")
    }


def _request(config: DictConfig, folder: str) -> Request:
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
    return Request({str(key): value for key, value in own.items()}, keys, path)


def _existing(folder: str) -> Path:
    path = Path(folder).resolve()
    if not path.is_dir():
        raise ConfigError("a folder of configuration", f"{path}, which is none", "name one that exists")
    return path


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


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
def _explained(catalogue: Catalogue) -> Iterator[None]:
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, [*catalogue.keys(), *OTHER_KEYS]) from error


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
