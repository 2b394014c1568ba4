"""Lines through weight space: down the gradient, in random directions, and straight from first to learned weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.landscape.landscapes import Landscape
from codesign.landscape.settings import LandscapeSettings
from codesign.sensitivity import length_of

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class LinesAt:
    """The loss of one body on lines through one place in weight space.

    Attributes:
        downhill: down the gradient, from 0 to the radius, shape (points,); NaN where the gradient is zero or not
            finite.
        random: in random directions, from minus the radius to the radius, shape (directions, points).
    """

    downhill: Numbers
    random: Numbers


@dataclass(frozen=True, eq=False)
class BodyLines:
    """The loss of one body on all its lines.

    Attributes:
        radius: how far lines reach in weight space.
        length: of the straight line.
        straight: from the first to the learned weights, shape (points,).
        first: lines through the first weights.
        learned: lines through the learned weights.
    """

    radius: float
    length: float
    straight: Numbers
    first: LinesAt
    learned: LinesAt

    def at(self, place: str) -> float:
        """Return the loss with the "first" or the "learned" weights."""
        return float(self.straight[0 if place == "first" else -1])


def lines_of(
    landscape: Landscape,
    places: Sequence[Sequence[Numbers]],
    gradients: Sequence[Numbers],
    directions: Sequence[Numbers],
    settings: LandscapeSettings,
) -> list[BodyLines]:
    """Return the lines of each body.

    Args:
        landscape: of the bodies.
        places: first and learned weights of each.
        gradients: at these, shape (2, weights) for each.
        directions: random ones of length one, of each body, shape (directions, weights).
        settings: radius and points.
    """
    points = [_points(*each, settings) for each in zip(places, gradients, directions, strict=True)]
    found = []
    for (first, learned), losses in zip(places, landscape.losses(points), strict=True):
        rows = losses.reshape(-1, settings.points)
        count = 1 + settings.directions
        through = [rows[1 + number * count : 1 + (number + 1) * count] for number in range(2)]
        length = float(np.linalg.norm(learned - first))
        own = [LinesAt(lines[0], lines[1:]) for lines in through]
        found.append(BodyLines(settings.radius, length, rows[0], own[0], own[1]))
    return found


def _points(places: Sequence[Numbers], gradients: Numbers, directions: Numbers, settings: LandscapeSettings) -> Numbers:
    """Return the points of all lines of a body: the straight one, then those through each place."""
    first, learned = places
    along = np.linspace(0.0, 1.0, settings.points)[:, None]
    parts = [first + along * (learned - first)]
    parts[0][-1] = learned
    both = np.linspace(-settings.radius, settings.radius, settings.points)[:, None]
    for place, gradient in zip(places, gradients, strict=True):
        parts.append(place + settings.radius * along * downhill(gradient))
        parts += [place + both * direction for direction in directions]
    return np.concatenate(parts)


def downhill(gradient: Numbers) -> Numbers:
    """Return the direction of length one against a gradient; NaN where that is zero or not finite."""
    length = length_of(gradient)
    if not 0.0 < length < np.inf:
        return np.full_like(gradient, np.nan)
    return -gradient / length
