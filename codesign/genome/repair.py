"""Repair of genomes, so that each has one body, in one piece and without enclosed holes."""

import numpy as np
from numpy.typing import NDArray

from codesign.errors import GenomeError
from codesign.genome.genomes import ByteArray, Genomes, check_genomes, draw_genomes, genes
from codesign.genome.lattice import BoolArray, Lattice, all_of, any_of, rows_of_cells, transposed
from codesign.genome.settings import LatticeSettings
from codesign.parallel import batches, for_each
from codesign.streams import Draws


def random_genomes(lattice: Lattice, settings: LatticeSettings, draws: Draws) -> Genomes:
    """Return one random, repaired genome of each of the individuals who draw.

    Each cell's material is drawn with `settings.material_probabilities()` and each muscle bit with `settings.muscle`.
    """
    cells = np.empty((len(draws), lattice.cells), dtype=np.uint8)
    muscles = np.empty((len(draws), len(lattice.edges)), dtype=np.uint8)

    def draw(batch: slice) -> None:
        drawn = draw_genomes(lattice, settings, draws.of(batch))
        cells[batch], muscles[batch] = repaired_cells(lattice, drawn.cells), drawn.muscles

    for_each(draw, batches(len(draws), genes(lattice)))
    return Genomes(cells, muscles)


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

    def work(batch: slice) -> None:
        cells[batch] = repaired_cells(lattice, genomes.cells[batch])

    for_each(work, batches(len(genomes), genes(lattice)))
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

    def loose_cells(batch: slice) -> NDArray[np.intp]:
        filled = genomes.cells[batch] != 0
        return np.count_nonzero(filled & ~_largest_parts(lattice, rows_of_cells(filled)), axis=1)

    loose = np.concatenate([np.zeros(0, np.intp), *for_each(loose_cells, batches(len(genomes), genes(lattice)))])
    for broken in np.flatnonzero(loose)[:1]:
        sides = "sides" if lattice.dim == 2 else "faces"
        expected = f"bodies in one piece, of cells that share {sides}"
        got = f"{loose[broken]} cells apart from the largest piece of genome {broken}"
        raise GenomeError(expected, got, "repair the genomes first")


def repaired_cells(lattice: Lattice, cells: ByteArray) -> ByteArray:
    """Return the cells of a batch of genomes after `repair`, shape (n, cells)."""
    rows = rows_of_cells(cells != 0)
    # Filling a hole adds no spring, so it cannot make another hole: one pass is enough. A filled cell has its springs.
    rows[:-1] |= all_of(any_of(rows, lattice.edge_cells), lattice.cell_edges)
    rows[_middle(lattice), ~rows.any(axis=0)] = True
    return np.maximum(cells, 1) * _largest_parts(lattice, rows).view(np.uint8)


def _middle(lattice: Lattice) -> int:
    centre = lattice.cell_coordinates.max(axis=0) // 2
    return int(lattice.cell_grid[tuple(centre)])


def _largest_parts(lattice: Lattice, rows: BoolArray) -> BoolArray:
    """Return the cells of each body's largest connected part.

    Filled cells that are linked and have consecutive numbers are a run. The runs of all bodies are the nodes of one
    graph, numbered in the order of bodies and cells; the lowest run of a part stands for it.

    Args:
        lattice: the bodies' lattice.
        rows: which cells are filled, at least one of each body, see `rows_of_cells`.

    Returns:
        Shape (bodies, cells).
    """
    bodies = rows.shape[1]
    first, second = lattice.neighbours.T
    following = second == first + 1
    begins = rows[:-1].copy()
    begins[second[following]] &= ~rows.take(first[following], axis=0)
    begins = transposed(begins).ravel()
    # Empty cells count to the run before them, so the first cell of all begins one, be it filled or not.
    begins[0] = True
    run_of_cell = np.cumsum(begins, dtype=np.intp)
    run_of_cell -= 1
    joined = np.flatnonzero(rows.take(first[~following], axis=0) & rows.take(second[~following], axis=0))
    pair = joined // bodies
    start = (joined - pair * bodies) * lattice.cells
    ends = [run_of_cell.take(start + cells[~following].take(pair)) for cells in (first, second)]
    run_cells = np.flatnonzero(begins)
    lowest = _lowest_joined(len(run_cells), *ends)
    filled = transposed(rows[:-1])
    sizes = np.bincount(lowest, np.add.reduceat(filled.ravel(), run_cells, dtype=np.int32))
    parts = np.flatnonzero(sizes > 0.0)
    body = run_cells.take(parts) // lattice.cells
    # Parts are in the order of their lowest cells; of equals the first is the largest.
    scores = sizes.take(parts) * (len(run_cells) + 1) - parts
    best = np.maximum.reduceat(scores, np.searchsorted(body, np.arange(bodies)))
    chosen = np.zeros(len(run_cells), dtype=np.bool_)
    chosen[parts[scores == best.take(body)]] = True
    return chosen.take(lowest).take(run_of_cell).reshape(filled.shape) & filled


def _lowest_joined(nodes: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each of the nodes of a graph the lowest one of its part, shape (nodes,).

    Parts are trees that point to lower nodes. Each round hangs trees that touch onto lower ones, so that at least half
    of those that touch disappear.

    Args:
        nodes: their number.
        first: one end of each link.
        second: the other ends.
    """
    above = np.arange(nodes)
    while len(first):
        np.minimum.at(above, np.maximum(first, second), np.minimum(first, second))
        while not np.array_equal(higher := above.take(above), above):
            above = higher
        first, second = above.take(first), above.take(second)
        apart = np.flatnonzero(first != second)
        first, second = first.take(apart), second.take(apart)
    return above
