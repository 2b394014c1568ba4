"""Repair of genomes, so that each has one body, in one piece and without enclosed holes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from codesign.errors import GenomeError
from codesign.genome.genomes import Genomes, check_genomes, draw_genomes
from codesign.genome.lattice import BoolArray, Lattice
from codesign.genome.settings import LatticeSettings

# Large enough to spread the cost of each array operation, small enough for the arrays to stay in the cache.
_BATCH = 512


def random_genomes(lattice: Lattice, settings: LatticeSettings, generators: Sequence[np.random.Generator]) -> Genomes:
    """Return one random, repaired genome per generator.

    Each cell's material is drawn with `settings.material_probabilities()` and each muscle bit with `settings.muscle`.
    """
    return repair(lattice, draw_genomes(lattice, settings, generators))


def repair(lattice: Lattice, genomes: Genomes) -> Genomes:
    """Return the genomes with holes filled and loose parts removed; repairing twice changes nothing more.

    An empty cell whose springs all exist, because its neighbours need them, is filled with the first material.
    Of the parts connected by shared sides (3D: faces) the one with most cells stays, of equals the one with the
    lowest cell. A genome without a filled cell gets one of the first material, in the middle of the lattice.
    Muscle bits stay as they are.

    Raises:
        GenomeError: the genomes do not fit the lattice.
    """
    check_genomes(lattice, genomes, bodies=False)
    cells = np.empty_like(genomes.cells)
    for start in range(0, len(genomes), _BATCH):
        cells[start : start + _BATCH] = _repaired(lattice, genomes.cells[start : start + _BATCH])
    return Genomes(cells, genomes.muscles.copy())


def check_whole(lattice: Lattice, genomes: Genomes) -> None:
    """Check that genomes which are not to be repaired, say from a file, fit a lattice and have whole bodies.

    Args:
        lattice: the genomes' lattice.
        genomes: what to check.

    Raises:
        GenomeError: as `check_genomes`, and if a body consists of parts that share no side (3D: face).
    """
    check_genomes(lattice, genomes)
    for start in range(0, len(genomes), _BATCH):
        filled = genomes.cells[start : start + _BATCH] != 0
        loose = np.count_nonzero(filled & ~_largest_parts(lattice, filled), axis=1)
        for broken in np.flatnonzero(loose)[:1]:
            sides = "sides" if lattice.dim == 2 else "faces"
            expected = f"bodies in one piece, of cells that share {sides}"
            got = f"{loose[broken]} cells apart from the largest piece of genome {start + broken}"
            raise GenomeError(expected, got, "repair the genomes first")


def _repaired(lattice: Lattice, cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    filled = cells != 0
    # Filling a hole adds no spring, so it cannot make another hole: one pass is enough.
    _, edges = lattice.span(filled)
    by_edge = np.ascontiguousarray(edges.T)
    enclosed = by_edge[lattice.cell_edges[:, 0]]
    for column in lattice.cell_edges.T[1:]:
        enclosed &= by_edge[column]
    holes = enclosed.T & ~filled
    filled |= holes
    filled[~filled.any(axis=1), _middle(lattice)] = True
    kept = _largest_parts(lattice, filled)
    return np.where(kept, np.maximum(cells, 1), 0).astype(np.uint8)


def _middle(lattice: Lattice) -> int:
    centre = lattice.cell_coordinates.max(axis=0) // 2
    return int(lattice.cell_grid[tuple(centre)])


def _largest_parts(lattice: Lattice, filled: BoolArray) -> BoolArray:
    """Return the cells of each body's largest connected part; all bodies together are one graph of separate blocks."""
    bodies, cells = filled.shape
    first, second = lattice.neighbours.T
    by_cell = np.ascontiguousarray(filled.T)
    joined = np.ascontiguousarray((by_cell[first] & by_cell[second]).T)
    body, pair = np.nonzero(joined)
    # Pairs are sorted by their first cell, so the links come out in the row order of a sparse matrix.
    starts = np.zeros(filled.size + 1, dtype=np.int32)
    np.cumsum(np.bincount(body * cells + first[pair], minlength=filled.size), out=starts[1:])
    columns = (body * cells + second[pair]).astype(np.int32)
    graph = csr_array((np.ones(len(columns), dtype=np.float64), columns, starts), shape=(filled.size, filled.size))
    parts, labels = connected_components(graph, directed=True, connection="weak")
    places = np.flatnonzero(filled)
    labels = labels[places]
    sizes = np.bincount(labels, minlength=parts)
    lowest = np.full(parts, filled.size)
    lowest[labels[::-1]] = places[::-1]
    scores = (sizes * cells + (cells - 1 - lowest % cells))[labels]
    starts_of_bodies = np.searchsorted(places, np.arange(bodies) * cells)
    best = np.maximum.reduceat(scores, starts_of_bodies)
    kept = np.zeros(filled.size, dtype=np.bool_)
    kept[places] = scores == best[places // cells]
    return kept.reshape(filled.shape)
