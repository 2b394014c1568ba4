"""What controllers can sense: names, their order, and which of them the simulator feels for every mass."""

from collections.abc import Iterable, Sequence

from codesign.errors import ConfigError
from codesign.sim import SENSES

SENSORS = ("position", "velocity", *SENSES)
"""Sensors in the order in which controllers take them in, whatever order they are chosen in."""


def ordered_sensors(chosen: Iterable[str], known: Sequence[str] = SENSORS) -> tuple[str, ...]:
    """Return chosen sensors in the order of those that a controller knows.

    Raises:
        ConfigError: one that does not exist, or that is chosen twice.
    """
    names = list(chosen)
    if len(set(names)) < len(names) or not set(names) <= set(known):
        expected = f"controller.sensors as any of {', '.join(known)}, each once"
        got = f"[{', '.join(map(str, names))}]"
        raise ConfigError(expected, got, "set controller.sensors=[position,velocity]")
    return tuple(name for name in known if name in names)


def senses_of(sensors: Iterable[str]) -> tuple[str, ...]:
    """Return those sensors that the simulator feels for every mass; the others are its motion."""
    return tuple(name for name in sensors if name in SENSES)
