"""Canonical equality: two genomes are the same if they grow the same body.

A key is a sum of random numbers, one for each of a body's cells and muscles (Zobrist hashing). Which number depends on
where the cell or muscle lies relative to the body's lowest corner, and on its kind and material.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import ByteArray, Genomes, check_genomes, genes
from codesign.genome.lattice import BoolArray, Lattice, Symmetry, row_counts
from codesign.parallel import batches, for_each
from codesign.streams import Draws

KeyArray = NDArray[np.uint64]
"""Keys of genomes, shape (n, 2)."""

_HALVES = 2
"""Numbers of 64 bits in a key."""


def keys(lattice: Lattice, genomes: Genomes, *, shape_only: bool = False, symmetric: bool = False) -> KeyArray:
    """Return a key per genome, shape (n, 2); keys are equal if and only if the genomes grow the same body.

    A body does not depend on its place on the lattice, nor on muscle bits outside of it. Keys are of 128 bits and
    can be compared between genomes of one lattice that were made with the same arguments.

    Args:
        lattice: the genomes' lattice.
        genomes: genomes with a body each.
        shape_only: ignore the muscle bits inside the body too.
        symmetric: take a body for the same as its mirror images and its rotations about the vertical (the lattice's
            `symmetries`, in 2D mirror images alone). It is not the same where a task has a direction: a mirrored
            walker walks the other way.

    Raises:
        GenomeError: a genome does not fit the lattice or has no body.
    """
    check_genomes(lattice, genomes)
    numbering = _numbering(lattice, symmetric)
    found = np.empty((len(genomes), _HALVES), dtype=np.uint64)

    def work(batch: slice) -> None:
        found[batch] = _keys(lattice, numbering, genomes[batch], shape_only=shape_only)

    for_each(work, batches(len(genomes), genes(lattice)))
    return found


def repeated(found: KeyArray, known: KeyArray | None = None) -> NDArray[np.intp]:
    """Return the places in `found` of keys that came earlier there, or are among the `known` ones, in order."""
    known = found[:0] if known is None else known
    every = np.concatenate([known, found])
    order = np.lexsort(every.T)
    ordered = every[order]
    repeats = np.zeros(len(every), dtype=np.bool_)
    # Equal keys stay in their order, so that the first of them is the known or the earliest one.
    repeats[order[1:]] = (ordered[1:] == ordered[:-1]).all(axis=1)
    return np.flatnonzero(repeats[len(known) :])


def same_bodies(lattice: Lattice, first: Genomes, second: Genomes, shape_only: BoolArray) -> BoolArray:
    """Return for each pair of genomes whether their `keys` are equal, without making most of them.

    Args:
        lattice: the genomes' lattice.
        first: genomes with a body each.
        second: as many genomes with a body each.
        shape_only: for which pairs to ignore the muscle bits, shape (n,).
    """
    same = (first.cells == second.cells).all(axis=1)
    counts = [row_counts(each.cells != 0) for each in (first, second)]
    moved = np.flatnonzero(~same & (counts[0] == counts[1]))
    if len(moved):
        one, other = (_moments(lattice, each.cells[moved]) for each in (first, second))
        moved = moved[(one == other).all(axis=1)]
    doubtful = np.flatnonzero(same & ~shape_only)
    if lattice.muscle_genes and len(doubtful):
        edges = lattice.touched_edges(first.cells[doubtful] != 0)
        same[doubtful] = ~(edges & (first.muscles[doubtful] != second.muscles[doubtful])).any(axis=1)
    for own, by_shape in ((moved[~shape_only[moved]], False), (moved[shape_only[moved]], True)):
        if len(own):
            numbering = _numbering(lattice, False)
            one, other = (_keys(lattice, numbering, each[own], shape_only=by_shape) for each in (first, second))
            same[own] = (one == other).all(axis=1)
    return same


def _moments(lattice: Lattice, cells: ByteArray) -> NDArray[np.int64]:
    """Return the second moments of each body's cells, which are the same wherever a body lies, shape (n, dim).

    They are whole numbers modulo 2**64, so that no order of summation shows.
    """
    exact = lattice.cells * max(lattice.cell_grid.shape) ** 2 < 2**53
    filled = (cells != 0).astype(np.float64 if exact else np.int64)
    count = row_counts(cells != 0)
    found = []
    for along in lattice.cell_coordinates.T.astype(filled.dtype):
        # Not by a matrix product, whose threads would compete with those that share the population.
        first, second = (np.einsum("ij,j->i", filled, term).astype(np.int64) for term in (along, along**2))
        found.append(count * second - first**2)
    return np.stack(found, axis=1)


class _Image(NamedTuple):
    """How the image of a body under a symmetry is numbered.

    Attributes:
        matrix: of the symmetry, shape (dim, dim).
        cells: number of each cell, of no material, at its image's place, shape (cells,).
        edges: number of each edge at its image's place, shape (edges,).
    """

    matrix: NDArray[np.integer]
    cells: NDArray[np.intp]
    edges: NDArray[np.intp]


class _Numbering(NamedTuple):
    """How cells and edges of all images are numbered, and the random numbers of these.

    Numbers are linear in places, so that a body's place changes all of its cells' numbers by one amount.

    Attributes:
        images: one per symmetry.
        cell_steps: change of a cell's number with each axis, shape (dim,).
        edge_steps: change of an edge's number with each axis, shape (dim,).
        cells: random numbers of the cells by their number and material, shape (2, numbers).
        edges: random numbers of the edges by their number, shape (2, numbers).
    """

    images: list[_Image]
    cell_steps: NDArray[np.intp]
    edge_steps: NDArray[np.intp]
    cells: NDArray[np.uint64]
    edges: NDArray[np.uint64]


@lru_cache(maxsize=8)
def _numbering(lattice: Lattice, symmetric: bool) -> _Numbering:
    symmetries = lattice.symmetries if symmetric else lattice.symmetries[:1]
    # Images of a body that does not fill the lattice in every direction are numbered on a grid that holds them all.
    grid = np.max([np.abs(own.matrix) @ lattice.cell_grid.shape for own in symmetries], axis=0)
    examples = np.unique(lattice.cell_kinds, return_index=True)[1]
    corners = lattice.node_coordinates[lattice.cell_nodes[examples]] - lattice.cell_coordinates[examples, None]
    corners = corners.reshape(-1, lattice.dim)
    images = [corners @ own.matrix.T for own in symmetries]
    nodes = grid + np.max([np.ptp(image, axis=0) for image in images], axis=0)
    # Nodes lie relative to the lowest corner of a cell's image, which a symmetry moves by as much for all kinds.
    lowest = [image.min(axis=0) for image in images]
    ends = np.concatenate([_ordered_ends(lattice, own) - low for own, low in zip(symmetries, lowest, strict=True)])
    apart = ends[:, 1] - ends[:, 0]
    apart -= apart.min(axis=0)
    directions, direction = np.unique(apart @ _steps(apart.max(axis=0) + 1), return_inverse=True)
    each_cell = len(symmetries[0].springs) * len(lattice.materials)
    cell_steps, edge_steps = _steps(grid) * each_cell, _steps(nodes) * len(directions)
    edges = (ends[:, 0] @ edge_steps + direction).reshape(len(symmetries), -1)
    cells = [lattice.cell_coordinates @ own.matrix.T @ cell_steps for own in symmetries]
    kinds = lattice.cell_kinds * len(lattice.materials)
    random = [Draws(np.array(seeds, np.uint64)) for seeds in ((1, 2), (3, 4))]
    return _Numbering(
        [_Image(own.matrix, cells[i] + kinds, edges[i]) for i, own in enumerate(symmetries)],
        cell_steps,
        edge_steps,
        random[0].bits(int(grid.prod()) * each_cell),
        random[1].bits(int(nodes.prod()) * len(directions)),
    )


def _ordered_ends(lattice: Lattice, symmetry: Symmetry) -> NDArray[np.integer]:
    """Return where the ends of all edges' images lie, the lexicographically lower one first, shape (edges, 2, dim)."""
    ends = lattice.node_coordinates[lattice.edges] @ symmetry.matrix.T
    apart = ends[:, 1] - ends[:, 0]
    first = np.take_along_axis(apart, np.argmax(apart != 0, axis=1)[:, None], axis=1)[:, 0]
    ends[first < 0] = ends[first < 0, ::-1]
    return ends


def _steps(extents: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return how much the numbers of a grid in C order change with each axis."""
    return np.append(np.cumprod(extents[:0:-1])[::-1], 1).astype(np.intp)


def _keys(lattice: Lattice, numbering: _Numbering, genomes: Genomes, *, shape_only: bool) -> KeyArray:
    """Return the keys of a batch of genomes, the least among those of each body's images."""
    filled = genomes.cells != 0
    cells = _Parts.of(filled)
    materials = genomes.cells[filled] if len(lattice.materials) > 2 else 1
    along = [axis.take(cells.places) for axis in lattice.cell_coordinates.T]
    low, high = (
        np.stack([limit.reduceat(axis, cells.starts) for axis in along], axis=1) for limit in (np.minimum, np.maximum)
    )
    muscles = None
    if lattice.muscle_genes and not shape_only:
        muscles = _Parts.of(lattice.touched_edges(filled) & genomes.muscles.view(np.bool_))
    least = None
    # The symmetries are a group, so equal bodies have the same images, and any choice among them is canonical.
    for image in numbering.images:
        corner = low @ np.maximum(image.matrix, 0).T + high @ np.minimum(image.matrix, 0).T
        numbers = image.cells.take(cells.places) + materials - (corner @ numbering.cell_steps).take(cells.bodies)
        key = np.stack([cells.sums(random.take(numbers)) for random in numbering.cells], axis=1)
        if muscles is not None:
            numbers = image.edges.take(muscles.places) - (corner @ numbering.edge_steps).take(muscles.bodies)
            key += np.stack([muscles.sums(random.take(numbers)) for random in numbering.edges], axis=1)
        least = key if least is None else _lesser(least, key)
    assert least is not None
    return least


def _lesser(one: KeyArray, other: KeyArray) -> KeyArray:
    less = (other[:, 0] < one[:, 0]) | ((other[:, 0] == one[:, 0]) & (other[:, 1] < one[:, 1]))
    return np.where(less[:, None], other, one)


class _Parts(NamedTuple):
    """The parts that bodies have, cells or muscles, one after the other.

    Attributes:
        bodies: number of each part's body, shape (parts,).
        places: number of each part on the lattice, shape (parts,).
        having: the bodies that have any, in order.
        starts: where the parts of these start.
        total: number of bodies.
    """

    bodies: NDArray[np.intp]
    places: NDArray[np.intp]
    having: NDArray[np.intp]
    starts: NDArray[np.intp]
    total: int

    @classmethod
    def of(cls, present: BoolArray) -> "_Parts":
        """Return the parts that are present, shape (bodies, places)."""
        flat = np.flatnonzero(present)
        counts = row_counts(present)
        bodies = np.repeat(np.arange(len(present)), counts)
        having = np.flatnonzero(counts)
        starts = (np.cumsum(counts) - counts).take(having)
        return cls(bodies, flat - bodies * present.shape[1], having, starts, len(present))

    def sums(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return the sum of each body's parts' values modulo 2**64, shape (bodies,)."""
        found = np.zeros(self.total, dtype=np.uint64)
        if len(values):
            found[self.having] = np.add.reduceat(values, self.starts)
        return found
