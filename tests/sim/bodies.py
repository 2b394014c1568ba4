"""Small bodies for tests of the simulator."""

from dataclasses import replace

import numpy as np

from codesign.body import Bodies, Body
from codesign.testing.bodies import CUBES as SOLIDS
from codesign.testing.bodies import STRIPS as ASSORTED
from codesign.testing.bodies import body_of, cubes, strip, uneven

__all__ = ["ASSORTED", "SOLIDS", "body", "cubes", "lifted", "lone_mass", "pair", "repeated", "strip", "uneven"]


def body(
    positions: list[list[float]],
    springs: list[list[int]],
    swings: float = 0.1,
    stiffness: float = 3e4,
    rest: float | None = None,
) -> Body:
    """Return masses joined by springs, at rest unless all rest lengths [m] are given, without cells."""
    return body_of(positions, springs, swings, stiffness, rest)


def pair(length: float = 0.05, stiffness: float = 100.0) -> Body:
    """Return two masses on a level line, joined by one spring."""
    return body([[0.0, 0.0], [length, 0.0]], [[0, 1]], swings=0.0, stiffness=stiffness)


def lone_mass() -> Body:
    """Return two masses with a spring that pulls with nothing: the smallest body that is simulated."""
    return body([[0.0, 0.0], [0.05, 0.0]], [[0, 1]], swings=0.0, stiffness=0.0)


def lifted(made: Body, height: float) -> Body:
    """Return the body higher up; bodies otherwise stand on their lowest mass."""
    return replace(made, positions=made.positions + height * np.eye(made.positions.shape[1])[-1])


def repeated(made: Body, count: int) -> Bodies:
    """Return the same body several times."""
    return Bodies.of([made] * count)
