"""A moment in two dimensions, drawn by matplotlib: ground with metres, water, light, and bodies of springs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from codesign.export.geometry import round_number
from codesign.export.moment import Actor, between, frame_at
from codesign.export.recording import Array
from codesign.export.theme import Theme

_BETWEEN_TICKS = 76
"""Least distance between two ticks of the ground [pixels at 100 dots per inch]."""


@dataclass(frozen=True)
class Window:
    """What is in the picture: metres at its left and lower edge, and how wide it is."""

    left: float
    bottom: float
    width: float


def draw_scene(
    panel: Axes, actors: Sequence[Actor], time: float, window: Window, theme: Theme, *, detailed: bool = True
) -> None:
    """Draw bodies at a time, each on its own ground; of several, the first above the others.

    Args:
        panel: where, without anything in it; its limits become those of the window.
        actors: the bodies.
        time: of their motions [s].
        window: what is in the picture.
        theme: colours.
        detailed: whether lines of metres, the path and the start are drawn.
    """
    scale = panel.bbox.width / window.width  # pixels per metre
    panel.set_xlim(window.left, window.left + window.width)
    panel.set_ylim(window.bottom, window.bottom + panel.bbox.height / scale)
    panel.set_facecolor(theme.sky)
    start = float(actors[0].start[0])
    if detailed:
        _draw_grid(panel, start, theme)
        if len(actors) > 1:
            draw_line(
                panel, [(start, panel.get_ylim()[0]), (start, panel.get_ylim()[1])], color=theme.muted, linewidth=1
            )
    lane = float(actors[0].shift[1] - actors[1].shift[1]) if len(actors) > 1 else 0.0
    for actor in actors:
        positions, actuation = actor.at(time)
        depth = 0.15 * float(actor.size[1])
        if actor.water is not None:
            low = float(actor.ground[:, 1].min())
            top = low + lane - depth if len(actors) > 1 else np.inf
            _draw_water(panel, low, min(actor.water, top), theme)
        if detailed and len(actors) == 1:
            _draw_start(panel, actor, theme)
        _draw_ground(panel, actor.ground, None if actor is actors[-1] else depth, theme)
        if detailed:
            _draw_path(panel, actor, time, theme)
        _draw_body(panel, actor, positions, actuation, scale, theme)
        if actor.light is not None:
            _draw_light(panel, actor, actor.light, theme)
    if detailed:
        _draw_scale(panel, actors[-1].ground, start, theme)
    in_order(panel)


def in_order(panel: Axes) -> None:
    """Let what was added to a panel later be in front of what was added earlier, whatever it is."""
    for order, artist in enumerate(panel.get_children()):
        artist.set_zorder(order)


def points(panel: Axes, pixels: float) -> float:
    """Return the width in points of a line that is so many pixels wide."""
    return pixels * 72 / panel.figure.dpi


def draw_line(panel: Axes, places: npt.ArrayLike, **style: Any) -> None:
    """Draw a line through places, shape (places, 2), without a change of the panel's limits."""
    panel.add_artist(Line2D(*np.asarray(places).T, **style))


def _ticks(panel: Axes, start: float) -> tuple[Array, float]:
    """Return metres from the start at each tick in view, and the distance between ticks."""
    left, right = panel.get_xlim()
    step = round_number(_BETWEEN_TICKS * panel.figure.dpi / 100 * (right - left) / panel.bbox.width)
    return step * np.arange(np.ceil((left - start) / step), np.floor((right - start) / step) + 1), step


def _draw_grid(panel: Axes, start: float, theme: Theme) -> None:
    values, step = _ticks(panel, start)
    low, high = panel.get_ylim()
    left, right = panel.get_xlim()
    rows = step * np.arange(np.ceil(low / step), high / step)
    upright = [[(start + value, low), (start + value, high)] for value in values]
    level = [[(left, row), (right, row)] for row in rows]
    panel.add_collection(LineCollection(upright + level, colors=theme.grid, linewidths=0.8), autolim=False)


def _draw_water(panel: Axes, low: float, level: float, theme: Theme) -> None:
    left, right = panel.get_xlim()
    corners = [(left, low), (right, low), (right, level), (left, level)]
    panel.add_artist(Polygon(corners, facecolor=theme.water, alpha=0.3, linewidth=0))
    panel.add_collection(LineCollection([[(left, level), (right, level)]], colors=theme.water, linewidths=1.2))


def _draw_start(panel: Axes, actor: Actor, theme: Theme) -> None:
    first, _ = actor.at(0)
    faint = PolyCollection(list(first[actor.recording.cells]), facecolors=theme.muted, alpha=0.16, linewidths=0)
    panel.add_collection(faint, autolim=False)


def _draw_ground(panel: Axes, ground: Array, depth: float | None, theme: Theme) -> None:
    """Draw the ground, so deep [m], or down to the end of the panel."""
    left, right = panel.get_xlim()
    x = np.concatenate(([min(left, ground[0, 0])], ground[:, 0], [max(right, ground[-1, 0])]))
    y = np.concatenate((ground[:1, 1], ground[:, 1], ground[-1:, 1]))
    line = np.column_stack([x, y])
    low = min(panel.get_ylim()[0], y.min()) if depth is None else y.min() - depth
    soil = np.concatenate([line, [(x[-1], low), (x[0], low)]])
    panel.add_artist(Polygon(soil, facecolor=theme.soil, linewidth=0))
    panel.add_collection(LineCollection([line], colors=theme.soil_line, linewidths=1), autolim=False)


def _draw_light(panel: Axes, actor: Actor, light: Array, theme: Theme) -> None:
    left, right = panel.get_xlim()
    if left < light[0] < right:
        floor = float(np.interp(light[0], actor.ground[:, 0], actor.ground[:, 1]))
        place = (float(light[0]), max(float(light[1]), floor + 0.8 * float(actor.size[1])))
        draw_lamp(panel, (place[0], floor), place, theme)


def draw_lamp(panel: Axes, foot: tuple[float, float], place: tuple[float, float], theme: Theme) -> None:
    """Draw the light that attracts a robot: a ball with a halo, on a pole from its foot."""
    draw_line(panel, [foot, place], color=theme.lamp, linewidth=1)
    size = points(panel, 0.035 * panel.bbox.height)
    for growth, alpha in ((4.5, 0.08), (3.4, 0.1), (2.4, 0.16), (1.6, 0.3), (1.0, 1.0)):
        style = {"markersize": size * growth, "alpha": alpha}
        draw_line(panel, [place], color=theme.lamp, marker="o", markeredgewidth=0, **style)


def _draw_path(panel: Axes, actor: Actor, time: float, theme: Theme) -> None:
    """Draw the way that the centre of mass has come."""
    frame = frame_at(actor.trajectory.times, time)
    way = np.concatenate([actor.centres[: int(frame) + 1], between(actor.centres, frame)[None]])
    draw_line(panel, way, color=theme.muted, linewidth=1.1, linestyle=(0, (1, 2.4)), dash_capstyle="round")


def _draw_body(panel: Axes, actor: Actor, positions: Array, actuation: Array, scale: float, theme: Theme) -> None:
    recording = actor.recording
    colours = theme.cells(recording.materials)
    cells = PolyCollection(list(positions[recording.cells]), facecolors=colours, edgecolors=colours, linewidths=0.5)
    panel.add_collection(cells, autolim=False)
    # Springs as thick as a ninth of their length; muscles thicker the harder they work.
    length = float(recording.rest_lengths.mean()) * scale if len(recording.springs) else 0.0
    thickness = float(np.clip(points(panel, length) * 0.11, 0.5, 5))
    lines, passive = positions[recording.springs], recording.swings == 0
    strength = np.abs(np.clip(actuation, -1, 1))
    muscles = np.flatnonzero(~passive)[np.argsort(strength[~passive], kind="stable")]
    for which, inks, widths in (
        (passive, theme.passive, thickness * 0.4),
        (muscles, theme.actuation(actuation[muscles]), thickness * (0.75 + 0.45 * strength[muscles])),
    ):
        panel.add_collection(
            LineCollection(list(lines[which]), colors=inks, linewidths=widths, capstyle="round"), autolim=False
        )
    size = points(panel, min(length * 0.15, 9))
    if size > 0.9:
        style = {"marker": "o", "linestyle": "", "markersize": size, "markeredgewidth": 0}
        draw_line(panel, positions, color=theme.mass, **style)


def _draw_scale(panel: Axes, ground: Array, start: float, theme: Theme) -> None:
    """Draw ticks below the ground with metres from the start."""
    values, step = _ticks(panel, start)
    per_pixel = (panel.get_xlim()[1] - panel.get_xlim()[0]) / panel.bbox.width * panel.figure.dpi / 100
    (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)))
    for value in values:
        x = float(start + value)
        y = float(np.interp(x, ground[:, 0], ground[:, 1]))
        if not low + 24 * per_pixel < y < high or not 22 * per_pixel < x - left < right - left - 22 * per_pixel:
            continue
        draw_line(panel, [(x, y), (x, y - 6 * per_pixel)], color=theme.muted, linewidth=0.8)
        said = "start" if abs(value) < step / 2 else f"{value:.{decimals}f} m".replace("-", "−")  # noqa: RUF001
        panel.text(x, y - 9 * per_pixel, said, color=theme.muted, size=8, ha="center", va="top", clip_on=True)
