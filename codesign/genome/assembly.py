"""Making a lattice: who touches whom, worked out from the shapes and places of the cells."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codesign.genome.lattice import CellTemplate, IntArray, Lattice, Material
from codesign.genome.symmetry import find_symmetries


def assemble(
    *,
    name: str,
    shape: tuple[int, ...],
    unit: Sequence[float],
    templates: Sequence[CellTemplate],
    cell_coordinates: NDArray[np.integer],
    cell_kinds: NDArray[np.integer],
    materials: tuple[Material, ...],
    muscle_genes: bool,
) -> Lattice:
    """Return the lattice of the given cells, in any dimension.

    Args:
        name: the kind of lattice.
        shape: number of cells along each direction, in numbering order: (rows, columns) in 2D.
        unit: metres per step of the integer coordinates, shape (dim,).
        templates: one per kind of cell.
        cell_coordinates: integer coordinates of each cell, at least 0, in numbering order, shape (cells, dim).
        cell_kinds: index of each cell's template, shape (cells,).
        materials: what cells are made of, the first being empty space.
        muscle_genes: whether a genome's muscle bits decide which springs are muscles.
    """
    coordinates = np.asarray(cell_coordinates, dtype=np.int32)
    kinds = np.asarray(cell_kinds, dtype=np.int32)
    corners = np.array([template.corners for template in templates], dtype=np.int32)[kinds] + coordinates[:, None]
    node_coordinates, numbers = np.unique(corners.reshape(-1, corners.shape[2]), axis=0, return_inverse=True)
    cell_nodes = numbers.reshape(corners.shape[:2]).astype(np.int32)
    edges, cell_edges = _numbered(cell_nodes, kinds, [template.springs for template in templates])
    facets, cell_facets = _numbered(cell_nodes, kinds, [template.facets for template in templates])
    lengths = np.zeros(len(edges))
    lengths[cell_edges] = np.array([template.spring_lengths for template in templates])[kinds]
    facet_cells, _ = _around(cell_facets, len(facets))
    node_cells, _ = _around(cell_nodes, len(node_coordinates))
    edge_cells, edge_places = _around(cell_edges, len(edges))
    grid = np.full(coordinates.max(axis=0) + 1, -1, dtype=np.int32)
    grid[tuple(coordinates.T)] = np.arange(len(coordinates))
    return Lattice(
        name=name,
        shape=shape,
        unit=np.array(unit, dtype=np.float64),
        node_positions=node_coordinates * np.array(unit, dtype=np.float64),
        node_coordinates=node_coordinates.astype(np.int32),
        edges=edges,
        edge_lengths=lengths,
        cell_nodes=cell_nodes,
        cell_edges=cell_edges,
        cell_coordinates=coordinates,
        cell_kinds=kinds,
        cell_facets=cell_facets.shape[1],
        cell_grid=grid,
        neighbours=_neighbours(facet_cells, len(coordinates)),
        node_cells=node_cells,
        edge_cells=edge_cells,
        edge_places=edge_places,
        symmetries=find_symmetries(unit, templates, materials, coordinates, node_coordinates, edges),
        materials=materials,
        muscle_genes=muscle_genes,
    )


def _numbered(
    cell_nodes: IntArray, kinds: IntArray, parts: Sequence[Sequence[tuple[int, ...]]]
) -> tuple[IntArray, IntArray]:
    """Return the distinct node sets of all parts (springs or facets) in order, and the numbers of each cell's parts."""
    picks = np.array(parts)[kinds]
    sets = np.sort(cell_nodes[np.arange(len(cell_nodes))[:, None, None], picks], axis=2)
    distinct, numbers = np.unique(sets.reshape(-1, sets.shape[2]), axis=0, return_inverse=True)
    return distinct.astype(np.int32), numbers.reshape(sets.shape[:2]).astype(np.int32)


def _around(cell_parts: IntArray, parts: int) -> tuple[IntArray, IntArray]:
    """Return the cells around each part, padded with the number of cells, and the part's place within each cell."""
    order = np.argsort(cell_parts.ravel(), kind="stable")
    part = cell_parts.ravel()[order]
    counts = np.bincount(part, minlength=parts)
    column = np.arange(len(part)) - np.repeat(np.cumsum(counts) - counts, counts)
    cells = np.full((parts, counts.max()), len(cell_parts), dtype=np.int32)
    places = np.zeros_like(cells)
    cells[part, column], places[part, column] = np.divmod(order, cell_parts.shape[1])
    return cells, places


def _neighbours(facet_cells: IntArray, cells: int) -> IntArray:
    if facet_cells.shape[1] < 2:
        return np.zeros((0, 2), dtype=np.int32)
    pairs = facet_cells[facet_cells[:, 1] < cells]
    return np.unique(np.sort(pairs, axis=1), axis=0).reshape(-1, 2)
