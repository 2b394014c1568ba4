"""Controller `wobble`: a sine per muscle, of which an amplitude and a lead are learned.

Try it in this folder:

    from codesign.testing import check_controller
    from wobble import Wobble

    check_controller(Wobble())
"""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.checks import require_number
from codesign.control import Parameter, SpringController, normal, uniform
from codesign.plugins import register
from codesign.sim.kernels import KernelTypes, SpringFunctions, build_sine


@dataclass(frozen=True)
class Wobble(SpringController):
    """Actuation tanh(amplitude sin(frequency t + lead)).

    Attributes:
        frequency: angular frequency of all sines [rad/s].
    """

    name: str = "wobble"
    frequency: float = 8.0

    def __post_init__(self) -> None:
        require_number(self, "frequency", above=0.0, unit="rad/s", example=8.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return amplitude and lead [rad] of every spring."""
        return (Parameter("amplitude", normal(1.0)), Parameter("lead", uniform(0.0, 2.0 * np.pi)))

    def clock(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return how far the sines have come [rad]."""
        return {"angle": self.frequency * times}

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return the sine."""
        real, scalar, sine = types.real, types.scalar, build_sine(types)

        @wp.func(module=types.module, inline=True)
        def drive(amplitude: real, lead: real, angle: real) -> scalar:
            return scalar(amplitude * sine(angle + lead))

        return SpringFunctions(drive)


register("controller", Wobble)
