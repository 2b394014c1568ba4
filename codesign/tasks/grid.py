"""Ground whose height is given at the nodes of a grid and linear in between: a line in 2D, a bilinear surface in 3D."""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import Dialect, TerrainFunctions

CREASE = 1.0e-3
"""Distance from an edge between cells [m] within which the normals of both sides are mixed (code of the 2026 paper)."""

SLOWEST = 1.0e-12
"""Least approach [m] that divides a distance from the ground."""

DRAWN = 0.1
"""Largest distance [m] between points that a curved surface is drawn with."""

HEADER = 6
"""Numbers before the heights: nodes along x and y, the first node's place, and the distances between nodes."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Heights at the nodes of a grid; beyond its border the ground goes on level.

    Attributes:
        low: horizontal coordinates of the first node [m], shape (dimension - 1,).
        spacing: distances between nodes along x (and y) [m], shape (dimension - 1,).
        heights: in 2D of shape (nodes,), in 3D (rows, columns): x along columns, y along rows [m].
    """

    low: np.ndarray
    spacing: np.ndarray
    heights: np.ndarray

    @property
    def high(self) -> np.ndarray:
        """Horizontal coordinates of the last node [m], shape (dimension - 1,)."""
        return self.low + self.spacing * (np.array(self.heights.shape[::-1]) - 1)

    def data(self) -> np.ndarray:
        """Return the grid as the numbers that kernels read."""
        columns, rows = (*self.heights.shape[::-1], 1)[:2]
        places = [(*values, 0.0)[:2] for values in (self.low.tolist(), self.spacing.tolist())]
        return np.concatenate([[columns, rows], *places, self.heights.ravel()])

    def height(self, places: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at horizontal coordinates [m], shape (n, dimension - 1), as (n,)."""
        heights, last = self.heights, np.array(self.heights.shape[::-1]) - 1
        at = np.clip((places - self.low) / self.spacing, 0.0, last)
        cell = np.minimum(at.astype(np.int64), np.maximum(last - 1, 0))
        after, part = np.minimum(cell + 1, last), at - cell
        if heights.ndim == 1:
            return heights[cell[:, 0]] * (1.0 - part[:, 0]) + heights[after[:, 0]] * part[:, 0]
        (i, j), (right, far), (u, v) = cell.T, after.T, part.T
        near = heights[j, i] * (1.0 - u) + heights[j, right] * u
        return near * (1.0 - v) + (heights[far, i] * (1.0 - u) + heights[far, right] * u) * v

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return points of the ground between two corners, see `Terrain.surface`: nodes, and more of a twisted one."""
        twisted = self.heights.ndim == 2 and np.diff(np.diff(self.heights, axis=0), axis=1).any()
        axes: list[np.ndarray] = []
        for axis, count in enumerate(self.heights.shape[::-1]):
            parts = int(np.ceil(self.spacing[axis] / DRAWN)) if twisted else 1
            lines = self.low[axis] + self.spacing[axis] / parts * np.arange((count - 1) * parts + 1)
            inside = lines[(lines > low[axis]) & (lines < high[axis])]
            axes.append(np.concatenate([[low[axis]], inside, [high[axis]]]))
        places = np.stack(np.meshgrid(*axes), axis=-1)
        heights = self.height(places.reshape(-1, len(axes))).reshape(*places.shape[:-1], 1)
        return np.concatenate([places, heights], axis=-1)


def build_grid(dialect: Dialect, bisections: int) -> TerrainFunctions:
    """Return the functions of ground on a grid, for numbers that `Grid.data` lays out.

    A patch holds the heights of the node nearest to a mass and of its neighbours, so that a mass may cross an edge
    within a step. The time of impact is where the height above ground, taken as linear between both ends of a step, is
    zero; or, with bisections, the last moment found to be above ground (2026 paper). A mass is on the ground then.

    Args:
        dialect: types and module.
        bisections: how often the step is halved, 0 for none.
    """
    build = _line if dialect.dimension == 2 else _surface
    Patch, locate, height, normal = build(dialect)
    impact = _bisected(dialect, Patch, height, bisections) if bisections else _interpolated(dialect, Patch, height)
    return TerrainFunctions(Patch, locate, height, normal, impact, exact=False)


def _nodes(dialect: Dialect) -> tuple[Any, Any]:
    """Return the functions (ground, axis, x) -> nearest node, and (ground, column, row) -> height, both clamped."""
    real, reals = dialect.real, wp.array(dtype=dialect.real)

    @wp.func_native("""const auto* d = ground.data;
    const auto at = (x - d[2 + axis]) / d[4 + axis] + (decltype(x))0.5;
    const int last = (int)d[axis] - 1;
    return at < 0 ? 0 : at < last ? (int)at : last;""")
    def nearest(ground: reals, axis: int, x: real) -> int: ...

    @wp.func_native(f"""const int columns = (int)ground.data[0], rows = (int)ground.data[1];
    const int i = column < 0 ? 0 : column < columns ? column : columns - 1;
    const int j = row < 0 ? 0 : row < rows ? row : rows - 1;
    return ground.data[{HEADER} + j * columns + i];""")
    def node(ground: reals, column: int, row: int) -> real: ...

    return nearest, node


def _line(dialect: Dialect) -> tuple[Any, Any, Any, Any]:
    real, vector, larger, smaller = dialect.real, dialect.vector, dialect.larger, dialect.smaller
    reals, read = wp.array(dtype=dialect.real), dialect.row_functions.read
    nearest, node = _nodes(dialect)
    mixing = wp.constant(real(0.5 / CREASE))
    Patch = wp.types.vector(5, real)

    @wp.func(module=dialect.module, inline=True)
    def locate(ground: reals, position: vector) -> Patch:
        at = nearest(ground, 0, position[0])
        spacing = read(ground, 4)
        return Patch(
            read(ground, 2) + real(at) * spacing,
            real(1.0) / spacing,
            node(ground, at - 1, 0),
            node(ground, at, 0),
            node(ground, at + 1, 0),
        )

    @wp.func(module=dialect.module, inline=True)
    def height(patch: Patch, position: vector) -> real:
        u = (position[0] - patch[0]) * patch[1]
        before = smaller(u, real(0.0)) * (patch[3] - patch[2])
        return patch[3] + before + larger(u, real(0.0)) * (patch[4] - patch[3])

    @wp.func(module=dialect.module, inline=True)
    def normal(patch: Patch, position: vector) -> vector:
        beyond = (position[0] - patch[0] + real(CREASE)) * mixing
        share = smaller(larger(beyond, real(0.0)), real(1.0))
        left = patch[3] - patch[2]
        slope = (left + share * (patch[4] - patch[3] - left)) * patch[1]
        return vector(-slope, real(1.0)) / wp.sqrt(real(1.0) + slope * slope)

    return Patch, locate, height, normal


def _surface(dialect: Dialect) -> tuple[Any, Any, Any, Any]:
    real, vector, larger, smaller = dialect.real, dialect.vector, dialect.larger, dialect.smaller
    reals, read = wp.array(dtype=dialect.real), dialect.row_functions.read
    nearest, node = _nodes(dialect)
    mixing = wp.constant(real(0.5 / CREASE))
    Patch = wp.types.vector(13, real)

    @wp.func(module=dialect.module, inline=True)
    def locate(ground: reals, position: vector) -> Patch:
        i = nearest(ground, 0, position[0])
        j = nearest(ground, 1, position[1])
        along = read(ground, 4)
        across = read(ground, 5)
        return Patch(
            read(ground, 2) + real(i) * along,
            read(ground, 3) + real(j) * across,
            real(1.0) / along,
            real(1.0) / across,
            node(ground, i - 1, j - 1),
            node(ground, i, j - 1),
            node(ground, i + 1, j - 1),
            node(ground, i - 1, j),
            node(ground, i, j),
            node(ground, i + 1, j),
            node(ground, i - 1, j + 1),
            node(ground, i, j + 1),
            node(ground, i + 1, j + 1),
        )

    @wp.func(module=dialect.module, inline=True)
    def between(before: real, here: real, after: real, u: real) -> real:
        """Return the height between three nodes at u = -1, 0 and 1."""
        return here + smaller(u, real(0.0)) * (here - before) + larger(u, real(0.0)) * (after - here)

    @wp.func(module=dialect.module, inline=True)
    def height(patch: Patch, position: vector) -> real:
        u = (position[0] - patch[0]) * patch[2]
        v = (position[1] - patch[1]) * patch[3]
        near = between(patch[4], patch[5], patch[6], u)
        here = between(patch[7], patch[8], patch[9], u)
        far = between(patch[10], patch[11], patch[12], u)
        return between(near, here, far, v)

    @wp.func(module=dialect.module, inline=True)
    def slope(before: real, here: real, after: real, offset: real, per_metre: real) -> real:
        """Return the slope at an offset [m] from the middle one of three nodes; near that, both sides are mixed."""
        share = smaller(larger((offset + real(CREASE)) * mixing, real(0.0)), real(1.0))
        left = here - before
        return (left + share * (after - here - left)) * per_metre

    @wp.func(module=dialect.module, inline=True)
    def normal(patch: Patch, position: vector) -> vector:
        x = position[0] - patch[0]
        y = position[1] - patch[1]
        u = x * patch[2]
        v = y * patch[3]
        left = between(patch[4], patch[7], patch[10], v)
        middle = between(patch[5], patch[8], patch[11], v)
        right = between(patch[6], patch[9], patch[12], v)
        near = between(patch[4], patch[5], patch[6], u)
        here = between(patch[7], patch[8], patch[9], u)
        far = between(patch[10], patch[11], patch[12], u)
        along = slope(left, middle, right, x, patch[2])
        across = slope(near, here, far, y, patch[3])
        return vector(-along, -across, real(1.0)) / wp.sqrt(real(1.0) + along * along + across * across)

    return Patch, locate, height, normal


def _interpolated(dialect: Dialect, Patch: Any, height: Any) -> Any:
    real, vector, larger, Constants = dialect.real, dialect.vector, dialect.larger, dialect.Constants
    up = dialect.dimension - 1

    @wp.func(module=dialect.module, inline=True)
    def impact(constants: Constants, patch: Patch, position: vector, reached: vector, free: vector) -> real:
        before = position[up] - height(patch, position)
        after = reached[up] - height(patch, reached)
        return constants.dt * before / larger(before - after, real(SLOWEST))

    return impact


def _bisected(dialect: Dialect, Patch: Any, height: Any, bisections: int) -> Any:
    real, vector, pick, Constants = dialect.real, dialect.vector, dialect.pick, dialect.Constants
    up = dialect.dimension - 1

    @wp.func(module=dialect.module, inline=True)
    def impact(constants: Constants, patch: Patch, position: vector, reached: vector, free: vector) -> real:
        above = real(0.0)
        below = constants.dt
        for _halving in range(bisections):
            middle = real(0.5) * (above + below)
            place = position + middle * free
            inside = place[up] < height(patch, place)
            above = pick(inside, above, middle)
            below = pick(inside, middle, below)
        return above

    return impact
