"""Development: from genomes to bodies, a whole population at once."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.body.body import Bodies, FloatArray, offsets, unchecked
from codesign.body.soundness import require_sound
from codesign.body.tissue import Tissue
from codesign.genome import Genomes, Lattice, check_genomes
from codesign.parallel import batches, for_each

_Places = NDArray[np.intp]


def develop(lattice: Lattice, genomes: Genomes, tissue: Tissue) -> Bodies:
    """Grow the bodies that the filled cells of the genomes span.

    Masses are the nodes of the filled cells in lattice order, springs their edges in lattice order. A spring takes the
    stiffness of the stiffest filled cell it belongs to. It is a muscle if any of these cells can drive it and, on a
    lattice with muscle genes, its bit is set. Genomes are taken as they are; a body in several pieces stays so.

    Raises:
        GenomeError: a genome does not fit the lattice or has no filled cell.
        BodyError: the lattice or the tissue has numbers that no body can have.
    """
    check_genomes(lattice, genomes)
    tables = _tables(lattice)
    pieces = batches(len(genomes), lattice.cells + len(lattice.edges) + len(lattice.node_positions))
    parts = for_each(lambda piece: _BatchParts.of(lattice, genomes[piece]), pieces)
    starts = [_offsets([part[kind].counts for part in parts]) for kind in range(3)]
    bodies = _empty_bodies(lattice, *starts)

    def fill(number: int) -> None:
        batch = pieces[number]
        masses, springs, cells = (slice(start[batch.start], start[batch.stop]) for start in starts)
        part = parts[number]
        local = _local_numbers(lattice, part.masses)
        bodies.positions[masses] = _positions(tables, part.masses)
        for corner, node in enumerate(tables.corners):
            bodies.cells[cells, corner] = local.take(part.cells.nodes(lattice, node))
        bodies.materials[cells] = genomes.cells[batch][genomes.cells[batch] != 0]
        for end, node in enumerate(tables.ends):
            bodies.springs[springs, end] = local.take(part.springs.nodes(lattice, node))
        bodies.rest_lengths[springs] = tables.lengths.take(part.springs.places)
        stiffness, swings = _spring_materials(tables, genomes[batch], part.springs)
        np.multiply(stiffness, tissue.stiffness, out=bodies.stiffness[springs])
        np.multiply(swings, tissue.swing, out=bodies.swings[springs])

    for_each(fill, range(len(pieces)))
    if not _sensible(tables, tissue):
        require_sound(bodies)
    return bodies


class _Parts(NamedTuple):
    """The masses, springs or cells that the bodies of a batch have, one body after the other.

    Attributes:
        counts: how many each body has, shape (bodies,).
        bodies: number of each part's body, shape (parts,).
        places: number of each part on the lattice, shape (parts,).
    """

    counts: _Places
    bodies: _Places
    places: _Places

    @classmethod
    def of(cls, present: NDArray[np.bool_]) -> "_Parts":
        """Return the parts that are present, shape (bodies, places)."""
        counts = np.count_nonzero(present, axis=1)
        bodies = np.repeat(np.arange(len(present)), counts)
        return cls(counts, bodies, present.ravel().nonzero()[0] - bodies * present.shape[1])

    def nodes(self, lattice: Lattice, node: _Places) -> _Places:
        """Return a node of each part, given that of each place, as places among those of all bodies."""
        return node.take(self.places) + self.bodies * len(lattice.node_positions)


class _BatchParts(NamedTuple):
    """What the bodies of a batch consist of."""

    masses: _Parts
    springs: _Parts
    cells: _Parts

    @classmethod
    def of(cls, lattice: Lattice, genomes: Genomes) -> "_BatchParts":
        """Return what the filled cells of the genomes span."""
        filled = genomes.cells != 0
        nodes, edges = lattice.span(filled)
        return cls(_Parts.of(nodes), _Parts.of(edges), _Parts.of(filled))


class _Tables(NamedTuple):
    """What development looks up, in the type that NumPy takes numbers in.

    Attributes:
        nodes: coordinates of the nodes, an array for each axis.
        unit: metres per step of the coordinates, shape (dim,).
        corners: a corner of each cell, an array for each of a cell's corners.
        ends: an end of each edge, two arrays.
        lengths: of the edges, shape (edges,).
        around: a cell around each edge, padded with the number of cells, an array for each.
        roles: which of that cell's springs the edge is.
        stiffness: of the materials, shape (materials,).
        swings: of the springs of a cell of each material, shape (materials, springs).
        muscle_genes: the lattice's.
    """

    nodes: list[NDArray[np.int64]]
    unit: FloatArray
    corners: list[_Places]
    ends: list[_Places]
    lengths: FloatArray
    around: list[_Places]
    roles: list[_Places]
    stiffness: FloatArray
    swings: FloatArray
    muscle_genes: bool


@lru_cache(maxsize=8)
def _tables(lattice: Lattice) -> _Tables:
    def columns(table: NDArray[np.integer]) -> list[NDArray[np.int64]]:
        return list(np.ascontiguousarray(table.T, dtype=np.int64))

    return _Tables(
        columns(lattice.node_coordinates),
        lattice.unit,
        columns(lattice.cell_nodes),
        columns(lattice.edges),
        lattice.edge_lengths,
        columns(lattice.edge_cells),
        columns(lattice.edge_places),
        np.array([material.stiffness for material in lattice.materials]),
        np.array([material.swings for material in lattice.materials]),
        lattice.muscle_genes,
    )


def _sensible(tables: _Tables, tissue: Tissue) -> bool:
    """Whether every body that grows by these numbers is sound, so that bodies need not be looked through."""
    stiffness, swings = tables.stiffness * tissue.stiffness, tables.swings * tissue.swing
    extent = tables.unit * max(int(np.abs(along).max()) for along in tables.nodes)
    return bool(
        np.isfinite([*tables.lengths, *stiffness, *extent]).all()
        and (tables.lengths > 0.0).all()
        and (stiffness >= 0.0).all()
        and ((swings >= 0.0) & (swings < 1.0)).all()
    )


def _offsets(counts: list[_Places]) -> NDArray[np.int64]:
    return offsets(np.concatenate([np.zeros(0, np.int64), *counts]))


def _empty_bodies(lattice: Lattice, *starts: NDArray[np.int64]) -> Bodies:
    """Return bodies of the right sizes, whose numbers are still to come."""
    masses, springs, cells = (int(start[-1]) for start in starts)
    return unchecked(
        Bodies,
        mass_start=starts[0],
        spring_start=starts[1],
        cell_start=starts[2],
        positions=np.empty((masses, lattice.dim)),
        springs=np.empty((springs, 2), dtype=np.int32),
        rest_lengths=np.empty(springs),
        stiffness=np.empty(springs),
        swings=np.empty(springs),
        cells=np.empty((cells, lattice.cell_nodes.shape[1]), dtype=np.int32),
        materials=np.empty(cells, dtype=np.uint8),
    )


def _local_numbers(lattice: Lattice, masses: _Parts) -> NDArray[np.int32]:
    """Return the number of each mass within its body, shape (bodies * nodes,)."""
    nodes = len(lattice.node_positions)
    local = np.zeros(len(masses.counts) * nodes, dtype=np.int32)
    first = np.cumsum(masses.counts) - masses.counts
    local[masses.bodies * nodes + masses.places] = np.arange(len(masses.places)) - first.take(masses.bodies)
    return local


def _positions(tables: _Tables, masses: _Parts) -> FloatArray:
    """Return where the masses lie, each body's lowest corner at 0."""
    found = np.empty((len(masses.places), len(tables.unit)))
    starts = np.cumsum(masses.counts) - masses.counts
    for axis, (along, unit) in enumerate(zip(tables.nodes, tables.unit, strict=True)):
        place = along.take(masses.places)
        place -= np.minimum.reduceat(place, starts).take(masses.bodies)
        np.multiply(place, unit, out=found[:, axis])
    return found


def _spring_materials(
    tables: _Tables, genomes: Genomes, springs: _Parts
) -> tuple[FloatArray | float, FloatArray | float]:
    """Return each spring's relative stiffness and swing: the most that any filled cell around it asks for."""
    if len(tables.stiffness) == 2 and (tables.swings[1] == tables.swings[1, 0]).all():
        # One material, and every spring has a filled cell around it.
        stiffness, swings = float(tables.stiffness[1]), float(tables.swings[1, 0])
    else:
        stiffness, swings = _most_demanding(tables, genomes, springs)
    if tables.muscle_genes:
        swings = swings * genomes.muscles.ravel().take(springs.bodies * genomes.muscles.shape[1] + springs.places)
    return stiffness, swings


def _most_demanding(tables: _Tables, genomes: Genomes, springs: _Parts) -> tuple[FloatArray, FloatArray]:
    width = genomes.cells.shape[1] + 1
    cells = np.zeros((len(genomes), width), dtype=np.uint8)
    cells[:, :-1] = genomes.cells
    stiffness, swings = np.zeros(len(springs.places)), np.zeros(len(springs.places))
    for around, role in zip(tables.around, tables.roles, strict=True):
        material = cells.ravel().take(springs.bodies * width + around.take(springs.places)).astype(np.intp)
        np.maximum(stiffness, tables.stiffness.take(material), out=stiffness)
        own = material * tables.swings.shape[1] + role.take(springs.places)
        np.maximum(swings, tables.swings.ravel().take(own), out=swings)
    return stiffness, swings
