"""Settings as plain values by dotted name, and what settings are in files of versions that did not have them yet."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

ADDED: Mapping[str, Mapping[str, Any]] = {
    "Learner": {"unsound": "invalid"},
    "Mlp": {"sensors": ("position", "velocity")},
    "Physics": {"grip": None, "regularisation": 1e-4, "softness": 5e-4},
    "SearchSettings": {"symmetric": False},
    "EvaluationSpec": {"start": ()},
    "Worlds": {
        "name": "worlds",
        "fitness": "mean",
        "quantile": 0.25,
        "count": 1,
        "vary_terrain": True,
        "vary_task": True,
        "friction_spread": 0.0,
        "push_speed": 0.0,
        "motor_noise": 0.0,
    },
}
"""Fields that were added to settings after runs had been written, by the name of their class, each with the value that
means what the program did before. Whoever adds a field puts it here: the default of today may mean something else."""

_LONGEST = 200
"""Characters of a setting that are compared as they are; of a longer one, such as many heights, a checksum."""


def flattened(value: Any, name: str = "") -> dict[str, Any]:
    """Return the plain values inside nested dataclasses and mappings by dotted name, in lists instead of sequences.

    Long lists, such as many heights, become checksums.
    """
    if dataclasses.is_dataclass(value):
        value = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key in sorted(value):
            found |= flattened(value[key], f"{name}.{key}" if name else str(key))
        return found
    return {name: _brief(_listed(value))}


def added_settings(kind: type) -> dict[str, Any]:
    """Return the fields of a class of settings that older files may lack, with the values that they stand for."""
    return {field: value for each in kind.__mro__ for field, value in ADDED.get(each.__name__, {}).items()}


def completed(stored: Mapping[str, Any], settings: Any, name: str = "") -> dict[str, Any]:
    """Return stored settings with those that their version did not have yet.

    Args:
        stored: plain values by dotted name, as `flattened` returns them.
        settings: the dataclass of today, whose fields are looked up.
        name: what the names of its fields begin with.
    """
    found = dict(stored)
    late = added_settings(type(settings))
    for item in dataclasses.fields(settings):
        inner = f"{name}.{item.name}" if name else item.name
        if item.name in late:
            if not any(key == inner or key.startswith(f"{inner}.") for key in stored):
                found |= flattened(late[item.name], inner)
        elif dataclasses.is_dataclass(value := getattr(settings, item.name)):
            found = completed(found, value, inner)
    return found


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _brief(value: Any) -> Any:
    if not isinstance(value, list) or len(text := json.dumps(value)) <= _LONGEST:
        return value
    return f"{len(value)} entries with SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
