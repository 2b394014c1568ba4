"""Settings as plain values by dotted name, and what settings are in files of versions that did not have them yet."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

ADDED: Mapping[str, Mapping[str, Any]] = {
    "Adam": {"later_rate": None},
    "BodyLearning": {
        "rest_lengths": 0.0,
        "stiffness": 0.0,
        "swings": 0.0,
        "masses": 0.0,
        "rate": 3.0,
        "tie": "none",
        "inherit": False,
    },
    "CheckpointSettings": {"weights": 1_000_000_000},
    "Coulomb": {"grip": None},
    "CubeLattice": {
        f"{tissue}_{kind}": 1.0 for kind in ("density", "damping", "force_limit") for tissue in ("soft", "stiff")
    },
    "EvaluationSpec": {"start": (), "measured": ()},
    "Experiment": {"first": None},
    "Learner": {
        "unsound": "invalid",
        "estimator": "exact",
        "samples": 8,
        "radius": 0.5,
        "patience": 0,
        "restarts": 0,
        "restart_iterations": None,
        "later_restarts": None,
        "later_iterations": None,
    },
    "Logger": {"page_seconds": 30.0},
    "Mlp": {"sensors": ("position", "velocity")},
    "NoSlip": {"grazing_speed": 0.0},
    "Normalized": {"later_step_length": None},
    "Physics": {"regularisation": 1e-4, "forces": (), "settle": 0.0},
    "Ray": {
        "cores_per_worker": 1,
        "gpus_per_worker": 1.0,
        "resource": "",
        "smallest_piece": 0,
        "patience": 10.0,
        "grace_seconds": 60.0,
        "startup_seconds": 900.0,
        "wait_seconds": 300.0,
    },
    "SearchSettings": {
        "symmetric": False,
        "inheritance": "none",
        "inheritance_probability": 0.5,
        "from_scratch": False,
        "polish_designs": 0,
        "polish_iterations": 100,
        "first": None,
        "islands": 1,
        "migration_interval": 10,
        "migrants": 1,
        "starts": 1,
        "reevaluate": False,
        "reevaluate_by": "mean",
        "reevaluate_quantile": 0.25,
        "final_designs": 0,
        "final_starts": 8,
    },
    "Segments": {"file": None},
    "Smooth": {"grip": None, "softness": 5e-4},
    "SquareLattice": {
        f"{tissue}_{kind}": 1.0 for kind in ("density", "damping") for tissue in ("rigid", "soft", "muscle")
    },
    "Tissue": {"density": None, "damping": 0.0, "force_limit": None},
    "VariationSettings": {"adapt": False, "adapt_rate": 0.1, "adapt_floor": 0.2},
    "Worlds": {
        "name": "worlds",
        "fitness": "mean",
        "quantile": 0.25,
        "gradient": "mean",
        "count": 1,
        "vary_terrain": True,
        "vary_task": True,
        "friction_spread": 0.0,
        "push_speed": 0.0,
        "motor_noise": 0.0,
        "stiffness_spread": 0.0,
        "mass_spread": 0.0,
        "strength_spread": 0.0,
        "latency": 0.0,
        "latency_spread": 0.0,
        "nominal_first": False,
        "beacon": None,
        "unactuated": False,
    },
}
"""Fields that were added to settings after runs had been written, by the name of their class, each with the value that
means what the program did before. Whoever adds a field puts it here: the default of today may mean something else."""

_OF_CONTACTS: Mapping[str, tuple[str, ...]] = {
    "no_slip": (),
    "coulomb": ("friction", "grip"),
    "smooth": ("friction", "grip", "softness"),
}
"""What was a setting of physics before contacts had settings of their own, by the contacts that heed it."""


def _contact_with_settings(physics: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of physics whose contact was a name, and its settings beside it, with those in a section."""
    contact = physics.get("contact")
    if not isinstance(contact, str):
        return dict(physics)
    own = {name: physics[name] for name in _OF_CONTACTS.get(contact, ()) if name in physics}
    moved = {"contact", *(name for names in _OF_CONTACTS.values() for name in names)}
    rest = {name: value for name, value in physics.items() if name not in moved}
    return {**rest, "contact": {"name": contact, **own}}


def _without_chunks(ray: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of Ray without the number of pieces per worker, since pieces now shrink as work runs out."""
    return {name: value for name, value in ray.items() if name != "chunks_per_worker"}


CHANGED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "Physics": _contact_with_settings,
    "Ray": _without_chunks,
}
"""What makes today's settings of those whose form has changed, by the name of their class; it keeps those of today."""

_LONGEST = 200
"""Characters of a setting that are compared as they are; of a longer one, such as many heights, a checksum."""


def flattened(value: Any, name: str = "") -> dict[str, Any]:
    """Return the plain values inside nested dataclasses and mappings by dotted name, in lists instead of sequences.

    Of several dataclasses in a sequence each goes by its `name`. Long lists, such as many heights, become checksums.
    """
    if dataclasses.is_dataclass(value):
        value = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    value = _members(value) or value
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key in sorted(value):
            found |= flattened(value[key], f"{name}.{key}" if name else str(key))
        return found
    return {name: _brief(_listed(value))}


def renewed(kind: type, section: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings of a class as today's version has them: in today's form, with the fields added since.

    Args:
        kind: the class of today.
        section: values by the names of its fields; what is inside these is left as it is.
    """
    return _added(kind) | _in_todays_form(kind, section)


def completed(stored: Mapping[str, Any], settings: Any, name: str = "") -> dict[str, Any]:
    """Return stored settings as today's version has them: in today's form, with those that theirs did not have yet.

    Args:
        stored: plain values by dotted name, as `flattened` returns them.
        settings: the dataclass of today, whose fields are looked up.
        name: what the names of its fields begin with.
    """
    inside = {key: value for key, value in stored.items() if not name or key.startswith(f"{name}.")}
    found = {key: value for key, value in stored.items() if key not in inside}
    own = {key.removeprefix(f"{name}."): value for key, value in inside.items()}
    found |= flattened(_in_todays_form(type(settings), own), name)
    late = _added(type(settings))
    for item in dataclasses.fields(settings):
        inner, value = f"{name}.{item.name}" if name else item.name, getattr(settings, item.name)
        if item.name in late and not any(key == inner or key.startswith(f"{inner}.") for key in found):
            found |= flattened(late[item.name], inner)
        elif dataclasses.is_dataclass(value):
            found = completed(found, value, inner)
        else:
            for member, each in _members(value).items():
                found = completed(found, each, f"{inner}.{member}")
    return found


def _in_todays_form(kind: type, section: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(section)
    for each in kind.__mro__:
        if change := CHANGED.get(each.__name__):
            found = change(found)
    return found


def _added(kind: type) -> dict[str, Any]:
    """Return the fields of a class of settings that older files may lack, with the values that they stand for."""
    return {field: value for each in kind.__mro__ for field, value in ADDED.get(each.__name__, {}).items()}


def _members(value: Any) -> dict[str, Any]:
    """Return the dataclasses in a sequence of such by their names; nothing of any other value."""
    several = isinstance(value, list | tuple) and all(dataclasses.is_dataclass(item) for item in value)
    return {item.name: item for item in value} if several else {}


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _brief(value: Any) -> Any:
    if not isinstance(value, list) or len(text := json.dumps(value)) <= _LONGEST:
        return value
    return f"{len(value)} entries with SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
