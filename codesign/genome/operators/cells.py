"""Operators that change single cells and muscles: flips anywhere, growth and loss at the surface."""

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import ByteArray, Genome
from codesign.genome.lattice import Lattice
from codesign.genome.operators.operator import filled_cells, frontier, pick, surface


def flip(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Change every cell with probability 1 / cells and flip every muscle bit with probability 1 / edges.

    The mutation of Strgar et al. 2024, which also asks that the body's shape changes.
    """
    cells = _flipped_cells(lattice, genome, rng)
    if not lattice.muscle_genes:
        return Genome(cells, genome.muscles.copy())
    flips = rng.random(len(genome.muscles)) < 1 / len(genome.muscles)
    return Genome(cells, genome.muscles ^ flips)


def cell_flip(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Change every cell of the lattice to another material, empty space included, with probability 1 / cells."""
    return Genome(_flipped_cells(lattice, genome, rng), genome.muscles.copy())


def muscle_flip(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Flip the muscle bit of each of the body's springs with probability 1 / springs.

    On a lattice whose materials decide, change each filled cell's material with probability 1 / filled cells.
    """
    filled = filled_cells(genome)
    if not lattice.muscle_genes:
        chosen = filled[rng.random(len(filled)) < 1 / len(filled)]
        cells = genome.cells.copy()
        cells[chosen] = _other_materials(cells[chosen], 1, len(lattice.materials), rng)
        return Genome(cells, genome.muscles.copy())
    inside = np.zeros(len(genome.muscles), dtype=np.bool_)
    inside[lattice.cell_edges[filled]] = True
    springs = inside.nonzero()[0]
    muscles = genome.muscles.copy()
    muscles[springs[rng.random(len(springs)) < 1 / len(springs)]] ^= 1
    return Genome(genome.cells.copy(), muscles)


def grow(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Fill cells beside the body one after the other, two on average, each with a random material."""
    cells = genome.cells.copy()
    for _ in range(rng.geometric(0.5)):
        places = frontier(lattice, cells)
        if not len(places):
            break
        cells[pick(places, rng)] = rng.integers(1, len(lattice.materials))
    return Genome(cells, genome.muscles.copy())


def trim(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> Genome:
    """Empty cells at the body's surface one after the other, two on average, but never the last."""
    cells = genome.cells.copy()
    removable = np.count_nonzero(cells) - 1
    for _ in range(min(rng.geometric(0.5), removable)):
        cells[pick(surface(lattice, cells), rng)] = 0
    return Genome(cells, genome.muscles.copy())


def _flipped_cells(lattice: Lattice, genome: Genome, rng: np.random.Generator) -> ByteArray:
    chosen = (rng.random(lattice.cells) < 1 / lattice.cells).nonzero()[0]
    cells = genome.cells.copy()
    cells[chosen] = _other_materials(cells[chosen], 0, len(lattice.materials), rng)
    return cells


def _other_materials(present: ByteArray, lowest: int, end: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """Return for each material another one of those from `lowest` to `end` - 1, if there is another."""
    count = end - lowest
    if count < 2 or not len(present):
        return present
    if count == 2:
        return lowest + (present == lowest)
    return lowest + (present - lowest + rng.integers(1, count, size=len(present))) % count
