"""The sine that a signal comes closest to: what a motor would be told that swings instead of a controller."""

from typing import NamedTuple

import numpy as np

from codesign.export.recording import Array

_LEAST_FRAMES = 8
"""Frames below which nothing is fitted: four numbers go through as many points."""

_STILL = 1e-6
"""Standard deviation below which a signal does not move."""

_FINER = 4
"""Frequencies that are tried for each that the length of the signals tells apart."""

_GOLDEN = (5**0.5 - 1) / 2
_SECTIONS = 25
"""Golden sections: they narrow a frequency down to a few millionths of what the length of the signals tells apart."""


class Oscillations(NamedTuple):
    """Sines `offset + amplitude * sin(2 pi frequency t + phase)` of several signals, each float64[signals].

    Attributes:
        offset: mean of the sine, in the unit of the signal.
        amplitude: at least 0, likewise.
        frequency: hertz; NaN where there is no motion to fit, and so are phase and quality.
        phase: degrees from -180 to 180, of the sine at time 0.
        quality: share of the signal's variance that the sine accounts for, 0 to 1 (R squared).
    """

    offset: Array
    amplitude: Array
    frequency: Array
    phase: Array
    quality: Array


def fit(times: Array, signals: Array) -> Oscillations:
    """Return the sine that each signal comes closest to in the sense of least squares.

    Frequencies from one oscillation in the whole time to half the rate of the frames are tried, closely enough that
    no best one lies between, and the best is refined.

    Args:
        times: float[frames], seconds, increasing.
        signals: float[frames, signals].
    """
    times, signals = times.astype(np.float64), signals.astype(np.float64)
    frames, count = signals.shape
    offset, nothing = (signals.mean(axis=0) if frames else np.zeros(count)), np.full(count, np.nan)
    moving = signals.std(axis=0) > _STILL if frames >= _LEAST_FRAMES else np.zeros(count, dtype=bool)
    result = Oscillations(offset, np.zeros(count), nothing, nothing.copy(), nothing.copy())
    if not moving.any():
        return result
    moved = signals[:, moving]
    frequency = _best_frequency(times, moved)
    sine, cosine, mean = _amplitudes(times, moved, frequency)
    left = moved - _sines(times, frequency, sine, cosine, mean)
    result.offset[moving] = mean
    result.amplitude[moving] = np.hypot(sine, cosine)
    result.frequency[moving] = frequency
    result.phase[moving] = np.degrees(np.arctan2(cosine, sine))
    result.quality[moving] = 1.0 - left.var(axis=0) / moved.var(axis=0)
    return result


def _best_frequency(times: Array, signals: Array) -> Array:
    length = times[-1] - times[0]
    step = 1.0 / (_FINER * length)
    highest = 0.5 / float(np.median(np.diff(times)))
    tried = np.arange(_FINER, max(int(highest / step), _FINER + 1)) * step
    best = tried[np.argmax([_explained(times, signals, each) for each in tried], axis=0)]
    # The residual has one minimum between the neighbours of the best; golden section finds it.
    low, high = np.maximum(best - step, step), np.minimum(best + step, highest - step / 2)
    for _ in range(_SECTIONS):
        inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        lower = _residual(times, signals, inner) < _residual(times, signals, outer)
        low, high = np.where(lower, low, inner), np.where(lower, outer, high)
    return (low + high) / 2


def _explained(times: Array, signals: Array, frequency: float) -> Array:
    """Return the sum of squares of each signal that the best sine of one frequency accounts for."""
    angles = 2 * np.pi * frequency * times
    design = np.stack([np.sin(angles), np.cos(angles), np.ones_like(angles)], axis=1)
    return ((np.linalg.qr(design)[0].T @ signals) ** 2).sum(axis=0)


def _residual(times: Array, signals: Array, frequency: Array) -> Array:
    """Return the sum of squares that the best sine of a frequency leaves of each signal."""
    return ((signals - _sines(times, frequency, *_amplitudes(times, signals, frequency))) ** 2).sum(axis=0)


def _amplitudes(times: Array, signals: Array, frequency: Array) -> tuple[Array, Array, Array]:
    """Return the amplitudes of sine and cosine and the mean that fit each signal best at its frequency."""
    angles = 2 * np.pi * frequency * times[:, None]
    design = np.stack([np.sin(angles), np.cos(angles), np.ones_like(angles)], axis=-1)
    normal = np.einsum("tsi,tsj->sij", design, design)
    found = np.linalg.solve(normal, np.einsum("tsi,ts->si", design, signals)[..., None])[..., 0]
    return found[:, 0], found[:, 1], found[:, 2]


def _sines(times: Array, frequency: Array, sine: Array, cosine: Array, mean: Array) -> Array:
    angles = 2 * np.pi * frequency * times[:, None]
    return sine * np.sin(angles) + cosine * np.cos(angles) + mean
