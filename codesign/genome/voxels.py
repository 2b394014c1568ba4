"""Genomes from arrays that somebody drew, checked instead of repaired."""

import numpy as np
from numpy.typing import ArrayLike

from codesign.errors import GenomeError
from codesign.genome.genomes import Genome, Genomes, check_genomes
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
        GenomeError: another shape, a material that the lattice does not have, no filled cell, or a body in pieces.
    """
    given = np.asarray(voxels)
    if given.shape != lattice.shape:
        expected = f"voxels of shape {lattice.shape} (the {lattice.title} lattice)"
        raise GenomeError(expected, str(given.shape), "fill up with zeros, or set body.lattice to the voxels' lattice")
    bits = np.ones(len(lattice.edges), np.uint8) if muscles is None else _bytes("muscle bits", muscles)
    genome = Genome(_bytes("materials", given).ravel(), bits)
    population = Genomes.stack([genome])
    check_genomes(lattice, population)
    check_whole(lattice, population)
    return genome


def _bytes(name: str, values: ArrayLike) -> np.ndarray:
    given = np.asarray(values)
    if given.dtype.kind not in "biu" or (given.size and not 0 <= given.min() <= given.max() <= 255):
        got = f"{given.dtype} from {given.min()} to {given.max()}" if given.size else str(given.dtype)
        raise GenomeError(f"{name} as whole numbers from 0 to 255", got, "number the materials as the lattice does")
    return given.astype(np.uint8)
