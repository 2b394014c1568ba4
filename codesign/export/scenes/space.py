"""Space and time of scenes: three dimensions for every recording, the vertical where a format wants it, frames."""

import math
from typing import Literal

import numpy as np

from codesign.export.recording import Array, Recording, RecordingError, Trajectory

Up = Literal["y", "z"]
"""The axis that points upwards. Both spaces are right-handed, and x is x in both."""


def require_drawable(recording: Recording) -> None:
    """Check that a recording has two or three dimensions.

    Raises:
        RecordingError: it has not.
    """
    if recording.dim not in (2, 3):
        expected = "a design in two or three dimensions"
        raise RecordingError(expected, f"{recording.dim} ({recording.design})", "use format=json")


def lifted(points: Array, up: Up) -> Array:
    """Return points in three dimensions, float64[..., 3], in metres.

    Args:
        points: float[..., dim], the last axis up. Two dimensions become the plane y = 0 of the three with z up.
        up: the axis that points upwards afterwards.
    """
    points = np.asarray(points, np.float64)
    if points.shape[-1] == 2:
        points = np.stack([points[..., 0], np.zeros(points.shape[:-1]), points[..., 1]], axis=-1)
    return points if up == "z" else np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def at_frame_rate(trajectory: Trajectory, rate: float | None) -> Trajectory:
    """Return a motion with so many frames per second, by linear interpolation, or as it is for None.

    The last frame is the last one at or before the end.
    """
    times = trajectory.times.astype(np.float64)
    if rate is None or len(times) < 2:
        return trajectory
    frames = math.floor((times[-1] - times[0]) * rate + 1e-4) + 1
    wanted = np.minimum(times[0] + np.arange(frames) / rate, times[-1])
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(times) - 2)
    part = (wanted - times[left]) / (times[left + 1] - times[left])

    def between(values: Array) -> Array:
        share = part.reshape(-1, *[1] * (values.ndim - 1))
        return values[left] * (1 - share) + values[left + 1] * share

    return Trajectory(wanted, between(trajectory.positions), between(trajectory.actuation), trajectory.diverged)


def frame_rate(times: Array) -> float:
    """Return frames per second of times, by their median distance and rounded to a thousandth; 1 for one frame."""
    return round(float(1 / np.median(np.diff(times.astype(np.float64)))), 3) if len(times) > 1 else 1.0
