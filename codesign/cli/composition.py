"""The configurations that a command line asks for, composed by Hydra; what goes wrong is explained."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import yaml
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import codesign
from codesign.cli.config_errors import explain
from codesign.cli.schemas import Catalogue
from codesign.errors import ConfigError
from codesign.paths import Use, require_path

VERSION_BASE = "1.3"

PATHS: dict[str, Use] = {
    "run": "folder",
    "output": "output",
    "designs": "either",
    "search.first": "either",
    "previous": "file",
    "weights": "file",
    "terrain.file": "file",
    "hydra.run.dir": "output",
    "hydra.sweep.dir": "output",
}
"""Keys that hold paths, which may have any character in them, and what for."""

WORDS = {"run": ("auto",), "designs": ("",), "search.first": ("",)}
"""What these may hold that is no path, or is refused elsewhere."""

OTHER_KEYS = ("experiment", "debug", "hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.job.name")
"""Keys that Hydra reads and no catalogue lists, for suggestions."""


def config_folder() -> Path:
    """Return the folder of the configuration: inside an installed package, or at the top of a checkout."""
    package = Path(codesign.__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def readable(word: str) -> str:
    """Return KEY=PATH with the path in quotes where Hydra could not read it without them, any other word as it is.

    Raises:
        ConfigError: a word with bytes that are no characters in this locale.
    """
    key, equals, path = word.partition("=")
    if not equals or key not in PATHS:
        if not word.isascii():
            _require_text(word)
        return word
    try:
        OverridesParser.create().parse_override(word)
    except HydraException:
        return f"{key}={quoted(path)}"
    return word


def _require_text(word: str) -> None:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError as error:
        got = word.encode("utf-8", "backslashreplace").decode("utf-8")
        raise ConfigError("words that this locale can read", got, "set LC_ALL=C.UTF-8") from error


def parse_flags(command: str, arguments: Sequence[str]) -> argparse.Namespace:
    """Return Hydra's flags and the overrides of a command line.

    Raises:
        ConfigError: a flag that Hydra does not know, or one that would run what is in a file.
    """
    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        remedy = f"put flags first, or see codesign {command} --hydra-help"
        raise ConfigError("flags that Hydra knows", message, remedy)

    parser.error = refuse
    flags = parser.parse_args(list(arguments))
    if flags.experimental_rerun is not None:
        raise ConfigError("a configuration in YAML", "a pickle to run again", "use run=FOLDER, no pickle is read")
    return flags


def require_paths(config: DictConfig, *, multirun: bool) -> None:
    """Check every path that a composed configuration names, Hydra's own included.

    Raises:
        ConfigError: one cannot be what it is for.
    """
    unused = {"hydra.run.dir" if multirun else "hydra.sweep.dir"}
    if OmegaConf.select(config, "run") is not None:
        unused |= {"weights", "terrain.file", "search.first"}  # a run that goes on has copies of its own
    for key, use in PATHS.items():
        value = None if key in unused else OmegaConf.select(config, key)
        for path in value if isinstance(value, ListConfig) else [value]:
            if isinstance(path, str) and path not in WORDS.get(key, ()):
                require_path(key, path, use)
    if multirun:
        job = OmegaConf.merge(config, {"hydra": {"job": {"num": 0}}})
        require_path("hydra.sweep.subdir", Path(config.hydra.sweep.dir, str(job.hydra.sweep.subdir)), "output")
    if config.hydra.job.chdir:
        remedy = "leave it out; paths count from where the command is started"
        raise ConfigError("hydra.job.chdir to be false", "true", remedy)


@contextmanager
def composer(
    flags: argparse.Namespace, config_name: str, catalogue: Catalogue
) -> Iterator[Callable[[list[str]], DictConfig]]:
    """Yield a function from overrides to the composed configuration, Hydra's own part included.

    Args:
        flags: as the command line has them; they may name other folders and another primary configuration.
        config_name: the command's primary configuration.
        catalogue: what the configuration may hold, for suggestions.

    Raises:
        ConfigError: a folder that is not there; within the context, a configuration that cannot be composed.
    """
    path = (
        str(config_folder())
        if flags.config_path is None
        else str(require_path("--config-path", flags.config_path, "folder").resolve())
    )
    further: list[str] = []
    if flags.config_dir is not None:
        folder = require_path("--config-dir", flags.config_dir, "folder").resolve()
        further.append(f"hydra.searchpath=[{quoted(f'file://{folder}')}]")

    def composed(overrides: list[str]) -> DictConfig:
        return _compose(flags.config_name or config_name, [*overrides, *further])

    with explained(catalogue), initialize_config_dir(str(path), job_name="codesign", version_base=VERSION_BASE):
        yield composed


def _compose(config_name: str, overrides: list[str]) -> DictConfig:
    try:
        return compose(config_name, overrides, return_hydra_config=True)
    except OmegaConfBaseException:
        raise
    except OverflowError as error:
        raise ConfigError("numbers of at most 64 bits", "a larger one", "set smaller numbers") from error
    except yaml.YAMLError as error:
        raise ConfigError("configuration files in YAML", str(error), "mend the file") from error
    except ValueError as error:
        # Hydra raises this one for a choice of nothing, as in task=null.
        raise ConfigError("choices by name", str(error), "choose with group=NAME, or leave it out") from error


def by_key(overrides: list[str]) -> dict[str, Any]:
    """Return the values of overrides by key or group, those of sweeps and of Hydra's own keys left out."""
    parsed = OverridesParser.create().parse_overrides(overrides)
    return {
        override.key_or_group: override.value()
        for override in parsed
        if not (override.is_sweep_override() or override.key_or_group.partition(".")[0] == "hydra")
    }


def require_each_once(overrides: Mapping[str, Any], collections: Iterable[str]) -> None:
    """Check that no entry of a collection is chosen twice, which Hydra takes for once.

    Args:
        overrides: values by the keys and groups that the command line sets.
        collections: groups of which any number of options may be chosen.

    Raises:
        ConfigError: one is.
    """
    for key in collections:
        chosen = overrides.get(key)
        names = [str(name) for name in chosen] if isinstance(chosen, list) else []
        if len(set(names)) < len(names):
            remedy = f"set {key}=[{','.join(dict.fromkeys(names))}]"
            raise ConfigError(f"{key} with each entry once", f"[{','.join(names)}]", remedy)


def quoted(text: str) -> str:
    """Return a text in quotes that Hydra reads as this very text."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextmanager
def explained(catalogue: Catalogue) -> Iterator[None]:
    """Raise what Hydra and OmegaConf raise inside as errors that name keys of the configuration."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise explain(error, catalogue, OTHER_KEYS) from error
    except ConfigError as error:
        raise catalogue.located(error) from error
