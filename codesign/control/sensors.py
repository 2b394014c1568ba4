"""What controllers can sense: names, their order, and which of them the simulator feels for every mass."""

from collections.abc import Iterable

from codesign.errors import ConfigError
from codesign.sim.kernels import SENSES

MOTION = ("position", "velocity")
"""Sensors of a mass's own motion; all others are senses, which the simulator computes for every mass."""


def sensors() -> tuple[str, ...]:
    """Return all sensors in the order in which controllers take them in, whatever order they are chosen in."""
    return (*MOTION, *SENSES)


def ordered_sensors(chosen: Iterable[str]) -> tuple[str, ...]:
    """Return chosen sensors in the order in which controllers take them in.

    Raises:
        ConfigError: one that does not exist, or that is chosen twice.
    """
    names, known = list(chosen), sensors()
    # Compared one by one: what stands in a configuration need not be hashable.
    if any(name not in known for name in names) or len(set(names)) < len(names):
        got = f"[{', '.join(map(str, names))}]"
        raise ConfigError(f"any of {', '.join(known)}, each once", got, "set {field}=[position,velocity]", "sensors")
    return tuple(name for name in known if name in names)


def senses_of(sensors: Iterable[str]) -> tuple[str, ...]:
    """Return those sensors that the simulator feels for every mass; the others are its motion."""
    return tuple(name for name in sensors if name in SENSES)
