"""Gradients in single against those in double precision, by horizon."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.evaluate import EvaluationSpec
from codesign.sensitivity.simulating import in_precision, losses_and_gradients, over_horizon

Numbers = npt.NDArray[Any]

APART = 0.99
"""Cosine below which gradients in both precisions have parted."""


@dataclass(frozen=True, eq=False)
class Parting:
    """How well gradients in single precision agree with those in double precision.

    Attributes:
        horizons: steps of the episodes, ascending, shape (n,).
        cosines: of the angle between the gradients of one loss; -1 where one is not finite, 1 where both are zero.
        lengths: of the gradient in double precision.
    """

    horizons: Numbers
    cosines: Numbers
    lengths: Numbers

    @property
    def parted(self) -> int | None:
        """The first horizon at which the gradients have parted; None where they never do."""
        apart = np.flatnonzero(self.cosines < APART)
        return int(self.horizons[apart[0]]) if len(apart) else None


def parting(
    spec: EvaluationSpec, bodies: Bodies, weights: Numbers, horizons: Sequence[int], *, world: int = 0
) -> Parting:
    """Return the cosines between gradients of one body's loss in both precisions, at the same weights.

    Args:
        spec: how designs are evaluated.
        bodies: one body.
        weights: of its controller, flat; rounded to single precision for both.
        horizons: steps of the episodes.
        world: which of the spec's worlds.
    """
    rounded = np.asarray(weights, np.float32).astype(np.float64)
    cosines, lengths = list[float](), list[float]()
    for steps in horizons:
        own, start = over_horizon(spec, bodies, rounded, steps)
        single, double = (
            losses_and_gradients(in_precision(own, precision), bodies, [start], world=world)[1][0]
            for precision in ("float32", "float64")
        )
        cosines.append(cosine(single, double))
        lengths.append(length_of(double))
    return Parting(np.array(horizons), np.array(cosines), np.array(lengths))


def length_of(gradient: Numbers) -> float:
    """Return the length of a gradient, however large; not finite where a component is not."""
    largest = float(np.abs(gradient).max(initial=0.0))
    return largest * float(np.linalg.norm(gradient / largest)) if 0.0 < largest < np.inf else largest


def cosine(one: Numbers, other: Numbers) -> float:
    """Return the cosine of the angle between two gradients; -1 where one is not finite, 1 where both are zero."""
    lengths = length_of(one), length_of(other)
    if not np.isfinite(lengths).all():
        return -1.0
    if 0.0 in lengths:
        return float(lengths == (0.0, 0.0))
    return float(np.clip(one / lengths[0] @ (other / lengths[1]), -1.0, 1.0))
