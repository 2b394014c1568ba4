"""Moments of motions: what moves where at a time between recorded frames, and smooth paths that a camera follows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from codesign.export.recording import Array, Recording, Trajectory

_CALM = 0.3
"""Standard deviation [s] of the weights by which a camera's path is smoothed: about the length of a step."""


@dataclass(frozen=True, eq=False)
class Actor:
    """A body in a picture, with one of its motions.

    Attributes:
        recording: the body.
        trajectory: its motion before or after learning.
        shift: metres by which it is moved, with its ground and light, so that several stand beside each other.
        name: what is written beside it, if anything.
    """

    recording: Recording
    trajectory: Trajectory
    shift: Array
    name: str = ""

    @classmethod
    def alone(cls, recording: Recording, trajectory: Trajectory | None = None) -> "Actor":
        """Return a body where it was recorded, in its motion after learning unless another one is given."""
        return cls(recording, recording.after if trajectory is None else trajectory, np.zeros(recording.dim))

    @property
    def ground(self) -> Array:
        """The ground that it stands on, as `Recording.ground`."""
        return self.recording.ground + self.shift

    @property
    def start(self) -> Array:
        """Where its centre of mass begins [m]."""
        return self.recording.centres(self.trajectory.positions[0]) + self.shift

    @property
    def light(self) -> Array | None:
        """Where the light is that attracts it [m], if any."""
        return None if self.recording.light is None else self.recording.light + self.shift

    @property
    def water(self) -> float | None:
        """Height of the water's surface [m], if there is water."""
        mechanics = self.recording.mechanics
        level = None if mechanics is None else mechanics.forces.get("water", {}).get("level")
        return None if level is None else level + float(self.shift[-1])

    @property
    def centres(self) -> Array:
        """Places of its centre of mass [m], shape (frames, dim)."""
        return self.recording.centres(self.trajectory.positions) + self.shift

    @property
    def size(self) -> Array:
        """Metres that it is wide, deep and high at most, shape (dim,)."""
        return np.ptp(self.trajectory.positions, axis=1).max(axis=0).astype(np.float64)

    def at(self, time: float) -> tuple[Array, Array]:
        """Return positions [m], shape (masses, dim), and actuation of each spring at a time [s]."""
        frame = frame_at(self.trajectory.times, time)
        return between(self.trajectory.positions, frame) + self.shift, between(self.trajectory.actuation, frame)

    def progress(self, time: float) -> float:
        """Return metres that the centre of mass has come along x, or that it is from the light if there is one."""
        place = between(self.centres, frame_at(self.trajectory.times, time))
        if self.light is None:
            return float(place[0] - self.start[0])
        return float(np.linalg.norm((place - self.light)[:-1]))


def frame_at(times: Array, time: float) -> float:
    """Return the fractional number of the frame at a time [s]; the first before all, the last after all."""
    return float(np.interp(time, times, np.arange(len(times))))


def between(values: Array, frame: float) -> Array:
    """Return values at a fractional frame, by interpolation along their first axis."""
    first = int(frame)
    part = frame - first
    if part == 0:
        return values[first].astype(np.float64)
    return values[first] * (1 - part) + values[first + 1].astype(np.float64) * part


def calm(values: Array, times: Array) -> Array:
    """Return values by frame, shape (frames, ...), without what is shorter than a step, the first and last as is."""
    if len(times) < 3:
        return values.astype(np.float64)
    # Straight lines stay straight up to the ends: what deviates from that between the ends is smoothed.
    part = ((times - times[0]) / (times[-1] - times[0])).reshape(-1, *(1,) * (values.ndim - 1))
    line = values[0] * (1 - part) + values[-1] * part
    apart = float(times[-1] - times[0]) / (len(times) - 1)
    return line + gaussian_filter1d(values - line, _CALM / apart, axis=0, mode="nearest")


def largest(actors: Sequence[Actor]) -> Array:
    """Return metres that the largest of some bodies is wide, deep and high, shape (dim,)."""
    return np.maximum(np.max([actor.size for actor in actors], axis=0), 1e-3)
