"""What another simulator needs to move a recorded body, beside its springs and what is asked of them."""

import math
from dataclasses import dataclass, field

from codesign.errors import CodesignError


class MechanicsError(CodesignError):
    """Mechanics that no simulation can have had."""


@dataclass(frozen=True)
class Mechanics:
    """The constants of the simulation that a recording comes from: plain values, named as in the configuration.

    Attributes:
        dt: length of a step [s].
        gravity: acceleration along the upward axis [m/s^2].
        damping: rate at which velocities decay [1/s].
        regularisation: length that is added to every spring [m].
        mass: factor on the masses of the body: of every mass [kg] where the body has none of its own.
        contact: how the ground acts ("no_slip", "coulomb", "smooth", or that of a plug-in).
        contact_settings: its numbers by name, such as `friction`, the coefficient in the world of the recording.
        forces: what else acts, by name ("water", "wind", "dashpot", or that of a plug-in), each with its numbers.
        push: change of the velocity of all masses [m/s] at `push_time` [s], a number per axis; empty for no push.
        push_time: see `push`.
        latency: how much later muscles follow the controller's answer [s]; recorded actuation is what they follow.
        motor_noise: standard deviation of what was added to the actuation of every muscle in every step.

    Raises:
        MechanicsError: a number that is not finite, or a step or mass that is not above 0.
    """

    dt: float
    gravity: float
    damping: float = 0.0
    regularisation: float = 0.0
    mass: float = 1.0
    contact: str = "no_slip"
    contact_settings: dict[str, float] = field(default_factory=dict)
    forces: dict[str, dict[str, float]] = field(default_factory=dict)
    push: tuple[float, ...] = ()
    push_time: float = 0.0
    motor_noise: float = 0.0
    latency: float = 0.0

    def __post_init__(self) -> None:
        numbers = {
            name: getattr(self, name)
            for name in ("dt", "gravity", "damping", "regularisation", "mass", "push_time", "motor_noise", "latency")
        }
        numbers |= {f"push[{axis}]": value for axis, value in enumerate(self.push)}
        numbers |= {f"contact_settings.{name}": value for name, value in self.contact_settings.items()}
        for force, settings in self.forces.items():
            numbers |= {f"forces.{force}.{name}": value for name, value in settings.items()}
        for name, value in numbers.items():
            if not math.isfinite(value):
                raise MechanicsError(f"a finite {name}", repr(value), "give it in SI units")
        for name in ("dt", "mass"):
            if numbers[name] <= 0.0:
                raise MechanicsError(f"a {name} above 0", repr(numbers[name]), "give it in SI units")

    @property
    def friction(self) -> float | None:
        """Coefficient of friction; None where masses stick to the ground (no_slip)."""
        return self.contact_settings.get("friction")
