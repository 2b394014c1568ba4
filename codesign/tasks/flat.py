"""Level ground."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.sim.kernels import KernelTypes, TerrainFunctions
from codesign.tasks.placement import require_near, set_down, surface_of, unbounded

SLOWEST = 1.0e-10
"""Added to speeds towards the ground [m/s] before they divide a distance (code of the 2024 paper)."""


@dataclass(frozen=True)
class Flat:
    """Level ground.

    Attributes:
        ground_height: height of the ground [m].
        start: where the left end of a body is put along x [m]; in 3D its middle along y is at 0.

    Raises:
        ConfigError: a number that is not finite.
    """

    name: str = "flat"
    ground_height: float = 0.1
    start: float = 0.025

    def __post_init__(self) -> None:
        for field in ("ground_height", "start"):
            require_near(f"terrain.{field}", (getattr(self, field),))

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TerrainFunctions:
        """Return the ground's functions; the patch is its height."""
        real, vector, larger, Constants = types.real, types.vector, types.larger, types.Constants
        up, upward, Patch = types.dimension - 1, wp.constant(types.upward), types.scalar

        @wp.func(module=types.module, inline=True)
        def locate(ground: wp.array(dtype=real), position: vector) -> Patch:
            return Patch(ground[0])

        @wp.func(module=types.module, inline=True)
        def height(patch: Patch, position: vector) -> real:
            return patch[0]

        @wp.func(module=types.module, inline=True)
        def normal(patch: Patch, position: vector) -> vector:
            return upward

        @wp.func(module=types.module, inline=True)
        def impact(constants: Constants, patch: Patch, position: vector, reached: vector, free: vector) -> real:
            gap = position[up] - patch[0]
            return larger(gap, -gap) / (larger(free[up], -free[up]) + real(SLOWEST))

        return TerrainFunctions(Patch, locate, height, normal, impact)

    def data(self, dimension: int) -> np.ndarray:
        """Return the height of the ground, shape (1,)."""
        del dimension
        return np.array([self.ground_height])

    def height(self, places: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at horizontal coordinates [m], shape (n, dimension - 1), as (n,)."""
        return np.full(len(places), self.ground_height)

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        return set_down(bodies, self.start, self.height)

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the corners of the ground between two places [m], shape (2, 2) in 2D and (2, 2, 3) in 3D."""
        return surface_of(low, high, math.inf, self.height)

    def extent(self, dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the extent of the ground, which is infinite."""
        return unbounded(dimension)

    def variant(self, generator: np.random.Generator) -> "Flat":
        """Return the same ground: nothing about it is random."""
        del generator
        return self
