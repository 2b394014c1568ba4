"""Registering entries from outside, and who registered what."""

import sys
from collections.abc import Collection, MutableMapping
from typing import Any

from codesign.errors import ConfigError
from codesign.plugins.kinds import KINDS, key_of, kind_named

_registrants: dict[tuple[str, str], str] = {}
"""The module that registered an entry, by kind and key."""


def register(kind: str, *entries: Any) -> None:
    """Add entries of one kind to what configurations, commands and Python may choose by name.

    An entry is a class of settings (a frozen dataclass whose field `name` is its key), for an operator, an exporter or
    a file format an object with a `name`, and for a sense a function. A module that registers an entry again, as a
    notebook does whose cell runs twice, replaces it.

    Args:
        kind: task, terrain, controller, contact, force, sense, operator, lattice, learner, search, evaluator, exporter,
            format or logger.
        entries: what to add.

    Raises:
        ConfigError: no such kind, something that is no entry of it, or a name that is taken.

    Example:
        >>> import codesign
        >>> from dataclasses import dataclass
        >>> from codesign.tasks import TASKS
        >>> @dataclass(frozen=True)
        ... class Stroll(TASKS["walk"]):
        ...     name: str = "stroll"
        >>> codesign.register("task", Stroll)
        >>> codesign.Problem(task="stroll").spec.task
        Stroll(name='stroll')
    """
    module = sys._getframe(1).f_globals.get("__name__", "__main__")
    registry = kind_named(kind).entries()
    if not entries:
        raise ConfigError(f"a {kind} to register", "none", f'give it, as in register("{kind}", Mine)')
    for entry in entries:
        key = key_of(kind, entry)
        _require_free(kind, key, entry, registry, module)
        registry[key] = entry
        _registrants[kind, key] = module


def _require_free(kind: str, key: str, entry: Any, registry: MutableMapping[str, Any], module: str) -> None:
    if key not in registry:
        return
    owner = _registrants.get((kind, key))
    names = [getattr(each, "__qualname__", None) for each in (entry, registry[key])]
    if owner == module and names[0] == names[1]:
        return
    whose = f"which {owner} registers" if owner else "which the package has"
    raise ConfigError(f"a {kind} with a name of its own", f"'{key}', {whose}", "rename it")


def registrant_of(kind: str, key: str) -> str | None:
    """Return the module that registered an entry; None for one of the package, or none."""
    return _registrants.get((kind, key))


def added_keys(registry: object) -> frozenset[str]:
    """Return the keys of a registry that were added by `register`."""
    kinds = [word for word, kind in KINDS.items() if kind.room in sys.modules and kind.entries() is registry]
    return frozenset(key for kind, key in _registrants if kind in kinds)


def registered() -> dict[tuple[str, str], str]:
    """Return the module that registered each entry, by kind and key, in the order in which they were."""
    return dict(_registrants)


def withdraw(kept: Collection[tuple[str, str]]) -> None:
    """Take back all registrations but those of some kinds and keys."""
    for kind, key in registered().keys() - set(kept):
        KINDS[kind].entries().pop(key, None)
        del _registrants[kind, key]
