"""Canonical equality: two genomes are the same if they grow the same body."""

from hashlib import blake2b

import numpy as np

from codesign.genome.genomes import Genomes, check_genomes
from codesign.genome.lattice import BoolArray, IntArray, Lattice, Symmetry


def keys(lattice: Lattice, genomes: Genomes, *, shape_only: bool = False, symmetric: bool = False) -> list[bytes]:
    """Return a key per genome; keys are equal if and only if the genomes grow the same body.

    A body does not depend on its place on the lattice, nor on muscle bits outside of it. Keys are digests of 16 bytes
    and can be compared between genomes of one lattice that were made with the same arguments.

    Args:
        lattice: the genomes' lattice.
        genomes: genomes with a body each.
        shape_only: ignore the muscle bits inside the body too.
        symmetric: take a body for the same as its mirror images and its rotations about the vertical (the lattice's
            `symmetries`, in 2D mirror images alone). It is not the same where a task has a direction: a mirrored
            walker walks the other way.

    Raises:
        GenomeError: a genome does not fit the lattice or has no body.
    """
    check_genomes(lattice, genomes)
    if not len(genomes):
        return []
    symmetries = lattice.symmetries if symmetric else lattice.symmetries[:1]
    # Images of a body that does not fill the lattice in every direction are numbered on a grid that holds them all.
    grid = np.max([np.abs(own.matrix) @ lattice.cell_grid.shape for own in symmetries], axis=0)
    inside = None
    if lattice.muscle_genes and not shape_only:
        _, inside = lattice.span(genomes.cells != 0)
    digests = [_digests(_cell_codes(lattice, genomes, own, grid), _bits(genomes, inside, own)) for own in symmetries]
    # The symmetries are a group, so equal bodies have the same images, and any choice among them is canonical.
    return digests[0] if len(digests) == 1 else [min(images) for images in zip(*digests, strict=True)]


def same_bodies(lattice: Lattice, first: Genomes, second: Genomes, shape_only: BoolArray) -> BoolArray:
    """Return for each pair of genomes whether their `keys` are equal, without making most of them.

    Args:
        lattice: the genomes' lattice.
        first: genomes with a body each.
        second: as many genomes with a body each.
        shape_only: for which pairs to ignore the muscle bits, shape (n,).
    """
    in_place = (first.cells == second.cells).all(axis=1)
    same = in_place.copy()
    doubtful = np.flatnonzero(in_place & ~shape_only)
    if lattice.muscle_genes and len(doubtful):
        _, edges = lattice.span(first.cells[doubtful] != 0)
        same[doubtful] = ~(edges & (first.muscles[doubtful] != second.muscles[doubtful])).any(axis=1)
    moved = np.flatnonzero(~in_place & (first.cells.sum(axis=1) == second.cells.sum(axis=1)))
    for part, by_shape in ((moved[shape_only[moved]], True), (moved[~shape_only[moved]], False)):
        pairs = zip(
            keys(lattice, first[part], shape_only=by_shape),
            keys(lattice, second[part], shape_only=by_shape),
            strict=True,
        )
        same[part] = [one == other for one, other in pairs]
    return same


def _cell_codes(lattice: Lattice, genomes: Genomes, symmetry: Symmetry, grid: IntArray) -> tuple[bytes, list[int]]:
    """Return a number of 8 bytes per filled cell of each body's image, and where each body's numbers end.

    The number of a cell encodes where its image lies relative to the corner of the body's image, the kind of cell, and
    its material. The numbers are in the order of where the images lie.
    """
    ordered = genomes.cells[:, symmetry.cell_order]
    body, at = np.nonzero(ordered)
    cell = symmetry.cell_order[at]
    counts = np.count_nonzero(ordered, axis=1)
    starts = np.cumsum(counts) - counts
    code = np.zeros(len(cell), dtype=np.uint64)
    places = lattice.cell_coordinates @ symmetry.matrix.T
    for axis, extent in enumerate(grid.tolist()):
        place = places[cell, axis]
        lowest = np.minimum.reduceat(place, starts)
        code = code * np.uint64(extent) + (place - lowest[body]).astype(np.uint64)
    code = code * np.uint64(len(symmetry.springs)) + lattice.cell_kinds[cell].astype(np.uint64)
    code = code * np.uint64(len(lattice.materials)) + ordered[body, at]
    return code.astype("<u8").tobytes(), ((starts + counts) * 8).tolist()


def _bits(genomes: Genomes, inside: BoolArray | None, symmetry: Symmetry) -> tuple[bytes, list[int]]:
    """Return the muscle bits inside each body's image, one byte each, and where each body's bits end."""
    if inside is None:
        return b"", [0] * len(genomes)
    ordered = genomes.muscles[:, symmetry.edge_order][inside[:, symmetry.edge_order]]
    return ordered.tobytes(), np.cumsum(np.count_nonzero(inside, axis=1)).tolist()


def _digests(cells: tuple[bytes, list[int]], bits: tuple[bytes, list[int]]) -> list[bytes]:
    (cell_bytes, cell_ends), (bit_bytes, bit_ends) = cells, bits
    digests, cell_start, bit_start = [], 0, 0
    for cell_end, bit_end in zip(cell_ends, bit_ends, strict=True):
        # The length of the first part separates it from the second.
        digest = blake2b((cell_end - cell_start).to_bytes(4, "little"), digest_size=16)
        digest.update(cell_bytes[cell_start:cell_end])
        digest.update(bit_bytes[bit_start:bit_end])
        digests.append(digest.digest())
        cell_start, bit_start = cell_end, bit_end
    return digests
