"""One argument of a call, taken apart: names, settings and mappings into sections of a configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from codesign.cli.experiments import Catalogue, listed, nearest, options, plain_fields
from codesign.errors import ConfigError
from codesign.evaluate import EvaluatorSettings
from codesign.genome import LatticeSettings
from codesign.search import SearchSettings
from codesign.sim import Controller, Task, Terrain
from codesign.train import Learner

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

BASES: Mapping[str, type] = MappingProxyType(
    {
        **{"body": LatticeSettings, "controller": Controller, "task": Task, "terrain": Terrain, "learner": Learner},
        **{"search": SearchSettings, "evaluator": EvaluatorSettings},
    }
)
"""What settings that are given whole must have, where there are several kinds of them."""

KEYS = {"body": "body.lattice"}
"""The registry whose entries a section's options are named after, where it is not the section's own."""


@dataclass(frozen=True)
class Argument:
    """One argument, taken apart.

    Attributes:
        name: of the argument.
        option: the option of conf/ that it chooses; empty for none.
        entry: the entry of a registry that it chooses and that has no option in conf/; empty for none.
        fields: what it sets beside, by name.
        settings: an object that it gives whole.
        foreign: whether that is of a class that no registry has.
    """

    name: str
    option: str = ""
    entry: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    settings: Any = None
    foreign: bool = False

    @property
    def group(self) -> str:
        """The section of the configuration that it is about."""
        return GROUPS[self.name]

    @classmethod
    def of(cls, catalogue: Catalogue, name: str, value: Any) -> "Argument":
        """Return a value for the argument `name`, taken apart.

        Raises:
            ConfigError: a name that nothing has, or neither a name, a mapping nor settings.
        """
        if value is None:
            return cls(name)
        registry, named = _registry(catalogue, name), options(GROUPS[name])
        fields: Mapping[str, Any] = {}
        if isinstance(value, Mapping):
            fields = {str(key): item for key, item in value.items() if key != "name"}
            value = value.get("name")
            if value is None:
                return cls(name, fields=fields)
        if isinstance(value, str):
            chosen = option_of(name, value, sorted({*named, *registry}))
            return cls(name, option=chosen, fields=fields) if chosen in named else cls(name, "", chosen, fields)
        kinds = tuple(registry.values()) or (catalogue.records[GROUPS[name]],)
        base = BASES.get(name, kinds[0])
        # Terrains and controllers need not derive from ours, but must have what ours have.
        fits = all(hasattr(value, member) for member in dir(base) if not member.startswith("_"))
        if isinstance(value, type) or not is_dataclass(value) or not fits:
            expected = f"{name} as a name, a mapping or settings such as {kinds[0].__name__}()"
            raise ConfigError(expected, repr(value), f'write for example {name}="{next(iter(named or registry))}"')
        return cls(name, settings=value, foreign=type(value) not in kinds)

    def apply(self, catalogue: Catalogue, config: dict[str, Any]) -> None:
        """Put what it says into a configuration in which its option is chosen already.

        Raises:
            ConfigError: a field that what is chosen does not have.
        """
        if self.name == "body":
            self._apply_body(catalogue, config)
        elif self.name == "physics":
            self._apply_physics(catalogue, config)
        elif self.name == "learner":
            self._apply_learner(catalogue, config)
        else:
            config[self.group] = self._section(catalogue, self.group, config[self.group])

    def _section(self, catalogue: Catalogue, key: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return the section `key`, so far `before`, with what the argument says."""
        if self.settings is not None:
            return dict(before) if self.foreign else section_of(self.settings)
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
        rest = replace(self, fields=fields)
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
        rest = replace(self, entry="", fields=fields)
        config["sim"] = {**rest._section(catalogue, "sim", before), "contact": contact}

    def _apply_learner(self, catalogue: Catalogue, config: dict[str, Any]) -> None:
        before = config["learner"]
        body, fields = before["body"], dict(self.fields)
        asked = fields.pop("body", None)
        if self.settings is not None and not self.foreign:
            body = section_of(self.settings.body)
        elif isinstance(asked, Mapping):
            body = _filled(catalogue, "learner.body", body, asked, 'learner["body"]')
        elif asked is not None and type(asked) is catalogue.records["learner.body"]:
            body = section_of(asked)
        elif asked is not None:
            remedy = 'write for example learner={"body": {"rest_lengths": 0.2}}'
            raise ConfigError('learner["body"] as a mapping or settings', repr(asked), remedy)
        rest = replace(self, fields=fields)
        config["learner"] = {**rest._section(catalogue, "learner", before), "body": body}


def section_of(settings: Any) -> dict[str, Any]:
    """Return settings as a section of a configuration: plain values by field."""
    return {item.name: plain(item.name, getattr(settings, item.name)) for item in plain_fields(type(settings))}


def _registry(catalogue: Catalogue, argument: str) -> Mapping[str, type]:
    """Return the entries that an argument may name; none for one of a single kind."""
    return catalogue.choices.get(KEYS.get(argument, GROUPS[argument]), {})


def _contact(catalogue: Catalogue, name: Any) -> str:
    return option_of('physics["contact"]', name, sorted(catalogue.choices["sim.contact"]))


def option_of(argument: str, name: Any, known: Sequence[str]) -> str:
    """Return a name that is among the known ones.

    Raises:
        ConfigError: it is not.
    """
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
    elif key == "learner":
        known.append("body")
    for name in values:
        if name not in known:
            chosen = f" ({section['name']})" if key in catalogue.choices else ""
            if not known:
                raise ConfigError(f"no settings of {argument}{chosen}, which has none", repr(name), "leave it out")
            expected = f"settings of {argument}{chosen} among {listed(known)}"
            raise ConfigError(expected, repr(name), nearest(str(name), known, "leave it out"))
    return {**section, **{name: plain(name, value) for name, value in values.items()}}


def forces_of(catalogue: Catalogue, forces: Any) -> dict[str, Any]:
    """Return the section of forces for names, settings, mappings, or a mapping of settings by name."""
    registry = catalogue.collections["forces"]
    if isinstance(forces, Mapping) and "name" not in forces:
        for name, fields in forces.items():
            if not isinstance(fields, Mapping | None):
                remedy = f'write for example forces={{"{name}": {{}}}}'
                raise ConfigError(f'forces["{name}"] as a mapping of settings', repr(fields), remedy)
        forces = [{"name": name, **dict(fields or {})} for name, fields in forces.items()]
    several = list(forces) if isinstance(forces, list | tuple) else [forces]
    found: dict[str, Any] = {}
    for each in several:
        if is_dataclass(each):
            name, section = str(getattr(each, "name", "")), section_of(each)
            option_of("forces", name, sorted(registry))
        else:
            asked = dict(each) if isinstance(each, Mapping) else {"name": each}
            name = option_of("forces", asked.pop("name", None), sorted(registry))
            fields = [item.name for item in plain_fields(registry[name]) if item.name != "name"]
            for field in asked:
                if field not in fields:
                    expected = f"settings of {name} among {listed(fields)}"
                    raise ConfigError(expected, repr(field), nearest(str(field), fields, "leave it out"))
            section = {**_defaults(registry[name]), **{key: plain(key, value) for key, value in asked.items()}}
        if name in found:
            raise ConfigError("forces with each kind once", f"{name!r} twice", "leave one out")
        found[name] = section
    return found


def plain(name: str, value: Any) -> Any:
    """Return a value as a configuration holds it: numbers, texts, lists and mappings.

    Raises:
        ConfigError: a text with a reference, which a configuration would not read as this text.
    """
    if isinstance(value, np.ndarray | np.generic):
        return plain(name, value.tolist())
    if isinstance(value, str | Path):
        if "${" in str(value):
            raise ConfigError(f"{name} without '${{'", repr(str(value)), "write it in other words")
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(name, item) for key, item in value.items()}
    return [plain(name, item) for item in value] if isinstance(value, list | tuple) else value
