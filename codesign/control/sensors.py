"""What controllers can sense: names, their order, and which of them the simulator feels for every mass."""

from collections.abc import Iterable

from codesign.errors import ConfigError
from codesign.sim.kernels import SENSES

SENSORS = ("position", "velocity", *SENSES)
"""Sensors in the order in which controllers take them in, whatever order they are chosen in."""


def ordered_sensors(chosen: Iterable[str]) -> tuple[str, ...]:
    """Return chosen sensors in the order of `SENSORS`.

    Raises:
        ConfigError: one that does not exist, or that is chosen twice.
    """
    names = list(chosen)
    if len(set(names)) < len(names) or not set(names) <= set(SENSORS):
        got = f"[{', '.join(map(str, names))}]"
        raise ConfigError(f"any of {', '.join(SENSORS)}, each once", got, "set {field}=[position,velocity]", "sensors")
    return tuple(name for name in SENSORS if name in names)


def senses_of(sensors: Iterable[str]) -> tuple[str, ...]:
    """Return those sensors that the simulator feels for every mass; the others are its motion."""
    return tuple(name for name in sensors if name in SENSES)
