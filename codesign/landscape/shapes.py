"""Numbers about the loss along a line, and about two gradients.

A line is a row of losses at places that are equally far apart. What cannot be said, because a loss is not finite or the
gain is not above zero, is NaN.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.sensitivity import length_of

Numbers = npt.NDArray[Any]


def variation_beyond(losses: Numbers) -> float:
    """Return the total variation of a line beyond the change from its first to its last point.

    V = sum |L[i+1] - L[i]| - |L[n-1] - L[0]|: twice all that goes up on a way that goes down, 0 for a monotone line.

    Args:
        losses: shape (points,).
    """
    if not _known(losses):
        return float("nan")
    return max(float(np.abs(np.diff(losses)).sum() - abs(losses[-1] - losses[0])), 0.0)


def height(losses: Numbers) -> float:
    """Return the largest minus the smallest loss of a line."""
    return float(losses.max() - losses.min()) if _known(losses) else float("nan")


def barrier(losses: Numbers) -> float:
    """Return how far a line rises above the higher one of its ends, 0 where it does not (Draxler et al. 2018)."""
    return float(losses.max() - max(losses[0], losses[-1])) if _known(losses) else float("nan")


def roughness(losses: Numbers) -> float:
    """Return the mean absolute second difference of a line, mean |L[i-1] - 2 L[i] + L[i+1]|."""
    return float(np.abs(np.diff(losses, 2)).mean()) if _known(losses) and len(losses) > 2 else float("nan")


def unexplained(losses: Numbers, degree: int = 3) -> float:
    """Return the share of a line's variance that the best polynomial leaves unexplained, 0 for a constant line.

    Args:
        losses: shape (points,), more of them than the degree.
        degree: of the polynomial, a cubic by default.
    """
    if not _known(losses):
        return float("nan")
    away = losses - losses.mean()
    total = float((away * away).sum())
    if total == 0.0:
        return 0.0
    # Legendre polynomials on the line's places, which are nearly orthogonal, so that the fit is well conditioned.
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, len(losses)), degree)
    rest = away - basis @ np.linalg.lstsq(basis, away, rcond=None)[0]
    return float((rest * rest).sum()) / total


def cosine(one: Numbers, other: Numbers) -> float:
    """Return the cosine of the angle between two gradients; NaN where one is zero or not finite."""
    lengths = length_of(one), length_of(other)
    if not np.isfinite(lengths).all() or 0.0 in lengths:
        return float("nan")
    return float(np.clip((one / lengths[0] * (other / lengths[1])).sum(), -1.0, 1.0))


def ratio(part: float, whole: float) -> float:
    """Return a quotient; NaN where the denominator is not above zero."""
    return part / whole if whole > 0.0 else float("nan")


def mean(values: Any) -> float:
    """Return the mean of those values that exist; NaN where none does."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")


def median(values: Any) -> float:
    """Return the median of those values that exist; NaN where none does."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(np.median(known)) if len(known) else float("nan")


def _known(losses: Numbers) -> bool:
    return bool(np.isfinite(losses).all())
