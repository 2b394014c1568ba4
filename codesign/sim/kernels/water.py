"""Water: buoyancy and drag of what is below its surface, so that bodies float and swim."""

from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.sim.kernels.functions import Force, ForceFunctions, TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Water(Force):
    """Still water below a level surface: buoyancy by Archimedes' law, and drag by the square of the speed.

    A mass displaces `volume` where it is below the surface and nothing above it; while it passes the surface,
    over a height of `size`, the submerged share s grows linearly. Buoyancy is s density volume |g|, drag is
    s / 2 density drag_area |v| v. The factor of the velocity in the drag is divided by 1 + dt / mass times itself, so
    that the drag of one step stops a mass at most, however fast it is (the implicit Euler step with the factor held).

    Attributes:
        name: the name of the choice.
        level: height of the surface, in world frame [m].
        density: of the water [kg/m^3].
        volume: what every mass displaces [m^3]; with 0.001 in water of 1000 kg/m^3 bodies neither rise nor sink.
        drag_area: drag coefficient times cross-section of every mass [m^2].
        size: height over which a mass passes the surface [m].

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "water"
    level: float = 1.0
    density: float = 1000.0
    volume: float = 1.0e-3
    drag_area: float = 6.0e-3
    size: float = 0.05

    def __post_init__(self) -> None:
        require_number(self, "level", unit="m", example=1.0)
        require_number(self, "density", at_least=0.0, unit="kg/m^3", example=1000.0)
        require_number(self, "volume", at_least=0.0, unit="m^3", example=1.0e-3)
        require_number(self, "drag_area", at_least=0.0, unit="m^2", example=6.0e-3)
        require_number(self, "size", above=0.0, unit="m", example=0.05)

    def parameters(self) -> tuple[float, ...]:
        """Return the level, the mass of the displaced water, the factor of |v| v, and the inverse of the size."""
        return (self.level, self.density * self.volume, 0.5 * self.density * self.drag_area, 1.0 / self.size)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force at a mass."""
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch
        Numbers, larger, smaller, length_of = types.numbers(4), types.larger, types.smaller, types.length_of
        up, upward, WEIGHED = types.dimension - 1, wp.constant(types.upward), types.weighed

        @wp.func(module=types.module, inline=True)
        def force_of_water(
            constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers
        ) -> vector:
            depth = (numbers[0] - position[up]) * numbers[3] + real(0.5)
            submerged = smaller(larger(depth, real(0.0)), real(1.0))
            drag = submerged * numbers[2] * length_of(velocity)
            buoyancy = -constants.gravity * numbers[1] * submerged
            braked = constants.dt * drag
            if wp.static(WEIGHED):
                braked = braked * constants.per_mass
            return upward * buoyancy - velocity * (drag / (real(1.0) + braked))

        return ForceFunctions(at_mass=force_of_water)
