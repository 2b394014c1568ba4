"""A wave that travels through the body: one frequency and one wave vector for all springs."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.body import Body
from codesign.checks import require_number
from codesign.control.spring_controller import Parameter, SpringController, constant, normal
from codesign.sim.kernels import KernelTypes, SpringFunctions, build_sine


@dataclass(frozen=True)
class Wave(SpringController):
    """Actuation tanh(amplitude sin(pace t - wave_vector . place + direction_phase . direction) + offset).

    All springs of a body have the same parameters and differ in where they are in the body at rest: `place` is the
    middle of a spring relative to the mean of all masses [m], and `direction` is the unit vector along it, with the
    sign that makes its last coordinate positive. So the weights fit any body.

    Attributes:
        frequency: first angular frequency [rad/s].
        amplitude: first amplitude.
        wave_number: standard deviation of the first components of the wave vector [rad/m].

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "wave"
    frequency: float = 10.0
    amplitude: float = 1.0
    wave_number: float = 10.0

    def __post_init__(self) -> None:
        for field in ("frequency", "amplitude", "wave_number"):
            require_number(self, field, above=0.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return pace, in units of the first frequency, wave vector [rad/m], phase [rad], amplitude and offset."""
        return (
            Parameter("pace", constant(1.0), per="body"),
            Parameter("wave_vector", normal(self.wave_number), per="body", width=dimension),
            Parameter("direction_phase", normal(1.0), per="body", width=dimension),
            Parameter("amplitude", constant(self.amplitude), per="body"),
            Parameter("offset", per="body"),
        )

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return how far a sine of the first frequency has come [rad]."""
        return {"angle": self.frequency * times}

    def constants(self, body: Body) -> dict[str, np.ndarray]:
        """Return where springs are in the body, and their directions, each of shape (springs, dimension)."""
        first, second = body.positions[body.springs[:, 0]], body.positions[body.springs[:, 1]]
        along = second - first
        along = along * np.where(along[:, -1:] < 0.0, -1.0, 1.0)
        length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
        return {"place": (first + second) / 2.0 - body.positions.mean(axis=0), "direction": along / length}

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return the wave."""
        real, vector, scalar, sine = types.real, types.vector, types.scalar, build_sine(types)

        @wp.func(module=types.module, inline=True)
        def prepare(wave_vector: vector, direction_phase: vector, place: vector, direction: vector) -> scalar:
            return scalar(wp.dot(direction_phase, direction) - wp.dot(wave_vector, place))

        @wp.func(module=types.module, inline=True)
        def drive(amplitude: real, pace: real, lead: real, offset: real, angle: real) -> scalar:
            return scalar(amplitude * sine(pace * angle + lead) + offset)

        return SpringFunctions(drive, prepare, prepared=("lead",))
