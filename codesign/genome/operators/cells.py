"""Operators that change single cells and muscles: flips anywhere, growth and loss at the surface."""

import numpy as np

from codesign.genome.genomes import ByteArray, Genomes
from codesign.genome.lattice import BoolArray, Lattice, row_counts
from codesign.genome.operators.operator import frontier, surface
from codesign.streams import Draws


def flip(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Change every cell with probability 1 / cells and flip every muscle bit with probability 1 / edges.

    The mutation of Strgar et al. 2024, which also asks that the body's shape changes.
    """
    cells = _flipped_cells(lattice, genomes, draws)
    if not lattice.muscle_genes:
        return Genomes(cells, genomes.muscles.copy())
    edges = len(lattice.edges)
    return Genomes(cells, genomes.muscles ^ draws.chances(1 / edges, edges))


def cell_flip(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Change every cell of the lattice to another material, empty space included, with probability 1 / cells."""
    return Genomes(_flipped_cells(lattice, genomes, draws), genomes.muscles.copy())


def muscle_flip(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Flip the muscle bit of each of the body's springs with probability 1 / springs.

    On a lattice whose materials decide, change each filled cell's material with probability 1 / filled cells.
    """
    inside = genomes.cells != 0
    if lattice.muscle_genes:
        inside = lattice.touched_edges(inside)
    chosen = inside & draws.chances(1 / row_counts(inside), inside.shape[1])
    if lattice.muscle_genes:
        return Genomes(genomes.cells.copy(), genomes.muscles ^ chosen)
    return Genomes(_other_materials(lattice, genomes.cells, chosen, 1, draws), genomes.muscles.copy())


def grow(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Fill cells beside the body one after the other, two on average, each with a random material."""
    cells = genomes.cells.copy()
    left = draws.tosses()
    while len(growing := np.flatnonzero(left > 0)):
        some = draws.of(growing)
        places = some.pick(frontier(lattice, cells[growing]))
        materials = 1 + some.integers(len(lattice.materials) - 1)
        roomy = places >= 0
        cells[growing[roomy], places[roomy]] = materials[roomy]
        left[growing] = np.where(roomy, left[growing] - 1, 0)
    return Genomes(cells, genomes.muscles.copy())


def trim(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
    """Empty cells at the body's surface one after the other, two on average, but never the last."""
    cells = genomes.cells.copy()
    left = np.minimum(draws.tosses(), row_counts(cells != 0) - 1)
    while len(shrinking := np.flatnonzero(left > 0)):
        cells[shrinking, draws.of(shrinking).pick(surface(lattice, cells[shrinking]))] = 0
        left[shrinking] -= 1
    return Genomes(cells, genomes.muscles.copy())


def _flipped_cells(lattice: Lattice, genomes: Genomes, draws: Draws) -> ByteArray:
    chosen = draws.chances(1 / lattice.cells, lattice.cells)
    return _other_materials(lattice, genomes.cells, chosen, 0, draws)


def _other_materials(lattice: Lattice, cells: ByteArray, chosen: BoolArray, lowest: int, draws: Draws) -> ByteArray:
    """Return the cells with other materials, from `lowest` up, in the chosen ones, as far as there are others."""
    count = len(lattice.materials) - lowest
    if count == 1:
        return cells.copy()
    if count == 2 and lowest == 0:
        return cells ^ chosen
    places = chosen.ravel().nonzero()[0]
    steps = np.ones(len(places), dtype=np.int64)
    if count > 2:
        genomes = places // lattice.cells
        steps += (draws.scattered(genomes, places - genomes * lattice.cells) * (count - 1)).astype(np.int64)
    changed = cells.copy()
    changed.ravel()[places] = lowest + (cells.ravel().take(places).astype(np.int64) - lowest + steps) % count
    return changed
