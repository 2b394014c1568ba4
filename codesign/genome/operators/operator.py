"""The interface of variation operators, and the editing steps that they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from codesign.genome.genomes import ByteArray, Genome
from codesign.genome.lattice import IntArray, Lattice, Symmetry


def _everywhere(_lattice: Lattice) -> bool:
    return True


@dataclass(frozen=True)
class Operator(ABC):
    """A variation operator: a pure function of a parent, perhaps a mate, and a random generator, that returns a child.

    Parents have a body each, in one piece, and are never changed; the child may need repair.

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
    def __call__(self, lattice: Lattice, genome: Genome, mate: Genome | None, rng: np.random.Generator, /) -> Genome:
        """Return a child of the genome, and of the mate if `parents` is 2."""


@dataclass(frozen=True)
class Mutation(Operator):
    """An operator that changes one parent.

    Attributes:
        function: (lattice, parent, rng) -> child.
    """

    parents: ClassVar[int] = 1
    function: Callable[[Lattice, Genome, np.random.Generator], Genome]

    def __call__(self, lattice: Lattice, genome: Genome, _mate: Genome | None, rng: np.random.Generator) -> Genome:
        """Return a child of the genome."""
        return self.function(lattice, genome, rng)


@dataclass(frozen=True)
class Crossover(Operator):
    """An operator that combines two parents.

    Attributes:
        function: (lattice, parent, mate, rng) -> child.
    """

    parents: ClassVar[int] = 2
    function: Callable[[Lattice, Genome, Genome, np.random.Generator], Genome]

    def __call__(self, lattice: Lattice, genome: Genome, mate: Genome | None, rng: np.random.Generator) -> Genome:
        """Return a child of the genome and the mate.

        Raises:
            ValueError: there is no mate.
        """
        if mate is None:
            raise ValueError(f"{self.name} combines two parents; pass a mate")
        return self.function(lattice, genome, mate, rng)


def filled_cells(genome: Genome) -> NDArray[np.intp]:
    """Return the numbers of the filled cells, in order."""
    return genome.cells.nonzero()[0]


def frontier(lattice: Lattice, cells: ByteArray) -> NDArray[np.intp]:
    """Return the empty cells that share a side (3D: a face) with a filled one, in order."""
    first, second = lattice.neighbours.T
    filled = cells != 0
    first_filled, second_filled = filled[first], filled[second]
    border = first_filled != second_filled
    reached = np.zeros(len(cells), dtype=np.bool_)
    reached[np.where(first_filled, second, first)[border]] = True
    return reached.nonzero()[0]


def surface(lattice: Lattice, cells: ByteArray) -> NDArray[np.intp]:
    """Return the filled cells with at least one side (3D: face) that no other filled cell shares, in order."""
    first, second = lattice.neighbours.T
    filled = cells != 0
    both = filled[first] & filled[second]
    joined = np.bincount(first[both], minlength=len(cells)) + np.bincount(second[both], minlength=len(cells))
    return (filled & (joined < lattice.cell_facets)).nonzero()[0]


def shifted(lattice: Lattice, cells: NDArray[np.integer], shift: IntArray) -> tuple[IntArray, IntArray]:
    """Return those of the cells that the shift keeps on the lattice and in their shape, and the cells they move to."""
    return _matched(lattice, cells, lattice.cell_coordinates[cells] + shift)


def transformed(
    lattice: Lattice, cells: NDArray[np.integer], symmetry: Symmetry, shift: NDArray[np.integer]
) -> tuple[IntArray, IntArray]:
    """Return those of the cells that the symmetry, then the shift, keeps on the lattice, in shape, and their images."""
    return _matched(lattice, cells, lattice.cell_coordinates[cells] @ symmetry.matrix.T + shift)


def paste(
    lattice: Lattice,
    genome: Genome,
    symmetry: Symmetry,
    moves: tuple[IntArray, IntArray],
    replaced: NDArray[np.integer],
) -> Genome:
    """Return the genome with cells and their muscles copied to their images.

    Args:
        lattice: the genome's lattice.
        genome: stays as it is.
        symmetry: how the springs of a cell lie in its image.
        moves: the cells and their images, see `transformed`.
        replaced: cells that are emptied first.
    """
    sources, targets = moves
    cells, muscles = genome.cells.copy(), genome.muscles.copy()
    cells[replaced] = 0
    cells[targets] = genome.cells[sources]
    springs = symmetry.springs[lattice.cell_kinds[sources]]
    muscles[lattice.cell_edges[targets]] = genome.muscles[np.take_along_axis(lattice.cell_edges[sources], springs, 1)]
    return Genome(cells, muscles)


def _matched(lattice: Lattice, cells: NDArray[np.integer], targets: IntArray) -> tuple[IntArray, IntArray]:
    found = lattice.cells_at(targets)
    # Kinds of -1 are those of the last cell, which the first condition rules out.
    matching = (found >= 0) & (lattice.cell_kinds[found] == lattice.cell_kinds[cells])
    return np.asarray(cells, dtype=np.int32)[matching], found[matching]


def pick(choices: NDArray[np.integer], rng: np.random.Generator) -> int:
    """Return one of the choices, all equally likely."""
    return int(choices[rng.integers(len(choices))])
