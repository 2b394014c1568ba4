"""Shapes in recordings: the outer faces of a body of cubes, the height of the ground, what cells do."""

import numpy as np

from codesign.export.recording import Array, Recording

_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
"""Corners of a cube's faces, anticlockwise from outside; the corner at (dx, dy, dz) has the number 4 dx + 2 dy + dz."""


def outer_faces(cells: Array) -> tuple[Array, Array]:
    """Return the masses int[faces, 4] at the corners of the faces that no two cells share, and each face's cell."""
    faces = cells.reshape(-1, 8)[:, _FACES].reshape(-1, 4)
    _, index, counts = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    outer = np.flatnonzero(counts[index.ravel()] == 1)
    return faces[outer], outer // len(_FACES)


def cell_actuation(recording: Recording, actuation: Array) -> Array:
    """Return the mean actuation of the muscles of each cell, from -1 to 1, 0 where it has none, shape (cells,).

    Args:
        recording: the body.
        actuation: of each spring, shape (springs,).
    """
    ends = recording.springs[:, :, None]
    muscles = recording.swings > 0
    means = np.zeros(len(recording.cells))
    for number, cell in enumerate(recording.cells):
        inside = (ends == cell).any(axis=2).all(axis=1) & muscles
        means[number] = np.clip(actuation[inside].mean(), -1, 1) if inside.any() else 0.0
    return means


def heights(ground: Array, x: Array, y: Array) -> Array:
    """Return the heights [m] of a heightfield at places, by interpolation along both axes; level beyond its ends."""
    columns, rows = ground[0, :, 0], ground[:, 0, 1]

    def place(values: Array, at: Array) -> tuple[Array, Array]:
        index = np.clip(np.searchsorted(values, at, side="right") - 1, 0, len(values) - 2)
        return index, np.clip((at - values[index]) / (values[index + 1] - values[index]), 0, 1)

    (column, right), (row, up) = place(columns, x), place(rows, y)
    z = ground[:, :, 2]
    near = z[row, column] * (1 - right) + z[row, column + 1] * right
    far = z[row + 1, column] * (1 - right) + z[row + 1, column + 1] * right
    return near * (1 - up) + far * up


def round_number(least: float) -> float:
    """Return the multiple of 1, 2 or 5 times a power of ten that is at least so large."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(power * next(factor for factor in (1, 2, 5, 10) if factor * power >= least * 0.999))
