"""Which springs and masses of bodies learn together: groups by the materials of cells, or of mirror images."""

import numpy as np

from codesign.body import Bodies
from codesign.errors import BodyError

_FINEST = 1.2345678e-7
"""Share of a body's extent within which places are one. On a lattice a place is a fraction of the extent with a small
denominator, and none of these lies halfway between two multiples of this, where rounding errors would decide."""


def by_material(bodies: Bodies) -> dict[str, np.ndarray]:
    """Return groups of parts that lie in cells of the same materials; those in no cell of a body are one group.

    Returns:
        Group of each spring and of each mass, under "springs" and "masses", numbered from 0 without a gap, each of one
        body, int64.

    Raises:
        BodyError: a body without cells, which has no materials.
    """
    bare = np.diff(bodies.cell_start) == 0
    if bare.any():
        got = f"none in body {int(np.argmax(bare))}"
        raise BodyError(
            "cells, whose materials say what is tied", got, "give it cells, or tie by symmetry or not at all"
        )
    body_of_cell = np.repeat(np.arange(len(bodies)), np.diff(bodies.cell_start))
    corners = bodies.cells + bodies.mass_start[body_of_cell, None]
    # A set of materials is a row of bits.
    word, bit = bodies.materials // 64, np.uint64(1) << (bodies.materials % 64).astype(np.uint64)
    words = int(word.max()) + 1
    first, second = np.triu_indices(corners.shape[1], 1)
    pairs = _pairs(corners[:, first], corners[:, second], len(bodies.positions)).ravel()
    ends, spring = np.unique(_joined(bodies), return_inverse=True)
    place = np.searchsorted(ends, pairs)
    there = (place < len(ends)) & (ends[np.minimum(place, len(ends) - 1)] == pairs) if len(ends) else pairs < 0
    of_mass, of_ends = (np.zeros((count, words), np.uint64) for count in (len(bodies.positions), len(ends)))
    several = corners.shape[1]
    np.bitwise_or.at(of_mass, (corners.ravel(), np.repeat(word, several)), np.repeat(bit, several))
    cell = np.repeat(np.arange(len(corners)), len(first))[there]
    np.bitwise_or.at(of_ends, (place[there], word[cell]), bit[cell])
    return {
        "springs": _numbered(_bodies_of(bodies.spring_start), *of_ends[spring].T),
        "masses": _numbered(_bodies_of(bodies.mass_start), *of_mass.T),
    }


def by_symmetry(bodies: Bodies) -> dict[str, np.ndarray]:
    """Return groups of mirror images about the plane through the middle of each body along x, as `by_material` does.

    A part that is its own image, or has none, is a group alone.
    """
    body, positions = _bodies_of(bodies.mass_start), bodies.positions
    low, high = (ufunc.reduceat(positions, bodies.mass_start[:-1]) for ufunc in (np.minimum, np.maximum))
    extent = np.maximum((high - low).max(axis=1), np.finfo(np.float64).tiny)
    origin = np.concatenate([(low[:, :1] + high[:, :1]) / 2.0, low[:, 1:]], axis=1)
    places = np.rint((positions - origin[body]) / (_FINEST * extent[body])[:, None]).astype(np.int64)
    masses = _numbered(body, np.abs(places[:, 0]), *places[:, 1:].T)
    ends = bodies.springs + bodies.mass_start[_bodies_of(bodies.spring_start), None]
    # Two masses and whether they are on the same side of the plane: that is the same for the images of both.
    sides = np.sign(places[ends, 0]).prod(axis=1)
    springs = _numbered(masses[ends].min(axis=1), masses[ends].max(axis=1), sides)
    return {"springs": springs, "masses": masses}


def _joined(bodies: Bodies) -> np.ndarray:
    """Return a number for the two masses of each spring, the same for the same masses."""
    ends = bodies.springs + bodies.mass_start[_bodies_of(bodies.spring_start), None]
    return _pairs(ends[:, 0], ends[:, 1], len(bodies.positions))


def _pairs(first: np.ndarray, second: np.ndarray, masses: int) -> np.ndarray:
    return np.minimum(first, second).astype(np.int64) * masses + np.maximum(first, second)


def _bodies_of(start: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def _numbered(*columns: np.ndarray) -> np.ndarray:
    """Return the same number for rows that are the same, from 0 without a gap, in the order of the rows' values."""
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), np.int64)
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(new)
    return numbers
