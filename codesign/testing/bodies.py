"""Small bodies to check plug-ins with."""

from dataclasses import replace

import numpy as np

from codesign.body import Body


def body_of(
    positions: list[list[float]],
    springs: list[list[int]],
    swings: float,
    stiffness: float,
    rest: float | None = None,
) -> Body:
    """Return masses joined by springs, at rest unless all rest lengths are given.

    Args:
        positions: of the masses [m], the lowest corner at 0.
        springs: the two masses that each spring joins.
        swings: what every muscle changes its length by, as a share of its rest length.
        stiffness: of every spring [N/m].
        rest: rest length of every spring [m]; None for the distance of its masses.
    """
    place, ends = np.array(positions, np.float64), np.array(springs, np.int32).reshape(-1, 2)
    lengths = np.linalg.norm(place[ends[:, 0]] - place[ends[:, 1]], axis=1)
    return Body(
        positions=place,
        springs=ends,
        rest_lengths=lengths if rest is None else np.full(len(ends), rest),
        stiffness=np.full(len(ends), stiffness),
        swings=np.full(len(ends), swings),
    )


def strip(cells: int, seed: int = 0) -> Body:
    """Return a row of triangles of side 0.05 m, every other one upside down; some of its springs are passive."""
    rise = 0.025 * np.sqrt(3.0)
    corners = [[0.025 * index, rise * (index % 2)] for index in range(cells + 2)]
    springs = [[a, b] for a in range(cells + 2) for b in (a + 1, a + 2) if b < cells + 2]
    return _some_passive(body_of(corners, springs, 0.1, 3e4), seed)


def cubes(count: int, seed: int = 0) -> Body:
    """Return a row of cubes of side 0.1 m along x: 12 edges and 12 face diagonals each, shared ones once."""
    corners = [[0.1 * x, 0.1 * y, 0.1 * z] for x in range(count + 1) for y in (0, 1) for z in (0, 1)]
    place = np.array(corners)
    # Corners of one cube are at most one side apart along each axis, and only its own diagonal runs along all three.
    apart = np.abs(place[:, None] - place[None]) / 0.1
    near = (apart.max(axis=2) < 1.5) & (apart.sum(axis=2) < 2.5)
    # Stronger muscles would throw these light bodies into the air, off the ground that checks are about.
    return _some_passive(body_of(corners, np.argwhere(np.triu(near, 1)).tolist(), 0.05, 1.5e4), seed)


def uneven(body: Body, size: float = 5e-4) -> Body:
    """Return the body with every mass moved a little, so that none is as high as another: there heights have kinks.

    Args:
        body: to be moved.
        size: largest distance along an axis [m].
    """
    moved = np.random.default_rng(5).uniform(0.0, size, body.positions.shape)
    return replace(body, positions=body.positions + moved)


def _some_passive(body: Body, seed: int) -> Body:
    passive = np.random.default_rng(seed).random(len(body.springs)) < 0.3
    passive[0] = False
    return replace(body, swings=np.where(passive, 0.0, body.swings))


STRIPS = [strip(1, 1), strip(2, 2), strip(5, 3), strip(3, 4), strip(11, 5), strip(1, 6), strip(7, 7)]
"""Bodies of 3 to 13 masses in 2D: fewer than a row, a row, and more."""

CUBES = [cubes(1, 1), cubes(2, 2), cubes(1, 3), cubes(3, 4)]
"""Bodies of 8 to 16 masses in 3D."""


def example_bodies(dimension: int) -> list[Body]:
    """Return a few different bodies of so many dimensions."""
    return STRIPS if dimension == 2 else CUBES
