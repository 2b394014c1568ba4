"""From the arguments of a call to the configuration that the command line would compose, and to an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesign.api.arguments import GROUPS, KEYS, Argument, forces_of, option_of, plain
from codesign.api.mistakes import in_python
from codesign.cli.experiments import (
    Catalogue,
    build,
    composed,
    current_catalogue,
    experiment_of,
    found_in,
    input_files,
    named_plugins,
    options,
    plugin_notices,
    read,
    require_effect,
    require_same,
    require_same_first,
    to_yaml,
    with_free,
)
from codesign.errors import RunError
from codesign.formats import BodyPlan
from codesign.run import Experiment, LoggerSettings, RunFolder

__all__ = [
    "Configured",
    "changed",
    "configured",
    "copied",
    "for_folder",
    "made",
    "of_folder",
    "plugin_notices",
    "to_yaml",
]


@dataclass(frozen=True)
class Configured:
    """An experiment and the configuration that makes it.

    Attributes:
        config: as a run folder's config.yaml holds it, plain containers.
        experiment: what it makes.
        foreign: settings that were given and whose classes no registry has, by argument; a run with them could not be
            read again.
        loggers: services that get the numbers of every generation of a run.
    """

    config: dict[str, Any]
    experiment: Experiment
    foreign: Mapping[str, Any]
    loggers: tuple[LoggerSettings, ...] = ()


def configured(arguments: Mapping[str, Any], experiment: str | None, values: Mapping[str, Any]) -> Configured:
    """Return the experiment that arguments describe; what they leave open is as conf/config.yaml says.

    Args:
        arguments: by the names of `GROUPS` and `forces`: names, settings, mappings, or None.
        experiment: name of an experiment in conf/, whose choices stand before the arguments; None for none.
        values: plain values at the top of a configuration: seed, weights, title; None where left open.

    Raises:
        ConfigError: one of them is none of what can be chosen, or is out of range, or they do not go together.
    """
    catalogue = current_catalogue()
    choices: dict[str, str] = {"evaluator": "local"}
    if experiment is not None:
        choices["experiment"] = option_of("experiment", experiment, options("experiment"))
    given = {name: Argument.of(catalogue, name, value) for name, value in arguments.items() if name != "forces"}
    choices |= {each.group: each.option for each in given.values() if each.option}
    with in_python():
        config, title = composed(catalogue, choices)
    for argument in given.values():
        argument.apply(catalogue, config)
    foreign = {name: each.settings for name, each in given.items() if each.foreign}
    forces = arguments.get("forces")
    own = getattr(arguments.get("physics"), "forces", ())
    if forces is None and own:
        forces = own
    if forces is not None:
        config["forces"] = forces_of(catalogue, forces)
    config |= {name: plain(name, value) for name, value in values.items() if value is not None}
    if values.get("title") is None:
        config["title"] = title_of(title, config)
    found = made(catalogue, config, foreign)
    with in_python():
        require_effect({"learner": found.experiment.trial.learner})
    return found


def changed(
    before: Configured,
    arguments: Mapping[str, Any],
    values: Mapping[str, Any],
    first: Sequence[tuple[str, BodyPlan]] = (),
) -> Configured:
    """Return an experiment that differs from another by arguments, which are given as in `configured`.

    An argument that names an option of conf/ takes that option whole; a mapping without a name changes what is there.

    Args:
        before: the other.
        arguments: see `configured`.
        values: see `configured`.
        first: bodies that a run begins with and that are in no file, see `experiment_of`.

    Raises:
        ConfigError: see `configured`.
    """
    catalogue = current_catalogue()
    config = copied(before.config)
    foreign = dict(before.foreign)
    for name, value in arguments.items():
        if value is None:
            continue
        argument = Argument.of(catalogue, name, value)
        if argument.option:
            with in_python():
                fresh, _ = composed(catalogue, {argument.group: argument.option})
            config[argument.group] = fresh[argument.group]
        argument.apply(catalogue, config)
        foreign.pop(name, None)
        if argument.foreign:
            foreign[name] = argument.settings
    config |= {name: plain(name, value) for name, value in values.items() if value is not None}
    config["plugins"] = named_plugins(config)
    return made(catalogue, config, foreign, first)


def made(
    catalogue: Catalogue,
    config: dict[str, Any],
    foreign: Mapping[str, Any],
    first: Sequence[tuple[str, BodyPlan]] = (),
) -> Configured:
    """Return the experiment of a configuration; settings of `foreign` classes stand in for its sections.

    Raises:
        ConfigError: what the configuration holds is of the wrong type, out of range, or does not go together.
    """
    with in_python():
        settings = build(catalogue, config)
        for argument, value in foreign.items():
            settings[KEYS.get(argument, GROUPS[argument])] = value
        return Configured(config, experiment_of(settings, first), foreign, settings["loggers"])


def title_of(title: str, config: Mapping[str, Any]) -> str:
    """Return a title in which the names of what was chosen stand in the places of references to them."""
    for reference in ("task.name", "controller.name", "body.lattice.name"):
        value: Any = config
        for part in reference.split("."):
            value = value[part]
        title = title.replace(f"${{{reference}}}", str(value))
    return title


def copied(value: Any) -> Any:
    """Return nested mappings and lists that share nothing with the given ones."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def of_folder(path: Path) -> Configured:
    """Return the experiment of a run folder.

    Raises:
        RunError: the folder is not that of a run, or its configuration cannot be read.
    """
    catalogue, folder = current_catalogue(), RunFolder(path)
    with in_python():
        config = read(folder, catalogue)
        with found_in(folder):
            return made(catalogue, config, {})


def for_folder(configured: Configured, folder: RunFolder) -> tuple[Configured, dict[str, bytes] | None]:
    """Return an experiment as a run in a folder has it, and the files that a new run is to copy.

    Args:
        configured: what is wanted.
        folder: a folder without a run, or that of a run that was started with these settings.

    Returns:
        The experiment, and for a new run the content of the files that its configuration names; None for one that goes
        on, whose own copies are named then.

    Raises:
        ConfigError: the folder holds a run with other settings, or a setting of a new run has no effect.
        RunError: it holds something else, or only the record of a run.
    """
    catalogue = current_catalogue()
    with in_python():
        if not folder.config.exists():
            own = configured.experiment
            require_effect({"learner": own.trial.learner, "search": own.search, "mutation": own.variation})
            inputs = {**input_files(configured.config), **configured.experiment.inputs}
            folder.require_unused(inputs)
            return configured, inputs
        stored = read(folder, catalogue)
        if not folder.begun:
            got = f"{folder.path}, which only records how one was configured"
            raise RunError("the folder of a run that has begun, or a new one", got, "choose another folder")
        require_same(stored, configured.config, folder)
        if configured.experiment.first is not None:
            require_same_first(made(catalogue, stored, {}).experiment, configured.experiment, folder)
        return made(catalogue, with_free(stored, configured.config), {}), None
