"""Sense `fall`: how fast a mass falls, so that a controller can get ready to land.

Try it in this folder:

    from codesign.testing import check_sense
    from fall import fall

    check_sense("fall", fall)

From then on networks take it as a sensor, `Mlp(sensors=("fall",))`, and springs as an input, "fall_mean".
"""

from typing import Any

import warp as wp

from codesign.plugins import register
from codesign.sim.kernels import KernelTypes, TerrainFunctions


def fall(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the speed of a mass downwards [m/s], below 0 for one that rises."""
    real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch
    up = types.dimension - 1

    @wp.func(module=types.module, inline=True)
    def speed_of_fall(constants: Constants, patch: Patch, position: vector, velocity: vector) -> real:
        return -velocity[up]

    return speed_of_fall


register("sense", fall)
