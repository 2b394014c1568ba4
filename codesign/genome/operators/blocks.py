"""Operators that rearrange parts of one body: blocks of cells, mirror images and rotations, muscles included."""

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import Genome
from codesign.genome.lattice import Lattice
from codesign.genome.operators.operator import filled_cells, frontier, paste, pick, transformed


def move_block(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Take a random block of the body away and put it down beside the body, on it if there is no room."""
    return _transplanted(lattice, genome, rng, keep=False)


def copy_block(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Put a copy of a random block of the body down beside the body, on it if there is no room."""
    return _transplanted(lattice, genome, rng, keep=True)


def mirror(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Make the body symmetric about a random upright plane through it (2D: axis): one side becomes the other's image.

    In 3D planes across x and across y are equally likely.
    """
    reflection = lattice.reflections[rng.integers(len(lattice.reflections))]
    across = int(np.argmin(np.diag(reflection.matrix)))
    doubled, anchor = 2 * lattice.cell_coordinates[:, across], pick(filled_cells(genome), rng)
    shift = np.zeros(lattice.dim, dtype=np.int32)
    shift[across] = total = int(doubled[anchor] + rng.integers(-1, 2))
    everywhere = np.arange(lattice.cells)
    if not len(transformed(lattice, everywhere, reflection, shift)[0]):
        # A lattice of alternating cells has axes through cells only.
        shift[across] = total = int(doubled[anchor])
    # The side of the anchor stays, so that there is always something to mirror.
    left = doubled[anchor] < total or (doubled[anchor] == total and rng.integers(2))
    replaced = everywhere[doubled > total] if left else everywhere[doubled < total]
    targets, sources = transformed(lattice, replaced, reflection, shift)
    return paste(lattice, genome, reflection, (sources, targets), replaced)


def rotate(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Rotate the whole body or a random block of it about the vertical, by one, two or three quarters of a turn.

    A body stays where it is as far as the lattice has room for it there. A block turns about one of its cells. What
    would leave the lattice is lost.
    """
    rotation = lattice.rotations[rng.integers(len(lattice.rotations))]
    filled = filled_cells(genome)
    if rng.integers(2):
        block = filled
        places = lattice.cell_coordinates[block]
        images = places @ rotation.matrix.T
        low, high = images.min(axis=0), images.max(axis=0)
        room = np.maximum(np.array(lattice.cell_grid.shape) - (high - low + 1), 0)
        shift = np.minimum(places.min(axis=0), room) - low
    else:
        anchor = pick(filled, rng)
        block = _block(lattice, filled, anchor, rng)
        place = lattice.cell_coordinates[anchor]
        shift = place - rotation.matrix @ place
    return paste(lattice, genome, rotation, transformed(lattice, block, rotation, shift), block)


def _transplanted(lattice: Lattice, genome: Genome, rng: np.random.Generator, *, keep: bool) -> Genome:
    filled = filled_cells(genome)
    anchor = pick(filled, rng)
    block = _block(lattice, filled, anchor, rng)
    places = _same_kind(lattice, anchor, frontier(lattice, genome.cells))
    if not len(places):
        places = _same_kind(lattice, anchor, filled[filled != anchor])
    if not len(places):
        return Genome(genome.cells.copy(), genome.muscles.copy())
    still = lattice.symmetries[0]
    shift = lattice.cell_coordinates[pick(places, rng)] - lattice.cell_coordinates[anchor]
    moves = transformed(lattice, block, still, shift)
    return paste(lattice, genome, still, moves, block[:0] if keep else block)


def _same_kind(lattice: Lattice, cell: int, others: NDArray[np.intp]) -> NDArray[np.intp]:
    return others[lattice.cell_kinds[others] == lattice.cell_kinds[cell]]


def _block(lattice: Lattice, filled: NDArray[np.intp], anchor: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the filled cells in a random box around the anchor, of up to half the lattice's extent each way."""
    largest = np.maximum(np.array(lattice.cell_grid.shape) // 2, 1)
    sizes = rng.integers(1, largest + 1)
    low = lattice.cell_coordinates[anchor] - rng.integers(0, sizes)
    place = lattice.cell_coordinates[filled] - low
    return filled[np.all((place >= 0) & (place < sizes), axis=1)]
