import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.body import Bodies, Tissue, develop
from codesign.errors import ConfigError, GenomeError
from codesign.genome import LATTICES, Genome, Genomes, Lattice, from_voxels, random_genomes
from codesign.genome.lattices import CubeLattice
from tests.genome.lattices import (
    SETTINGS,
    draws,
    genomes_of,
    label,
    settings_of_any_kind,
)
from tests.reference import FOLDER, PLANAR, robots

FIELDS = (
    *("positions", "springs", "rest_lengths", "stiffness", "swings", "cells", "materials"),
    *("masses", "damping", "force_limits"),
)
HEAVY = Tissue(density=700.0, damping=3.0, force_limit=40.0)


@pytest.mark.parametrize("name", PLANAR)
def test_published_bodies_are_reproduced_exactly(name):
    lattice = LATTICES["triangle"](rows=6, columns=10).build()
    found = robots(name)
    assert len(found) >= 5
    cells = np.stack([robot.arrays["cells"] for robot in found]).astype(np.uint8)
    muscles = np.stack([robot.arrays["muscles"] for robot in found]).astype(np.uint8)
    bodies = develop(lattice, Genomes(cells, muscles), Tissue())
    for i, robot in enumerate(found):
        body = bodies[i]
        np.testing.assert_array_equal(body.positions + np.array([0.025, 0.1]), robot.body.positions)
        for field in ("springs", "rest_lengths", "stiffness", "swings"):
            np.testing.assert_array_equal(getattr(body, field), getattr(robot.body, field))


def size_of(lattice: Lattice, cell: int) -> float:
    """Return the area or volume of a triangle, a square or a cube from the length of its first spring."""
    side = float(lattice.edge_lengths[lattice.cell_edges[cell, 0]])
    return {3: math.sqrt(3.0) / 4.0 * side**2, 4: side**2, 8: side**3}[lattice.cell_nodes.shape[1]]


def assert_follows_definition(lattice: Lattice, genome: Genome, body, tissue: Tissue) -> None:
    """Compare a body with one grown by sets and dictionaries."""
    filled = np.flatnonzero(genome.cells).tolist()
    nodes = sorted({node for cell in filled for node in lattice.cell_nodes[cell].tolist()})
    edges = sorted({edge for cell in filled for edge in lattice.cell_edges[cell].tolist()})
    local = {node: index for index, node in enumerate(nodes)}
    corner = lattice.node_positions[nodes].min(axis=0)
    np.testing.assert_allclose(body.positions, lattice.node_positions[nodes] - corner, atol=1e-12)
    assert (body.positions.min(axis=0) == 0).all()
    assert body.springs.tolist() == [[local[node] for node in lattice.edges[edge].tolist()] for edge in edges]
    assert body.cells.tolist() == [[local[node] for node in lattice.cell_nodes[cell].tolist()] for cell in filled]
    assert body.materials.tolist() == [int(genome.cells[cell]) for cell in filled]
    assert (body.rest_lengths == lattice.edge_lengths[edges]).all()
    for index, edge in enumerate(edges):
        around = [cell for cell in filled if edge in lattice.cell_edges[cell]]
        materials = [lattice.materials[genome.cells[cell]] for cell in around]
        places = [lattice.cell_edges[cell].tolist().index(edge) for cell in around]
        swing = max(material.swings[place] for material, place in zip(materials, places, strict=True))
        if lattice.muscle_genes:
            swing *= genome.muscles[edge]
        assert body.stiffness[index] == tissue.stiffness * max(material.stiffness for material in materials)
        assert body.swings[index] == tissue.swing * swing
        assert body.damping[index] == tissue.damping * max(material.damping for material in materials)
        driving = [m.force_limit for m, place in zip(materials, places, strict=True) if m.swings[place] > 0.0]
        limit = tissue.force_limit if swing and tissue.force_limit is not None else math.inf
        assert body.force_limits[index] == (limit * max(driving) if swing else limit)
    for index, node in enumerate(nodes):
        around = [cell for cell in filled if node in lattice.cell_nodes[cell].tolist()]
        weights = [size_of(lattice, cell) * lattice.materials[genome.cells[cell]].density for cell in around]
        expected = 1.0 if tissue.density is None else tissue.density * sum(weights) / lattice.cell_nodes.shape[1]
        np.testing.assert_allclose(body.masses[index], expected, rtol=1e-12)


@hypothesis.settings(deadline=None)
@given(settings=settings_of_any_kind(), seed=st.integers(0, 2**32), heavy=st.booleans())
def test_bodies_are_what_the_definition_says(settings, seed, heavy):
    lattice, tissue = settings.build(), HEAVY if heavy else Tissue(stiffness=2e4, swing=0.2)
    genomes = random_genomes(lattice, settings, draws(3, seed))
    bodies = develop(lattice, genomes, tissue)
    for i in range(3):
        assert_follows_definition(lattice, genomes[i], bodies[i], tissue)


def test_materials_say_how_heavy_damped_and_strong_bodies_are():
    settings = CubeLattice(
        columns=2,
        rows=2,
        layers=2,
        soft_density=0.25,
        soft_damping=0.5,
        soft_force_limit=0.1,
        stiff_force_limit=3.0,
    )
    lattice = settings.build()
    genomes = random_genomes(lattice, settings, draws(6, 3))
    bodies = develop(lattice, genomes, HEAVY)
    for i, body in enumerate(bodies):
        assert_follows_definition(lattice, genomes[i], body, HEAVY)
        densities = [lattice.materials[material].density for material in body.materials]
        np.testing.assert_allclose(body.masses.sum(), 700.0 * 0.1**3 * sum(densities), rtol=1e-12)
    assert {round(limit, 9) for limit in bodies.force_limits} == {4.0, 120.0, math.inf}
    assert set(bodies.damping) == {1.5, 3.0}


def lengths_by_place(places: np.ndarray, springs: np.ndarray, rest_lengths: np.ndarray) -> dict[tuple, float]:
    """Return the rest length of each spring by the places of its masses, the lower first."""
    ends = [tuple(sorted(pair)) for pair in (tuple(map(tuple, pair)) for pair in places[springs].tolist())]
    return dict(zip(ends, rest_lengths.tolist(), strict=True))


@pytest.mark.parametrize("robot", range(4))
def test_published_cube_bodies_are_reproduced(robot):
    """Masses and springs are recorded in another order than ours, so they are compared as sets."""
    lattice = CubeLattice(columns=6, rows=6, layers=4, stiff_stiffness=1.0).build()
    with np.load(FOLDER / "voxel_terrain_150.npz") as data:
        cells, points, springs, rest_lengths = (
            data[f"r{robot}_{name}"] for name in ("cells", "points", "springs", "rest_length")
        )
    genome = from_voxels(lattice, 4 * cells)
    body = develop(lattice, Genomes.stack([genome]), Tissue(stiffness=15000.0, swing=0.2))[0]
    # The recorded positions were put on the ground in single precision.
    at = np.rint((points - points.min(axis=0)) / 0.1).astype(int)
    np.testing.assert_allclose(points - points.min(axis=0), 0.1 * at, atol=1e-6)
    ours = np.rint(body.positions / 0.1).astype(int)
    assert sorted(at.tolist()) == ours.tolist()
    recorded = lengths_by_place(at, springs, rest_lengths)
    assert len(recorded) == len(springs) == len(body.springs)
    assert recorded == pytest.approx(lengths_by_place(ours, body.springs, body.rest_lengths), abs=1e-7)
    assert (body.stiffness == 15000.0).all()
    assert (body.swings == 0.2).all()


def test_a_shared_face_of_cubes_is_as_stiff_and_as_active_as_its_most_demanding_cell():
    lattice = CubeLattice(columns=2, rows=1, layers=1, soft_stiffness=0.5).build()
    # Soft muscle beside passive stiff tissue.
    body = develop(lattice, genomes_of(lattice, {0: 3, 1: 2}), Tissue(stiffness=1000.0, swing=0.2))[0]
    x = body.positions[body.springs][:, :, 0]
    first, shared, second = (x < 0.15).all(axis=1), (x == 0.1).all(axis=1), (x > 0.05).all(axis=1)
    assert shared.sum() == 6
    for springs, stiffness, swing in (
        (first & ~shared, 500.0, 0.2),
        (shared, 1000.0, 0.2),
        (second & ~shared, 1000.0, 0.0),
    ):
        assert (body.stiffness[springs] == stiffness).all()
        assert (body.swings[springs] == swing).all()


def test_a_shared_side_is_as_stiff_and_as_active_as_its_most_demanding_cell():
    lattice = LATTICES["square"](rows=2, columns=1).build()
    # A horizontal muscle below a rigid cell drives the side between them, which is as stiff as the rigid cell.
    body = develop(lattice, genomes_of(lattice, {0: 3, 1: 1}), Tissue(stiffness=1000.0))[0]
    side = (body.positions[body.springs][:, :, 1] == 0.1).all(axis=1)
    assert body.stiffness[side].tolist() == [750.0]
    assert body.swings[side].tolist() == [0.1]
    bottom = (body.positions[body.springs][:, :, 1] == 0).all(axis=1)
    assert body.stiffness[bottom].tolist() == [300.0]
    assert body.swings[bottom].tolist() == [0.1]
    assert np.count_nonzero(body.swings) == 2


def test_a_vertical_muscle_drives_upright_sides_only():
    lattice = LATTICES["square"](rows=1, columns=1).build()
    body = develop(lattice, genomes_of(lattice, {0: 4}), Tissue())[0]
    ends = body.positions[body.springs]
    upright = ends[:, 0, 0] == ends[:, 1, 0]
    assert (body.swings[upright] == 0.1).all()
    assert not body.swings[~upright].any()


def test_a_body_in_pieces_stays_in_pieces():
    lattice = LATTICES["triangle"](rows=1, columns=9).build()
    assert len(develop(lattice, genomes_of(lattice, [0, 8]), Tissue())[0].positions) == 6


@pytest.mark.parametrize("settings", SETTINGS, ids=label)
def test_no_body_depends_on_the_others(settings):
    lattice = settings.build()
    genomes = random_genomes(lattice, settings, draws(600))
    together = develop(lattice, genomes, Tissue())
    for index in (0, 511, 512, 599):
        alone = develop(lattice, genomes[[index]], Tissue())[0]
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(alone, field), getattr(together[index], field))


def test_no_genomes_grow_no_bodies():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    bodies = develop(lattice, genomes_of(lattice), Tissue())
    assert isinstance(bodies, Bodies)
    assert len(bodies) == 0
    assert bodies.positions.shape == (0, 2)
    assert bodies.springs.shape == (0, 2)
    assert bodies.cells.shape == (0, 3)


def test_a_genome_without_a_body_is_refused():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    with pytest.raises(GenomeError, match="none in genome 1"):
        develop(lattice, genomes_of(lattice, [0], []), Tissue())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stiffness", 0.0),
        ("stiffness", -1.0),
        ("stiffness", math.inf),
        ("stiffness", "stiff"),
        ("swing", -0.1),
        ("swing", 1.0),
        ("swing", math.nan),
    ],
)
def test_bad_tissue_says_what_was_expected(field, value):
    with pytest.raises(ConfigError, match=f"expected {field} to be ") as caught:
        Tissue(**{field: value})
    assert caught.value.got == repr(value)
