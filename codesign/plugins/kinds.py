"""What may be added from outside: the kinds of plug-ins, where each is registered, and what an entry must be."""

import importlib
import inspect
from collections.abc import MutableMapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from codesign.errors import ConfigError


@dataclass(frozen=True)
class Kind:
    """A kind of plug-in. Rooms are known by name, so that a plug-in loads only those that it needs.

    Attributes:
        room: module that has the registry.
        registry: its name there.
        home: module that has the base.
        base: name there of what an entry is: of settings the class that they derive from, else the type of the entry;
            empty for a function.
        settings: whether an entry is a class of settings, whose default `name` is its key.
    """

    room: str
    registry: str
    home: str
    base: str
    settings: bool = True

    def entries(self) -> MutableMapping[str, Any]:
        """Return the registry itself."""
        return getattr(importlib.import_module(self.room), self.registry)


KINDS = {
    "task": Kind("codesign.tasks", "TASKS", "codesign.sim", "Task"),
    "terrain": Kind("codesign.tasks", "TERRAINS", "codesign.sim", "Terrain"),
    "controller": Kind("codesign.control", "CONTROLLERS", "codesign.sim", "Controller"),
    "contact": Kind("codesign.sim", "CONTACTS", "codesign.sim.kernels", "Contact"),
    "force": Kind("codesign.sim", "FORCES", "codesign.sim.kernels", "Force"),
    "sense": Kind("codesign.sim.kernels", "SENSES", "", "", settings=False),
    "operator": Kind("codesign.genome", "VARIATIONS", "codesign.genome", "Operator", settings=False),
    "lattice": Kind("codesign.genome", "LATTICES", "codesign.genome", "LatticeSettings"),
    "learner": Kind("codesign.train", "LEARNERS", "codesign.train", "Learner"),
    "search": Kind("codesign.search", "SEARCHES", "codesign.search", "SearchSettings"),
    "evaluator": Kind("codesign.evaluate", "EVALUATORS", "codesign.evaluate", "EvaluatorSettings"),
    "exporter": Kind("codesign.export", "EXPORTERS", "codesign.export", "Exporter", settings=False),
    "format": Kind("codesign.formats", "FORMATS", "codesign.formats", "Format", settings=False),
    "logger": Kind("codesign.run", "LOGGERS", "codesign.run", "LoggerSettings"),
}
"""All kinds by the word that `register` takes."""


def kind_named(word: str) -> Kind:
    """Return a kind of plug-in.

    Raises:
        ConfigError: there is none of this name.
    """
    if not isinstance(word, str) or word not in KINDS:
        near = get_close_matches(str(word), KINDS, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else "see docs/plugins.md for what each is"
        raise ConfigError(f"a kind of plug-in ({', '.join(KINDS)})", repr(word), remedy)
    return KINDS[word]


def key_of(word: str, entry: Any) -> str:
    """Return the key that an entry is registered by: its name.

    Args:
        word: the kind.
        entry: a class of settings, an object with a `name`, or a function.

    Raises:
        ConfigError: it is not what an entry of the kind must be, or has no name.
    """
    kind = kind_named(word)
    if kind.settings:
        _require_settings(word, kind, entry)
        name = next((item.default for item in fields(entry) if item.name == "name"), MISSING)
    elif kind.base:
        _require_instance(word, kind, entry)
        name = entry.name
    else:
        if not callable(entry) or isinstance(entry, type):
            raise ConfigError(f"a function for a {word}", repr(entry), "see docs/plugins.md for what it is given")
        name = getattr(entry, "__name__", MISSING)
    if not isinstance(name, str) or not name.isidentifier():
        got = "none" if name is MISSING else repr(name)
        remedy = f"give it a name such as '{word}_of_mine', which configurations choose it by"
        raise ConfigError(f"a name of letters and digits for the {word} {_named(entry)}", got, remedy)
    return name


def _require_settings(word: str, kind: Kind, entry: Any) -> None:
    """Check a class of settings: of the right base, complete, and a frozen dataclass."""
    base: type = getattr(importlib.import_module(kind.home), kind.base)
    contract = f"{kind.home}.{kind.base}"
    if not isinstance(entry, type):
        raise ConfigError(f"a class for a {word}", repr(entry), f"register the class, derived from {contract}")
    if getattr(base, "_is_protocol", False):
        missing = [name for name in _members(base) if _is_missing(entry, base, name)]
    elif not issubclass(entry, base):
        raise ConfigError(f"a {word} derived from {contract}", f"the class {entry.__name__}", "derive it from that")
    else:
        missing = sorted(getattr(entry, "__abstractmethods__", ())) + _unset(entry, base)
    if missing:
        got = f"the class {entry.__name__} without {', '.join(missing)}"
        raise ConfigError(f"a {word} with all of {contract}", got, "add what is missing")
    if not is_dataclass(entry) or not entry.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        remedy = "put @dataclass(frozen=True) above it"
        raise ConfigError(f"a {word} that is a frozen dataclass", f"the class {entry.__name__}", remedy)
    bare = [
        item.name for item in fields(entry) if item.init and item.default is MISSING and item.default_factory is MISSING
    ]
    if bare and bare != ["name"]:
        got = f"{entry.__name__} without one for {', '.join(name for name in bare if name != 'name')}"
        raise ConfigError(f"a {word} whose fields have defaults", got, "give each field a default")


def _unset(entry: type, base: type) -> list[str]:
    """Return what a base only declares, and an entry was to give a value: `state` of a task."""
    given = {"name", *(item.name for item in fields(entry))} if is_dataclass(entry) else {"name"}
    return [name for name in vars(base).get("__annotations__", ()) if name not in given and not hasattr(entry, name)]


def _members(protocol: type) -> list[str]:
    return [name for name, value in vars(protocol).items() if not name.startswith("_") and _is_member(value)]


def _is_member(value: Any) -> bool:
    return isinstance(value, property) or inspect.isfunction(value)


def _is_missing(entry: type, protocol: type, name: str) -> bool:
    found = inspect.getattr_static(entry, name, None)
    given = name in {item.name for item in fields(entry)} if is_dataclass(entry) else False
    return not given and (found is None or found is vars(protocol)[name])


def _require_instance(word: str, kind: Kind, entry: Any) -> None:
    base: type = getattr(importlib.import_module(kind.home), kind.base)
    if not isinstance(entry, base):
        got = f"the class {entry.__name__}" if isinstance(entry, type) else repr(entry)
        raise ConfigError(f"an {kind.home}.{kind.base} for a plug-in of kind {word}", got, "make one of it first")


def _named(entry: Any) -> str:
    return getattr(entry, "__name__", type(entry).__name__)
