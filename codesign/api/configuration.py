"""From the arguments of a call to the configuration that the command line would compose, and to an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from codesign.api.mistakes import in_python
from codesign.cli.experiments import (
    Catalogue,
    build,
    composed,
    experiment_catalogue,
    experiment_of,
    found_in,
    input_files,
    listed,
    nearest,
    options,
    plain_fields,
    read,
    require_same,
    to_yaml,
    with_free,
)
from codesign.errors import ConfigError, RunError
from codesign.run import Experiment, LoggerSettings, RunFolder

__all__ = ["Configured", "changed", "configured", "copied", "for_folder", "made", "of_folder", "to_yaml"]

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "body": "body",
        "controller": "controller",
        "task": "task",
        "terrain": "terrain",
        "physics": "sim",
        "conditions": "conditions",
        "learner": "learner",
        "execution": "execution",
        "search": "search",
        "mutation": "mutation",
        "evaluator": "evaluator",
        "checkpoints": "checkpoints",
    }
)
"""Arguments by name, and the section of a configuration that each of them chooses and fills in."""

_KEYS = {"body": "body.lattice"}
"""The registry whose entries a section's options are named after, where it is not the section's own."""


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
    catalogue = experiment_catalogue()
    choices: dict[str, str] = {"evaluator": "local"}
    if experiment is not None:
        choices["experiment"] = _option("experiment", experiment, options("experiment"))
    given = {name: _Argument.of(catalogue, name, value) for name, value in arguments.items() if name != "forces"}
    choices |= {each.group: each.option for each in given.values() if each.option}
    with in_python():
        config, title = composed(catalogue, choices)
    for argument in given.values():
        argument.apply(catalogue, config)
    foreign = {name: each.foreign for name, each in given.items() if each.foreign is not None}
    forces = arguments.get("forces")
    own = getattr(arguments.get("physics"), "forces", ())
    if forces is None and own:
        forces = own
    if forces is not None:
        config["forces"] = _forces(catalogue, forces)
    config |= {name: _plain(name, value) for name, value in values.items() if value is not None}
    if values.get("title") is None:
        config["title"] = title_of(title, config)
    return made(catalogue, config, foreign)


def changed(before: Configured, arguments: Mapping[str, Any], values: Mapping[str, Any]) -> Configured:
    """Return an experiment that differs from another by arguments, which are given as in `configured`.

    An argument that names an option of conf/ takes that option whole; a mapping without a name changes what is there.

    Raises:
        ConfigError: see `configured`.
    """
    catalogue = experiment_catalogue()
    config = copied(before.config)
    foreign = dict(before.foreign)
    for name, value in arguments.items():
        if value is None:
            continue
        argument = _Argument.of(catalogue, name, value)
        if argument.option:
            with in_python():
                fresh, _ = composed(catalogue, {argument.group: argument.option})
            config[argument.group] = fresh[argument.group]
        argument.apply(catalogue, config)
        foreign.pop(name, None)
        if argument.foreign is not None:
            foreign[name] = argument.foreign
    config |= {name: _plain(name, value) for name, value in values.items() if value is not None}
    return made(catalogue, config, foreign)


def made(catalogue: Catalogue, config: dict[str, Any], foreign: Mapping[str, Any]) -> Configured:
    """Return the experiment of a configuration; settings of `foreign` classes stand in for its sections.

    Raises:
        ConfigError: what the configuration holds is of the wrong type, out of range, or does not go together.
    """
    with in_python():
        settings = build(catalogue, config)
        for argument, value in foreign.items():
            settings[_KEYS.get(argument, GROUPS[argument])] = value
        return Configured(config, experiment_of(settings), foreign, settings["loggers"])


def title_of(title: str, config: Mapping[str, Any]) -> str:
    """Return a title in which the names of what was chosen stand in the places of references to them."""
    for reference in ("task.name", "controller.name", "body.lattice.name"):
        value: Any = config
        for part in reference.split("."):
            value = value[part]
        title = title.replace(f"${{{reference}}}", str(value))
    return title


@dataclass(frozen=True)
class _Argument:
    """One argument, taken apart.

    Attributes:
        name: of the argument.
        option: the option of conf/ that it chooses; empty for none.
        entry: the entry of a registry that it chooses and that has no option in conf/; empty for none.
        fields: what it sets beside, by name.
        settings: an object that it gives whole.
    """

    name: str
    option: str = ""
    entry: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    settings: Any = None

    @property
    def group(self) -> str:
        """The section of the configuration that it is about."""
        return GROUPS[self.name]

    @property
    def foreign(self) -> Any:
        """The settings, if they are of a class that no registry has; else None."""
        if self.settings is None:
            return None
        registry = _registry(experiment_catalogue(), self.name)
        known = registry.values() if registry else [experiment_catalogue().records[self.group]]
        return None if type(self.settings) in known else self.settings

    @classmethod
    def of(cls, catalogue: Catalogue, name: str, value: Any) -> "_Argument":
        """Return a value for the argument `name`, taken apart.

        Raises:
            ConfigError: a name that nothing has, or neither a name, a mapping nor settings.
        """
        if value is None:
            return cls(name)
        registry, known = _registry(catalogue, name), options(GROUPS[name])
        fields: Mapping[str, Any] = {}
        if isinstance(value, Mapping):
            fields = {str(key): item for key, item in value.items() if key != "name"}
            value = value.get("name")
            if value is None:
                return cls(name, fields=fields)
        if isinstance(value, str):
            chosen = _option(name, value, sorted({*known, *registry}))
            return cls(name, option=chosen, fields=fields) if chosen in known else cls(name, "", chosen, fields)
        bases = tuple(base for kind in registry.values() for base in kind.__mro__[1:-1] if is_dataclass(base))
        kinds = (*registry.values(), *bases) or (catalogue.records[GROUPS[name]],)
        # Tasks, terrains and controllers need not derive from ours: what they must have is asked for where it is used.
        if not (isinstance(value, kinds) or (is_dataclass(value) and not isinstance(value, type) and registry)):
            expected = f"{name} as a name, a mapping or settings such as {kinds[0].__name__}()"
            raise ConfigError(expected, repr(value), f'write for example {name}="{next(iter(known or registry))}"')
        return cls(name, settings=value)

    def apply(self, catalogue: Catalogue, config: dict[str, Any]) -> None:
        """Put what it says into a configuration in which its option is chosen already.

        Raises:
            ConfigError: a field that what is chosen does not have.
        """
        if self.name == "body":
            self._apply_body(catalogue, config)
        elif self.name == "physics":
            self._apply_physics(catalogue, config)
        else:
            config[self.group] = self._section(catalogue, self.group, config[self.group])

    def _section(self, catalogue: Catalogue, key: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section `key`, so far `before`, with what the argument says."""
        if self.settings is not None:
            return dict(before) if self.foreign is not None else section_of(self.settings)
        section = _defaults(catalogue.choices[key][self.entry]) if self.entry else dict(before)
        return _filled(catalogue, key, section, self.fields, self.name)

    def _apply_body(self, catalogue: Catalogue, config: dict[str, Any]) -> None:
        body = config["body"]
        fields = dict(self.fields)
        for part in ("lattice", "tissue"):
            inner = fields.pop(part, None)
            if is_dataclass(inner):
                body[part] = section_of(inner)
            elif isinstance(inner, Mapping):
                body[part] = _filled(catalogue, f"body.{part}", body[part], inner, f'body["{part}"]')
            elif inner is not None:
                raise ConfigError(f'body["{part}"] as a mapping or settings', repr(inner), 'set body["name"] to a name')
        own = {item.name for item in plain_fields(catalogue.records["body.tissue"])} - {"name"}
        lattice = body["lattice"] if not self.entry else {"name": self.entry}
        known = {item.name for item in plain_fields(catalogue.kind("body.lattice", lattice["name"]))}
        tissue = {name: fields.pop(name) for name in list(fields) if name in own - known}
        rest = _Argument("body", entry=self.entry, fields=fields, settings=self.settings)
        body["lattice"] = rest._section(catalogue, "body.lattice", body["lattice"])
        body["tissue"] = _filled(catalogue, "body.tissue", body["tissue"], tissue, "body")

    def _apply_physics(self, catalogue: Catalogue, config: dict[str, Any]) -> None:
        before = config["sim"]
        contact = before["contact"]
        fields = dict(self.fields)
        asked = self.entry or fields.pop("contact", None)
        if self.settings is not None:
            contact = section_of(self.settings.contact)
        elif isinstance(asked, str):
            contact = _defaults(catalogue.choices["sim.contact"][_contact(catalogue, asked)])
        elif isinstance(asked, Mapping):
            if "name" in asked:
                contact = _defaults(catalogue.choices["sim.contact"][_contact(catalogue, asked["name"])])
            own = {name: value for name, value in asked.items() if name != "name"}
            contact = _filled(catalogue, "sim.contact", contact, own, 'physics["contact"]')
        elif asked is not None:
            contact = section_of(asked)
        rest = _Argument("physics", fields=fields, settings=self.settings)
        config["sim"] = {**rest._section(catalogue, "sim", before), "contact": contact}


def section_of(settings: Any) -> dict[str, Any]:
    """Return settings as a section of a configuration: plain values by field."""
    return {item.name: _plain(item.name, getattr(settings, item.name)) for item in plain_fields(type(settings))}


def _registry(catalogue: Catalogue, argument: str) -> Mapping[str, type]:
    """Return the entries that an argument may name; none for one of a single kind."""
    return catalogue.choices.get(_KEYS.get(argument, GROUPS[argument]), {})


def _contact(catalogue: Catalogue, name: Any) -> str:
    return _option('physics["contact"]', name, sorted(catalogue.choices["sim.contact"]))


def _option(argument: str, name: Any, known: Sequence[str]) -> str:
    if not isinstance(name, str) or name not in known:
        remedy = nearest(str(name), known, f'write for example {argument}="{next(iter(known), "NAME")}"')
        raise ConfigError(f"{argument} to be one of {listed(known)}", repr(name), remedy)
    return name


def _defaults(kind: Any) -> dict[str, Any]:
    return section_of(kind())


def _filled(
    catalogue: Catalogue, key: str, section: Mapping[str, Any], values: Mapping[str, Any], argument: str
) -> dict[str, Any]:
    """Return a section with other values in it.

    Raises:
        ConfigError: what is chosen there has no such field.
    """
    known = [item.name for item in plain_fields(catalogue.kind(key, section.get("name"))) if item.name != "name"]
    if argument == "body" and key == "body.lattice":
        known += [item.name for item in plain_fields(catalogue.records["body.tissue"]) if item.name != "name"]
    for name in values:
        if name not in known:
            chosen = f" ({section['name']})" if key in catalogue.choices else ""
            expected = f"settings of {argument}{chosen} among {listed(known)}"
            raise ConfigError(expected, repr(name), nearest(str(name), known, "leave it out"))
    return {**section, **{name: _plain(name, value) for name, value in values.items()}}


def _forces(catalogue: Catalogue, forces: Any) -> dict[str, Any]:
    """Return the section of forces for names, settings, mappings, or a mapping of settings by name."""
    registry = catalogue.collections["forces"]
    if isinstance(forces, Mapping) and "name" not in forces:
        forces = [{"name": name, **dict(fields or {})} for name, fields in forces.items()]
    several = [forces] if isinstance(forces, str | Mapping) or is_dataclass(forces) else list(forces)
    found: dict[str, Any] = {}
    for each in several:
        if is_dataclass(each):
            name, section = str(getattr(each, "name", "")), section_of(each)
            _option("forces", name, sorted(registry))
        else:
            asked = dict(each) if isinstance(each, Mapping) else {"name": each}
            name = _option("forces", asked.pop("name", None), sorted(registry))
            fields = [item.name for item in plain_fields(registry[name]) if item.name != "name"]
            for field in asked:
                if field not in fields:
                    expected = f"settings of {name} among {listed(fields)}"
                    raise ConfigError(expected, repr(field), nearest(str(field), fields, "leave it out"))
            section = {**_defaults(registry[name]), **{key: _plain(key, value) for key, value in asked.items()}}
        if name in found:
            raise ConfigError("forces with each kind once", f"{name!r} twice", "leave one out")
        found[name] = section
    return found


def _plain(name: str, value: Any) -> Any:
    """Return a value as a configuration holds it: numbers, texts, lists and mappings.

    Raises:
        ConfigError: a text with a reference, which a configuration would not read as this text.
    """
    if isinstance(value, np.ndarray | np.generic):
        return _plain(name, value.tolist())
    if isinstance(value, str | Path):
        if "${" in str(value):
            raise ConfigError(f"{name} without '${{'", repr(str(value)), "write it in other words")
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(name, item) for key, item in value.items()}
    return [_plain(name, item) for item in value] if isinstance(value, list | tuple) else value


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
    catalogue, folder = experiment_catalogue(), RunFolder(path)
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
        ConfigError: the folder holds a run with other settings.
        RunError: it holds something else, or only the record of a run.
    """
    catalogue = experiment_catalogue()
    with in_python():
        if not folder.config.exists():
            inputs = input_files(configured.config)
            folder.require_unused(inputs)
            return configured, inputs
        stored = read(folder, catalogue)
        if not folder.begun:
            got = f"{folder.path}, which only records how one was configured"
            raise RunError("the folder of a run that has begun, or a new one", got, "choose another folder")
        require_same(stored, configured.config, folder)
        return made(catalogue, with_free(stored, configured.config), {}), None
