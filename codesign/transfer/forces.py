"""Forces on masses beside springs, gravity and drag, from their settings in a recording: applied in both simulators."""

from collections.abc import Callable
from typing import Any

import numpy as np

from codesign.errors import ConfigError
from codesign.export import Mechanics, Recording
from codesign.transfer.arrays import Array

Force = Callable[[float, Any, Array, Array], Array]
"""(time [s], step / mass [s/kg], positions, velocities of shape (..., masses, dim)) -> forces [N], like positions."""

ALONG_SPRINGS = ("dashpot",)
"""Forces that act along springs, which both simulators have themselves."""

CONTACTS = ("no_slip", "coulomb", "smooth")


def force_of(recording: Recording, mechanics: Mechanics) -> Force | None:
    """Return the sum of all forces at masses; None where there is none.

    Raises:
        ConfigError: a force or a contact of a plug-in, which no other simulator knows.
    """
    unknown = [name for name in mechanics.forces if name not in _FORCES and name not in ALONG_SPRINGS]
    if unknown or mechanics.contact not in CONTACTS:
        got = f"{unknown[0] if unknown else mechanics.contact} in {recording.design}"
        expected = f"forces {', '.join([*_FORCES, *ALONG_SPRINGS])} and contacts {', '.join(CONTACTS)} only"
        raise ConfigError(expected, got, "transfer a run without it; other simulators know nothing of plug-ins")
    found = [_FORCES[name](mechanics, settings) for name, settings in mechanics.forces.items() if name in _FORCES]
    if not found:
        return None

    def total(time: float, step: Any, x: Array, v: Array) -> Array:
        return sum((force(time, step, x, v) for force in found), np.zeros_like(x))

    return total


def _water(mechanics: Mechanics, settings: dict[str, float]) -> Force:
    """Return buoyancy, and a drag that stops a mass in one step at most."""
    level, size = settings["level"], settings["size"]
    lift = -mechanics.gravity * settings["density"] * settings["volume"]
    drag = 0.5 * settings["density"] * settings["drag_area"]

    def water(_time: float, step: Any, x: Array, v: Array) -> Array:
        submerged = np.clip((level - x[..., -1]) / size + 0.5, 0.0, 1.0)
        rate = drag * submerged * np.linalg.norm(v, axis=-1)
        force = -(rate / (1.0 + step * rate))[..., None] * v
        force[..., -1] += lift * submerged
        return force

    return water


def _wind(_mechanics: Mechanics, settings: dict[str, float]) -> Force:
    """Return the drag of a level wind with gusts."""
    angle = np.deg2rad(settings["direction"])
    pace = 2.0 * np.pi / settings["period"]

    def wind(time: float, _step: float, _x: Array, v: Array) -> Array:
        speed = settings["speed"] * (1.0 + settings["gusts"] * np.sin(pace * time))
        blowing = np.zeros(v.shape[-1])
        blowing[: v.shape[-1] - 1] = speed * np.array([np.cos(angle), np.sin(angle)])[: v.shape[-1] - 1]
        relative = blowing - v
        pull = settings["linear"] + settings["quadratic"] * np.linalg.norm(relative, axis=-1)
        return pull[..., None] * relative

    return wind


_FORCES: dict[str, Callable[[Mechanics, dict[str, float]], Force]] = {"water": _water, "wind": _wind}
