"""Ground of straight segments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim.kernels import KernelTypes, TerrainFunctions
from codesign.tasks.corners_file import read_corners
from codesign.tasks.flat import SLOWEST
from codesign.tasks.placement import require_near, set_down, unbounded

FAR = 1.0e6
"""Coordinate along x [m] beyond which nothing gets."""


@dataclass(frozen=True)
class Segments:
    """Ground of straight segments from corner to corner; level left of the first corner, going on after the last.

    A corner may stand above its neighbour (a step), but not beside it: coordinates along x ascend.

    Attributes:
        corners: x and height [m] of every corner, one after the other.
        start: where the left end of a body is put along x [m].
        file: a world of EvoGym (.json) or lines of ELDiR (.npy) that take the place of `corners`, read when the
            settings are made; None for none.

    Raises:
        ConfigError: fewer than two corners, or coordinates that do not ascend or are not finite; a file that cannot be
            read or holds something else.
    """

    name: str = "segments"
    corners: tuple[float, ...] = (0.35, 0.1, 0.6, 0.14, 0.85, 0.08, 1.1, 0.15, 1.35, 0.1, 1.6, 0.1)
    start: float = 0.025
    file: str | None = None

    def __post_init__(self) -> None:
        if self.file is None:
            self._require_corners()
        else:
            object.__setattr__(self, "corners", read_corners(Path(self.file)))
            try:
                self._require_corners()
            except ConfigError as error:
                raise error.found_in(self.file) from error
        require_near("terrain.start", (self.start,))

    def _require_corners(self) -> None:
        count = len(self.corners)
        if count < 4 or count % 2:
            expected = "terrain.corners as x and height of two corners or more, in one flat list"
            raise ConfigError(expected, f"{count} entries", "set for example terrain.corners=[0.3,0.1,0.6,0.2]")
        require_near("terrain.corners", self.corners)
        if not all(np.diff(self.corners[::2]) > 0):
            raise ConfigError("terrain.corners that ascend along x", repr(self.corners[::2]), "sort the corners by x")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return ("segments",)

    def functions(self, types: KernelTypes) -> TerrainFunctions:
        """Return the ground's functions; the patch is the segment under a mass and its neighbours."""
        return build_segments(types)

    def lines(self) -> np.ndarray:
        """Return beginning, slope and height at x = 0 of every line, the level one first, shape (lines, 3)."""
        x, y = np.array(self.corners[::2]), np.array(self.corners[1::2])
        slopes = np.diff(y) / np.diff(x)
        return np.stack([[-FAR, *x[:-1]], [0.0, *slopes], [y[0], *(y[:-1] - slopes * x[:-1])]], axis=1)

    def data(self, dimension: int) -> np.ndarray:
        """Return the number of lines and then, for each, beginning, slope and height at x = 0.

        The first line stands before itself and the last one behind itself, so that every line has two neighbours.

        Raises:
            ConfigError: more than two dimensions.
        """
        if dimension != 2:
            got = f"a body of {dimension} dimensions"
            raise ConfigError("a body of 2 dimensions on terrain=segments", got, "choose another terrain")
        lines = self.lines()
        before, after = lines[0, 1:], np.array([FAR, *lines[-1, 1:]])
        return np.concatenate([[len(lines)], before, lines.ravel(), after])

    def height(self, places: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at coordinates along x [m], shape (n, 1), as (n,)."""
        lines, x = self.lines(), places[:, 0]
        at = np.searchsorted(lines[:, 0], x, side="right") - 1
        return lines[at, 1] * x + lines[at, 2]

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        return set_down(bodies, self.start, self.height)

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the ground between two coordinates along x as a line, shape (points, 2) [m]."""
        inside = [x for x in self.corners[::2] if low[0] < x < high[0]]
        x = np.array([low[0], *inside, high[0]])
        return np.stack([x, self.height(x[:, None])], axis=1)

    def extent(self, dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the extent of the ground, which is infinite."""
        return unbounded(dimension)

    def variant(self, generator: np.random.Generator) -> "Segments":
        """Return the same ground: nothing about it is random."""
        del generator
        return self


def build_segments(types: KernelTypes) -> TerrainFunctions:
    """Return the functions of ground made of lines, for lines that `Segments.data` lays out.

    A patch holds three lines, those left of, under and right of a mass, and the two coordinates between them; a mass
    that crosses two corners in one step would have to move faster than anything that is simulated.
    """
    real, vector, larger, smaller = types.real, types.vector, types.larger, types.smaller
    pick, Constants = types.pick, types.Constants
    up = types.dimension - 1
    Patch = wp.types.vector(8, real)
    Line = wp.types.vector(2, real)
    reals, read = wp.array(dtype=real), types.row_functions.read

    # All beginnings are compared: what a branch would save, its mispredictions cost.
    @wp.func_native("int own = 0; for (int i = 2; i <= count; ++i) own += x >= ground.data[3 * i]; return own;")
    def last_before(ground: reals, count: int, x: real) -> int: ...

    @wp.func(module=types.module, inline=True)
    def locate(ground: reals, position: vector) -> Patch:
        here = 3 + 3 * last_before(ground, int(read(ground, 0)), position[0])
        return Patch(
            read(ground, here - 2),
            read(ground, here - 1),
            read(ground, here),
            read(ground, here + 1),
            read(ground, here + 2),
            read(ground, here + 3),
            read(ground, here + 4),
            read(ground, here + 5),
        )

    @wp.func(module=types.module, inline=True)
    def line(patch: Patch, x: real) -> Line:
        """Return slope and height at x = 0 of the line under a coordinate."""
        slope = pick(x < patch[2], patch[0], pick(x < patch[5], patch[3], patch[6]))
        shift = pick(x < patch[2], patch[1], pick(x < patch[5], patch[4], patch[7]))
        return Line(slope, shift)

    @wp.func(module=types.module, inline=True)
    def height(patch: Patch, position: vector) -> real:
        under = line(patch, position[0])
        return under[0] * position[0] + under[1]

    @wp.func(module=types.module, inline=True)
    def normal(patch: Patch, position: vector) -> vector:
        under = line(patch, position[0])
        return vector(-under[0], real(1.0)) / wp.sqrt(real(1.0) + under[0] * under[0])

    @wp.func(module=types.module, inline=True)
    def until(under: Line, position: vector, free: vector) -> real:
        """Return the time until a mass touches a line; distance and speed are taken along its normal."""
        factor = real(1.0) / wp.sqrt(real(1.0) + under[0] * under[0])
        gap = (position[up] - under[0] * position[0] - under[1]) * factor
        speed = (free[up] - under[0] * free[0]) * factor
        return larger(gap, -gap) / (larger(speed, -speed) + real(SLOWEST))

    @wp.func(module=types.module, inline=True)
    def impact(constants: Constants, patch: Patch, position: vector, reached: vector, free: vector) -> real:
        before = until(line(patch, position[0]), position, free)
        after = until(line(patch, reached[0]), position, free)
        return smaller(before, after)

    return TerrainFunctions(Patch, locate, height, normal, impact)
