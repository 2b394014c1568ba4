"""Force `updraft`: a column of rising air that lifts what passes through it.

Try it in this folder:

    from codesign.testing import check_force
    from updraft import Updraft

    check_force(Updraft(place=0.1))
"""

from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.plugins import register
from codesign.sim.kernels import Force, ForceFunctions, KernelTypes, TerrainFunctions


@dataclass(frozen=True)
class Updraft(Force):
    """An upward force on every mass that falls off with the distance from a line x = place, as a Gaussian does.

    Attributes:
        place: where it is strongest, along x in world frame [m].
        width: standard deviation of the Gaussian [m].
        lift: force on a mass of 1 kg in the middle [N]; 9.81 carries it.
    """

    name: str = "updraft"
    place: float = 1.0
    width: float = 0.2
    lift: float = 8.0

    def __post_init__(self) -> None:
        require_number(self, "place", unit="m", example=1.0)
        require_number(self, "width", above=0.0, unit="m", example=0.2)
        require_number(self, "lift", unit="N", example=8.0)

    def parameters(self) -> tuple[float, ...]:
        """Return the place, the inverse of the width, and the lift."""
        return (self.place, 1.0 / self.width, self.lift)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force at a mass."""
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch
        Numbers, upward = types.numbers(3), wp.constant(types.upward)

        @wp.func(module=types.module, inline=True)
        def lift(constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers) -> vector:
            away = (position[0] - numbers[0]) * numbers[1]
            return upward * (numbers[2] * wp.exp(-real(0.5) * away * away))

        return ForceFunctions(at_mass=lift)


register("force", Updraft)
