"""Where a picture in three dimensions is seen from, and where the light comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array
from codesign.export.theme import Theme, rgb

AZIMUTH, ELEVATION = -1.05, 0.42
"""Whence the page looks at first [radians]."""

SUN = np.array([-0.5, -0.38, 1.0]) / np.linalg.norm([-0.5, -0.38, 1.0])
"""Direction to the sun."""

_SLOPE = float(np.tan(np.radians(13)))
"""Of half the vertical angle of view."""


@dataclass(frozen=True, eq=False)
class Eye:
    """Where a picture is seen from.

    Attributes:
        target: what is looked at [m].
        distance: of the eye from it [m].
        azimuth: direction of the eye about the vertical [radians].
        elevation: of the eye above the horizon [radians].
    """

    target: Array
    distance: float
    azimuth: float = AZIMUTH
    elevation: float = ELEVATION

    @property
    def back(self) -> Array:
        """Direction from what is looked at to the eye."""
        level = np.cos(self.elevation)
        return np.array([level * np.cos(self.azimuth), level * np.sin(self.azimuth), np.sin(self.elevation)])

    @property
    def plane(self) -> Array:
        """Directions to the right and to the top of the picture, shape (2, 3)."""
        right = np.array([-np.sin(self.azimuth), np.cos(self.azimuth), 0.0])
        return np.stack([right, np.cross(self.back, right)])

    @property
    def place(self) -> Array:
        """Where the eye is [m]."""
        return self.target + self.back * self.distance

    def away(self, points: Array) -> Array:
        """Return metres from points to the eye along the line of sight; negative behind it."""
        return (self.place - points) @ self.back

    def project(self, points: Array) -> Array:
        """Return where points are in the picture, shape (..., 2), whose lower and upper edges are at -1 and 1."""
        away = np.maximum(self.away(points), 0.05 * self.distance)
        return (points - self.place) @ self.plane.T / (away * _SLOPE)[..., None]

    def showing(self, low: Array, high: Array, aspect: float, fill: float) -> "Eye":
        """Return an eye that looks this way at the middle of a box as it is seen; for the rest see `holding`."""
        eye = self
        for _ in range(4):
            eye = eye.holding(low, high, aspect, fill)
            corners = eye.project(_corners(low, high))
            right, top = (corners.max(axis=0) + corners.min(axis=0)) / 2 * _SLOPE * eye.distance
            target = eye.target + right * eye.plane[0] + top * eye.plane[1]
            eye = Eye(target, eye.distance, self.azimuth, self.elevation)
        return eye.holding(low, high, aspect, fill)

    def holding(self, low: Array, high: Array, aspect: float, fill: float) -> "Eye":
        """Return the eye as far away as it must be for a box to take that part of a picture.

        Args:
            low: the box's lowest corner [m].
            high: its highest [m].
            aspect: width of the picture by its height.
            fill: part of the picture that may be taken, 0 to 1.
        """
        corners = _corners(low, high) - self.target
        right, top = corners @ self.plane.T[:, 0], corners @ self.plane.T[:, 1]
        needed = np.maximum(np.abs(right) / aspect, np.abs(top)) / (_SLOPE * fill)
        distance = max(float((corners @ self.back + needed).max()), 1e-3)
        return Eye(self.target, distance, self.azimuth, self.elevation)


def _corners(low: Array, high: Array) -> Array:
    return np.array([[(low, high)[number >> axis & 1][axis] for axis in range(3)] for number in range(8)])


@dataclass(frozen=True, eq=False)
class Lighting:
    """What shines: the sky, the sun, and lamps that attract robots.

    Attributes:
        theme: how strongly.
        lamps: places [m].
        reach: how far lamps shine [m].
    """

    theme: Theme
    lamps: Sequence[Array] = ()
    reach: float = 1.0

    def shaded(self, colours: Array, places: Array, normals: Array) -> Array:
        """Return the colours of surfaces, shape (..., 3), at places with normals, as they are lit."""
        below, above, sun = self.theme.tone
        sky = below + (above - below) * (normals[..., 2] * 0.5 + 0.5)
        lit = colours * (sky + sun * np.maximum(normals @ SUN, 0))[..., None]
        for lamp in self.lamps:
            towards = lamp - places
            distance = np.linalg.norm(towards, axis=-1)
            near = 1 / (1 + 6 * (distance / self.reach) ** 2)
            facing = np.maximum((normals * towards).sum(axis=-1) / np.maximum(distance, 1e-9), 0)
            strength = self.theme.lamplight * near * near * (0.35 + 0.65 * facing)
            lit = lit + (colours * 0.7 + 0.15) * rgb(self.theme.lamp) * strength[..., None]
        return np.clip(lit, 0, 1)
