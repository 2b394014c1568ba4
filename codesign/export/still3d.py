"""A moment of a design in three dimensions, as a panel of a still: voxels, their shadow, shaded ground, the light.

Drawn as matplotlib draws polygons, the farthest first, in parallel projection from where the page looks at first.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb

from codesign.export.geometry import cell_actuation, heights, outer_faces
from codesign.export.recording import Array, Recording, Trajectory
from codesign.export.still_style import CONTRACT, EXPAND, LAMP, MUTED, SOIL, SOIL_LINE, VOXELS, draw_lamp

_AZIMUTH, _ELEVATION = -1.05, 0.42
_RIGHT = np.array([-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0.0])
_BACK = np.array([np.cos(_ELEVATION) * np.cos(_AZIMUTH), np.cos(_ELEVATION) * np.sin(_AZIMUTH), np.sin(_ELEVATION)])
"""From what is looked at to the eye."""
_PLANE = np.stack([_RIGHT, np.cross(_BACK, _RIGHT)])
_SUN = np.array([-0.5, -0.38, 1.0]) / np.linalg.norm([-0.5, -0.38, 1.0])
_SKY_BELOW, _SKY_ABOVE, _SUNSHINE = 0.68, 0.8, 0.26

_PATCHES = 44  # of the ground, along a side of what is drawn of it


def draw_moment(recording: Recording, frame: int, panel: Axes) -> None:
    """Draw the body at a frame of its motion after learning, in a window that is as large for all frames."""
    trajectory = recording.after
    positions = trajectory.positions[frame].astype(np.float64)
    span = _span(trajectory)
    low, high = positions.min(axis=0), positions.max(axis=0)
    middle = (low + high) / 2
    x, y = _PLANE @ middle
    panel.set_xlim(x - span / 2, x + span / 2)
    panel.set_ylim(y - 0.54 * span, y + 0.46 * span)
    panel.set_aspect("equal", adjustable="box")
    panel.set_axis_off()
    start = trajectory.positions[0].mean(axis=0)
    _draw_ground(recording.ground, np.array([*middle[:2], low[2]]), start, span, panel)
    _draw_path(trajectory, frame, panel)
    _draw_body(recording, trajectory, frame, positions, panel)
    if recording.light is not None:
        _draw_light(recording.ground, recording.light, float((high - low)[2]), panel)


def _span(trajectory: Trajectory) -> float:
    """Return metres that a window is wide: room for the largest that the body becomes."""
    size = (trajectory.positions.max(axis=1) - trajectory.positions.min(axis=1)).max(axis=0)
    return max(float(np.linalg.norm(size)) * 1.5, 1e-3)


def _shade(colours: Array, normals: Array) -> Array:
    light = _SKY_BELOW + (_SKY_ABOVE - _SKY_BELOW) * (normals[..., 2] * 0.5 + 0.5)
    return np.clip(colours * (light + _SUNSHINE * np.maximum(normals @ _SUN, 0))[..., None], 0, 1)


def _draw_ground(ground: Array, middle: Array, start: Array, span: float, panel: Axes) -> None:
    """Draw the ground around a place, fading into the paper, with lines whose distance is a round number of metres."""
    reach = 1.25 * span
    along = np.linspace(-reach, reach, _PATCHES + 1)
    x, y = np.meshgrid(middle[0] + along, middle[1] + along)
    points = np.stack([x, y, heights(ground, x, y)], axis=-1)
    quads = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2).reshape(-1, 4, 3)
    slopes = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]) * (1.7, 1.7, 1)
    normals = slopes / np.linalg.norm(slopes, axis=1, keepdims=True)
    centres = quads.mean(axis=1)
    colours = _fade(_shade(np.array(to_rgb(SOIL)), normals), _away(centres, middle, reach)[:, None])
    order = np.argsort(centres @ _BACK)
    panel.add_collection(
        PolyCollection(list((quads @ _PLANE.T)[order]), facecolors=colours[order], edgecolors="face", linewidths=0.4)
    )
    _draw_lines(ground, middle, start, reach, panel)


def _draw_lines(ground: Array, middle: Array, start: Array, reach: float, panel: Axes) -> None:
    step = _round_number(reach / 9)
    along = np.linspace(-reach, reach, 2 * _PATCHES + 1)
    pieces = []
    for axis in (0, 1):
        first, last = np.ceil((middle[axis] - reach - start[axis]) / step), (middle[axis] + reach - start[axis]) / step
        for line in start[axis] + step * np.arange(first, last):
            places = [np.full(len(along), line), middle[1 - axis] + along]
            x, y = places if axis == 0 else reversed(places)
            points = np.stack([x, y, heights(ground, x, y)], axis=-1)
            pieces.append(np.stack([points[:-1], points[1:]], axis=1))
    lines = np.concatenate(pieces)
    strength = 0.3 * (1 - _away(lines.mean(axis=1), middle, reach))
    colours = np.column_stack([np.tile(to_rgb(SOIL_LINE), (len(lines), 1)), strength])
    panel.add_collection(LineCollection(list(lines @ _PLANE.T), colors=colours, linewidths=0.6, zorder=1))


def _away(points: Array, middle: Array, reach: float) -> Array:
    """Return 0 near the middle to 1 where the ground is gone."""
    part = np.clip((np.linalg.norm((points - middle)[:, :2], axis=1) / reach - 0.35) / 0.65, 0, 1)
    return part * part * (3 - 2 * part)


def _fade(colours: Array, part: Array) -> Array:
    return colours + (1 - colours) * part


def _round_number(least: float) -> float:
    power = 10.0 ** np.floor(np.log10(least))
    return float(power * next(factor for factor in (1, 2, 5, 10) if factor * power >= least * 0.999))


def _draw_body(recording: Recording, trajectory: Trajectory, frame: int, positions: Array, panel: Axes) -> None:
    faces, cells = outer_faces(recording.cells)
    corners = positions[faces]
    # Where each corner's shadow falls: the height there is not known before, so it is looked for twice.
    fallen = corners.copy()
    for _ in range(2):
        drop = (corners[..., 2] - heights(recording.ground, fallen[..., 0], fallen[..., 1])) / _SUN[2]
        fallen = corners - np.maximum(drop, 0)[..., None] * _SUN
    soil = np.array(to_rgb(SOIL)) * 0.76
    panel.add_collection(PolyCollection(list(fallen @ _PLANE.T), facecolors=[soil], edgecolors=[soil], linewidths=0.3))
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    colours = _shade(_cell_colours(recording, trajectory.actuation[frame])[cells], normals)
    seen = np.flatnonzero(normals @ _BACK > 0)
    order = seen[np.argsort(corners[seen].mean(axis=1) @ _BACK, kind="stable")]
    panel.add_collection(
        PolyCollection(
            list((corners @ _PLANE.T)[order]),
            facecolors=colours[order],
            edgecolors=colours[order] * 0.7,
            linewidths=0.5,
        )
    )


def _cell_colours(recording: Recording, actuation: Array) -> Array:
    """Return the colour of each cell: its material's, tinted by the mean actuation of the muscles in it."""
    own = np.array([to_rgb(VOXELS[(material - 1) % len(VOXELS)]) for material in recording.materials.tolist()])
    colours = own.reshape(-1, 3)
    for number, mean in enumerate(cell_actuation(recording, actuation).tolist()):
        tint = np.array(to_rgb(CONTRACT if mean < 0 else EXPAND))
        colours[number] += (tint - colours[number]) * 0.8 * abs(mean)
    return colours


def _draw_path(trajectory: Trajectory, frame: int, panel: Axes) -> None:
    way = trajectory.positions[: frame + 1].mean(axis=1) @ _PLANE.T
    panel.plot(*way.T, color=MUTED, linewidth=1, linestyle=(0, (1, 2)), zorder=1, scalex=False, scaley=False)


def _draw_light(ground: Array, light: Array, lift: float, panel: Axes) -> None:
    x, y, z = (float(value) for value in light)
    floor = float(heights(ground, np.array(x), np.array(y)))
    foot, place = (_PLANE @ np.array([x, y, height]) for height in (floor, max(z, floor + 0.9 * lift)))
    left, right = panel.get_xlim()
    low, high = panel.get_ylim()
    if left < place[0] < right and low < place[1] < high:
        draw_lamp(panel, (foot[0], foot[1]), (place[0], place[1]), 7)
        return
    middle = np.array([(left + right) / 2, (low + high) / 2])
    towards = place - middle
    tip = middle + towards * 0.46 * (right - left) / np.abs(towards).max()
    shaft = tip - towards * 0.09 * (right - left) / np.linalg.norm(towards)
    arrow = {"arrowstyle": "-|>", "color": LAMP, "linewidth": 1.4}
    panel.annotate("", (tip[0], tip[1]), (shaft[0], shaft[1]), arrowprops=arrow)
