"""The symmetries of a lattice that leave the vertical as it is, found by trying."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from codesign.genome.lattice import CellTemplate, IntArray, Material, Symmetry


def find_symmetries(
    unit: Sequence[float],
    templates: Sequence[CellTemplate],
    materials: Sequence[Material],
    cell_coordinates: IntArray,
    node_coordinates: NDArray[np.integer],
    edges: IntArray,
) -> tuple[Symmetry, ...]:
    """Return the symmetries of a lattice without end whose cells and materials are the given ones, the identity first.

    They exchange horizontal axes or turn them round, and take cells to cells of the same kind: in 2D the reflection
    along x, for cubes the eight of a square. Where the lattice ends does not matter; images may lie outside.

    Args:
        unit: metres per step of the coordinates, shape (dim,).
        templates: one per kind of cell.
        materials: what cells are made of; one that drives springs in one direction only may rule a symmetry out.
        cell_coordinates: of all cells, shape (cells, dim).
        node_coordinates: of all nodes, shape (nodes, dim).
        edges: their nodes, shape (edges, 2).
    """
    found = []
    for matrix in _upright(len(unit)):
        springs = _exchanged(templates, matrix)
        if springs is None or (np.abs(matrix) @ np.array(unit) != np.array(unit)).any():
            continue
        swings = np.array([material.swings for material in materials])
        if all((swings[:, own] == swings).all() for own in springs):
            rank = np.argsort(_lexicographic(node_coordinates @ matrix.T))
            found.append(
                Symmetry(
                    matrix=matrix,
                    springs=springs,
                    cell_order=_lexicographic(cell_coordinates @ matrix.T),
                    edge_order=_lexicographic(np.sort(rank[edges], axis=1)),
                )
            )
    return tuple(found)


def _upright(dim: int) -> Iterator[IntArray]:
    """Yield all matrices that permute horizontal axes and turn some of them round, the identity first."""
    horizontal = dim - 1
    for axes in permutations(range(horizontal)):
        for signs in product((1, -1), repeat=horizontal):
            matrix = np.zeros((dim, dim), dtype=np.int32)
            matrix[np.arange(horizontal), axes] = signs
            matrix[-1, -1] = 1
            yield matrix


def _lexicographic(rows: NDArray[np.integer]) -> IntArray:
    return np.lexsort(rows.T[::-1]).astype(np.int32)


def _exchanged(templates: Sequence[CellTemplate], matrix: IntArray) -> IntArray | None:
    """Return which spring of a cell comes to lie on each one of its image, None if a cell's image is no such cell."""
    offsets, exchanged = set(), []
    for template in templates:
        corners = np.array(template.corners)
        images = corners @ matrix.T
        offset = images.min(axis=0) - corners.min(axis=0)
        offsets.add(tuple(offset.tolist()))
        corner_at = {tuple(corner): index for index, corner in enumerate(corners.tolist())}
        goes_to = [corner_at.get(tuple(image)) for image in (images - offset).tolist()]
        spring_of = {frozenset((goes_to[a], goes_to[b])): index for index, (a, b) in enumerate(template.springs)}
        exchanged.append([spring_of.get(frozenset(spring), -1) for spring in template.springs])
    springs = np.array(exchanged, dtype=np.int32)
    return None if len(offsets) > 1 or (springs < 0).any() else springs
