"""A moment of bodies on a panel, in two or three dimensions."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from codesign.export import scene2d, scene3d
from codesign.export.eye import Eye
from codesign.export.moment import Actor
from codesign.export.scene2d import Window
from codesign.export.theme import Theme

STYLE: dict[Any, Any] = {"font.family": "sans-serif", "font.size": 9, "text.parse_math": False}
"""Of all pictures, as matplotlib's settings; names are text, whatever signs are in them."""


def draw_scene(
    panel: Axes, actors: Sequence[Actor], time: float, view: Window | Eye, theme: Theme, *, detailed: bool = True
) -> None:
    """Draw bodies at a time on a panel without anything in it.

    Args:
        panel: where.
        actors: the bodies, all of two or all of three dimensions.
        time: of their motions [s].
        view: what is in the picture.
        theme: colours.
        detailed: whether the start, the path and lines of metres are drawn.
    """
    if isinstance(view, Window):
        scene2d.draw_scene(panel, actors, time, view, theme, detailed=detailed)
    else:
        scene3d.draw_scene(panel, actors, time, view, theme, detailed=detailed)
