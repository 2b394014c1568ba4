"""Central pattern generator with feedback: what a spring senses at its ends moves the phase of its sine."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.checks import require_number
from codesign.control.spring_controller import Parameter, SpringController, normal, uniform
from codesign.sim.kernels import KernelTypes, SpringFunctions, build_sine


@dataclass(frozen=True)
class CpgFeedback(SpringController):
    """Actuation tanh(amplitude sin(frequency t + phase + shift) + offset), where feedback moves the phase.

    The shift is contact_gain * contact + strain_gain * strain: the mean contact of the two masses at the ends of the
    spring, and its length / rest length - 1. That load moves the phase is the idea of Tegotae control (Owaki & Ishiguro
    2017). All but the frequency are learned for every spring.

    Attributes:
        frequency: angular frequency of all sines [rad/s].
        amplitude: standard deviation of the first amplitudes; phases start uniform over the period, offsets at zero.
        gain: standard deviation of the first gains [rad].

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "cpg_feedback"
    frequency: float = 10.0
    amplitude: float = 1.0
    gain: float = 0.1

    inputs = ("strain", "contact_mean")

    def __post_init__(self) -> None:
        for field in ("frequency", "amplitude", "gain"):
            require_number(self, field, above=0.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return amplitude, phase [rad], offset and both gains [rad] of every spring."""
        del dimension
        return (
            Parameter("amplitude", normal(self.amplitude)),
            Parameter("phase", uniform(0.0, 2.0 * np.pi)),
            Parameter("offset"),
            Parameter("contact_gain", normal(self.gain)),
            Parameter("strain_gain", normal(self.gain)),
        )

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return how far the sines have come [rad]."""
        return {"angle": self.frequency * times}

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return the generator."""
        real, scalar, sine = types.real, types.scalar, build_sine(types)

        @wp.func(module=types.module, inline=True)
        def drive(
            amplitude: real,
            phase: real,
            offset: real,
            contact_gain: real,
            strain_gain: real,
            angle: real,
            strain: real,
            contact_mean: real,
        ) -> scalar:
            shift = contact_gain * contact_mean + strain_gain * strain
            return scalar(amplitude * sine(angle + phase + shift) + offset)

        return SpringFunctions(drive)
