"""The configuration in a run folder and the copies of the files that it names: written once, read as plain values."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from codesign.cli.modest_yaml import UnexpectedReferenceError, require_modest_yaml
from codesign.cli.schemas import Catalogue
from codesign.cli.suggestions import typed
from codesign.errors import ConfigError, RunError
from codesign.plugins import loaded, used_by
from codesign.reading import MOST, read_bytes
from codesign.run import FIRST_RECORD, Experiment, RunFolder, renewed

AUTO = "auto"
"""What `run` says for a run that is to begin in the output folder, or to go on if it is there already."""

FREE = ("run", "plugins", "evaluator", "execution", "logger", "loggers", "checkpoints", "search.generations")
FREE += ("search.polish_designs", "search.polish_iterations", "search.final_designs", "search.final_starts")
"""What may be set anew when a run goes on; none of it changes what a finished generation was."""

DECISIVE = ("execution.precision",)
"""What is part of these and changes results all the same."""

PACKAGES = "packages"
"""Where a run's `config.yaml` has the installed packages whose plug-ins it uses, which is no configuration."""

CHECKSUMS = "plugin_checksums"
"""Where it has a checksum of the source of each loose module whose plug-ins it names or uses; no configuration."""

FILES = ("terrain.file", "weights")
"""Keys that name files. A run keeps its own copies, because files change and folders move."""

FIRST = "search.first"
"""Key that names files or folders of bodies, of which a run keeps one record (`codesign.run.FirstDesigns`)."""

ADDED = {"weights": None, "lenient": False, "plugins": []}
"""Plain values that were added after runs had been written, at what the program did before. Fields of settings that
were added stand in `codesign.run`, beside the settings."""


def to_yaml(config: Mapping[str, Any]) -> str:
    """Return a configuration as the YAML that `read` takes back, with the plug-ins that it needs.

    Those that the command line named stand under `plugins`, installed packages whose entries are used under `packages`,
    each with its version, and checksums of the sources of loose modules under `plugin_checksums`.
    """
    named = list(typed("plugins", config["plugins"]))
    used = used_by(config)
    packages = {plugin.package: plugin.version for plugin in used if plugin.package}
    loose = [plugin for plugin in loaded() if not plugin.package and (plugin.name in named or plugin in used)]
    told = {PACKAGES: packages, CHECKSUMS: {plugin.name: plugin.checksum for plugin in loose}}
    return OmegaConf.to_yaml(
        OmegaConf.create({**config, "plugins": named, **{key: value for key, value in told.items() if value}})
    )


def input_files(config: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the content of the files that a configuration names, by the names of the copies that a run keeps.

    Raises:
        ConfigError: one of them cannot be read.
    """
    found = {}
    for key, source in _files(config):
        try:
            found[_copy_of(key, source)] = read_bytes(Path(source), MOST.input)
        except OSError as error:
            raise ConfigError(f"{key} to be a file", f"{source} ({error.strerror})", "check the path") from error
    return found


def read(folder: RunFolder, catalogue: Catalogue) -> dict[str, Any]:
    """Return the configuration that a run was started with, naming the run's own copies of files.

    Settings that the version which started it did not have are there too, at the values that mean what it did.

    Raises:
        RunError: the folder is not that of a run, its configuration is no YAML of plain values, or a copy is missing.
    """
    stored = _stored(folder)
    _require_plugins(stored, folder)
    with found_in(folder):
        config = _completed(
            {str(key): value for key, value in stored.items() if key not in (PACKAGES, CHECKSUMS)}, catalogue
        )
    copies = [(key, source, _copy_of(key, source)) for key, source in _files(config)]
    first = _value(config, FIRST)
    copies += [] if first is None else [(FIRST, str(first), FIRST_RECORD)]
    for key, source, name in copies:
        copy = folder.inputs / name
        if not copy.is_file():
            put = f"put there the file that the run was started with, which was {source}"
            raise RunError(f"the run's copy of {key}", f"nothing at {copy}", put)
        *groups, last = key.split(".")
        section = config
        for group in groups:
            section = section[group]
        section[last] = str(copy)
    return config


def read_plain(folder: RunFolder, catalogue: Catalogue) -> dict[str, Any]:
    """Return the configuration that a run was started with, for looking at it: nothing of it is to be built.

    Settings that the run's version did not have are there too where today's version knows the choices, so that runs of
    different versions can be compared; plug-ins and copies of files need not be there.

    Raises:
        RunError: the folder is not that of a run, or its configuration is no YAML of plain values.
    """
    stored = {str(key): value for key, value in _stored(folder).items() if key not in (PACKAGES, CHECKSUMS)}
    try:
        return _completed(deepcopy(stored), catalogue)
    except ConfigError:
        return stored


def decisive(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by dotted key that decide what a run does, whatever it is called and wherever it runs."""
    return {key: value for key, value in plain_values(config).items() if key != "title" and not _is_free(key)}


def _stored(folder: RunFolder) -> dict[Any, Any]:
    """Return what a run's `config.yaml` holds.

    Raises:
        RunError: see `read`.
    """
    remedy = "restore config.yaml, or start a new run"
    try:
        text = folder.config_text()
        require_modest_yaml(text, references=False)
        stored = OmegaConf.to_container(OmegaConf.create(text))
    except UnexpectedReferenceError as error:
        raise RunError("a configuration without references", f"{error} in {folder.config}", remedy) from error
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, OSError) as error:
        got = f"{folder.config} ({' '.join(str(error).split())})"
        raise RunError("a configuration in YAML", got, remedy) from error
    if not isinstance(stored, dict):
        raise RunError("a configuration with keys", f"{folder.config}, which has none", remedy)
    return stored


def plugin_notices(folder: RunFolder) -> list[str]:
    """Return a line for each plug-in of a run that is another than when the run began; runs repeat only with the same.

    Raises:
        RunError: see `read`.
    """
    stored, told = _stored(folder), list[str]()
    versions = {plugin.package: plugin.version for plugin in loaded() if plugin.package}
    checksums = {plugin.name: plugin.checksum for plugin in loaded() if not plugin.package}
    what_if = "so what comes now may differ from what the run would have done"
    for package, version in _entries(stored, PACKAGES).items():
        if package in versions and versions[package] != version:
            told.append(f"This run began with {package} {version}, and {versions[package]} is installed: {what_if}.")
    for name, checksum in _entries(stored, CHECKSUMS).items():
        if name in checksums and checksums[name] != checksum:
            told.append(f"The source of the plug-in {name} has changed since this run began: {what_if}.")
    return told


def _entries(stored: Mapping[Any, Any], key: str) -> dict[str, str]:
    found = stored.get(key)
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, Mapping) else {}


def naming_plugins(config: Mapping[str, Any]) -> str:
    """Return the word that names a configuration's plug-ins, for the end of a command line; empty if it has none."""
    named = typed("plugins", config["plugins"])
    return " " + shlex.quote(f"plugins=[{','.join(named)}]") if named else ""


def _require_plugins(stored: Mapping[Any, Any], folder: RunFolder) -> None:
    """Check that the plug-ins which a run says it needs are loaded; none is ever loaded because a run says so.

    Raises:
        RunError: one is not.
    """
    known = loaded()
    with found_in(folder):
        named = typed("plugins", stored.get("plugins", ()))
    missing = [name for name in named if name not in {plugin.name for plugin in known}]
    if missing:
        every = ",".join(named)
        remedy = (
            f"name {'it' if len(named) == 1 else 'them'} by plugins=[{every}], if you trust what is of this name here"
        )
        raise RunError(f"the plug-in {missing[0]}, which the run in {folder.path} needs", "none of this name", remedy)
    for package, version in _entries(stored, PACKAGES).items():
        if package not in {plugin.package for plugin in known}:
            remedy = f"pip install '{package}=={version}', if you trust it"
            expected = f"the installed package {package}, whose plug-ins the run in {folder.path} uses"
            raise RunError(expected, "none of this name", remedy)


@contextmanager
def found_in(folder: RunFolder) -> Iterator[None]:
    """Let errors about settings that are raised inside name the run whose configuration they are from."""
    try:
        yield
    except ConfigError as error:
        raise error.found_in(f"the configuration of {folder.path}") from error


def _completed(config: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """Return a stored configuration, changed, as the version of today would have written it."""
    for key, value in ADDED.items():
        config.setdefault(key, deepcopy(value))
    for key in sorted(catalogue.sections, key=lambda key: key.count(".")):  # sections inside others last
        section = _section(config, key)
        if section is not None:
            today = renewed(catalogue.kind(key, section.get("name")), section)
            section.clear()
            section.update((name, value) for name, value in today.items() if name not in catalogue.collections)
    for key, kind in catalogue.members(config).items():
        section = _section(config, key)
        if section is not None:
            section.update(renewed(kind, section))
    return config


def _section(config: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Return a section of a configuration, put there where there is none; None where something else is there."""
    section: Any = config
    for part in key.split("."):
        section = section.setdefault(part, {}) if isinstance(section, dict) else None
    return section if isinstance(section, dict) else None


def require_resumable(overrides: Mapping[str, Any]) -> None:
    """Check that a command line which goes on with a run sets nothing that would make it another run.

    Args:
        overrides: values by the keys and groups that the command line sets, with or without `run`.

    Raises:
        ConfigError: it does.
    """
    if overrides.get("run") in (None, AUTO):
        return
    for key in overrides:
        if not _is_free(key):
            got = f"{key} together with run={overrides['run']}"
            settable = ", ".join(FREE[1:]).replace("execution", "execution (but not its precision)")
            remedy = f"set only {settable}, or start a new run"
            raise ConfigError("a run to go on as it was started", got, remedy)


def with_overrides(
    stored: Mapping[str, Any], composed: Mapping[str, Any], overrides: tuple[str, ...]
) -> dict[str, Any]:
    """Return the stored configuration with what the command line sets anew.

    Args:
        stored: what the run was started with.
        composed: what the command line composes, from which the new values are taken.
        overrides: keys and groups that the command line sets, all of which a run leaves free.
    """
    config = deepcopy(dict(stored))
    for key in overrides:
        if key != "run":
            _set(config, key.split("."), composed)
    return config


def with_free(stored: Mapping[str, Any], composed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored configuration with all that a run leaves free from another one."""
    config = deepcopy(dict(stored))
    for key in FREE:
        _set(config, key.split("."), composed)
    return config


def require_same(stored: Mapping[str, Any], composed: Mapping[str, Any], folder: RunFolder) -> None:
    """Check that a configuration is that of a run, apart from what a run leaves free.

    Args:
        stored: what the run was started with, as `read` returns it.
        composed: the other.
        folder: the run's.

    Raises:
        ConfigError: a setting differs, or the content of a file that one names.
    """
    started, asked = plain_values(stored), plain_values(composed)
    if started.get(FIRST) is not None and asked.get(FIRST) is not None:
        asked[FIRST] = started[FIRST]  # which the designs themselves decide, see `require_same_first`
    files = dict(_files(stored)), dict(_files(composed))
    for key in sorted(started.keys() | asked.keys(), key=lambda key: (key == "title", key)):
        before, now = started.get(key), asked.get(key)
        if key in files[0] and key in files[1]:
            same = _same_content(Path(files[0][key]), Path(files[1][key]))  # the first is the run's own copy
            before = "a file of other content"
        else:
            same = before == now
        if not (same or _is_free(key)):
            remedy = f"set {key} as it was, or choose another folder"
            raise ConfigError(f"{key} as the run in {folder.path} was started with, {before}", str(now), remedy)


def require_same_first(stored: Experiment, asked: Experiment, folder: RunFolder) -> None:
    """Check that the bodies that a run is to begin with are those that it began with.

    Raises:
        ConfigError: they are others.
    """
    if stored.first is not None and asked.first is not None and stored.first.checksum != asked.first.checksum:
        expected = f"{FIRST} as the run in {folder.path} was started with"
        remedy = f"restore the files that {FIRST} names, or choose another folder"
        raise ConfigError(expected, "files of other bodies", remedy)


def _is_free(key: str) -> bool:
    return key not in DECISIVE and any(key == name or key.startswith(f"{name}.") for name in FREE)


def _same_content(one: Path, other: Path) -> bool:
    try:
        return read_bytes(one, MOST.input) == read_bytes(other, MOST.input)
    except OSError:
        return False


def plain_values(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values inside nested mappings by dotted key."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= plain_values(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _set(config: dict[str, Any], path: Sequence[str], composed: Mapping[str, Any]) -> None:
    first, *rest = path
    if rest and isinstance(config.get(first), dict):
        _set(config[first], rest, composed[first])
    elif first in composed:
        config[first] = composed[first]
    else:
        config.pop(first, None)  # a collection of which nothing is chosen


def _files(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the keys that name a file in this configuration, and the file of each."""
    found: list[tuple[str, str]] = []
    for key in FILES:
        value = _value(config, key)
        # A number too, since it would be taken for the name of a file.
        if isinstance(value, str | int | float):
            found.append((key, str(value)))
    return found


def _value(config: Mapping[str, Any], key: str) -> Any:
    """Return what a configuration has at a dotted key, None where it has nothing."""
    value: Any = config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _copy_of(key: str, source: str) -> str:
    """Return the name of a run's copy; a reader may tell kinds of files by their suffix."""
    return f"{key}{Path(source).suffix}"
