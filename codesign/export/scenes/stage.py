"""What is around a robot: the ground under its way, the lamp that attracts it, where cameras and lights stand.

All places are in metres, in three dimensions with z up (`space.lifted`).
"""

import math
from dataclasses import dataclass

import numpy as np

from codesign.export.eye import AZIMUTH, ELEVATION
from codesign.export.geometry import heights, round_number
from codesign.export.recording import Array, Recording
from codesign.export.scenes.space import lifted

FIELD_OF_VIEW = math.radians(35)
"""Of cameras, from the lower to the upper border."""
FILL = np.array([0.6, -0.7, 0.35])
"""Direction to a weaker light than the sun, for the sides that the sun does not reach."""

_TILES = 80  # along the ground, at most


@dataclass(frozen=True, eq=False)
class Ground:
    """The ground as quadrilaterals, in tiles of two colours as on a chess board, so that distances can be seen.

    Attributes:
        points: float64[points, 3].
        normals: float64[points, 3].
        quads: int[quads, 4], anticlockwise from above.
        dark: bool[quads], whether a quadrilateral is of a dark tile.
        tile: side of a tile [m].
    """

    points: Array
    normals: Array
    quads: Array
    dark: Array
    tile: float


def extent(recording: Recording) -> tuple[Array, Array, float]:
    """Return the lowest and highest corner of where all motions go, and the largest extent of the body at a moment."""
    motions = [each for each in (recording.after, recording.before) if each is not None]
    low = np.min([lifted(each.positions.min(axis=(0, 1)), "z") for each in motions], axis=0)
    high = np.max([lifted(each.positions.max(axis=(0, 1)), "z") for each in motions], axis=0)
    sizes = [(each.positions.max(axis=1) - each.positions.min(axis=1)).max() for each in motions]
    return low, high, max(float(max(sizes)), 1e-3)


def ground_of(recording: Recording, margin: float) -> Ground:
    """Return the ground that a recording holds, and as far beyond it as its motions and `margin` body sizes go.

    Quadrilaterals meet at all points of the recorded ground, so that it is what the simulation had.
    """
    low, high, size = extent(recording)
    low, high = low - margin * size, high + margin * size
    recorded = recording.ground.astype(np.float64)
    if recording.dim == 2:
        columns, rows = recorded[:, 0], np.zeros(0)
    else:
        columns, rows = recorded[0, :, 0], recorded[:, 0, 1]
    ends = [
        (min(axis.min(initial=start), start), max(axis.max(initial=end), end))
        for axis, start, end in ((columns, low[0], high[0]), (rows, low[1], high[1]))
    ]
    tile = round_number(max(max(end - start for start, end in ends) / _TILES, size / 4))
    x, y = (_lines(axis, start, end, tile) for axis, (start, end) in zip((columns, rows), ends, strict=True))
    grid_x, grid_y = np.meshgrid(x, y)
    z = np.interp(grid_x, *recorded.T) if recording.dim == 2 else heights(recorded, grid_x, grid_y)
    points = np.stack([grid_x, grid_y, z], axis=-1)
    numbers = np.arange(points[..., 0].size).reshape(z.shape)
    quads = np.stack([numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, 1:], numbers[1:, :-1]], axis=-1).reshape(-1, 4)
    middle_x, middle_y = np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2)
    dark = (np.floor(middle_x / tile) + np.floor(middle_y / tile)) % 2 == 1
    slopes = [np.gradient(z, axis, axis=number) for number, axis in ((1, x), (0, y))]
    normals = np.stack([-slopes[0], -slopes[1], np.ones_like(z)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return Ground(points.reshape(-1, 3), normals.reshape(-1, 3), quads, dark.ravel(), tile)


def _lines(recorded: Array, start: float, end: float, tile: float) -> Array:
    """Return the places of lines along an axis: the recorded ones, the borders of tiles and the ends."""
    tiles = tile * np.arange(math.ceil(start / tile), math.floor(end / tile) + 1)
    places = np.unique(np.concatenate([recorded, tiles, [start, end]]))
    # Two that only rounding tells apart are one; the ends, which come first and last, stay.
    apart = np.append(np.diff(places) > 1e-4 * tile, True)
    return places[apart] if apart[0] else np.concatenate([places[:1], places[apart][1:]])


@dataclass(frozen=True, eq=False)
class Lamp:
    """The light that attracts a robot: a ball on a pole.

    Attributes:
        foot: float64[3], where the pole stands.
        place: float64[3], the middle of the ball.
        radius: of the ball [m].
    """

    foot: Array
    place: Array
    radius: float


def lamp_of(recording: Recording) -> Lamp | None:
    """Return the lamp above the place that attracts a robot, so high that it shows; None where there is none."""
    if recording.light is None:
        return None
    place = lifted(recording.light, "z")
    ground = recording.ground.astype(np.float64)
    if recording.dim == 2:
        floor = float(np.interp(place[0], ground[:, 0], ground[:, 1]))
    else:
        floor = float(heights(ground, place[0], place[1]))
    size = float(np.ptp(recording.after.positions[0, :, -1]))
    high = max(place[2], floor + max(0.9 * size, 1e-2))
    return Lamp(np.array([*place[:2], floor]), np.array([*place[:2], high]), 0.11 * max(size, 1e-2))


@dataclass(frozen=True, eq=False)
class View:
    """Where a camera stands: `eye` looks at `target`, both float64[3]."""

    eye: Array
    target: Array


def views(recording: Recording) -> tuple[View, View]:
    """Return a camera on the robot as it starts, and one that has the whole way in its picture."""
    low, high, size = extent(recording)
    start = lifted(recording.after.positions[0].mean(axis=0), "z")
    if recording.light is not None:
        light = lifted(recording.light, "z")
        low, high = np.minimum(low, light), np.maximum(high, light)
    whole = float(np.linalg.norm(high - low)) / 2
    return _view(start, 0.95 * size, recording.dim), _view((low + high) / 2, max(whole, 0.95 * size), recording.dim)


def _view(target: Array, radius: float, dim: int) -> View:
    azimuth, elevation = (AZIMUTH, ELEVATION) if dim == 3 else (-math.pi / 2, 0.16)
    level = math.cos(elevation)
    back = np.array([level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)])
    return View(target + back * radius / math.tan(FIELD_OF_VIEW / 2), target)


def looking(view: View) -> Array:
    """Return the axes of a camera, float64[3, 3]: rows are its right, its up, and from what it looks at to it."""
    back = (view.eye - view.target) / np.linalg.norm(view.eye - view.target)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back])
