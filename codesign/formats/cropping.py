"""Cutting empty cells away around a body, so that it needs no larger lattice than it fills."""

from dataclasses import replace
from typing import Any

import numpy as np

from codesign.formats.body_plan import BodyPlan
from codesign.genome import LATTICES, Lattice


def cropped(plan: BodyPlan) -> BodyPlan:
    """Return a plan of the same body whose array ends where its filled cells do.

    Where kinds of cells stand in turn, as triangles do, a row or column of empty cells may have to stay before them.
    Plans without a lattice or without a filled cell, and those whose array is no larger, stay as they are.
    """
    filled = np.argwhere(plan.cells)
    if not plan.lattice or not len(filled):
        return plan
    low, high = filled.min(axis=0), filled.max(axis=0) + 1
    if not low.any() and tuple(high) == plan.cells.shape:
        return plan
    start = low - _kept(plan, low)
    cells = plan.cells[tuple(slice(*ends) for ends in zip(start, high, strict=True))].copy()
    if plan.muscles is None:
        return replace(plan, cells=cells)
    large, small = _lattice(plan, plan.cells.shape), _lattice(plan, cells.shape)
    if plan.muscles.shape != (len(large.edges),):
        return plan  # whoever puts it on a lattice says so
    first = int(np.ravel_multi_index(tuple(start), plan.cells.shape))
    moved = small.node_coordinates - small.node_coordinates[small.cell_nodes[0]].min(axis=0)
    moved += large.node_coordinates[large.cell_nodes[first]].min(axis=0)
    return replace(plan, cells=cells, muscles=plan.muscles[same_edges(small, large, moved)])


def same_edges(small: Lattice, large: Lattice, moved: np.ndarray) -> np.ndarray:
    """Return for each edge of a lattice the same edge of a larger one of its kind, shape (edges of the small one,).

    Args:
        small: the lattice.
        large: the larger one.
        moved: where the nodes of the small one are in the large one, shape (nodes, dim).
    """
    nodes = {tuple(place): number for number, place in enumerate(large.node_coordinates.tolist())}
    edges = {tuple(pair): number for number, pair in enumerate(large.edges.tolist())}
    places = np.array([nodes[tuple(place)] for place in moved.tolist()])
    return np.array([edges[tuple(sorted(pair))] for pair in places[small.edges].tolist()])


def _kept(plan: BodyPlan, low: np.ndarray) -> np.ndarray:
    """Return how many empty cells stay before the first filled ones along each axis, so that kinds of cells agree.

    Kinds repeat every two cells, so a lattice of two along each axis shows all of them.
    """
    kinds = _lattice(plan, (2,) * plan.cells.ndim).cell_kinds.reshape((2,) * plan.cells.ndim)
    for shift in np.ndindex(*kinds.shape):
        start = low - shift
        if (start >= 0).all() and np.array_equal(np.roll(kinds, tuple(start % 2), tuple(range(kinds.ndim))), kinds):
            return np.array(shift)
    return low


def _lattice(plan: BodyPlan, shape: tuple[int, ...]) -> Lattice:
    kind = LATTICES[plan.lattice]
    sizes: dict[str, Any] = dict(zip(kind.extents, shape, strict=True))
    return kind(**{**plan.settings, **sizes}).build()
