"""Central pattern generator: every spring follows a sine of its own, blind to the body's state."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.checks import require_number
from codesign.control.spring_controller import Parameter, SpringController, normal, uniform
from codesign.sim.kernels import KernelTypes, SpringFunctions, build_sine


@dataclass(frozen=True)
class Cpg(SpringController):
    """Actuation tanh(amplitude sin(frequency t + phase) + offset); all but the frequency are learned for every spring.

    Attributes:
        frequency: angular frequency of all sines [rad/s].
        amplitude: standard deviation of the first amplitudes; phases start uniform over the period, offsets at zero.

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "cpg"
    frequency: float = 10.0
    amplitude: float = 1.0

    def __post_init__(self) -> None:
        for field in ("frequency", "amplitude"):
            require_number(self, field, above=0.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return amplitude, phase [rad] and offset of every spring."""
        del dimension
        return (
            Parameter("amplitude", normal(self.amplitude)),
            Parameter("phase", uniform(0.0, 2.0 * np.pi)),
            Parameter("offset"),
        )

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return sine and cosine of the time."""
        return {"sine": np.sin(self.frequency * times), "cosine": np.cos(self.frequency * times)}

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return the generator; a step needs no sine, since sin(a + b) = sin a cos b + cos a sin b."""
        real, scalar, sine_of, Waves = types.real, types.scalar, build_sine(types), wp.types.vector(2, types.real)
        quarter = wp.constant(real(np.pi / 2.0))

        @wp.func(module=types.module, inline=True)
        def prepare(amplitude: real, phase: real) -> Waves:
            return Waves(amplitude * sine_of(phase + quarter), amplitude * sine_of(phase))

        @wp.func(module=types.module, inline=True)
        def drive(along_sine: real, along_cosine: real, offset: real, sine: real, cosine: real) -> scalar:
            return scalar(along_sine * sine + along_cosine * cosine + offset)

        return SpringFunctions(drive, prepare, prepared=("along_sine", "along_cosine"))
