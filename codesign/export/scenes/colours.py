"""Colours of scenes, those of the page's light scheme, as numbers."""

import numpy as np

from codesign.export.recording import Array, Recording
from codesign.export.theme import LIGHT, rgb

_TINT = 0.8
"""How much of a cube's colour its actuation takes at most, so that the material still shows."""

PASSIVE, MASS, SOIL, LAMP, POLE, NEUTRAL = (
    rgb(colour) for colour in (LIGHT.passive, LIGHT.mass, LIGHT.soil, LIGHT.lamp, LIGHT.muted, LIGHT.neutral)
)
SOIL_DARK = SOIL * 0.9
CONTRACTED, EXPANDED = rgb(LIGHT.contract), rgb(LIGHT.expand)
"""A muscle that contracts or expands as much as it can."""


def linear(colours: Array) -> Array:
    """Return linear intensities of sRGB colours, which is what glTF and USD hold."""
    colours = np.asarray(colours, np.float64)
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def cell_colours(recording: Recording) -> tuple[Array, Array, Array]:
    """Return the colour of each cell at rest, contracted and expanded, sRGB, float64[cells, 3] each.

    In two dimensions a cell is always as at rest, since springs lie on it and show the actuation.
    """
    rest = LIGHT.cells(recording.materials, voxels=recording.dim == 3).reshape(-1, 3)
    tint = _TINT if recording.dim == 3 else 0.0
    return rest, rest + (CONTRACTED - rest) * tint, rest + (EXPANDED - rest) * tint


def actuated(rest: Array, contracted: Array, expanded: Array, actuation: Array) -> Array:
    """Return colours between three for actuation from -1 to 1, shape [..., n, 3] for actuation [..., n]."""
    value = np.clip(actuation, -1, 1)[..., None]
    return rest + (contracted - rest) * np.maximum(-value, 0) + (expanded - rest) * np.maximum(value, 0)


def spring_colours(recording: Recording, actuation: Array) -> Array:
    """Return the colour of each spring, sRGB, float64[frames, springs, 3], for actuation [frames, springs]."""
    colours = actuated(NEUTRAL, CONTRACTED, EXPANDED, actuation)
    return np.where((recording.swings > 0)[:, None], colours, PASSIVE)
