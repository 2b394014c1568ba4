"""A moment in three dimensions, drawn by matplotlib: bodies of cubes with their shadows and lights on the ground.

Drawn as matplotlib draws polygons, the farthest first, in perspective.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from codesign.export.eye import Eye, Lighting
from codesign.export.geometry import cell_actuation, outer_faces
from codesign.export.ground3d import Ground, draw_ground, shadow_of
from codesign.export.moment import Actor, between, frame_at, largest
from codesign.export.recording import Array
from codesign.export.scene2d import draw_lamp, draw_line, in_order
from codesign.export.theme import Theme, rgb

_SUN = 0.045 * np.array([(0.0, 0.0), (1.0, 0.0), (-0.5, 0.87), (-0.5, -0.87)])
"""Slopes to parts of the sun: a shadow is the softer the farther it falls."""


def draw_scene(
    panel: Axes, actors: Sequence[Actor], time: float, eye: Eye, theme: Theme, *, detailed: bool = True
) -> None:
    """Draw bodies at a time on the ground of each around it.

    Args:
        panel: where, without anything in it; its limits become those of `Eye.project`.
        actors: the bodies, at least one.
        time: of their motions [s].
        eye: where they are seen from.
        theme: colours.
        detailed: whether the start, the path, and how far apart the lines are, are drawn.
    """
    aspect = panel.bbox.width / panel.bbox.height
    panel.set_xlim(-aspect, aspect)
    panel.set_ylim(-1, 1)
    panel.set_facecolor(theme.sky)
    ground = Ground(actors)
    lamps = [(actor, *_lamp(actor, ground)) for actor in actors if actor.light is not None]
    lighting = Lighting(theme, [place for _, _, place in lamps], 3 * float(largest(actors)[2]))
    step = draw_ground(panel, ground, actors[0].start, eye, lighting)
    if detailed:
        panel.text(0.02, 0.03, f"grid {step:g} m", color=theme.muted, size=8, transform=panel.transAxes)
        if len(actors) > 1:
            _draw_start_line(panel, actors, ground, eye, theme)
        for actor in actors:
            if len(actors) == 1:
                _draw_start(panel, actor, ground, eye, theme)
            _draw_path(panel, actor, time, eye, theme)
    faces, colours = [], []
    for actor in actors:
        positions, actuation = actor.at(time)
        corners, cells = outer_faces(actor.recording.cells)
        faces.append(positions[corners])
        colours.append(_cell_colours(actor, actuation, theme)[cells])
    _draw_shadow(panel, np.concatenate(faces), ground, eye, theme)
    behind = [bool(eye.away(foot) > eye.away(actor.at(time)[0]).mean()) for actor, foot, _ in lamps]
    for hidden in (True, False):
        for (_, foot, place), far in zip(lamps, behind, strict=True):
            if far == hidden:
                _draw_light(panel, foot, place, eye, theme)
        if hidden:
            _draw_faces(panel, np.concatenate(faces), np.concatenate(colours), eye, lighting)
    in_order(panel)


def _cell_colours(actor: Actor, actuation: Array, theme: Theme) -> Array:
    """Return the colour of each cell: its material's, tinted by the mean actuation of the muscles in it."""
    means = cell_actuation(actor.recording, actuation)[:, None]
    own = theme.cells(actor.recording.materials, voxels=True)
    return own + (np.where(means < 0, rgb(theme.contract), rgb(theme.expand)) - own) * 0.8 * np.abs(means)


def _draw_faces(panel: Axes, faces: Array, colours: Array, eye: Eye, lighting: Lighting) -> None:
    normals = np.cross(faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    centres = faces.mean(axis=1)
    towards = eye.place - centres
    lit = lighting.shaded(colours, centres, normals)
    seen = np.flatnonzero((normals * towards).sum(axis=1) > 0)
    order = seen[np.argsort(-np.linalg.norm(towards[seen], axis=1), kind="stable")]
    panel.add_collection(
        PolyCollection(
            list(eye.project(faces[order])),
            facecolors=lit[order],
            edgecolors=lit[order] * 0.66,
            linewidths=0.6,
            joinstyle="round",
        ),
        autolim=False,
    )


def _draw_shadow(panel: Axes, faces: Array, ground: Ground, eye: Eye, theme: Theme) -> None:
    for slope in _SUN:
        outlines = eye.project(shadow_of(faces, ground, slope))
        if len(outlines):
            # One path, whose parts do not darken each other where they overlap.
            path = Path.make_compound_path_from_polys(outlines)
            panel.add_artist(PathPatch(path, facecolor="black", alpha=theme.shade / len(_SUN), linewidth=0))


def _draw_start(panel: Axes, actor: Actor, ground: Ground, eye: Eye, theme: Theme) -> None:
    """Draw a ring around where the body began."""
    around = np.linspace(0, 2 * np.pi, 49)
    radius = float(np.linalg.norm(np.ptp(actor.trajectory.positions[0, :, :2], axis=0))) / 2
    ring = np.stack([np.cos(around), np.sin(around), np.zeros(49)], axis=-1) * radius + actor.start
    draw_line(panel, eye.project(ground.below(ring)), color=theme.soil_line, linewidth=1, alpha=0.75)


def _draw_start_line(panel: Axes, actors: Sequence[Actor], ground: Ground, eye: Eye, theme: Theme) -> None:
    """Draw a line along which bodies began beside each other."""
    places, margin = [actor.start for actor in actors], 0.7 * float(largest(actors)[1])
    y = np.linspace(min(place[1] for place in places) - margin, max(place[1] for place in places) + margin, 49)
    line = np.stack([np.full(49, places[0][0]), y, np.zeros(49)], axis=-1)
    draw_line(panel, eye.project(ground.below(line)), color=theme.soil_line, linewidth=1.6)


def _draw_path(panel: Axes, actor: Actor, time: float, eye: Eye, theme: Theme) -> None:
    """Draw the way that the centre of mass has come."""
    frame = frame_at(actor.trajectory.times, time)
    way = np.concatenate([actor.centres[: int(frame) + 1], between(actor.centres, frame)[None]])
    style = {"linewidth": 1.1, "linestyle": (0, (1, 2.4)), "dash_capstyle": "round"}
    draw_line(panel, eye.project(way), color=theme.muted, **style)


def _lamp(actor: Actor, ground: Ground) -> tuple[Array, Array]:
    """Return the foot and the place of the lamp that attracts a body."""
    light = np.asarray(actor.light, dtype=np.float64)
    foot = ground.below(light)
    return foot, np.array([*foot[:2], max(light[2], foot[2] + 0.9 * float(actor.size[2]))])


def _draw_light(panel: Axes, foot: Array, place: Array, eye: Eye, theme: Theme) -> None:
    """Draw a lamp, or an arrow at the edge towards one that is outside."""
    below, above = eye.project(np.stack([foot, place]))
    half = np.array([panel.get_xlim()[1], 1.0])
    if (np.abs(above) < half).all() and eye.away(place) > 0:
        draw_lamp(panel, (below[0], below[1]), (above[0], above[1]), theme)
        return
    towards = above if eye.away(place) > 0 else -above
    tip = towards * (0.92 * half / np.maximum(np.abs(towards), 1e-9)).min()
    shaft = tip - 0.16 * towards / np.linalg.norm(towards)
    arrow = {"arrowstyle": "-|>", "color": theme.lamp, "linewidth": 1.6}
    panel.annotate("", (tip[0], tip[1]), (shaft[0], shaft[1]), arrowprops=arrow)
