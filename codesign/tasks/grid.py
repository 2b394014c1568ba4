"""Ground whose height is given at the nodes of a grid and linear in between: a line in 2D, a bilinear surface in 3D."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import REAL_NAMES, KernelTypes, TerrainFunctions

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


def build_grid(types: KernelTypes, bisections: int) -> TerrainFunctions:
    """Return the functions of ground on a grid, for numbers that `Grid.data` lays out.

    A patch is the ground around the node nearest to a mass, as far as its neighbours, so that a mass may cross an edge
    within a step. The time of impact is where the height above ground, taken as linear between both ends of a step, is
    zero; or, with bisections, the last moment found to be above ground (2026 paper). A mass is on the ground then.

    Args:
        types: the types and module.
        bisections: how often the step is halved, 0 for none.
    """
    build = _line if types.dimension == 2 else _surface
    Patch, locate, height, normal = build(types)
    impact = _bisected(types, Patch, height, bisections) if bisections else _interpolated(types, Patch, height)
    return TerrainFunctions(Patch, locate, height, normal, impact, exact=False)


def _line(types: KernelTypes) -> tuple[Any, Any, Any, Any]:
    """Return a patch's type and functions: the nearest node's place and height, the slopes on both sides of it."""
    real, vector, larger, smaller = types.real, types.vector, types.larger, types.smaller
    reals, mixed = wp.array(dtype=types.real), _mixed(types)
    Patch = wp.types.vector(4, real)

    @wp.func_native(f"""const auto* const grid = ground.data;
    {_nearest(0)}
    wp::vec_t<4, {REAL_NAMES[types.precision]}> patch;
    const auto* const heights = grid + {HEADER};
    patch[0] = place0;
    patch[1] = heights[here0];
    patch[2] = (heights[here0] - heights[before0]) * per_metre0;
    patch[3] = (heights[after0] - heights[here0]) * per_metre0;
    return patch;""")
    def locate(ground: reals, position: vector) -> Patch: ...

    @wp.func(module=types.module, inline=True)
    def height(patch: Patch, position: vector) -> real:
        x = position[0] - patch[0]
        return patch[1] + smaller(x, real(0.0)) * patch[2] + larger(x, real(0.0)) * patch[3]

    @wp.func(module=types.module, inline=True)
    def normal(patch: Patch, position: vector) -> vector:
        slope = mixed(patch[2], patch[3], position[0] - patch[0])
        return vector(-slope, real(1.0)) / wp.sqrt(real(1.0) + slope * slope)

    return Patch, locate, height, normal


def _surface(types: KernelTypes) -> tuple[Any, Any, Any, Any]:
    """Return a patch's type and functions: the nearest node's place and height, and what the four cells around it add.

    With the parts of x and y, seen from the node, that are negative and positive, x- and x+, y- and y+, the height is
    linear in x-, x+, y-, y+ and the products of the former with the latter: four slopes and four twists, in this order.
    """
    real, vector, larger, smaller = types.real, types.vector, types.larger, types.smaller
    reals, mixed = wp.array(dtype=types.real), _mixed(types)
    Patch = wp.types.vector(11, real)

    @wp.func_native(f"""const auto* const grid = ground.data;
    {_nearest(0)}
    {_nearest(1)}
    const int columns = (int)grid[0];
    const auto* const near = grid + {HEADER} + before1 * columns;
    const auto* const here = grid + {HEADER} + here1 * columns;
    const auto* const far = grid + {HEADER} + after1 * columns;
    const auto left = (here[here0] - here[before0]) * per_metre0, right = (here[after0] - here[here0]) * per_metre0;
    wp::vec_t<11, {REAL_NAMES[types.precision]}> patch;
    patch[0] = place0;
    patch[1] = place1;
    patch[2] = here[here0];
    patch[3] = left;
    patch[4] = right;
    patch[5] = (here[here0] - near[here0]) * per_metre1;
    patch[6] = (far[here0] - here[here0]) * per_metre1;
    patch[7] = (left - (near[here0] - near[before0]) * per_metre0) * per_metre1;
    patch[8] = (right - (near[after0] - near[here0]) * per_metre0) * per_metre1;
    patch[9] = ((far[here0] - far[before0]) * per_metre0 - left) * per_metre1;
    patch[10] = ((far[after0] - far[here0]) * per_metre0 - right) * per_metre1;
    return patch;""")
    def locate(ground: reals, position: vector) -> Patch: ...

    @wp.func(module=types.module, inline=True)
    def height(patch: Patch, position: vector) -> real:
        x = position[0] - patch[0]
        y = position[1] - patch[1]
        near = smaller(y, real(0.0))
        far = larger(y, real(0.0))
        left = patch[3] + near * patch[7] + far * patch[9]
        right = patch[4] + near * patch[8] + far * patch[10]
        across = near * patch[5] + far * patch[6]
        return patch[2] + across + smaller(x, real(0.0)) * left + larger(x, real(0.0)) * right

    @wp.func(module=types.module, inline=True)
    def normal(patch: Patch, position: vector) -> vector:
        x = position[0] - patch[0]
        y = position[1] - patch[1]
        left = smaller(x, real(0.0))
        right = larger(x, real(0.0))
        near = smaller(y, real(0.0))
        far = larger(y, real(0.0))
        along = mixed(patch[3] + near * patch[7] + far * patch[9], patch[4] + near * patch[8] + far * patch[10], x)
        across = mixed(patch[5] + left * patch[7] + right * patch[8], patch[6] + left * patch[9] + right * patch[10], y)
        return vector(-along, -across, real(1.0)) / wp.sqrt(real(1.0) + along * along + across * across)

    return Patch, locate, height, normal


def _nearest(axis: int) -> str:
    """Return code that finds the node nearest to a position along an axis, its neighbours and its place."""
    return f"""const auto low{axis} = grid[{2 + axis}], spacing{axis} = grid[{4 + axis}];
    const auto per_metre{axis} = (decltype(spacing{axis}))1 / spacing{axis};
    const int last{axis} = (int)grid[{axis}] - 1;
    const auto at{axis} = (position[{axis}] - low{axis}) / spacing{axis} + (decltype(low{axis}))0.5;
    const int here{axis} = at{axis} < 0 ? 0 : at{axis} < last{axis} ? (int)at{axis} : last{axis};
    const int before{axis} = here{axis} > 0 ? here{axis} - 1 : 0;
    const int after{axis} = here{axis} < last{axis} ? here{axis} + 1 : last{axis};
    const auto place{axis} = low{axis} + (decltype(low{axis}))here{axis} * spacing{axis};"""


def _mixed(types: KernelTypes) -> Any:
    """Return the slope at an offset [m] from a node, of those before and after it: near the node, both are mixed."""
    real, larger, smaller = types.real, types.larger, types.smaller
    mixing = wp.constant(real(0.5 / CREASE))

    @wp.func(module=types.module, inline=True)
    def mixed(before: real, after: real, offset: real) -> real:
        share = smaller(larger((offset + real(CREASE)) * mixing, real(0.0)), real(1.0))
        return before + share * (after - before)

    return mixed


def _interpolated(types: KernelTypes, Patch: Any, height: Any) -> Any:
    real, vector, larger, Constants = types.real, types.vector, types.larger, types.Constants
    up = types.dimension - 1

    @wp.func(module=types.module, inline=True)
    def impact(constants: Constants, patch: Patch, position: vector, reached: vector, free: vector) -> real:
        before = position[up] - height(patch, position)
        after = reached[up] - height(patch, reached)
        return constants.dt * before / larger(before - after, real(SLOWEST))

    return impact


def _bisected(types: KernelTypes, Patch: Any, height: Any, bisections: int) -> Any:
    real, vector, pick, Constants = types.real, types.vector, types.pick, types.Constants
    up = types.dimension - 1

    @wp.func(module=types.module, inline=True)
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
