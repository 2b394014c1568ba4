"""The interface of variation operators, and the editing steps that they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import ByteArray, Genome, Genomes
from codesign.genome.lattice import BoolArray, IntArray, Lattice, Symmetry, all_of, any_of, rows_of_cells, transposed
from codesign.streams import Draws


def _everywhere(_lattice: Lattice) -> bool:
    return True


@dataclass(frozen=True)
class Operator(ABC):
    """A variation operator: a pure function of parents, perhaps their mates, and random numbers, that returns children.

    It makes one child of each parent, which depends on that parent, its mate and its own random numbers alone. Parents
    have a body each, in one piece, and are never changed; children may need repair. Threads may call it at once.

    Attributes:
        parents: 1, or 2 for operators that combine a parent with a mate.
        name: key in `VARIATIONS`, and the operator's name in the lineage.
        reshapes: whether a child of its parent's very shape counts as unchanged, even if muscles differ.
        applies: which lattices it is for; on others it must not be called.
    """

    parents: ClassVar[int]
    name: str
    reshapes: bool = field(default=False, kw_only=True)
    applies: Callable[[Lattice], bool] = field(default=_everywhere, kw_only=True)

    @abstractmethod
    def __call__(self, lattice: Lattice, genomes: Genomes, mates: Genomes | None, draws: Draws, /) -> Genomes:
        """Return a child of each of the genomes, and of its mate if `parents` is 2.

        Args:
            lattice: where they live.
            genomes: the parents.
            mates: as many, or None.
            draws: random numbers of as many children.
        """


@dataclass(frozen=True)
class Mutation(Operator):
    """An operator that changes one parent.

    Attributes:
        function: (lattice, parents, draws) -> children.
    """

    parents: ClassVar[int] = 1
    function: Callable[[Lattice, Genomes, Draws], Genomes]

    def __call__(self, lattice: Lattice, genomes: Genomes, _mates: Genomes | None, draws: Draws) -> Genomes:
        """Return a child of each of the genomes."""
        return self.function(lattice, genomes, draws)

    @classmethod
    def each(
        cls,
        name: str,
        function: Callable[[Lattice, Genome, np.random.Generator], Genome],
        *,
        reshapes: bool = False,
        applies: Callable[[Lattice], bool] = _everywhere,
    ) -> Self:
        """Return an operator that calls a function once for every child, with a generator of NumPy's.

        It is the shortest way to try an idea. A child costs 15 us for its generator and what the function takes, ten
        times of what operators on populations take.

        Args:
            name: see `Operator`.
            function: (lattice, parent, generator) -> child.
            reshapes: see `Operator`.
            applies: see `Operator`.
        """

        def change(lattice: Lattice, genomes: Genomes, draws: Draws) -> Genomes:
            generators = _generators(draws)
            return _stacked(lattice, [function(lattice, genomes[i], rng) for i, rng in enumerate(generators)])

        return cls(name, change, reshapes=reshapes, applies=applies)


@dataclass(frozen=True)
class Crossover(Operator):
    """An operator that combines two parents.

    Attributes:
        function: (lattice, parents, mates, draws) -> children.
    """

    parents: ClassVar[int] = 2
    function: Callable[[Lattice, Genomes, Genomes, Draws], Genomes]

    def __call__(self, lattice: Lattice, genomes: Genomes, mates: Genomes | None, draws: Draws) -> Genomes:
        """Return a child of each of the genomes and its mate.

        Raises:
            ValueError: there are no mates.
        """
        if mates is None:
            raise ValueError(f"{self.name} combines two parents; pass mates")
        return self.function(lattice, genomes, mates, draws)

    @classmethod
    def each(
        cls,
        name: str,
        function: Callable[[Lattice, Genome, Genome, np.random.Generator], Genome],
        *,
        reshapes: bool = False,
        applies: Callable[[Lattice], bool] = _everywhere,
    ) -> Self:
        """Return an operator that calls a function once for every child, as `Mutation.each` does.

        Args:
            name: see `Operator`.
            function: (lattice, parent, mate, generator) -> child.
            reshapes: see `Operator`.
            applies: see `Operator`.
        """

        def combine(lattice: Lattice, genomes: Genomes, mates: Genomes, draws: Draws) -> Genomes:
            pairs = enumerate(_generators(draws))
            return _stacked(lattice, [function(lattice, genomes[i], mates[i], rng) for i, rng in pairs])

        return cls(name, combine, reshapes=reshapes, applies=applies)


def _generators(draws: Draws) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in draws.bits(1)[:, 0].tolist()]


def _stacked(lattice: Lattice, children: list[Genome]) -> Genomes:
    return Genomes.stack(children) if children else Genomes.none(lattice)


def frontier(lattice: Lattice, cells: ByteArray) -> BoolArray:
    """Return for each genome which empty cells share a side (3D: a face) with a filled one, shape (n, cells)."""
    rows = rows_of_cells(cells != 0)
    return transposed(any_of(rows, lattice.cell_neighbours) & ~rows[:-1])


def surface(lattice: Lattice, cells: ByteArray) -> BoolArray:
    """Return for each genome which filled cells have a side (3D: face) that no other filled cell shares."""
    rows = rows_of_cells(cells != 0)
    return transposed(rows[:-1] & ~all_of(rows, lattice.cell_neighbours))


class Moves(NamedTuple):
    """Cells that are to be copied within genomes, or from one to another.

    Attributes:
        genomes: number of the genome of each, shape (moves,).
        sources: cells that are copied, shape (moves,).
        targets: where to, shape (moves,).
        kinds: which of the symmetries each is copied by, shape (moves,).
    """

    genomes: NDArray[np.intp]
    sources: NDArray[np.intp]
    targets: NDArray[np.intp]
    kinds: NDArray[np.intp]


def transformed(
    lattice: Lattice,
    chosen: BoolArray,
    symmetries: tuple[Symmetry, ...],
    kinds: NDArray[np.int64],
    shifts: NDArray[np.int64],
) -> Moves:
    """Return where a symmetry, then a shift, takes cells to; what leaves the lattice or fits no cell is left out.

    Args:
        lattice: the genomes' lattice.
        chosen: which cells of each genome, shape (n, cells).
        symmetries: to choose among.
        kinds: which of them each genome's cells go through, shape (n,).
        shifts: added then, shape (n, dim).
    """
    tables = _tables(lattice, symmetries)
    places = chosen.ravel().nonzero()[0]
    genomes = places // lattice.cells
    # Where the table of the genome's symmetry begins, less the number that the genome's first cell has among all.
    starts = kinds * lattice.cells - np.arange(len(kinds)) * lattice.cells
    images = places + starts.take(genomes)
    found: NDArray[np.int64] | int = 0
    inside: BoolArray | bool = True
    for axis, extent in enumerate(lattice.cell_grid.shape):
        along = tables.images[axis].take(images)
        along += shifts[:, axis].take(genomes)
        inside = inside & (along.view(np.uint64) < extent)
        found = found * extent + along
    kept = np.asarray(inside).nonzero()[0]
    targets = tables.grid.take(np.asarray(found).take(kept))
    places, genomes, images = places.take(kept), genomes.take(kept), images.take(kept)
    # Where the grid has no cell, -1 takes the last one's kind, which the first condition rules out.
    sources = places - genomes * lattice.cells
    alike = (targets >= 0) & (tables.cell_kinds.take(targets, mode="wrap") == tables.cell_kinds.take(sources))
    kept = alike.nonzero()[0]
    own = kinds.take(genomes)
    return Moves(genomes.take(kept), sources.take(kept), targets.take(kept), own.take(kept))


def paste(
    lattice: Lattice, onto: Genomes, origin: Genomes, symmetries: tuple[Symmetry, ...], moves: Moves, emptied: BoolArray
) -> Genomes:
    """Return genomes onto which cells and their muscles are copied.

    Args:
        lattice: the genomes' lattice.
        onto: what is copied onto; stays as it is.
        origin: as many genomes that are copied from.
        symmetries: how the springs of a cell lie in its image.
        moves: what is copied, see `transformed`.
        emptied: cells of each genome that are emptied first, shape (n, cells).
    """
    tables = _tables(lattice, symmetries)
    cells, muscles = onto.cells * ~emptied, onto.muscles.copy()
    start = moves.genomes * lattice.cells
    cells.ravel()[start + moves.targets] = origin.cells.ravel().take(start + moves.sources)
    start = moves.genomes * len(lattice.edges)
    sources = moves.kinds * lattice.cells + moves.sources
    written, drawn = muscles.ravel(), origin.muscles.ravel()
    for here, there in zip(tables.edges, tables.image_edges, strict=True):
        written[start + here.take(moves.targets)] = drawn.take(start + there.take(sources))
    return Genomes(cells, muscles)


class _Tables(NamedTuple):
    """What moves of cells look up, in the type that NumPy takes numbers in.

    Attributes:
        grid: the lattice's grid, flat.
        cell_kinds: the lattice's.
        images: place of each cell's image along an axis, one symmetry after the other, an array for each axis.
        edges: an edge of each cell, an array for each of a cell's edges.
        image_edges: the edge of each cell that comes to lie there in its image, one symmetry after the other.
    """

    grid: NDArray[np.intp]
    cell_kinds: NDArray[np.intp]
    images: list[NDArray[np.int64]]
    edges: list[NDArray[np.intp]]
    image_edges: list[NDArray[np.intp]]


@lru_cache(maxsize=32)
def _tables(lattice: Lattice, symmetries: tuple[Symmetry, ...]) -> _Tables:
    edges = lattice.cell_edges.astype(np.intp)
    images = np.concatenate([lattice.cell_coordinates @ own.matrix.T for own in symmetries]).astype(np.int64)
    exchanged = [np.take_along_axis(edges, own.springs[lattice.cell_kinds], 1) for own in symmetries]
    return _Tables(
        lattice.cell_grid.ravel().astype(np.intp),
        lattice.cell_kinds.astype(np.intp),
        [np.ascontiguousarray(along) for along in images.T],
        [np.ascontiguousarray(spring) for spring in edges.T],
        [np.ascontiguousarray(spring) for spring in np.concatenate(exchanged).T],
    )


def own_axis(lattice: Lattice, axes: NDArray[np.integer]) -> IntArray:
    """Return where all cells lie along an axis of each genome's own, shape (n, cells)."""
    return np.ascontiguousarray(lattice.cell_coordinates.T).take(axes, axis=0)
