"""How far a gradient holds: differences by the size of their step, and jumps of the loss along lines.

A loss under contact is smooth in pieces. Between two points of a line that lie in one piece, it changes by something
between what the slopes at both ends foretell (the mean value theorem, if the slope is monotone there). Where it changes
by more than that, it has jumped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.evaluate import EvaluationSpec
from codesign.sensitivity.precision import length_of
from codesign.sensitivity.simulating import losses, losses_and_gradients

Numbers = npt.NDArray[Any]

WRONG = 0.01
"""Relative error from which a difference counts as wrong."""


@dataclass(frozen=True, eq=False)
class Differences:
    """Errors of central differences along directions, relative to the gradient's derivative there.

    Attributes:
        sizes: half of the distance of the two points, shape (sizes,).
        errors: the first direction is that of the gradient, the others are random, shape (directions, sizes).
    """

    sizes: Numbers
    errors: Numbers

    @property
    def wrong(self) -> Numbers:
        """The share of directions that are wrong by more than 1 %, by size."""
        return np.mean(~(self.errors <= WRONG), axis=0)

    @property
    def reach(self) -> float:
        """The largest size up to which the difference along the gradient is within 1 %; 0 for none."""
        right = self.errors[0] <= WRONG
        count = len(right) if right.all() else int(np.argmin(right))
        return float(self.sizes[count - 1]) if count else 0.0


@dataclass(frozen=True, eq=False)
class Line:
    """The loss along a straight line of weights.

    Attributes:
        kind: "gradient" for downhill along it, or "random".
        places: how far from the weights, shape (points,).
        losses: there.
        slopes: derivatives along the line there.
        threshold: the least change of the loss that counts as a jump.
    """

    kind: str
    places: Numbers
    losses: Numbers
    slopes: Numbers
    threshold: float

    @property
    def jumps(self) -> Numbers:
        """By how much the loss jumps between each point and the next, 0 where it does not, shape (points - 1,)."""
        changes, lengths = np.diff(self.losses), np.diff(self.places)
        ends = np.stack([self.slopes[:-1], self.slopes[1:]]) * lengths
        below, above = changes - ends.min(axis=0), changes - ends.max(axis=0)
        beyond = np.where(below < 0.0, below, np.where(above > 0.0, above, 0.0))
        return np.where(np.abs(beyond) > self.threshold, beyond, 0.0)

    @property
    def per_length(self) -> float:
        """Jumps per unit of length in weight space, those of points that are not finite left out."""
        return float(np.count_nonzero(np.nan_to_num(self.jumps)) / (self.places[-1] - self.places[0]))

    @property
    def share(self) -> float:
        """The share of jumps in all that changes along the line, which is these and what slopes account for."""
        jumps = self.jumps
        jumped, rest = (float(np.nansum(np.abs(each))) for each in (jumps, np.diff(self.losses) - jumps))
        return jumped / (jumped + rest) if jumped else 0.0


def differences(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: Numbers,
    sizes: Sequence[float],
    directions: int = 8,
    *,
    seed: int = 0,
    world: int = 0,
) -> Differences:
    """Return the errors of central differences of one body's loss in its weights.

    Args:
        spec: how designs are evaluated; double precision lets small sizes mean something.
        bodies: one body.
        weights: of its controller, flat.
        sizes: half of the distances, in weight space.
        directions: random ones beside the gradient's own.
        seed: of these.
        world: which of the spec's worlds.
    """
    gradient = losses_and_gradients(spec, bodies, [weights], world=world)[1][0]
    along = unit_directions(gradient, directions, seed)
    steps = np.multiply.outer(np.asarray(sizes, np.float64), np.stack([along, -along], axis=1))
    found = losses(spec, bodies, weights + steps.reshape(-1, len(weights)), world=world)
    apart = found.reshape(len(sizes), len(along), 2)
    with np.errstate(all="ignore"):
        slopes = (apart[..., 0] - apart[..., 1]) / (2.0 * np.asarray(sizes)[:, None])
        exact = along @ gradient
        errors = np.abs(slopes - exact) / np.maximum(np.abs(exact), 1e-300)
    return Differences(np.asarray(sizes), errors.T)


def lines(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: Numbers,
    *,
    length: float,
    points: int,
    random: int = 2,
    threshold: float,
    seed: int = 0,
    world: int = 0,
) -> list[Line]:
    """Return the loss of one body along lines that begin at weights: down the gradient, and random ones.

    Args:
        spec: how designs are evaluated.
        bodies: one body.
        weights: of its controller, flat.
        length: of each line, in weight space.
        points: of each line.
        random: random lines.
        threshold: the least change that counts as a jump, in units of the loss.
        seed: of the random lines.
        world: which of the spec's worlds.
    """
    gradient = losses_and_gradients(spec, bodies, [weights], world=world)[1][0]
    along = unit_directions(-gradient, random, seed)
    places = np.linspace(0.0, length, points)
    found = []
    for number, direction in enumerate(along):
        at = weights + places[:, None] * direction
        values, gradients = losses_and_gradients(spec, bodies, at, world=world)
        kind = "random" if number else "gradient"
        found.append(Line(kind, places, values, gradients @ direction, threshold))
    return found


def unit_directions(first: Numbers, random: int, seed: int) -> Numbers:
    """Return directions of length one: a given one, unless it is zero or not finite, and random ones."""
    drawn = np.random.default_rng(np.random.SeedSequence(seed)).normal(size=(random + 1, len(first)))
    size = length_of(first)
    if 0.0 < size < np.inf:
        drawn[0] = first / size
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
