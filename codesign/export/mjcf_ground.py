"""Recorded ground as MuJoCo has it: a plane where it is level, else a grid of heights."""

from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array

_FINEST = 0.01
"""Least distance of points of a grid [m]: MuJoCo looks at every point of the ground under a mass."""

_MOST = 2_000_000
"""Most points of a grid."""

BEYOND = 2.0
"""How far a grid goes on level beyond the recorded ground [m]."""

_LEVEL = 1e-6
"""Heights [m] that differ by less are one."""


@dataclass(frozen=True, eq=False)
class HeightGrid:
    """Heights over an even grid; in 2D the two rows are equal.

    Attributes:
        x: float64[columns], coordinates of the columns [m], evenly ascending.
        y: float64[rows], likewise.
        heights: float64[rows, columns] [m].
    """

    x: Array
    y: Array
    heights: Array


def level_of(ground: Array) -> float | None:
    """Return the height of level ground [m]; None where ground is uneven."""
    heights = ground[..., -1].astype(np.float64)
    return float(heights.flat[0]) if np.ptp(heights) < _LEVEL else None


def height_at(ground: Array, places: Array) -> Array:
    """Return the height of recorded ground [m], which goes on level beyond its ends.

    Args:
        ground: see `Recording.ground`.
        places: horizontal coordinates [m], shape (..., dim - 1).

    Returns:
        Shape (...): linear between points of a line, bilinear within the cells of a grid.
    """
    if ground.ndim == 2:
        return np.interp(places[..., 0], ground[:, 0], ground[:, 1])
    (column, across), (row, along) = _cell(ground[0, :, 0], places[..., 0]), _cell(ground[:, 0, 1], places[..., 1])
    z = ground[..., 2].astype(np.float64)
    near = z[row, column] * (1.0 - across) + z[row, column + 1] * across
    far = z[row + 1, column] * (1.0 - across) + z[row + 1, column + 1] * across
    return near * (1.0 - along) + far * along


def slope_at(ground: Array, places: Array) -> Array:
    """Return the derivatives of the height of recorded ground, shape (..., dim - 1); for the rest see `height_at`."""
    if ground.ndim == 2:
        cell, share = _cell(ground[:, 0], places[..., 0])
        slope = np.diff(ground[:, 1].astype(np.float64)) / np.diff(ground[:, 0].astype(np.float64))
        return (slope[cell] * ((share > 0.0) & (share < 1.0)))[..., None]
    x, y = ground[0, :, 0].astype(np.float64), ground[:, 0, 1].astype(np.float64)
    (column, across), (row, along) = _cell(x, places[..., 0]), _cell(y, places[..., 1])
    z = ground[..., 2].astype(np.float64)
    corners = z[row, column], z[row, column + 1], z[row + 1, column], z[row + 1, column + 1]
    in_x = (corners[1] - corners[0]) * (1.0 - along) + (corners[3] - corners[2]) * along
    in_y = (corners[2] - corners[0]) * (1.0 - across) + (corners[3] - corners[1]) * across
    inside_x, inside_y = (across > 0.0) & (across < 1.0), (along > 0.0) & (along < 1.0)
    return np.stack([in_x / np.diff(x)[column] * inside_x, in_y / np.diff(y)[row] * inside_y], axis=-1)


def _cell(axis: Array, places: Array) -> tuple[Array, Array]:
    """Return the interval of an ascending axis that each place is in, and how far along in it, from 0 to 1."""
    axis = axis.astype(np.float64)
    cell = np.clip(np.searchsorted(axis, places, side="right") - 1, 0, len(axis) - 2)
    return cell, np.clip((places - axis[cell]) / np.diff(axis)[cell], 0.0, 1.0)


def grid_of(ground: Array, width: float = 1.0) -> HeightGrid:
    """Return uneven ground over an even grid that goes on level beyond what was recorded.

    The points of an even recorded grid are points of it; the corners of other ground lie at most half the distance of
    its points from one.

    Args:
        ground: see `Recording.ground`.
        width: of the ground aside in 2D [m].
    """
    axes = [ground[:, 0]] if ground.ndim == 2 else [ground[0, :, 0], ground[:, 0, 1]]
    spacings = [_spacing(axis.astype(np.float64)) for axis in axes]
    even = [_even(axis.astype(np.float64), spacing) for axis, spacing in zip(axes, spacings, strict=True)]
    while np.prod([len(axis) for axis in even]) > _MOST:
        spacings = [2.0 * spacing for spacing in spacings]
        even = [_even(axis.astype(np.float64), spacing) for axis, spacing in zip(axes, spacings, strict=True)]
    if ground.ndim == 2:
        heights = height_at(ground, even[0][:, None])
        return HeightGrid(even[0], np.array([-width / 2.0, width / 2.0]), np.stack([heights, heights]))
    places = np.stack(np.meshgrid(*even), axis=-1)
    return HeightGrid(even[0], even[1], height_at(ground, places))


def _spacing(axis: Array) -> float:
    """Return the distance of points: that within an axis whose ends may be cut, where it is even, else a fine one."""
    inside = np.diff(axis)[1:-1] if len(axis) > 3 else np.diff(axis)
    if len(inside) and np.ptp(inside) < 1e-4 * inside.max():
        return float(max(inside.mean(), _FINEST))
    return _FINEST


def _even(axis: Array, spacing: float) -> Array:
    """Return an even axis through the second point of another one, and beyond its ends."""
    anchor = axis[1]
    before = int(np.ceil((anchor - axis[0] + BEYOND) / spacing))
    after = int(np.ceil((axis[-1] - anchor + BEYOND) / spacing))
    return anchor + spacing * np.arange(-before, after + 1)
