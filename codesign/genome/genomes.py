"""Genomes: what each cell of a lattice is made of and which springs are muscles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from codesign.errors import GenomeError
from codesign.genome.lattice import Lattice
from codesign.genome.settings import LatticeSettings
from codesign.streams import Draws

ByteArray = NDArray[np.uint8]

_FILE_REMEDY = "use genomes made for this lattice, or regenerate the file"


def _require_bytes(name: str, values: object, dimensions: int) -> None:
    if isinstance(values, np.ndarray) and values.dtype == np.uint8 and values.ndim == dimensions:
        return
    got = f"{name} of {getattr(values, 'dtype', type(values).__name__)} and shape {getattr(values, 'shape', None)}"
    raise GenomeError(f"{name} as a uint8 array of {dimensions} dimension(s)", got, _FILE_REMEDY)


@dataclass(frozen=True, eq=False)
class Genome:
    """One genome.

    Attributes:
        cells: material of each cell of the lattice, 0 = empty, shape (cells,).
        muscles: 1 where the spring on an edge would be a muscle, shape (edges,); ignored outside the body, and
            everywhere on lattices whose materials decide.

    Raises:
        GenomeError: an array has the wrong type or number of dimensions.

    Example:
        >>> import codesign, numpy as np
        >>> lattice = codesign.Problem(body={"name": "square", "rows": 2, "columns": 3}).lattice.build()
        >>> rigid, horizontal = 1, 3
        >>> cells = np.array([[rigid, horizontal, rigid], [0, 0, 0]], np.uint8)  # the lowest row first
        >>> codesign.Genome(cells.ravel(), np.zeros(len(lattice.edges), np.uint8)).cells.shape
        (6,)
    """

    cells: ByteArray
    muscles: ByteArray

    def __post_init__(self) -> None:
        _require_bytes("cells", self.cells, 1)
        _require_bytes("muscles", self.muscles, 1)

    def __repr__(self) -> str:
        """Return in a line how much it is."""
        return f"<Genome: {np.count_nonzero(self.cells)} of {len(self.cells)} cells, {len(self.muscles)} muscle bits>"


@dataclass(frozen=True, eq=False)
class Genomes:
    """A population of genomes on one lattice.

    Attributes:
        cells: material of each cell, 0 = empty, shape (n, cells).
        muscles: muscle bit of each edge, shape (n, edges).

    Raises:
        GenomeError: an array has the wrong type or shape.

    Example:
        >>> import codesign
        >>> genomes = codesign.Problem(body={"rows": 3, "columns": 4}).random(3)
        >>> isinstance(genomes, codesign.Genomes), genomes.cells.shape, type(genomes[0]).__name__
        (True, (3, 12), 'PlacedGenome')
    """

    cells: ByteArray
    muscles: ByteArray

    def __post_init__(self) -> None:
        _require_bytes("cells", self.cells, 2)
        _require_bytes("muscles", self.muscles, 2)
        if len(self.cells) != len(self.muscles):
            got = f"{len(self.cells)} rows of cells and {len(self.muscles)} of muscles"
            raise GenomeError("as many rows of cells as of muscles", got, _FILE_REMEDY)

    def __repr__(self) -> str:
        """Return in a line how many there are."""
        return f"<Genomes: {len(self):,} of {self.cells.shape[1]} cells and {self.muscles.shape[1]} muscle bits each>"

    def __len__(self) -> int:
        return len(self.cells)

    @overload
    def __getitem__(self, index: int | np.integer) -> Genome: ...
    @overload
    def __getitem__(self, index: NDArray[np.integer] | NDArray[np.bool_] | Sequence[int] | slice) -> "Genomes": ...
    def __getitem__(self, index: object) -> "Genome | Genomes":
        """Return one genome for a number, a population for a slice, for numbers, or for a mask of one bool each."""
        if isinstance(index, int | np.integer):
            return Genome(self.cells[index], self.muscles[index])
        chosen: Any = index if isinstance(index, slice | np.ndarray) else np.asarray(index)
        if isinstance(chosen, np.ndarray) and not chosen.size:
            chosen = chosen.astype(np.intp)  # NumPy makes real numbers of an empty list
        return Genomes(self.cells[chosen], self.muscles[chosen])

    def __iter__(self) -> Iterator[Genome]:
        """Return every genome, one after the other."""
        return (self[index] for index in range(len(self)))

    @staticmethod
    def full(lattice: Lattice) -> "Genomes":
        """Return the genome that fills a lattice, whose body is the largest there can be, as a population of one."""
        return Genomes(np.ones((1, lattice.cells), np.uint8), np.ones((1, len(lattice.edges)), np.uint8))

    @staticmethod
    def none(lattice: Lattice) -> "Genomes":
        """Return a population without members."""
        return Genomes(np.zeros((0, lattice.cells), np.uint8), np.zeros((0, len(lattice.edges)), np.uint8))

    @staticmethod
    def stack(genomes: Sequence[Genome]) -> "Genomes":
        """Return the given genomes, at least one, as a population."""
        return Genomes(np.stack([genome.cells for genome in genomes]), np.stack([genome.muscles for genome in genomes]))

    @staticmethod
    def concatenate(parts: Sequence["Genomes"]) -> "Genomes":
        """Return the given populations, at least one, one after the other."""
        return Genomes(np.concatenate([part.cells for part in parts]), np.concatenate([part.muscles for part in parts]))


def check_genomes(lattice: Lattice, genomes: Genomes, *, bodies: bool = True) -> None:
    """Check that genomes, say from a file, fit a lattice and, unless `bodies` is false, have a body each.

    Raises:
        GenomeError: wrong number of cells or edges, a material that the lattice does not have, a muscle bit above 1,
            or no filled cell.
    """
    wanted = (lattice.cells, len(lattice.edges))
    given = (genomes.cells.shape[1], genomes.muscles.shape[1])
    if given != wanted:
        expected = f"genomes of {wanted[0]} cells and {wanted[1]} edges (the {lattice.title} lattice)"
        raise GenomeError(expected, f"{given[0]} cells and {given[1]} edges", "use the lattice that the genomes are of")
    if not len(genomes):
        return
    largest = int(genomes.cells.max())
    if largest >= len(lattice.materials):
        expected = f"materials from 0 to {len(lattice.materials) - 1} (the {lattice.name} lattice)"
        raise GenomeError(expected, f"material {largest}", _FILE_REMEDY)
    if genomes.muscles.max() > 1:
        raise GenomeError("muscle bits of 0 or 1", str(genomes.muscles.max()), _FILE_REMEDY)
    empty = np.flatnonzero(~genomes.cells.any(axis=1))
    if bodies and len(empty):
        raise GenomeError(
            "at least one filled cell per genome", f"none in genome {empty[0]}", "repair the genomes first"
        )


def genes(lattice: Lattice) -> int:
    """Return how many genes a genome has, of one byte each."""
    return lattice.cells + len(lattice.edges)


def draw_genomes(lattice: Lattice, settings: LatticeSettings, draws: Draws) -> Genomes:
    """Draw one genome of each of the individuals who draw, cell by cell and bit by bit, without repair."""
    bits = len(lattice.edges) if lattice.muscle_genes else 0
    cells = draws.categories(settings.material_probabilities(), lattice.cells)
    muscles = np.zeros((len(draws), len(lattice.edges)), dtype=np.uint8)
    muscles[:, :bits] = draws.chances(settings.muscle, bits)
    return Genomes(cells, muscles)
