"""Open-loop sequence: the actuation of every spring at every step is learned, as in trajectory optimisation."""

from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.control.spring_controller import Parameter, SpringController, normal
from codesign.sim.kernels import KernelTypes, SpringFunctions


@dataclass(frozen=True)
class OpenLoopSequence(SpringController):
    """Actuation tanh(value) with a learned value for every step and spring: what a body could do, whatever controls it.

    Attributes:
        deviation: standard deviation of the first values.

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "sequence"
    deviation: float = 0.1

    def __post_init__(self) -> None:
        require_number(self, "deviation", above=0.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        """Return the value of every spring at every step."""
        del dimension
        return (Parameter("sequence", normal(self.deviation), per="step"),)

    def spring_functions(self, types: KernelTypes) -> SpringFunctions:
        """Return the function that hands on the value of the step."""
        real, scalar = types.real, types.scalar

        @wp.func(module=types.module, inline=True)
        def drive(sequence: real) -> scalar:
            return scalar(sequence)

        return SpringFunctions(drive)
