"""Genomes from arrays that somebody drew, checked instead of repaired."""

import numpy as np
from numpy.typing import ArrayLike

from codesign.errors import GenomeError
from codesign.genome.genomes import Genome, Genomes
from codesign.genome.lattice import Lattice
from codesign.genome.repair import check_whole


def from_voxels(lattice: Lattice, voxels: ArrayLike, muscles: ArrayLike | None = None) -> Genome:
    """Return the genome of a body that is given as an array of materials.

    Args:
        lattice: what the body lives on.
        voxels: material of each cell, 0 = empty, or only whether it is filled, with the first material; of the
            lattice's `shape`: [x, y, z] in 3D, [row, column] in 2D.
        muscles: muscle bit of each edge, shape (edges,); if None, all springs are muscles where bits decide.

    Raises:
        GenomeError: rows of several lengths, another shape, a material that the lattice does not have, no filled
            cell, a body in pieces, or muscle bits that are not of the lattice's edges.
    """
    given = _whole_numbers("voxels", voxels)
    if given.shape != lattice.shape:
        expected = f"voxels of shape {lattice.shape} (the {lattice.title} lattice)"
        raise GenomeError(expected, str(given.shape), "fill up with zeros, or use a lattice of the voxels' shape")
    names = [material.name for material in lattice.materials]
    if given.max() >= len(names):
        expected = f"materials from 0 to {len(names) - 1} (the {lattice.name} lattice)"
        remedy = f"number them {', '.join(f'{number} {name}' for number, name in enumerate(names))}"
        raise GenomeError(expected, f"material {given.max()}", remedy)
    if not given.any():
        raise GenomeError("at least one filled cell", "none", "give a cell a material above 0")
    genome = Genome(given.ravel(), _muscle_bits(len(lattice.edges), muscles))
    try:
        check_whole(lattice, Genomes.stack([genome]))
    except GenomeError as error:
        remedy = "fill cells between the pieces, or empty those that are loose"
        raise GenomeError(error.expected, error.got.removesuffix(" of genome 0"), remedy) from error
    return genome


def _muscle_bits(edges: int, muscles: ArrayLike | None) -> np.ndarray:
    if muscles is None:
        return np.ones(edges, np.uint8)
    bits = _whole_numbers("muscle bits", muscles)
    if bits.shape != (edges,) or bits.max() > 1:
        got = str(bits.shape if bits.shape != (edges,) else bits.max())
        remedy = "give one for each of the lattice's edges, or leave them out"
        raise GenomeError(f"muscle bits of 0 or 1 of shape ({edges},)", got, remedy)
    return bits


def _whole_numbers(name: str, values: ArrayLike) -> np.ndarray:
    try:
        given = np.asarray(values)
    except ValueError as error:
        remedy = "give as many numbers in each, 0 where nothing is"
        raise GenomeError(f"{name} in rows of one length", "rows of several lengths", remedy) from error
    if given.dtype.kind not in "biu" or (given.size and not 0 <= given.min() <= given.max() <= 255):
        numbers = given.size and given.dtype.kind in "biuf"
        got = f"{given.dtype} from {given.min()} to {given.max()}" if numbers else str(given.dtype)
        raise GenomeError(
            f"{name} as whole numbers from 0 to 255", got, "give bool or whole numbers, 0 for empty or passive"
        )
    return given.astype(np.uint8)
