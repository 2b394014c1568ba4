"""Finding the lattice that a body of masses and springs grew on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from codesign.body import Body, Tissue, develop
from codesign.formats.notation import body_edges
from codesign.genome import LATTICES, Genomes, Lattice, LatticeSettings

_MOST_CELLS = 20_000
"""Cells of the smallest lattice that has room for a body; springs of all of them are worked out."""

_APART = 0.05
"""How far a mass may be from its node, relative to a cell's side. Files keep positions in single precision."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A body on a lattice; attributes as those of `BodyPlan`."""

    lattice: str
    cells: np.ndarray
    muscles: np.ndarray | None
    settings: Mapping[str, Any]


def fitted(body: Body) -> Fit | None:
    """Return the cells and muscles from which a body grows on a lattice of ours, or None.

    Its masses, the pairs that springs join, which of these are muscles, and their rest lengths are those that the cells
    have; how stiff springs are and how far muscles swing are up to the settings of a run.
    """
    if not len(body.cells) or not len(body.springs):
        return None
    # The springs along the sides of cells are their shortest, and files say lengths in single precision.
    side = float(str(np.float32(body.rest_lengths.min())))
    if side <= 0.0:
        return None
    for name, kind in LATTICES.items():
        for more in _variants(kind):
            found = _on(name, kind, {"side": side, **more}, body)
            if found is not None:
                return found
    return None


def _variants(kind: type[LatticeSettings]) -> Iterator[dict[str, Any]]:
    yield {}
    if kind.name == "cube":
        yield {"actuated": "springs"}


@lru_cache(maxsize=16)
def _sample(settings: LatticeSettings) -> Lattice:
    """Return a small lattice, which shows what cells look like and that their kinds repeat every two."""
    return settings.construct()


def _on(name: str, kind: type[LatticeSettings], given: dict[str, Any], body: Body) -> Fit | None:
    two: dict[str, Any] = dict.fromkeys(kind.extents, 2)
    sample = _sample(kind(**given, **two))
    nodes = _nodes(sample, given["side"], body)
    places = None if nodes is None else _places(sample, nodes[body.cells])
    if nodes is None or places is None:
        return None
    extents = places.max(axis=0) + 1
    if float(np.prod(extents.astype(np.float64))) > _MOST_CELLS:
        return None
    # 2D lattices number their cells row by row, and 3D ones column by column.
    shape = extents[::-1] if sample.dim == 2 else extents
    sizes: dict[str, Any] = dict(zip(kind.extents, shape.tolist(), strict=True))
    lattice = kind(**given, **sizes).construct()
    own = lattice.cells_at(places)
    cells = np.zeros(lattice.cells, np.uint8)
    cells[own] = body.materials
    # Masses are counted from the lowest of the body, nodes from the lattice's first cell.
    nodes += lattice.node_coordinates[lattice.cell_nodes[own[0]]].min(axis=0) - nodes[body.cells[0]].min(axis=0)
    muscles = _muscles(lattice, cells, nodes, body)
    if muscles is None:
        return None
    return Fit(name, cells.reshape(lattice.shape), muscles if lattice.muscle_genes else None, given)


def _nodes(sample: Lattice, side: float, body: Body) -> np.ndarray | None:
    """Return the coordinates of a body's masses, the least of them 0, if they are at nodes of such a lattice."""
    if sample.dim != body.positions.shape[1] or sample.cell_nodes.shape[1] != body.cells.shape[1]:
        return None
    start = body.positions - body.positions.min(axis=0)
    if (start > 2**30 * sample.unit).any() or len(sample.materials) <= body.materials.max():
        return None
    nodes = np.rint(start / sample.unit).astype(np.int64)
    return nodes if np.abs(nodes * sample.unit - start).max() <= _APART * side else None


def _places(sample: Lattice, corners: np.ndarray) -> np.ndarray | None:
    """Return the coordinates of cells, the least of them 0 or, where kinds of cells want it, 1; None for other cells.

    Args:
        sample: a lattice that has all kinds of cells, which repeat every two.
        corners: coordinates of the cells' corners, shape (cells, corners, dim).
    """
    corners = _sorted(corners)  # files may go round a cell from any corner
    found, kinds = np.zeros((len(corners), sample.dim), np.int64), np.full(len(corners), -1)
    for cell, kind in enumerate(sample.cell_kinds.tolist()):
        offsets = _sorted(sample.node_coordinates[sample.cell_nodes[cell]][None])[0] - sample.cell_coordinates[cell]
        begin = corners[:, 0] - offsets[0]
        alike = (corners == begin[:, None] + offsets).all(axis=(1, 2))
        found[alike], kinds[alike] = begin[alike], kind
    if (kinds < 0).any():
        return None
    found -= found.min(axis=0)
    for shift in np.ndindex(*(2,) * sample.dim):
        if (sample.cell_kinds[sample.cells_at((found + shift) % 2)] == kinds).all():
            return found + shift
    return None


def _sorted(corners: np.ndarray) -> np.ndarray:
    """Return the corners of each cell in the order of their coordinates."""
    order = np.lexsort(corners.transpose(2, 0, 1)[::-1], axis=1)
    return np.take_along_axis(corners, order[:, :, None], axis=1)


def _muscles(lattice: Lattice, cells: np.ndarray, nodes: np.ndarray, body: Body) -> np.ndarray | None:
    """Return the muscle bits with which cells grow into a body, of all edges; None if they grow into another."""
    numbers = {place: number for number, place in enumerate(map(tuple, lattice.node_coordinates.tolist()))}
    edges = {pair: number for number, pair in enumerate(map(tuple, lattice.edges.tolist()))}
    masses = [numbers.get(place, -1) for place in map(tuple, nodes.tolist())]
    ends = np.sort(np.array(masses)[body.springs], axis=1)
    found = np.array([edges.get(pair, -1) for pair in map(tuple, ends.tolist())])
    own = np.flatnonzero(body_edges(lattice, cells))
    order = np.argsort(found)
    if len(set(masses)) < len(masses) or not np.array_equal(found[order], own):
        return None
    if not np.allclose(body.rest_lengths[order], lattice.edge_lengths[own], rtol=1e-4, atol=0.0):
        return None
    grown = develop(lattice, Genomes(cells[None], np.ones((1, len(lattice.edges)), np.uint8)), Tissue())[0]
    driven, could = body.swings[order] > 0, grown.swings > 0
    if (driven & ~could).any() or (not lattice.muscle_genes and (driven != could).any()):
        return None
    muscles = np.ones(len(lattice.edges), np.uint8)
    muscles[own] = driven
    return muscles
