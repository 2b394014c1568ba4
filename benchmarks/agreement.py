"""Whether implementations compute the same, without which their speeds say nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.case import Case, Implementation


@dataclass(frozen=True)
class Bounds:
    """How far two implementations may differ.

    Attributes:
        loss: largest median difference of the losses [m].
        cosine: smallest median cosine between the gradients of a world.
        worst_loss, worst_cosine: the same for the worst world.
    """

    loss: float
    cosine: float
    worst_loss: float = np.inf
    worst_cosine: float = -1.0


EXACT = Bounds(loss=1e-10, cosine=1.0 - 1e-9, worst_loss=1e-8, worst_cosine=1.0 - 1e-6)
"""In float64, over episodes that are too short for chaos to tell."""

ROUNDED = Bounds(loss=1e-4, cosine=0.999)
"""In float32, over whole episodes: in some worlds a contact comes a step later, and everything after it differs."""


class DisagreementError(Exception):
    """Two implementations that do not compute the same."""


@dataclass(frozen=True)
class Agreement:
    """How far an implementation is from this project's.

    Attributes:
        name: of the implementation.
        loss, cosine: medians over the worlds, of the losses' difference [m] and of the cosine between gradients.
        worst_loss, worst_cosine: the worst world's.
    """

    name: str
    loss: float
    cosine: float
    worst_loss: float
    worst_cosine: float

    def record(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return asdict(self)


def agreements(case: Case, ours: Implementation, peers: Sequence[Implementation], bounds: Bounds) -> list[Agreement]:
    """Return how far each peer is from ours.

    Raises:
        DisagreementError: one is further away than the bounds allow, or its two ways to a loss differ as much.
    """
    losses, gradient = ours.both(), ours.gradient()
    found = []
    for peer in peers:
        forward, both = peer.forward().astype(np.float64), peer.both().astype(np.float64)
        difference = np.maximum(np.abs(forward - losses), np.abs(both - losses))
        cosines = _cosines(case, gradient, peer.gradient())
        agreement = Agreement(
            peer.name,
            *(float(value) for value in (np.median(difference), np.median(cosines))),
            *(float(value) for value in (difference.max(), cosines.min())),
        )
        # Written so that what is not a number does not agree.
        agree = agreement.loss <= bounds.loss and agreement.cosine >= bounds.cosine
        if not (agree and agreement.worst_loss <= bounds.worst_loss and agreement.worst_cosine >= bounds.worst_cosine):
            raise DisagreementError(
                f"expected {peer.name} to agree within {bounds}; got {agreement}; nothing is compared"
            )
        found.append(agreement)
    return found


def _cosines(case: Case, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the cosine between two gradients in each world, shape (worlds,); one where both are zero."""

    def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.add.reduceat(a * b, case.weight_start[:-1])

    scale = np.sqrt(products(first, first) * products(second, second))
    both_zero = (products(first, first) == 0.0) & (products(second, second) == 0.0)
    return np.where(both_zero, 1.0, products(first, second) / np.where(scale > 0.0, scale, 1.0))
