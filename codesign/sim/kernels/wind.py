"""Wind: a uniform flow of air with gusts, which carries masses along."""

import math
from dataclasses import dataclass

import warp as wp

from codesign.checks import require_number
from codesign.sim.kernels.functions import Force, ForceFunctions, TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Wind(Force):
    """The drag of a level wind on every mass: (linear + quadratic |u|) u, u the wind relative to the mass.

    The wind blows at speed (1 + gusts sin(2 pi t / period)) everywhere.

    Attributes:
        name: the name of the choice.
        speed: of the wind on average [m/s], below 0 for a wind along -x.
        direction: of the wind in 3D, from the x axis towards the y axis [degrees]; in 2D only its part along x blows.
        gusts: largest change of the speed, as a share of it.
        period: time from one gust to the next [s].
        linear: drag of a mass per speed [N s/m].
        quadratic: drag of a mass per squared speed [N s^2/m^2].

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "wind"
    speed: float = 2.0
    direction: float = 0.0
    gusts: float = 0.5
    period: float = 1.0
    linear: float = 0.0
    quadratic: float = 0.1

    def __post_init__(self) -> None:
        require_number(self, "speed", unit="m/s", example=2.0)
        require_number(self, "direction", unit="degrees", example=90.0)
        require_number(self, "gusts", at_least=0.0, example=0.5)
        require_number(self, "period", above=0.0, unit="s", example=1.0)
        require_number(self, "linear", at_least=0.0, unit="N s/m", example=0.1)
        require_number(self, "quadratic", at_least=0.0, unit="N s^2/m^2", example=0.1)

    def parameters(self) -> tuple[float, ...]:
        """Return the mean wind along x and y, gusts, their angular frequency, linear and quadratic drag."""
        angle = math.radians(self.direction)
        wind = self.speed * math.cos(angle), self.speed * math.sin(angle)
        return (*wind, self.gusts, 2.0 * math.pi / self.period, self.linear, self.quadratic)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force at a mass."""
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch
        Numbers, length_of = types.numbers(6), types.length_of
        along = wp.constant(vector(*(float(axis == 0) for axis in range(types.dimension))))
        aside = wp.constant(vector(*(float(axis == 1 and types.dimension == 3) for axis in range(types.dimension))))

        @wp.func(module=types.module, inline=True)
        def drag_of_wind(
            constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers
        ) -> vector:
            gust = real(1.0) + numbers[2] * wp.sin(numbers[3] * constants.time)
            relative = gust * (along * numbers[0] + aside * numbers[1]) - velocity
            return relative * (numbers[4] + numbers[5] * length_of(relative))

        return ForceFunctions(at_mass=drag_of_wind)
