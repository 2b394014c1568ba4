"""The ground of a picture in three dimensions: a shaded surface that fades away, with lines whose distance is told."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh

from codesign.export.eye import SUN, Eye, Lighting
from codesign.export.geometry import heights, round_number
from codesign.export.moment import Actor
from codesign.export.recording import Array
from codesign.export.theme import Theme, rgb

_PATCHES = 110
"""Of the ground, along a side of what is drawn of it, at most; fewer in a small picture and on level ground."""

_LEVELS = 10
"""Strengths of lines on the ground."""

_FADES = 0.35, 1.05
"""Where the ground begins to fade and where it is gone, in distances of the eye."""


class Ground:
    """The ground of one or of several bodies: of each, that around its own place.

    Args:
        actors: the bodies, at least one.
    """

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._grounds = [actor.ground for actor in actors]
        self._lanes = np.array([actor.start[1] for actor in actors])
        levels = np.concatenate([ground[..., 2].ravel() for ground in self._grounds])
        self.level = float(levels.max() - levels.min()) < 1e-3

    def height(self, x: Array, y: Array) -> Array:
        """Return the height [m] at places."""
        x, y = np.asarray(x), np.asarray(y)
        nearest = np.abs(y[..., None] - self._lanes).argmin(axis=-1)
        z = np.zeros(x.shape)
        for lane, ground in enumerate(self._grounds):
            here = nearest == lane
            if here.any():
                z[here] = heights(ground, x[here], y[here])
        return z

    def below(self, points: Array) -> Array:
        """Return points moved up or down to the ground."""
        return np.concatenate([points[..., :2], self.height(points[..., 0], points[..., 1])[..., None]], axis=-1)

    def shadow(self, points: Array, sun: Array) -> Array:
        """Return where the shadows of points fall."""
        fallen = points
        # The height there is not known before, so it is looked for twice.
        for _ in range(2):
            drop = (points[..., 2] - self.height(fallen[..., 0], fallen[..., 1])) / sun[2]
            fallen = points - np.maximum(drop, 0)[..., None] * sun
        return fallen


def draw_ground(panel: Axes, ground: Ground, start: Array, eye: Eye, lighting: Lighting) -> float:
    """Draw the ground around what is looked at, and return the distance of its lines [m].

    Args:
        panel: where.
        ground: its heights.
        start: where lines are counted from.
        eye: where it is seen from.
        lighting: what shines on it.
    """
    reach = _FADES[1] * eye.distance
    patches = 28 if ground.level else int(np.clip(panel.bbox.width / 9, 36, _PATCHES))
    step = 2 * reach / patches
    # Patches keep their places in the world while the eye moves, else hills would seem to boil.
    corner = np.floor((eye.target[:2] - reach) / step) * step
    along = step * np.arange(patches + 2)
    x, y = np.meshgrid(corner[0] + along, corner[1] + along)
    if np.cos(eye.azimuth) < 0:
        x = x[:, ::-1]
    if np.sin(eye.azimuth) < 0:
        y = y[::-1]
    points = np.stack([x, y, ground.height(x, y)], axis=-1)
    slopes = np.cross(points[1:, 1:] - points[:-1, :-1], points[1:, :-1] - points[:-1, 1:])
    slopes *= np.where(slopes[..., 2:] < 0, -1, 1) * np.array([1.7, 1.7, 1])  # steeper than it is, as maps shade hills
    normals = slopes / np.linalg.norm(slopes, axis=-1, keepdims=True)
    centres = (points[1:, 1:] + points[:-1, :-1]) / 2
    theme = lighting.theme
    part = _faded(centres, eye)[..., None]
    colours = lighting.shaded(rgb(theme.soil), centres, normals) * (1 - part) + rgb(theme.sky) * part
    mesh = QuadMesh(eye.project(points), facecolors=colours.reshape(-1, 3), antialiased=False, rasterized=True)
    panel.add_collection(mesh, autolim=False)
    return _draw_lines(panel, ground, start, eye, theme)


def _faded(points: Array, eye: Eye) -> Array:
    """Return 0 near what is looked at to 1 where the ground is gone."""
    first, last = _FADES
    away = np.linalg.norm((points - eye.target)[..., :2], axis=-1) / eye.distance
    part = np.clip((away - first) / (last - first), 0, 1)
    return part * part * (3 - 2 * part)


def _draw_lines(panel: Axes, ground: Ground, start: Array, eye: Eye, theme: Theme) -> float:
    """Draw lines along both axes, every fifth of them stronger, and return their distance [m]."""
    step = round_number(30 * panel.figure.dpi / 100 / panel.bbox.height * 0.46 * eye.distance)
    reach = _FADES[1] * eye.distance
    along = np.linspace(-reach, reach, 25 if ground.level else 97)
    pieces, strengths = [], []
    for axis in (0, 1):
        first = np.ceil((eye.target[axis] - reach - start[axis]) / step)
        numbers = np.arange(first, (eye.target[axis] + reach - start[axis]) / step)[:, None]
        places = [start[axis] + step * numbers + 0 * along, eye.target[1 - axis] + along + 0 * numbers]
        points = np.stack([*(places if axis == 0 else places[::-1]), 0 * places[0]], axis=-1)
        pieces.append(np.stack([points[:, :-1], points[:, 1:]], axis=2).reshape(-1, 2, 3))
        strengths.append(np.repeat(np.where(numbers % 5 == 0, 0.42, 0.2), len(along) - 1))
    lines, middles = np.concatenate(pieces), np.concatenate(pieces).mean(axis=1)
    shown = np.concatenate(strengths) * (1 - _faded(middles, eye)) * (eye.away(middles) > 0.1 * eye.distance)
    levels = np.ceil(shown / 0.42 * _LEVELS - 0.5)
    projected = eye.project(ground.below(lines))
    # Lines of one strength are one path with gaps, which is drawn ten times as fast as a path for each.
    gaps = np.concatenate([projected, np.full((len(projected), 1, 2), np.nan)], axis=1)
    paths = [gaps[levels == level].reshape(-1, 2) for level in range(1, _LEVELS + 1)]
    colours = [(*rgb(theme.soil_line), 0.42 * level / _LEVELS) for level in range(1, _LEVELS + 1)]
    panel.add_collection(LineCollection(paths, colors=colours, linewidths=0.6), autolim=False)
    return step


def shadow_of(faces: Array, ground: Ground, slope: Array) -> Array:
    """Return the outlines that the shadows of faces, shape (faces, 4, 3), make on the ground, all one way round.

    Args:
        faces: corners in space [m].
        ground: where they fall.
        slope: by how much the sun is moved along x and y from where it is.
    """
    sun = SUN + np.array([*slope, 0.0])
    normals = np.cross(faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1])
    return ground.shadow(faces[normals @ sun > 0], sun)
