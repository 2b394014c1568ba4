"""Dashpot: a damper beside every spring, which resists its change of length."""

from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.sim.kernels.functions import Force, ForceFunctions, TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Dashpot(Force):
    """A linear damper along every spring: a tension of `damping` times the rate at which the spring lengthens.

    It takes the velocities at the start of a step, so that a body with many springs at a mass is stable only while dt
    times `damping` times their number over the mass stays below 1 or so. It adds to the damping that bodies have.

    Attributes:
        name: the name of the choice.
        damping: tension per rate [N s/m].

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "dashpot"
    damping: float = 10.0

    def __post_init__(self) -> None:
        require_number(self, "damping", at_least=0.0, unit="N s/m", example=10.0)

    def parameters(self) -> tuple[float, ...]:
        """Return the damping."""
        return (self.damping,)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force along a spring."""
        del terrain
        real, Constants, Numbers = types.real, types.Constants, types.numbers(1)

        @wp.func(module=types.module, inline=True)
        def tension_of_dashpot(
            constants: Constants, length: real, rate: real, rest: real, stiffness: real, numbers: Numbers
        ) -> real:
            return numbers[0] * rate

        return ForceFunctions(along_spring=tension_of_dashpot)
