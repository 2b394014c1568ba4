"""Structured configs: what a configuration is checked against, mirrored from the rooms' frozen dataclasses."""

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass
from functools import cache
from typing import Any, Literal

from codesign.errors import ConfigError
from codesign.plugins import added_keys, loaded

GROUP = "hydra/schema"
"""Group of the schemas in Hydra's store; Hydra leaves what starts with hydra/ out of an application's own choices."""


@dataclass(frozen=True)
class Catalogue:
    """What a configuration is made of, by dotted key.

    Attributes:
        choices: registries; a section's `name` says which entry it fills in. One inside a record, such as `sim.contact`
            inside `sim`, becomes the record's field of that name.
        records: sections of one kind.
        values: types of the plain values at the top.
        meanings: what keys mean that are no field of a dataclass: the plain values, and the entries of mappings.
        collections: registries of which a configuration may choose any number of entries, each a section inside.
    """

    choices: Mapping[str, Mapping[str, type]]
    records: Mapping[str, type]
    values: Mapping[str, Any]
    meanings: Mapping[str, str] = field(default_factory=dict)
    collections: Mapping[str, Mapping[str, type]] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[str, ...]:
        """Keys of all choices and records."""
        return (*self.choices, *self.records)

    def kind(self, key: str, name: object) -> type:
        """Return the dataclass behind section `key` when its name is `name`.

        Raises:
            ConfigError: the section's registry has no such entry.
        """
        if key in self.records:
            return self.records[key]
        registry = self.choices[key]
        if not isinstance(name, str) or name not in registry:
            remedy = f"choose one with {key.partition('.')[0]}=NAME"
            raise ConfigError(f"{key} to be one of {', '.join(sorted(registry))}", f"{name!r}", remedy)
        return registry[name]

    def members(self, config: Mapping[str, Any]) -> dict[str, type]:
        """Return the dataclasses behind the sections that a configuration has in its collections, by dotted key.

        Raises:
            ConfigError: a registry has no such entry.
        """
        found = {}
        for key, registry in self.collections.items():
            for name in config.get(key) or {}:
                if name not in registry:
                    choices = ", ".join(sorted(registry))
                    raise ConfigError(f"{key} as any of {choices}", f"{name!r}", f"choose with {key}=[NAME,NAME]")
                found[f"{key}.{name}"] = registry[name]
        return found

    def keys(self) -> list[str]:
        """Return every group and every dotted key that a configuration may set, whatever it chooses."""
        found = [*self.values, *self.collections, *(section.partition(".")[0] for section in self.sections)]
        for key in self._kinds:
            found += [key, *(f"{key}.{name}" for name in self._fields(key))]
        return sorted(set(found))

    def located(self, error: ConfigError) -> ConfigError:
        """Return an error with the section before the field that it is about, where just one section has such a field.

        Rooms know their fields and not the configuration. What `settings.build` makes has its section already; this is
        for what shows later, such as a device that is not there.
        """
        field = error.field.partition(".")[0]
        tops = {*self.values, *self.collections, *(key.partition(".")[0] for key in self.sections)}
        if not field or field in tops:
            return error
        holders = [key for key in self._kinds if field in self._fields(key) or f"{key}.{field}" in self._kinds]
        return error.within(holders[0]) if len(holders) == 1 else error

    def hint(self, key: str) -> Any:
        """Return the type of a key's value; None where nothing has such a key, or choices differ in its type."""
        if key in self.values:
            return self.values[key]
        section = max((own for own in self._kinds if key.startswith(f"{own}.")), key=len, default=None)
        if section is None:
            return None
        name, _, entry = key.removeprefix(f"{section}.").partition(".")
        hints = [typing.get_type_hints(kind)[name] for kind in self._kinds[section] if name in _settable(kind)]
        if not hints or any(hint != hints[0] for hint in hints):
            return None
        return typing.get_args(hints[0])[-1] if entry and typing.get_args(hints[0]) else hints[0]

    def _fields(self, section: str) -> set[str]:
        """Return the names of all fields that a section may have, whatever it chooses."""
        return {name for kind in self._kinds[section] for name in _settable(kind)}

    @property
    def _kinds(self) -> dict[str, list[type]]:
        """The dataclasses that each section may be of, those of collections included, by dotted key."""
        several = {f"{key}.{name}": [kind] for key, found in self.collections.items() for name, kind in found.items()}
        chosen = {key: list(registry.values()) for key, registry in self.choices.items()}
        return {**chosen, **{key: [kind] for key, kind in self.records.items()}, **several}


def _settable(kind: type) -> list[str]:
    return [item.name for item in plain_fields(kind)]


def register(catalogue: Catalogue) -> None:
    """Put the schemas into Hydra's store, as `hydra/schema/<group>/<entry>` and `hydra/schema/<record>`.

    A choice gives its group one schema per entry, which holds the group's records too: `body.lattice` with
    `body.tissue`, `learner` with `learner.body`.
    What plug-ins have added without a YAML file is an option of its group besides.

    Raises:
        ConfigError: the settings of a plug-in have a field of a type that no configuration can hold.
    """
    from hydra.core.config_store import ConfigStore  # noqa: PLC0415 - only a command that composes loads Hydra

    store = ConfigStore.instance()
    for key, registry in catalogue.choices.items():
        group, _, inner = key.partition(".")
        added = added_keys(registry)
        for name, kind in registry.items():
            if name in added:
                _require_plain(group, name, kind)
            records = _records_of(catalogue, group)
            if inner:
                base = mirror(catalogue.records[group]) if group in catalogue.records else None
                node = nested({key: kind, **records}, group, base)
            else:
                node = nested(records, group, mirror(kind)) if records else mirror(kind)
            store.store(name, node, f"{GROUP}/{group}")
            if name in added and not _has_file(group, name):
                store.store(name, node, group)
    for key, registry in catalogue.collections.items():
        added = added_keys(registry)
        for name, kind in registry.items():
            if name in added:
                _require_plain(key, name, kind)
            if name in added and not _has_file(key, name):
                store.store(name, mirror(kind), key, package=f"{key}.{name}")
            store.store(name, mirror(kind), f"{GROUP}/{key}")
    for key, kind in catalogue.records.items():
        if "." not in key:
            store.store(key, mirror(kind), GROUP)


def _has_file(group: str, name: str) -> bool:
    """Return whether a plug-in has a YAML file for an option, of which Hydra would say that a schema has its name."""
    folders = [plugin.config_folder for plugin in loaded()]
    return any(folder is not None and (folder / group / f"{name}.yaml").is_file() for folder in folders)


def _require_plain(group: str, name: str, kind: type) -> None:
    """Check that a configuration can hold what a plug-in's settings consist of."""
    from omegaconf import OmegaConf  # noqa: PLC0415 - as above
    from omegaconf.errors import OmegaConfBaseException  # noqa: PLC0415

    try:
        OmegaConf.structured(mirror(kind))
    except (OmegaConfBaseException, NameError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split("full_key")[0].split())
        expected = f"settings of numbers, texts, flags, tuples of these or null for the {group} {name}"
        remedy = "give its fields such types and defaults"
        raise ConfigError(expected, f"{kind.__module__}.{kind.__name__} ({reason})", remedy) from error


def whole(catalogue: Catalogue, kinds: Mapping[str, type]) -> type:
    """Return the schema of a whole configuration whose section `key` is of `kinds[key]`."""
    members: list[Any] = [(name, hint, "???") for name, hint in catalogue.values.items()]
    for group in dict.fromkeys([*(key.partition(".")[0] for key in kinds), *catalogue.collections]):
        inside = {key: kind for key, kind in kinds.items() if key.startswith(f"{group}.")}
        base = mirror(kinds[group]) if group in kinds else None
        part = nested(inside, group, base) if inside or base is None else base
        members.append((group, part, field(default_factory=part)))
    return make_dataclass("Configuration", members)


def nested(kinds: Mapping[str, type], group: str, base: type | None = None) -> type:
    """Return the schema of a group whose sections `group.name` are of the given kinds, beside the fields of `base`."""
    parts = [(key.removeprefix(f"{group}."), mirror(kind)) for key, kind in kinds.items()]
    bases = () if base is None else (base,)
    return make_dataclass(group, [(name, part, field(default_factory=part)) for name, part in parts], bases=bases)


def plain_fields(kind: type) -> list[Field[Any]]:
    """Return the fields of a dataclass that a configuration sets in its section, not in one of their own."""
    return [item for item in fields(kind) if item.init and not item.metadata.get("section")]


@cache
def mirror(kind: type) -> type:
    """Return a dataclass like `kind` that OmegaConf can fill in: open to change and without checks of its own."""
    hints = typing.get_type_hints(kind)
    return make_dataclass(
        kind.__name__, [(item.name, _plain(hints[item.name]), _default(item)) for item in plain_fields(kind)]
    )


def _records_of(catalogue: Catalogue, group: str) -> dict[str, type]:
    return {key: kind for key, kind in catalogue.records.items() if key.startswith(f"{group}.")}


def _plain(hint: Any) -> Any:
    """Return the type that OmegaConf knows for a field's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return str
    if origin in (types.UnionType, typing.Union):
        inner = [_plain(argument) for argument in arguments if argument is not types.NoneType]
        return inner[0] | None if len(inner) == 1 else Any
    if origin is tuple:
        kinds = {_plain(argument) for argument in arguments if argument is not Ellipsis}
        # OmegaConf takes no whole number for a number inside a list of lists; `settings` checks these.
        flat = len(kinds) == 1 and not any(typing.get_origin(kind) for kind in kinds)
        return list[kinds.pop() if flat else Any]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, value = (_plain(argument) for argument in arguments)
        return dict[key, value]
    return hint


def _default(item: Field[Any]) -> Any:
    if item.default is MISSING and item.default_factory is MISSING:
        return "???"
    made = item.default if item.default_factory is MISSING else item.default_factory()
    return field(default_factory=lambda: _open(made)) if isinstance(made, tuple | Mapping) else made


def _open(value: Any) -> Any:
    """Return tuples as lists, which OmegaConf can nest, and any mapping as a dict."""
    if isinstance(value, tuple):
        return [_open(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value
