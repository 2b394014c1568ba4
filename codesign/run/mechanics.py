"""The plain values by which a recording says how it was simulated."""

import dataclasses
from typing import Any

from codesign.export import Mechanics
from codesign.sim import Conditions, Physics


def mechanics_of(physics: Physics, conditions: Conditions) -> Mechanics:
    """Return the constants of a simulation in one of its worlds."""
    contact = _numbers(physics.contact)
    if "friction" in contact:
        contact["friction"] *= conditions.friction
    return Mechanics(
        dt=physics.dt,
        gravity=physics.gravity,
        damping=physics.damping,
        regularisation=physics.regularisation,
        mass=conditions.mass,
        contact=physics.contact.name,
        contact_settings=contact,
        forces={force.name: _numbers(force) for force in physics.forces},
        push=() if conditions.push is None else tuple(float(each) for each in conditions.push),
        push_time=conditions.push_step * physics.dt,
        motor_noise=conditions.motor_noise,
        latency=conditions.latency * physics.dt,
    )


def plain_settings(settings: Any) -> dict[str, float | str | tuple[str, ...]]:
    """Return the settings of a part by name, as far as they are numbers, texts or texts in a row."""
    if not dataclasses.is_dataclass(settings):
        return {}
    found: dict[str, float | str | tuple[str, ...]] = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[field.name] = float(value)
        elif isinstance(value, str) or (isinstance(value, tuple) and all(isinstance(each, str) for each in value)):
            found[field.name] = value
    return found


def _numbers(settings: Any) -> dict[str, float]:
    return {name: value for name, value in plain_settings(settings).items() if isinstance(value, float)}
