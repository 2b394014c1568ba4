"""The force `current`."""

from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.sim.kernels import Force, ForceFunctions, KernelTypes, TerrainFunctions


@dataclass(frozen=True)
class Current(Force):
    """Water that flows along x and takes masses with it, by a drag that is linear in the relative speed.

    Attributes:
        speed: of the current [m/s], below 0 for one along -x.
        drag: of a mass per relative speed [N s/m].
    """

    name: str = "current"
    speed: float = -0.2
    drag: float = 0.5

    def __post_init__(self) -> None:
        require_number(self, "speed", unit="m/s", example=-0.2)
        require_number(self, "drag", at_least=0.0, unit="N s/m", example=0.5)

    def parameters(self) -> tuple[float, ...]:
        """Return speed and drag."""
        return (self.speed, self.drag)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force at a mass."""
        vector, Constants, Patch, Numbers = types.vector, types.Constants, terrain.Patch, types.numbers(2)
        along = wp.constant(vector(*(float(axis == 0) for axis in range(types.dimension))))

        @wp.func(module=types.module, inline=True)
        def drag_of_current(
            constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers
        ) -> vector:
            return (along * numbers[0] - velocity) * numbers[1]

        return ForceFunctions(at_mass=drag_of_current)
