"""Operators that rearrange parts of bodies: blocks of cells, mirror images and rotations, muscles included."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import Genomes
from codesign.genome.lattice import BoolArray, Lattice, Symmetry
from codesign.genome.operators.operator import frontier, own_axis, paste, transformed
from codesign.streams import Draws


def move_block(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Take a random block of the body away and put it down beside the body, on it if there is no room."""
    return _transplanted(lattice, genomes, draws, keep=False)


def copy_block(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Put a copy of a random block of the body down beside the body, on it if there is no room."""
    return _transplanted(lattice, genomes, draws, keep=True)


def mirror(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Make the body symmetric about a random upright plane through it (2D: axis): one side becomes the other's image.

    In 3D planes across x and across y are equally likely.
    """
    reflections = lattice.reflections
    kinds = draws.integers(len(reflections))
    anchors = draws.pick(genomes.cells != 0)
    across = np.array([_across(reflection) for reflection in reflections]).take(kinds)
    doubled = 2 * lattice.cell_coordinates[anchors, across]
    totals = doubled + draws.integers(3) - 1
    for kind, total in set(zip(kinds.tolist(), totals.tolist(), strict=True)):
        if not _has_images(lattice, kind, total):
            # A lattice of alternating cells has axes through cells only.
            own = np.flatnonzero((kinds == kind) & (totals == total))
            totals[own] = doubled[own]
    # The side of the anchor stays, so that there is always something to mirror.
    low_stays = (doubled < totals) | ((doubled == totals) & draws.coins(1)[:, 0])
    places = 2 * own_axis(lattice, across) - totals.astype(np.int32)[:, None]
    places *= np.where(low_stays, 1, -1).astype(np.int32)[:, None]
    shifts = np.zeros((len(genomes), lattice.dim), dtype=np.int64)
    shifts[np.arange(len(genomes)), across] = totals
    moves = transformed(lattice, places < 0, reflections, kinds, shifts)
    return paste(lattice, genomes, genomes, reflections, moves, places > 0)


def rotate(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Rotate the whole body or a random block of it about the vertical, by one, two or three quarters of a turn.

    A body stays where it is as far as the lattice has room for it there. A block turns about one of its cells. What
    would leave the lattice is lost.
    """
    rotations = lattice.rotations
    kinds = draws.integers(len(rotations))
    whole = draws.coins(1)
    filled = genomes.cells != 0
    anchors = draws.pick(filled)
    turning = filled & (whole | _boxes(lattice, anchors, draws))
    shifts = np.empty((len(genomes), lattice.dim), dtype=np.int64)
    for kind, rotation in enumerate(rotations):
        own = np.flatnonzero(kinds == kind)
        places = lattice.cell_coordinates[anchors[own]]
        about_cell = places - places @ rotation.matrix.T
        shifts[own] = np.where(whole[own], _in_place(lattice, filled[own], rotation), about_cell)
    moves = transformed(lattice, turning, rotations, kinds, shifts)
    return paste(lattice, genomes, genomes, rotations, moves, turning)


def _across(reflection: Symmetry) -> int:
    """Return the axis that a reflection turns round."""
    return int(np.argmin(np.diag(reflection.matrix)))


@lru_cache(maxsize=1024)
def _has_images(lattice: Lattice, kind: int, total: int) -> bool:
    """Return whether a reflection x -> total - x takes any cell to one of the lattice's."""
    shifts = np.zeros((1, lattice.dim), dtype=np.int64)
    shifts[0, _across(lattice.reflections[kind])] = total
    everywhere = np.ones((1, lattice.cells), dtype=np.bool_)
    return len(transformed(lattice, everywhere, lattice.reflections, np.array([kind]), shifts).sources) > 0


def _in_place(lattice: Lattice, filled: BoolArray, rotation: Symmetry) -> NDArray[np.int64]:
    """Return the shifts that bring bodies back to where they were, or as near as there is room, shape (n, dim)."""
    low, high = (np.empty((len(filled), lattice.dim), dtype=np.int64) for _ in range(2))
    for axis, along in enumerate(lattice.cell_coordinates.T):
        extent = lattice.cell_grid.shape[axis]
        low[:, axis] = np.where(filled, along, extent).min(axis=1)
        high[:, axis] = np.where(filled, along, -1).max(axis=1)
    first, second = low @ rotation.matrix.T, high @ rotation.matrix.T
    lowest, highest = np.minimum(first, second), np.maximum(first, second)
    room = np.maximum(np.array(lattice.cell_grid.shape) - (highest - lowest + 1), 0)
    return np.minimum(low, room) - lowest


def _transplanted(lattice: Lattice, genomes: Genomes, draws: Draws, *, keep: bool) -> Genomes:
    filled = genomes.cells != 0
    anchors = draws.pick(filled)
    blocks = filled & _boxes(lattice, anchors, draws)
    alike = lattice.cell_kinds == lattice.cell_kinds.take(anchors)[:, None]
    beside = draws.pick(alike & frontier(lattice, genomes.cells))
    onto = alike & filled
    onto[np.arange(len(genomes)), anchors] = False
    places = np.where(beside >= 0, beside, draws.pick(onto))
    # A body of one cell that fills the lattice has nowhere to go, and stays where it is.
    places = np.where(places >= 0, places, anchors)
    shifts = lattice.cell_coordinates.take(places, axis=0) - lattice.cell_coordinates.take(anchors, axis=0)
    still = lattice.symmetries[:1]
    moves = transformed(lattice, blocks, still, np.zeros(len(genomes), dtype=np.intp), shifts)
    return paste(lattice, genomes, genomes, still, moves, np.zeros_like(blocks) if keep else blocks)


def _boxes(lattice: Lattice, anchors: NDArray[np.integer], draws: Draws) -> BoolArray:
    """Return the cells in a random box around each anchor, of up to half the lattice's extent each way."""
    extents = np.array(lattice.cell_grid.shape)
    sizes = 1 + draws.integers(np.maximum(extents // 2, 1), lattice.dim)
    low = lattice.cell_coordinates.take(anchors, axis=0) - draws.integers(sizes, lattice.dim)
    inside: BoolArray | bool = True
    for axis, along in enumerate(lattice.cell_coordinates.T):
        # Below the box the difference is negative, and a huge number without a sign.
        above_low = along - low[:, axis, None].astype(np.int32)
        inside = inside & (above_low.view(np.uint32) < sizes[:, axis, None].astype(np.uint32))
    return np.asarray(inside)
