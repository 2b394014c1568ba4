import math
from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.genome import LATTICES, LatticeSettings
from codesign.genome.lattices import CubeLattice

from .lattices import KINDS, SETTINGS, label, settings_of

LATTICE_CASES = [pytest.param(settings.build(), id=label(settings)) for settings in SETTINGS]


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_nodes_and_edges_are_numbered_lexicographically_and_all_used(lattice):
    nodes = [tuple(row) for row in lattice.node_coordinates.tolist()]
    assert nodes == sorted(set(nodes))
    edges = [tuple(row) for row in lattice.edges.tolist()]
    assert edges == sorted(set(edges))
    assert (lattice.edges[:, 0] < lattice.edges[:, 1]).all()
    assert set(lattice.cell_nodes.ravel().tolist()) == set(range(len(lattice.node_positions)))
    assert set(lattice.cell_edges.ravel().tolist()) == set(range(len(lattice.edges)))


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_edges_join_corners_of_their_cell_and_have_the_length_between_them(lattice):
    for nodes, edges in zip(lattice.cell_nodes, lattice.cell_edges, strict=True):
        assert len(set(nodes.tolist())) == len(nodes)
        assert len(set(edges.tolist())) == len(edges)
        assert set(lattice.edges[edges].ravel().tolist()) <= set(nodes.tolist())
    ends = lattice.node_positions[lattice.edges]
    np.testing.assert_allclose(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1), lattice.edge_lengths, rtol=1e-14)


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_cells_around_nodes_and_edges_are_the_cells_that_have_them(lattice):
    for groups, parts in ((lattice.node_cells, lattice.cell_nodes), (lattice.edge_cells, lattice.cell_edges)):
        for part, group in enumerate(groups):
            assert sorted(group[group < lattice.cells]) == np.flatnonzero((parts == part).any(axis=1)).tolist()
            assert group.max() <= lattice.cells
    for edge, (cells, places) in enumerate(zip(lattice.edge_cells, lattice.edge_places, strict=True)):
        inside = cells < lattice.cells
        assert (lattice.cell_edges[cells[inside], places[inside]] == edge).all()


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_neighbours_share_as_many_corners_as_a_side_or_face_has(lattice):
    shared = {2: 2, 3: 4}[lattice.dim]
    corners = [set(nodes.tolist()) for nodes in lattice.cell_nodes]
    expected = [
        [a, b]
        for a in range(lattice.cells)
        for b in range(a + 1, lattice.cells)
        if len(corners[a] & corners[b]) == shared
    ]
    assert lattice.neighbours.tolist() == expected


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_cells_of_a_kind_are_translations_of_each_other(lattice):
    corners = lattice.node_coordinates[lattice.cell_nodes] - lattice.cell_coordinates[:, None]
    springs = lattice.node_coordinates[lattice.edges[lattice.cell_edges]] - lattice.cell_coordinates[:, None, None]
    for kind in np.unique(lattice.cell_kinds):
        members = lattice.cell_kinds == kind
        assert (corners[members] == corners[members][:1]).all()
        assert (springs[members] == springs[members][:1]).all()


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_symmetries_take_the_springs_of_a_cell_to_each_other(lattice):
    ends = lattice.node_coordinates[lattice.edges[lattice.cell_edges]]
    corners = lattice.node_coordinates[lattice.cell_nodes]
    for symmetry in lattice.symmetries:
        for cell, kind in enumerate(lattice.cell_kinds):
            shift = corners[cell].min(axis=0) - (corners[cell] @ symmetry.matrix.T).min(axis=0)
            images = (ends[cell] @ symmetry.matrix.T + shift)[symmetry.springs[kind]]
            for image, spring in zip(images.tolist(), ends[cell].tolist(), strict=True):
                assert sorted(image) == sorted(spring)


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_symmetries_are_a_group_that_leaves_the_vertical_alone(lattice):
    matrices = [own.matrix.tolist() for own in lattice.symmetries]
    assert matrices[0] == np.eye(lattice.dim).tolist()
    assert len(matrices) == {2: 2, 3: 8}[lattice.dim]
    assert len(lattice.reflections) == lattice.dim - 1
    assert len(lattice.rotations) == {2: 0, 3: 3}[lattice.dim]
    for one in lattice.symmetries:
        assert one.matrix[-1].tolist() == one.matrix[:, -1].tolist() == [0] * (lattice.dim - 1) + [1]
        assert all((one.matrix @ other.matrix).tolist() in matrices for other in lattice.symmetries)


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_symmetries_number_cells_and_edges_by_their_images(lattice):
    for symmetry in lattice.symmetries:
        places = (lattice.cell_coordinates @ symmetry.matrix.T)[symmetry.cell_order].tolist()
        assert places == sorted(places)
        ends = (lattice.node_coordinates @ symmetry.matrix.T)[lattice.edges][symmetry.edge_order].tolist()
        pairs = [sorted(pair) for pair in ends]
        assert pairs == sorted(pairs)


@pytest.mark.parametrize("lattice", LATTICE_CASES)
def test_cells_are_found_by_their_coordinates_and_nothing_outside(lattice):
    assert lattice.cells_at(lattice.cell_coordinates).tolist() == list(range(lattice.cells))
    for shift in (-1000, np.array(lattice.cell_grid.shape)):
        assert (lattice.cells_at(lattice.cell_coordinates + shift) == -1).all()


@pytest.mark.parametrize("settings", [own for own in SETTINGS if len(own.extents) == 2], ids=label)
def test_corners_outline_the_cells(settings):
    lattice = settings.build()
    x, y = np.moveaxis(lattice.node_positions[lattice.cell_nodes], -1, 0)
    areas = 0.5 * (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    corners = lattice.cell_nodes.shape[1]
    np.testing.assert_allclose(areas, corners * settings.side**2 / 4 / math.tan(math.pi / corners), rtol=1e-12)


@pytest.mark.parametrize("settings", SETTINGS, ids=label)
def test_material_probabilities_add_up(settings):
    probabilities = settings.material_probabilities()
    assert len(probabilities) == len(settings.build().materials)
    assert math.isclose(sum(probabilities), 1)


@pytest.mark.parametrize(("rows", "columns", "nodes", "edges"), [(6, 10, 42, 101), (13, 22, 168, 453)])
def test_triangles_are_numbered_as_in_the_published_grid(rows, columns, nodes, edges):
    lattice = LATTICES["triangle"](rows=rows, columns=columns).build()
    points = [(x, y) for x in range(-1, columns + 1) for y in range(rows + 1) if (x + y) % 2 == 0]
    assert lattice.node_coordinates.tolist() == [list(point) for point in points]
    assert (len(points), len(lattice.edges)) == (nodes, edges)
    for cell, corners in enumerate(lattice.cell_nodes):
        row, column = divmod(cell, columns)
        up = {(column - 1, row), (column + 1, row), (column, row + 1)}
        down = {(column, row), (column - 1, row + 1), (column + 1, row + 1)}
        assert {points[corner] for corner in corners} == (up if (row + column) % 2 else down)


def test_squares_have_shared_sides_and_their_own_diagonals():
    lattice = LATTICES["square"](rows=3, columns=4).build()
    assert (len(lattice.node_positions), len(lattice.edges)) == (20, 3 * 5 + 4 * 4 + 2 * 12)
    assert np.bincount(lattice.cell_edges.ravel()).max() == 2
    assert (np.bincount(lattice.cell_edges.ravel())[lattice.cell_edges[:, 4:]] == 1).all()
    assert [material.name for material in lattice.materials] == [
        "empty",
        "rigid",
        "soft",
        "horizontal muscle",
        "vertical muscle",
    ]


def test_cubes_share_the_springs_of_their_faces():
    lattice = CubeLattice(columns=6, rows=6, layers=4).build()
    assert (lattice.cells, len(lattice.node_positions), len(lattice.edges)) == (144, 245, 1648)
    assert len(lattice.neighbours) == 5 * 6 * 4 + 6 * 5 * 4 + 6 * 6 * 3
    assert lattice.cell_edges.shape[1] == 24
    assert np.unique(lattice.edge_lengths).tolist() == [0.1, 0.1 * math.sqrt(2)]


def test_cubes_and_their_corners_are_numbered_as_arrays_over_x_y_z():
    lattice = CubeLattice(columns=4, rows=3, layers=2).build()
    assert lattice.shape == lattice.cell_grid.shape == (4, 3, 2)
    assert lattice.cell_grid.ravel().tolist() == list(range(24))
    assert lattice.node_positions.max(axis=0) == pytest.approx([0.4, 0.3, 0.2])
    for corner, (dx, dy, dz) in enumerate(np.ndindex(2, 2, 2)):
        assert corner == 4 * dx + 2 * dy + dz
        places = lattice.node_coordinates[lattice.cell_nodes[:, corner]]
        assert (places - lattice.cell_coordinates == [dx, dy, dz]).all()


@pytest.mark.parametrize(
    ("actuated", "names"),
    [
        ("cells", ["empty", "soft", "stiff", "soft muscle", "stiff muscle"]),
        ("springs", ["empty", "soft", "stiff"]),
    ],
)
def test_cubes_are_soft_or_stiff_and_materials_or_muscle_bits_drive_them(actuated, names):
    lattice = CubeLattice(actuated=actuated, soft_stiffness=0.5, stiff_stiffness=1.2).build()
    assert lattice.muscle_genes == (actuated == "springs")
    assert [material.name for material in lattice.materials] == names
    for material in lattice.materials[1:]:
        assert material.stiffness == (0.5 if material.name.startswith("soft") else 1.2)
        assert set(material.swings) == {float("muscle" in material.name or actuated == "springs")}


def test_a_full_grid_of_stiff_cubes_is_stable_at_the_published_step():
    lattice = CubeLattice(columns=6, rows=6, layers=4).build()
    ends = lattice.node_positions[lattice.edges]
    along = (ends[:, 1] - ends[:, 0]) / lattice.edge_lengths[:, None]
    nodes = len(lattice.node_positions)
    rows = np.zeros((len(along), nodes, 3))
    rows[np.arange(len(along)), lattice.edges[:, 0]] = -along
    rows[np.arange(len(along)), lattice.edges[:, 1]] = along
    flat = rows.reshape(len(along), -1)
    fastest = np.linalg.eigvalsh(flat.T @ flat)[-1]
    assert fastest == pytest.approx(10.9, abs=0.05)
    dt = 0.004
    limit = 2 * (1 + math.exp(-15 * dt)) / dt**2 / 15000
    assert limit == pytest.approx(16.2, abs=0.05)
    assert limit > 12 * 1.3


@pytest.mark.parametrize("kind", KINDS)
def test_a_lattice_is_made_once_and_cannot_be_written_to(kind):
    lattice = settings_of(kind, 2, 3).build()
    assert settings_of(kind, 2, 3).build() is lattice
    assert settings_of(kind, 2, 3, side=0.2).build() is not lattice
    for array in (lattice.edges, lattice.symmetries[0].springs):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 7


@pytest.mark.parametrize("kind", LATTICES)
def test_a_registered_lattice_is_named_as_registered(kind):
    settings = LATTICES[kind]()
    assert isinstance(settings, LatticeSettings)
    assert settings.name == kind
    assert settings.build().name == kind


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rows", 0),
        ("rows", -3),
        ("rows", 2.5),
        ("rows", True),
        ("columns", 0),
        ("columns", "4"),
        ("side", 0.0),
        ("side", -0.05),
        ("side", math.nan),
        ("side", math.inf),
        ("side", "wide"),
        ("fill", -0.01),
        ("fill", 1.01),
        ("fill", math.nan),
        ("muscle", -1),
        ("muscle", 2),
    ],
)
@pytest.mark.parametrize("kind", LATTICES)
def test_bad_settings_say_what_was_expected(kind, field, value):
    with pytest.raises(ConfigError, match=f"expected {field} to be ") as caught:
        LATTICES[kind](**{field: value})
    assert caught.value.got == repr(value)
    assert caught.value.remedy


@pytest.mark.parametrize("material", ["rigid", "soft", "muscle"])
def test_square_stiffnesses_are_positive(material):
    given: dict[str, Any] = {f"{material}_stiffness": 0.0}
    with pytest.raises(ConfigError, match=f"expected {material}_stiffness to be "):
        LATTICES["square"](**given)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layers": 0}, "layers to be "),
        ({"layers": 1.5}, "layers to be "),
        ({"soft_stiffness": 0.0}, "soft_stiffness to be "),
        ({"stiff_stiffness": -1.0}, "stiff_stiffness to be "),
        ({"actuated": "everything"}, "actuated to be one of cells, springs"),
    ],
)
def test_bad_settings_of_cubes_say_what_was_expected(values, message):
    with pytest.raises(ConfigError, match=message) as caught:
        LATTICES["cube"](**values)
    assert caught.value.remedy


@pytest.mark.parametrize("kind", LATTICES)
def test_a_lattice_too_large_for_memory_is_refused(kind):
    extents = LATTICES[kind].extents
    with pytest.raises(ConfigError, match=f"fewer {' or '.join(extents)}"):
        settings_of(kind, 1001, 1001, 1001)
