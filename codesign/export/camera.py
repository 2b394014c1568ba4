"""Cameras: what is in a panel's picture at a time, in two dimensions a window and in three an eye."""

from collections.abc import Callable, Sequence

import numpy as np

from codesign.export.eye import Eye
from codesign.export.moment import Actor, between, calm, frame_at, largest
from codesign.export.recording import Array
from codesign.export.scene2d import Window

Camera = Callable[[float], Window | Eye]
"""What is in the picture at a time [s]."""

_FILL = 0.56
"""Part of a picture that a body takes which the camera follows."""

_FOOT = 0.17
"""Part of a picture in two dimensions that is below the lowest mass: ground, and its scale."""

_LANE = 1.3
"""How far apart the lanes of a race are, in the size of the largest body."""

_AZIMUTHS = -1.2, -0.4
"""Whence a race is looked at [radians]: from its side, or, if it has many lanes, from its front."""

_LANE_FOOT = 0.1
"""The same as `_FOOT`, in a race."""

_MARGIN = 1.3
"""How wide a picture of a race is, in what is shown of its course; names stand at the side."""

_LONGEST = 14.0
"""Widths of the largest body that a race's picture is wide at most; of a longer course it shows the part in front."""


def following(actor: Actor, actors: Sequence[Actor], aspect: float) -> Camera:
    """Return a camera that goes with a body.

    Args:
        actor: the body.
        actors: bodies that are shown in pictures of one scale, so that their sizes can be compared.
        aspect: width of the picture by its height.
    """
    size = largest(actors)
    times = actor.trajectory.times
    path = calm(actor.centres, times)
    lowest = calm(actor.trajectory.positions[:, :, -1].min(axis=1) + actor.shift[-1], times)

    def flat(time: float) -> Window:
        frame = frame_at(times, time)
        width = max(float(size[0]) / _FILL, float(size[1]) / _FILL * aspect)
        left = float(between(path, frame)[0]) - width / 2
        return Window(left, float(between(lowest, frame)) - _FOOT * width / aspect, width)

    def deep(time: float) -> Eye:
        frame = frame_at(times, time)
        target = np.array([*between(path, frame)[:2], float(between(lowest, frame)) + 0.42 * size[2]])
        return Eye(target, 1.0).holding(target - size / 2, target + size / 2, aspect, 1.15 * _FILL)

    return flat if actor.recording.dim == 2 else deep


def lanes(actors: Sequence[Actor], aspect: float) -> list[Actor]:
    """Return bodies that begin beside each other: the first farthest away, each with its centre of mass at x = 0.

    In two dimensions they are above each other, the first on top, so far apart that they fill the picture.

    Args:
        actors: the bodies, as they were recorded.
        aspect: width of the picture by its height.
    """
    apart = _LANE * float(largest(actors)[1]) * (1.0 if actors[0].recording.dim == 2 else 1.25)
    if actors[0].recording.dim == 2:
        course = max(float(np.ptp(actor.trajectory.positions[..., 0])) for actor in actors)
        width = min(course, _LONGEST * float(largest(actors)[0])) * _MARGIN
        apart = max(apart, (1 - _LANE_FOOT) * width / aspect / len(actors))
    moved = []
    for number, actor in enumerate(actors):
        aside = apart * (len(actors) - 1 - number)
        start = actor.start
        shift = [-start[0], aside] if actor.recording.dim == 2 else [-start[0], aside - start[1], 0.0]
        moved.append(Actor(actor.recording, actor.trajectory, np.array(shift), actor.name))
    return moved


def racing(actors: Sequence[Actor], aspect: float) -> Camera:
    """Return a camera that shows a race: its whole course, or of a long one the part in front.

    Args:
        actors: the bodies in their lanes, at least one.
        aspect: width of the picture by its height.
    """
    size = largest(actors)
    low = np.min([actor.trajectory.positions.min(axis=(0, 1)) + actor.shift for actor in actors], axis=0)
    high = np.max([actor.trajectory.positions.max(axis=(0, 1)) + actor.shift for actor in actors], axis=0)
    course = float(high[0] - low[0])
    shown = min(course, _LONGEST * float(size[0]))
    times, front = _front(actors)

    def first(time: float) -> float:
        """Return where along x the part that is shown begins [m]."""
        lead = float(np.interp(time, times, front))
        return float(np.clip(lead + 0.75 * size[0] - shown, low[0], high[0] - shown))

    def flat(time: float) -> Window:
        width = max(shown * _MARGIN, float(high[1] - low[1]) * aspect / (1 - _LANE_FOOT - 0.02))
        left = first(time) - 0.5 * (width - shown)
        return Window(left, float(low[1]) - _LANE_FOOT * width / aspect, width)

    def deep(time: float) -> Eye:
        corner, end = low.copy(), high.copy()
        corner[0] = first(time)
        end[0] = corner[0] + shown
        middle = (corner + end) / 2
        views = [Eye(middle, 1.0, azimuth, 0.62).showing(corner, end, aspect, 0.84) for azimuth in _AZIMUTHS]
        return min(views, key=lambda eye: eye.distance)

    return flat if actors[0].recording.dim == 2 else deep


def _front(actors: Sequence[Actor]) -> tuple[Array, Array]:
    """Return times [s] and where along x the foremost centre of mass is, without what is shorter than a step."""
    times = max((actor.trajectory.times for actor in actors), key=lambda each: float(each[-1]))
    along = [np.interp(times, actor.trajectory.times, actor.centres[:, 0]) for actor in actors]
    return times, calm(np.max(along, axis=0), times)
