"""Development: from genomes to bodies, a whole population at once."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.body.body import Bodies, FloatArray, offsets, unchecked
from codesign.body.soundness import require_sound
from codesign.body.tissue import Tissue
from codesign.genome import Genomes, Lattice, check_genomes, row_counts
from codesign.parallel import batches, for_each

_Places = NDArray[np.intp]


def develop(lattice: Lattice, genomes: Genomes, tissue: Tissue) -> Bodies:
    """Grow the bodies that the filled cells of the genomes span.

    Masses are the nodes of the filled cells in lattice order, springs their edges in lattice order. A spring takes the
    stiffness of the stiffest filled cell it belongs to, and likewise damping. It is a muscle if any of these cells can
    drive it and, on a lattice with muscle genes, its bit is set, and as strong as the strongest of these cells makes
    it. With a density, a mass is the sum of what the filled cells around it weigh, each divided by its corners.
    Genomes are taken as they are; a body in several pieces stays so.

    Raises:
        GenomeError: a genome does not fit the lattice or has no filled cell.
        BodyError: the lattice or the tissue has numbers that no body can have.
    """
    check_genomes(lattice, genomes)
    tables = _tables(lattice)
    pieces = batches(len(genomes), lattice.cells + len(lattice.edges) + len(lattice.node_positions))
    spans = for_each(lambda piece: _Span.of(lattice, genomes[piece]), pieces)
    starts = [_offsets([span.counts[kind] for span in spans]) for kind in range(3)]
    bodies = _empty_bodies(lattice, *starts)

    def fill(number: int) -> None:
        batch = pieces[number]
        masses, springs, cells = (slice(start[batch.start], start[batch.stop]) for start in starts)
        mass, spring, cell = spans[number].parts()
        local = _local_numbers(lattice, mass)
        first_nodes = np.arange(len(mass.counts)) * len(lattice.node_positions)
        _fill_positions(tables, mass, bodies.positions[masses])
        before = cell.spread(first_nodes)
        for corner, node in enumerate(tables.corners):
            bodies.cells[cells, corner] = local.take(node.take(cell.places) + before)
        bodies.materials[cells] = genomes.cells[batch].ravel().take(cell.flat)
        before = spring.spread(first_nodes)
        for end, node in enumerate(tables.ends):
            bodies.springs[springs, end] = local.take(node.take(spring.places) + before)
        bodies.rest_lengths[springs] = tables.lengths.take(spring.places)
        stiffness, swings = _spring_materials(tables, genomes[batch], spring)
        np.multiply(stiffness, tissue.stiffness, out=bodies.stiffness[springs])
        np.multiply(swings, tissue.swing, out=bodies.swings[springs])
        if tissue.density is not None:
            np.multiply(_mass_shares(tables, genomes[batch], mass), tissue.density, out=bodies.masses[masses])
        if tissue.damping:
            damping = _most_around(tables, tables.damping[:, None], genomes[batch], spring)
            np.multiply(damping, tissue.damping, out=bodies.damping[springs])
        if tissue.force_limit is not None:
            strength = _most_around(tables, tables.strength, genomes[batch], spring)
            limits, muscles = bodies.force_limits[springs], bodies.swings[springs] > 0.0
            limits[muscles] = strength[muscles] * tissue.force_limit

    for_each(fill, range(len(pieces)))
    if not _sensible(tables, tissue):
        require_sound(bodies)
    return bodies


class _Parts(NamedTuple):
    """The masses, springs or cells that the bodies of a batch have, one body after the other.

    Attributes:
        counts: how many each body has, shape (bodies,).
        places: number of each part on the lattice, shape (parts,).
        flat: its number among the places of all bodies, shape (parts,).
    """

    counts: _Places
    places: _Places
    flat: _Places

    def spread(self, values: _Places) -> _Places:
        """Return for each part the value of its body, given one for each body."""
        return np.repeat(values, self.counts)


class _Span(NamedTuple):
    """What the bodies of a batch consist of: masses, springs and cells, in this order.

    Attributes:
        present: which nodes, edges and cells are there, three masks of shape (bodies, places).
        counts: how many of each a body has, three arrays of shape (bodies,).
    """

    present: list[NDArray[np.bool_]]
    counts: list[_Places]

    @classmethod
    def of(cls, lattice: Lattice, genomes: Genomes) -> "_Span":
        """Return what the filled cells of the genomes span."""
        filled = genomes.cells != 0
        present = [*lattice.span(filled), filled]
        return cls(present, [row_counts(each) for each in present])

    def parts(self) -> list[_Parts]:
        """Return the masses, the springs and the cells."""
        found = []
        for present, counts in zip(self.present, self.counts, strict=True):
            flat = present.ravel().nonzero()[0]
            before = np.repeat(np.arange(len(counts)) * present.shape[1], counts)
            found.append(_Parts(counts, flat - before, flat))
        return found


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
        damping: of the materials, shape (materials,).
        strength: force limits of the springs of a cell of each material, 0 where they are passive, shape (materials,
            springs).
        densities: of the materials, shape (materials,).
        sizes: area or volume of each cell over its corners, and 0 for padding, shape (cells + 1,).
        beside: a cell around each node, padded with the number of cells, an array for each.
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
    damping: FloatArray
    strength: FloatArray
    densities: FloatArray
    sizes: FloatArray
    beside: list[_Places]
    muscle_genes: bool


@lru_cache(maxsize=8)
def _tables(lattice: Lattice) -> _Tables:
    def columns(table: NDArray[np.integer]) -> list[NDArray[np.int64]]:
        return list(np.ascontiguousarray(table.T, dtype=np.int64))

    materials = lattice.materials
    # The first material is empty space, whatever its numbers.
    real = np.arange(len(materials)) > 0
    driven = np.array([material.swings for material in materials]) > 0.0
    return _Tables(
        columns(lattice.node_coordinates),
        lattice.unit,
        columns(lattice.cell_nodes),
        columns(lattice.edges),
        lattice.edge_lengths,
        columns(lattice.edge_cells),
        columns(lattice.edge_places),
        np.array([material.stiffness for material in materials]),
        np.array([material.swings for material in materials]),
        np.where(real, [material.damping for material in materials], 0.0),
        np.where(real[:, None] & driven, np.array([[material.force_limit] for material in materials]), 0.0),
        np.where(real, [material.density for material in materials], 0.0),
        np.append(lattice.cell_sizes / lattice.cell_nodes.shape[1], 0.0),
        columns(lattice.node_cells),
        lattice.muscle_genes,
    )


def _sensible(tables: _Tables, tissue: Tissue) -> bool:
    """Whether every body that grows by these numbers is sound, so that bodies need not be looked through."""
    weights, damping = tables.densities[1:] * (tissue.density or 1.0), tables.damping[1:] * tissue.damping
    limits = tables.strength[tables.strength != 0.0] * (tissue.force_limit or 1.0)
    if not (np.isfinite([*weights, *damping, *limits, *tables.sizes]).all() and (limits > 0.0).all()):
        return False
    if not ((weights > 0.0).all() and (damping >= 0.0).all() and (tables.sizes[:-1] > 0.0).all()):
        return False
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
        masses=np.ones(masses),
        damping=np.zeros(springs),
        force_limits=np.full(springs, np.inf),
    )


def _local_numbers(lattice: Lattice, masses: _Parts) -> NDArray[np.int32]:
    """Return the number of each mass within its body, shape (bodies * nodes,)."""
    nodes = len(lattice.node_positions)
    local = np.zeros(len(masses.counts) * nodes, dtype=np.int32)
    first = np.cumsum(masses.counts) - masses.counts
    local[masses.flat] = np.arange(len(masses.flat)) - masses.spread(first)
    return local


def _fill_positions(tables: _Tables, masses: _Parts, positions: FloatArray) -> None:
    """Write where the masses lie, each body's lowest corner at 0, to an array of shape (masses, dim)."""
    starts = np.cumsum(masses.counts) - masses.counts
    for axis, (along, unit) in enumerate(zip(tables.nodes, tables.unit, strict=True)):
        place = along.take(masses.places)
        place -= masses.spread(np.minimum.reduceat(place, starts))
        np.multiply(place, unit, out=positions[:, axis])


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
        swings = swings * genomes.muscles.ravel().take(springs.flat).astype(np.float64)
    return stiffness, swings


def _most_demanding(tables: _Tables, genomes: Genomes, springs: _Parts) -> tuple[FloatArray, FloatArray]:
    width = genomes.cells.shape[1] + 1
    cells = np.zeros((len(genomes), width), dtype=np.uint8)
    cells[:, :-1] = genomes.cells
    before = springs.spread(np.arange(len(genomes)) * width)
    stiffness, swings = np.zeros(len(springs.places)), np.zeros(len(springs.places))
    for around, role in zip(tables.around, tables.roles, strict=True):
        material = cells.ravel().take(before + around.take(springs.places)).astype(np.intp)
        np.maximum(stiffness, tables.stiffness.take(material), out=stiffness)
        own = material * tables.swings.shape[1] + role.take(springs.places)
        np.maximum(swings, tables.swings.ravel().take(own), out=swings)
    return stiffness, swings


def _most_around(tables: _Tables, values: FloatArray, genomes: Genomes, springs: _Parts) -> FloatArray:
    """Return for each spring the most that any filled cell around it has, of values by material.

    Args:
        tables: of the lattice.
        values: of the springs of a cell of each material, shape (materials, springs), or (materials, 1).
        genomes: of the bodies.
        springs: of the bodies.
    """
    width = genomes.cells.shape[1] + 1
    cells = np.zeros((len(genomes), width), dtype=np.uint8)
    cells[:, :-1] = genomes.cells
    before = springs.spread(np.arange(len(genomes)) * width)
    most = np.zeros(len(springs.places))
    for around, role in zip(tables.around, tables.roles, strict=True):
        own = cells.ravel().take(before + around.take(springs.places)).astype(np.intp) * values.shape[1]
        if values.shape[1] > 1:
            own += role.take(springs.places)
        np.maximum(most, values.ravel().take(own), out=most)
    return most


def _mass_shares(tables: _Tables, genomes: Genomes, masses: _Parts) -> FloatArray:
    """Return what each mass gets of the filled cells around it: relative density times area or volume, by corners."""
    width = genomes.cells.shape[1] + 1
    weights = np.zeros((len(genomes), width))
    np.multiply(tables.densities.take(genomes.cells), tables.sizes[:-1], out=weights[:, :-1])
    before = masses.spread(np.arange(len(genomes)) * width)
    found = np.zeros(len(masses.places))
    for beside in tables.beside:
        found += weights.ravel().take(before + beside.take(masses.places))
    return found
