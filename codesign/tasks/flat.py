"""Level ground."""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import Dialect, TerrainFunctions
from codesign.tasks.placement import set_down

SLOWEST = 1.0e-10
"""Added to speeds towards the ground [m/s] before they divide a distance (code of the 2024 paper)."""


@dataclass(frozen=True)
class Flat:
    """Level ground.

    Attributes:
        ground_height: of the ground [m].
        start: where the left end of a body is put along x [m].

    Raises:
        ConfigError: a number that is not finite.
    """

    name: str = "flat"
    ground_height: float = 0.1
    start: float = 0.025

    def __post_init__(self) -> None:
        for field in ("ground_height", "start"):
            value = getattr(self, field)
            if not math.isfinite(value):
                raise ConfigError(f"terrain.{field} that is finite", repr(value), f"set terrain.{field} in metres")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, dialect: Dialect) -> TerrainFunctions:
        """Return the ground's functions; the patch is its height."""
        real, vector, larger = dialect.real, dialect.vector, dialect.larger
        up, upward, Patch = dialect.dimension - 1, wp.constant(dialect.upward), dialect.scalar

        @wp.func(module=dialect.module, inline=True)
        def locate(ground: wp.array(dtype=real), position: vector) -> Patch:
            return Patch(ground[0])

        @wp.func(module=dialect.module, inline=True)
        def height(patch: Patch, position: vector) -> real:
            return patch[0]

        @wp.func(module=dialect.module, inline=True)
        def normal(patch: Patch, position: vector) -> vector:
            return upward

        @wp.func(module=dialect.module, inline=True)
        def impact(patch: Patch, position: vector, reached: vector, free: vector) -> real:
            gap = position[up] - patch[0]
            return larger(gap, -gap) / (larger(free[up], -free[up]) + real(SLOWEST))

        return TerrainFunctions(Patch, locate, height, normal, impact)

    def data(self) -> np.ndarray:
        """Return the height of the ground, shape (1,)."""
        return np.array([self.ground_height])

    def height(self, x: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at coordinates along x [m]."""
        return np.full_like(x, self.ground_height)

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        return set_down(bodies, self.start, self.height)

    def profile(self, left: float, right: float) -> np.ndarray:
        """Return the ground between two coordinates along x as a line, shape (points, 2) [m]."""
        return np.array([[left, self.ground_height], [right, self.ground_height]])
