"""Measures that a search may look at besides those of tasks: of a body at rest, and how often it repeats a movement."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from codesign.body import Bodies

LEAST_MOTION = 1.0e-6
"""Root mean square of the masses' motion below which a body stands still [m]."""

_FINENESS = 8
"""Frequencies that are looked at for each that an episode can tell apart."""


def _muscle_share(bodies: Bodies) -> NDArray[np.float64]:
    muscles = np.add.reduceat(np.append(bodies.swings != 0.0, 0.0), bodies.spring_start[:-1])
    springs = np.diff(bodies.spring_start)
    # Where a body has no springs, `reduceat` gives what is at its place.
    return np.divide(muscles, springs, out=np.zeros(len(bodies)), where=springs > 0)


def _extents(bodies: Bodies) -> NDArray[np.float64]:
    """Return how far each body reaches at rest along each axis [m], shape (n, dim)."""
    starts = bodies.mass_start[:-1]
    return np.maximum.reduceat(bodies.positions, starts) - np.minimum.reduceat(bodies.positions, starts)


GAIT_FREQUENCY = "gait_frequency"

BODY_MEASURES: Mapping[str, Callable[[Bodies], NDArray[np.float64]]] = {
    "size": lambda bodies: np.diff(bodies.mass_start).astype(np.float64),
    "muscle_share": _muscle_share,
    "body_height": lambda bodies: _extents(bodies)[:, -1],
    "body_width": lambda bodies: _extents(bodies)[:, :-1].max(axis=1),
}
"""Measures of bodies at rest as they were drawn, by name: number of masses; share of springs that are muscles; extent
upwards [m]; largest extent along a level axis [m]."""

FURTHER_MEASURES = (*BODY_MEASURES, GAIT_FREQUENCY)
"""Names of the measures that are taken only where a search looks at them."""

UNITS = {"body_height": "m", "body_width": "m", GAIT_FREQUENCY: "Hz"}
"""Units of these; the others are numbers."""


def gait_frequency(positions: NDArray[np.floating], dt: float) -> float:
    """Return the frequency that most of a body's motion about its centre has [Hz].

    That is the highest point of the power spectrum of the masses' positions relative to their mean, summed over masses
    and axes, after a trend along a line was taken off, in a Hann window. Movements that an episode has less than two
    of cannot be told from such a trend and are passed over.

    Args:
        positions: of the masses [m], shape (steps + 1, masses, dimension).
        dt: time between them [s].

    Returns:
        0 for a body that stands still, NaN for one whose positions are not all finite.
    """
    frames = len(positions)
    if not np.isfinite(positions).all():
        return float("nan")
    moved = positions.astype(np.float64) - positions.mean(axis=1, keepdims=True, dtype=np.float64)
    moved = moved.reshape(frames, -1)
    times = np.arange(frames) - (frames - 1) / 2
    moved -= moved.mean(axis=0)
    moved -= times[:, None] * (times @ moved / max(times @ times, 1.0))
    if np.sqrt(np.mean(moved**2)) < LEAST_MOTION:
        return 0.0
    padded = _FINENESS * 2 ** int(np.ceil(np.log2(frames)))
    power = (np.abs(np.fft.rfft(moved * np.hanning(frames)[:, None], padded, axis=0)) ** 2).sum(axis=1)
    frequencies = np.fft.rfftfreq(padded, dt)
    power[frequencies * (frames - 1) * dt < 2.0] = 0.0
    return float(frequencies[np.argmax(power)])
