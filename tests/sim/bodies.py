"""Small bodies for tests of the simulator."""

from dataclasses import replace

import numpy as np

from codesign.body import Bodies, Body


def body(
    positions: list[list[float]],
    springs: list[list[int]],
    swings: float = 0.1,
    stiffness: float = 3e4,
    rest: float | None = None,
) -> Body:
    """Return masses joined by springs, at rest unless all rest lengths [m] are given, without cells."""
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
    made = body(corners, springs)
    generator = np.random.default_rng(seed)
    passive = generator.random(len(springs)) < 0.3
    passive[0] = False
    return replace(made, swings=np.where(passive, 0.0, made.swings))


def cubes(count: int, seed: int = 0) -> Body:
    """Return a row of cubes of side 0.1 m along x: 12 edges and 12 face diagonals each, shared ones once; 3D."""
    corners = [[0.1 * x, 0.1 * y, 0.1 * z] for x in range(count + 1) for y in (0, 1) for z in (0, 1)]
    place = np.array(corners)
    # Corners of one cube are at most one side apart along each axis, and only its own diagonal runs along all three.
    apart = np.abs(place[:, None] - place[None]) / 0.1
    near = (apart.max(axis=2) < 1.5) & (apart.sum(axis=2) < 2.5)
    springs = np.argwhere(np.triu(near, 1)).tolist()
    # Stronger muscles would throw these light bodies into the air, off the ground that tests are about.
    made = body(corners, springs, swings=0.05, stiffness=1.5e4)
    passive = np.random.default_rng(seed).random(len(springs)) < 0.3
    passive[0] = False
    return replace(made, swings=np.where(passive, 0.0, made.swings))


def uneven(made: Body, size: float = 5e-4) -> Body:
    """Return the body with every mass moved a little, so that none is as high as another: there heights have kinks."""
    moved = np.random.default_rng(5).uniform(0.0, size, made.positions.shape)
    return replace(made, positions=made.positions + moved)


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


ASSORTED = [strip(1, 1), strip(2, 2), strip(5, 3), strip(3, 4), strip(11, 5), strip(1, 6), strip(7, 7)]
"""Bodies of 3 to 13 masses: fewer than a row, a row, and more."""

SOLIDS = [cubes(1, 1), cubes(2, 2), cubes(1, 3), cubes(3, 4)]
"""Bodies of 8 to 16 masses in 3D."""
