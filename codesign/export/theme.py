"""Colours of pictures and films, those of the page's light and dark schemes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Theme:
    """Colours, as "#rrggbb", and how strong the lights of three dimensions are.

    Attributes:
        sky: behind everything.
        ink: of what is said first.
        muted: of what is said besides.
        grid: lines behind a body.
        rule: between panels.
        soil: the ground.
        soil_line: its line, and lines on it.
        water: tint of water.
        contract: muscles that contract.
        neutral: muscles that do nothing.
        expand: muscles that expand.
        passive: other springs.
        mass: masses.
        lamp: the light that attracts a robot.
        materials: cells in two dimensions by material, from 1.
        voxels: cells in three dimensions by material, from 1.
        tone: light from below, from above and from the sun; together 1 on level ground in the sun.
        lamplight: how strongly the lamp shines on what is around it.
        shade: how dark a shadow is, from 0 to 1.
    """

    sky: str
    ink: str
    muted: str
    grid: str
    rule: str
    soil: str
    soil_line: str
    water: str
    contract: str
    neutral: str
    expand: str
    passive: str
    mass: str
    lamp: str
    materials: tuple[str, ...]
    voxels: tuple[str, ...]
    tone: tuple[float, float, float]
    lamplight: float
    shade: float

    def actuation(self, values: Array) -> Array:
        """Return the colours of actuation from -1, contracting, to 1, expanding, shape (values, 3)."""
        neutral = rgb(self.neutral)
        values = np.clip(values, -1, 1)[:, None]
        towards = np.where(values < 0, rgb(self.contract), rgb(self.expand))
        return neutral + (towards - neutral) * np.abs(values)

    def cells(self, materials: Array, *, voxels: bool = False) -> Array:
        """Return the colour of each cell by its material, shape (cells, 3)."""
        colours = np.array([rgb(colour) for colour in (self.voxels if voxels else self.materials)])
        return colours[(materials.astype(int) - 1) % len(colours)]


def rgb(colour: str) -> Array:
    """Return red, green and blue of "#rrggbb", from 0 to 1."""
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255


LIGHT = Theme(
    sky="#fffefb",
    ink="#1d2226",
    muted="#676b6c",
    grid="#f0ede5",
    rule="#e4e0d6",
    soil="#e6e0d3",
    soil_line="#8d8574",
    water="#9cc4dc",
    contract="#c8500a",
    neutral="#b4b5ae",
    expand="#1a63b0",
    passive="#a9aaa3",
    mass="#31373b",
    lamp="#eda100",
    materials=("#dfe5df", "#efe3c4", "#e8d3d6", "#d3deee", "#dcd6ea", "#d0e8e2"),
    voxels=("#c9d2cb", "#e9cf92", "#dfa9ad", "#a3d3c6", "#bfb2df", "#a9c0e2"),
    tone=(0.68, 0.8, 0.26),
    lamplight=0.3,
    shade=0.24,
)
DARK = Theme(
    sky="#191e22",
    ink="#eceae4",
    muted="#9ba1a2",
    grid="#21272c",
    rule="#2c3338",
    soil="#262c2e",
    soil_line="#79807c",
    water="#2f5a72",
    contract="#ff9142",
    neutral="#6a7276",
    expand="#58adff",
    passive="#5f686d",
    mass="#dfe1dd",
    lamp="#ffd166",
    materials=("#2c373b", "#453d2a", "#45313a", "#2b3c52", "#3a344f", "#28453f"),
    voxels=("#7d8b8f", "#a38c52", "#9a6676", "#539082", "#7b6da8", "#5f80ae"),
    tone=(0.46, 0.66, 0.42),
    lamplight=0.9,
    shade=0.45,
)
THEMES = {"light": LIGHT, "dark": DARK}
"""By the name that a configuration has them under."""
