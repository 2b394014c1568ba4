"""The grid that cells, masses and springs live on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class CellTemplate:
    """The shape of one kind of cell; all cells of a kind are translations of each other.

    Attributes:
        corners: offsets of the corners from the cell's coordinates, in drawing order (round the outline in 2D).
        springs: pairs of corners that a spring joins.
        spring_lengths: their lengths [m].
        facets: the sets of corners by which two cells are neighbours (2D: sides, 3D: faces).
    """

    corners: tuple[tuple[int, ...], ...]
    springs: tuple[tuple[int, int], ...]
    spring_lengths: tuple[float, ...]
    facets: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Material:
    """What a cell is made of, as seen by each of the cell's springs.

    Attributes:
        name: the material's name.
        stiffness: the cell's share of spring stiffness, relative to `Tissue.stiffness`.
        swings: per spring of the cell, 1 where the material can change its rest length, else 0.
        density: what the cell weighs per area or volume, relative to `Tissue.density`.
        damping: the cell's share of damping, relative to `Tissue.damping`.
        force_limit: how strong its muscles are, relative to `Tissue.force_limit`.

    Of the first material of a lattice, empty space, none of these numbers counts.
    """

    name: str
    stiffness: float
    swings: tuple[float, ...]
    density: float = 1.0
    damping: float = 1.0
    force_limit: float = 1.0


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A rotation about the vertical or a reflection in an upright plane under which every cell looks as before.

    It moves coordinates x to `matrix` @ x, and then to wherever they are wanted. The vertical is the last axis.

    Attributes:
        matrix: entries 0, 1 and -1, shape (dim, dim).
        springs: for each spring of a cell's image, which spring of the cell comes to lie there, shape (kinds, springs).
        cell_order: cells in lexicographic order of their images' coordinates, shape (cells,).
        edge_order: edges in lexicographic order of their images' nodes, shape (edges,).
    """

    matrix: IntArray
    springs: IntArray
    cell_order: IntArray
    edge_order: IntArray

    def __post_init__(self) -> None:
        """Close the arrays to writing, as a lattice does with its own."""
        _close(self)


@dataclass(frozen=True, eq=False)
class Lattice:
    """All places that a body can occupy; nodes are candidate masses, edges candidate springs.

    Nodes are numbered in lexicographic order of their coordinates, edges in lexicographic order of their nodes.

    Attributes:
        name: the kind of lattice.
        shape: cells along each direction, in the order in which cells are numbered: (rows, columns) in 2D, (columns,
            rows, layers) in 3D.
        unit: metres per step of the integer coordinates, shape (dim,).
        node_positions: node positions [m], lattice frame, shape (nodes, dim).
        node_coordinates: the same as integers, shape (nodes, dim).
        edges: the two nodes of each edge, the lower first, shape (edges, 2).
        edge_lengths: edge lengths [m], shape (edges,).
        cell_nodes: corners of each cell in drawing order, shape (cells, corners).
        cell_edges: springs of each cell, in the same order for all cells of a kind, shape (cells, springs).
        cell_coordinates: integer coordinates (column, row[, layer]) of each cell, all at least 0, shape (cells, dim).
        cell_kinds: which cells are translations of each other, shape (cells,).
        cell_facets: by how many sides (3D: faces) a cell can have neighbours.
        cell_grid: the cell at given coordinates, -1 where there is none; one axis per dimension.
        neighbours: pairs of cells that share a side (3D: a face), in lexicographic order, shape (pairs, 2).
        node_cells: the cells around each node, padded with the number of cells, shape (nodes, most cells).
        edge_cells: the cells around each edge, padded likewise, shape (edges, most cells).
        edge_places: which of each of these cells' springs the edge is, shape (edges, most cells).
        symmetries: the rotations about the vertical and reflections in upright planes under which cells look as
            before, the identity first.
        materials: what cells are made of; the first is empty space.
        muscle_genes: whether a genome's muscle bits decide which springs are muscles; if not, the materials do.
    """

    name: str
    shape: tuple[int, ...]
    unit: FloatArray
    node_positions: FloatArray
    node_coordinates: IntArray
    edges: IntArray
    edge_lengths: FloatArray
    cell_nodes: IntArray
    cell_edges: IntArray
    cell_coordinates: IntArray
    cell_kinds: IntArray
    cell_facets: int
    cell_grid: IntArray
    neighbours: IntArray
    node_cells: IntArray
    edge_cells: IntArray
    edge_places: IntArray
    symmetries: tuple[Symmetry, ...]
    materials: tuple[Material, ...]
    muscle_genes: bool

    def __post_init__(self) -> None:
        """Close the arrays to writing: a lattice is shared by everything that was made on it."""
        _close(self)

    @property
    def title(self) -> str:
        """Its shape and kind, as messages name it: 6 x 6 x 4 cube."""
        return f"{' x '.join(str(extent) for extent in self.shape)} {self.name}"

    @property
    def dim(self) -> int:
        """Number of space dimensions."""
        return self.node_positions.shape[1]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.cell_nodes.shape[0]

    @cached_property
    def reflections(self) -> tuple[Symmetry, ...]:
        """The symmetries that turn one horizontal axis round."""
        return tuple(own for own in self.symmetries if (np.diag(own.matrix) == -1).sum() == 1)

    @cached_property
    def rotations(self) -> tuple[Symmetry, ...]:
        """The symmetries that rotate about the vertical, by other than nothing."""
        return tuple(own for own in self.symmetries[1:] if np.linalg.det(own.matrix) > 0)

    @cached_property
    def cell_sizes(self) -> FloatArray:
        """The area of each cell [m^2], in 3D its volume [m^3], of the convex shape that its corners span, (cells,)."""
        _, first, kinds = np.unique(self.cell_kinds, return_index=True, return_inverse=True)
        # In two dimensions SciPy calls the area a volume, too.
        sizes = np.array([ConvexHull(self.node_positions[self.cell_nodes[cell]]).volume for cell in first])
        found = sizes[kinds.reshape(-1)]
        found.setflags(write=False)
        return found

    @cached_property
    def cell_neighbours(self) -> IntArray:
        """The cells that share a side (3D: a face) with each, padded with `cells`, shape (cells, cell_facets)."""
        cell, other = np.concatenate([self.neighbours, self.neighbours[:, ::-1]]).T
        order = np.argsort(cell, kind="stable")
        counts = np.bincount(cell, minlength=self.cells)
        table = np.full((self.cells, self.cell_facets), self.cells, dtype=np.int32)
        table[cell[order], np.arange(len(cell)) - np.repeat(np.cumsum(counts) - counts, counts)] = other[order]
        table.setflags(write=False)
        return table

    def span(self, filled: BoolArray) -> tuple[BoolArray, BoolArray]:
        """Return which nodes and which edges the filled cells touch.

        Args:
            filled: which cells are filled, shape (bodies, cells).

        Returns:
            Masks of shapes (bodies, nodes) and (bodies, edges).
        """
        rows = rows_of_cells(filled)
        return transposed(any_of(rows, self.node_cells)), transposed(any_of(rows, self.edge_cells))

    def touched_edges(self, filled: BoolArray) -> BoolArray:
        """Return which edges the filled cells touch, as `span` does, shape (bodies, edges)."""
        return transposed(any_of(rows_of_cells(filled), self.edge_cells))

    def cells_at(self, coordinates: NDArray[np.integer]) -> IntArray:
        """Return the cell at each of the given coordinates, shape (n, dim), or -1 where the lattice has none."""
        place = np.zeros(len(coordinates), dtype=np.intp)
        inside = np.ones(len(coordinates), dtype=np.bool_)
        for along, extent in zip(coordinates.T, self.cell_grid.shape, strict=True):
            inside &= (along >= 0) & (along < extent)
            place = place * extent + along
        return np.where(inside, self.cell_grid.take(place, mode="clip"), -1)


def _close(record: Symmetry | Lattice) -> None:
    for value in vars(record).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def rows_of_cells(filled: BoolArray) -> BoolArray:
    """Return a row per cell, so that gathering cells copies whole rows, and one that is nowhere filled, for padding.

    Args:
        filled: shape (bodies, cells).

    Returns:
        Shape (cells + 1, bodies).
    """
    rows = np.empty((filled.shape[1] + 1, filled.shape[0]), dtype=np.bool_)
    rows[:-1] = filled.T
    rows[-1] = False
    return rows


def row_counts(present: BoolArray) -> NDArray[np.intp]:
    """Return how many entries of each row are true; faster than NumPy's own function."""
    few = present.shape[1] < 2**16
    return present.view(np.uint8).sum(axis=1, dtype=np.uint16 if few else np.intp).astype(np.intp)


def transposed(rows: BoolArray) -> BoolArray:
    """Return rows per body for rows per place, and the other way round, in an array of its own."""
    return np.ascontiguousarray(rows.T)


def any_of(rows: BoolArray, groups: IntArray) -> BoolArray:
    """Return for each group of rows, shape (groups, rows of each), where any of them is true."""
    found = rows.take(groups[:, 0], axis=0)
    for column in groups.T[1:]:
        found |= rows.take(column, axis=0)
    return found


def all_of(rows: BoolArray, groups: IntArray) -> BoolArray:
    """Return for each group of rows, shape (groups, rows of each), where all of them are true."""
    found = rows.take(groups[:, 0], axis=0)
    for column in groups.T[1:]:
        found &= rows.take(column, axis=0)
    return found
