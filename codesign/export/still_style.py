"""Colours of stills, those of the page's light scheme."""

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

INK, MUTED, RULE = "#1d2226", "#676b6c", "#e4e0d6"
CONTRACT, NEUTRAL, EXPAND = "#c8500a", "#b4b5ae", "#1a63b0"
ACTUATION = LinearSegmentedColormap.from_list("actuation", [CONTRACT, NEUTRAL, EXPAND])
PASSIVE, MASS = "#a9aaa3", "#31373b"
SOIL, SOIL_LINE = "#e6e0d3", "#8d8574"
LAMP = "#eda100"
MATERIALS = ("#dfe5df", "#efe3c4", "#e8d3d6", "#d3deee", "#dcd6ea", "#d0e8e2")
VOXELS = ("#c9d2cb", "#e9cf92", "#dfa9ad", "#a3d3c6", "#bfb2df", "#a9c0e2")


def draw_lamp(panel: Axes, foot: tuple[float, float], place: tuple[float, float], size: float) -> None:
    """Draw the light that attracts a robot: a ball of `size` points with a halo, on a pole from its foot."""
    panel.plot(*zip(foot, place, strict=True), color=LAMP, linewidth=1, zorder=3)
    for growth, alpha in ((4.5, 0.08), (3.4, 0.1), (2.4, 0.16), (1.6, 0.3), (1.0, 1.0)):
        panel.plot(*place, "o", color=LAMP, alpha=alpha, markersize=size * growth, markeredgewidth=0, zorder=3)
