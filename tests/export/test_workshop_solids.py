"""Printable meshes: closed, of the right volume, in millimetres, read back by trimesh and by lib3mf."""

import dataclasses
from itertools import combinations, product
from typing import Any

import lib3mf
import numpy as np
import pytest
import trimesh
from manifold3d import Manifold, Mesh

from codesign.errors import ConfigError
from codesign.export import EXPORTERS, RecordingError, Trajectory
from codesign.export.rest_shape import rest_positions
from codesign.export.workshop import PrintSettings
from codesign.export.workshop.pinches import pinches
from codesign.export.workshop.solids import solids
from tests.export import cubes, lattice_bodies
from tests.export.strips import SIDE, gallery, recording

NAMES = ("triangle", "square", "cube")
CELL_AREA = {"triangle": 0.05**2 * np.sqrt(3) / 4, "square": 0.1**2}


def meshes(body, *, apart=False, **settings):
    found = solids(body, PrintSettings(**settings), apart=apart)
    return {each.name: trimesh.Trimesh(each.vertices, each.triangles, process=True) for each in found}


def mesh(body, **settings):
    (only,) = meshes(body, **settings).values()
    return only


def require_printable(solid):
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0
    assert lattice_bodies.sheets(solid.faces) == 1


def read_stl(body, folder, **settings):
    (path,) = EXPORTERS["stl"].write(gallery(recordings=(body,)), folder / "body.stl", PrintSettings(**settings))
    return trimesh.load_mesh(path)


def read_3mf(body, folder, **settings):
    """Return lib3mf's model, and each mesh by its name with the colour of its material."""
    (path,) = EXPORTERS["3mf"].write(gallery(recordings=(body,)), folder / "body.3mf", PrintSettings(**settings))
    model: Any = lib3mf.get_wrapper().CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromFile(str(path))
    assert reader.GetWarningCount() == 0
    found, objects = {}, model.GetMeshObjects()
    while objects.MoveNext():
        each = objects.GetCurrentMeshObject()
        assert each.IsValid()
        assert each.IsManifoldAndOriented()
        vertices = [list(vertex.Coordinates) for vertex in each.GetVertices()]
        faces = [list(triangle.Indices) for triangle in each.GetTriangleIndices()]
        group, material, _ = each.GetObjectLevelProperty()
        colour = model.GetBaseMaterialGroupByID(group).GetDisplayColor(material)
        found[each.GetName()] = trimesh.Trimesh(vertices, faces), (colour.Red, colour.Green, colour.Blue)
    return model, found


@pytest.mark.parametrize("count", range(1, 9))
def test_every_way_in_which_cubes_meet_gives_a_simple_surface(count):
    for filled in product((0, 1), repeat=8):
        if sum(filled) == count:
            require_simple(filled)


def require_simple(filled):
    body = lattice_bodies.body_of("cube", np.array(filled), rows=2, columns=2, layers=2)
    solid = mesh(body)
    require_printable(solid)
    # A bar of 0.8 x 0.8 mm along an edge of 20 mm, half of it in the air, and less for a block at a corner.
    found = pinches(body.cells.tolist(), 3)
    least = sum(filled) * 20.0**3
    assert least - 1e-3 <= solid.volume <= least + len(found.edges) * 0.32 * 20.8 + len(found.corners) * 0.512 + 1e-3
    assert solid.body_count == lattice_bodies.pieces(body)


def test_two_cubes_that_share_an_edge_are_one_body_with_a_bar_along_it():
    # Cells are numbered in the order of an array [x, y, z]: these are at (0, 0, 0) and (1, 1, 0).
    body = lattice_bodies.body_of("cube", np.array([1, 0, 0, 0, 0, 0, 1, 0]), rows=2, columns=2, layers=2)
    solid = mesh(body)
    assert solid.body_count == 1
    # Two quarters of a bar of 0.8 x 0.8 x 20.8 mm, and two more of what sticks out at its ends.
    bar = 2 * 0.4 * 0.4 * 20 + 2 * 4 * 0.4**3
    assert solid.volume == pytest.approx(2 * 20**3 + bar, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(8))
def test_cells_of_any_body_are_closed_and_as_large_as_they_are(name, seed):
    body = lattice_bodies.random_body(name, seed)
    solid = mesh(body, shape="cells", bridge=0.1)
    require_printable(solid)
    exact = len(body.cells) * (20.0**3 if name == "cube" else CELL_AREA[name] * 200**2 * 4.0)
    assert solid.volume == pytest.approx(exact, rel=2e-3)
    assert solid.volume >= exact * (1 - 1e-6)
    assert solid.body_count == lattice_bodies.pieces(body)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(8))
def test_materials_are_closed_each_and_fill_the_body_together(name, seed):
    body = lattice_bodies.random_body(name, seed, fill=0.8)
    found = meshes(body, apart=True, shape="cells", bridge=0.4)
    assert set(found) == {body.material_names[number] for number in np.unique(body.materials)}
    for solid in found.values():
        require_printable(solid)
    exact = len(body.cells) * (20.0**3 if name == "cube" else CELL_AREA[name] * 200**2 * 4.0)
    assert sum(solid.volume for solid in found.values()) == pytest.approx(exact, rel=5e-3)
    whole = [Manifold(Mesh(each.vertices.astype(np.float32), each.faces.astype(np.uint32))) for each in found.values()]
    shared = [(first ^ second).volume() for first, second in combinations(whole, 2)]
    assert sum(shared) == pytest.approx(0, abs=1e-2)


def test_bars_of_several_materials_that_meet_in_a_corner_leave_each_closed():
    """A full block of four materials has corners where bars meet that several materials need."""
    filled = np.random.default_rng(0).integers(1, 5, 144)
    body = lattice_bodies.body_of("cube", filled, rows=6, columns=6, layers=4)
    for solid in meshes(body, apart=True).values():
        require_printable(solid)


@pytest.mark.parametrize("name", ["triangle", "square"])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("apart", [False, True])
def test_struts_of_any_body_are_closed_and_within_bounds(name, seed, apart):
    body = lattice_bodies.random_body(name, seed)
    found = meshes(body, apart=apart)
    for solid in found.values():
        require_printable(solid)
    springs, joints = len(body.springs), len(np.unique(body.springs))
    volume = sum(solid.volume for solid in found.values())
    bars = body.rest_lengths.sum() * 200 * 1.6 * 4.0
    ring = np.pi / 4 * (4.5**2 - 2.0**2) * 4.0
    assert 0.97 * joints * ring < volume < bars + joints * ring
    # A joint covers a bar's end up to its own radius; bars that cross or meet share some area beyond.
    assert volume > 0.75 * (bars - springs * 4.5 * 1.6 * 4.0)
    if not apart:
        assert found["struts"].body_count == lattice_bodies.pieces(body)
        assert np.ptp(found["struts"].bounds[:, 2]) == pytest.approx(4.0)


@pytest.mark.parametrize("seed", range(3))
def test_struts_in_three_dimensions_are_closed(seed):
    body = lattice_bodies.random_body("cube", seed, fill=0.25)
    for apart in (False, True):
        for solid in meshes(body, apart=apart, shape="struts").values():
            assert solid.is_volume
    assert mesh(body, shape="struts").body_count == lattice_bodies.pieces(body)


def test_struts_of_muscles_end_at_joints_and_passive_struts():
    body = recording()
    found = meshes(body, apart=True)
    assert set(found) == {"struts", "muscles"}
    assert found["muscles"].body_count == body.muscles
    whole = mesh(body)
    assert found["struts"].volume + found["muscles"].volume == pytest.approx(whole.volume, rel=1e-4)


def test_muscles_can_be_left_out():
    body = recording()
    assert mesh(body, muscles=False).volume < mesh(body).volume
    assert list(meshes(body, apart=True, muscles=False)) == ["struts"]
    driven = dataclasses.replace(body, swings=np.full(len(body.springs), 0.1))
    with pytest.raises(RecordingError, match=r"print\.muscles=true"):
        mesh(driven, muscles=False)
    with pytest.raises(RecordingError, match=r"print\.shape=struts, or print\.muscles=true"):
        mesh(body, muscles=False, shape="cells")


def test_stl_is_in_millimetres_at_scale_and_says_so(tmp_path):
    body = lattice_bodies.random_body("cube", 3)
    solid = read_stl(body, tmp_path)
    require_printable(solid)
    extent = np.ptp(body.after.positions[0], axis=0)
    assert solid.extents == pytest.approx(200 * extent, rel=0.03)  # a bridge may stick out
    assert solid.bounds[0] == pytest.approx(np.zeros(3), abs=1e-6)
    assert read_stl(body, tmp_path, scale=1000.0).extents == pytest.approx(1000 * extent, rel=0.03)
    assert (tmp_path / "body.stl").read_bytes()[:80].rstrip() == b"codesign g000-i0000, millimetres, 1000 for a metre"


def test_normals_of_stl_point_outwards(tmp_path):
    solid = read_stl(recording(), tmp_path)
    dtype = np.dtype([("normal", "<f4", 3), ("corners", "<f4", 9), ("unused", "<u2")])
    stored = np.frombuffer((tmp_path / "body.stl").read_bytes()[84:], dtype=dtype)
    assert len(stored) == len(solid.faces)
    corners = stored["corners"].reshape(-1, 3, 3).astype(np.float64)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", cross, stored["normal"]) >= 0).all()
    assert np.linalg.norm(stored["normal"], axis=1) == pytest.approx(1.0, abs=1e-3)


def test_3mf_has_units_names_and_colours_of_materials(tmp_path):
    model, found = read_3mf(cubes.recording(), tmp_path)
    assert model.GetUnit() == lib3mf.ModelUnit.MilliMeter
    assert model.GetBuildItems().Count() == 1
    assert set(found) == {"stiff", "muscle", "soft"}
    assert len({colour for _, colour in found.values()}) == 3
    # The recording's first frame is strained and on a bumpy ground; its shape at rest is 13 cubes of 20 mm.
    assert sum(solid.volume for solid, _ in found.values()) == pytest.approx(13 * 20**3, rel=1e-3)
    lowest = np.min([solid.bounds[0] for solid, _ in found.values()], axis=0)
    assert lowest == pytest.approx(np.zeros(3), abs=1e-5)


def test_3mf_holds_what_stl_holds(tmp_path):
    _, found = read_3mf(recording(), tmp_path)
    whole = read_stl(recording(), tmp_path)
    assert {name for name in found} == {"struts", "muscles"}
    assert sum(solid.volume for solid, _ in found.values()) == pytest.approx(whole.volume, rel=1e-4)


def test_trimesh_reads_3mf_in_millimetres(tmp_path):
    read_3mf(cubes.recording(), tmp_path)
    scene = trimesh.load_scene(tmp_path / "body.3mf")
    assert scene.units == "millimeter"
    assert all(each.is_watertight for each in scene.geometry.values())


def test_a_name_that_xml_has_a_meaning_for_is_written(tmp_path):
    body = cubes.recording(material_names=("empty", "a<b", 'c"&d', "e>f"))
    _, found = read_3mf(body, tmp_path)
    assert set(found) == {"a<b", 'c"&d', "e>f"}


def test_the_first_frame_of_an_undeformed_body_is_its_shape_at_rest():
    body = lattice_bodies.random_body("triangle", 1)
    assert np.array_equal(rest_positions(body), body.after.positions[0].astype(np.float64))


def test_a_strained_first_frame_is_relaxed():
    body = cubes.recording()
    first = body.after.positions[0]
    strained = np.linalg.norm(first[body.springs[:, 0]] - first[body.springs[:, 1]], axis=1) / body.rest_lengths
    assert np.abs(strained - 1).max() > 0.1
    places = rest_positions(body)
    lengths = np.linalg.norm(places[body.springs[:, 0]] - places[body.springs[:, 1]], axis=1)
    assert lengths == pytest.approx(body.rest_lengths, rel=1e-4)


def test_bodies_that_cannot_be_made_are_refused(tmp_path):
    body = recording()
    cases = {
        "a body with filled cells": (
            dataclasses.replace(body, cells=np.zeros((0, 3)), materials=[]),
            {"shape": "cells"},
        ),
        "rest length above 0; got 0 m at spring 2 of g000-i0000": (
            dataclasses.replace(body, rest_lengths=np.where(np.arange(len(body.springs)) == 2, 0, SIDE)),
            {},
        ),
        "a body with springs": (
            dataclasses.replace(
                body,
                springs=np.zeros((0, 2)),
                **dict.fromkeys(("rest_lengths", "stiffness", "swings", "damping", "force_limits"), np.zeros(0)),
                after=Trajectory(np.zeros(1), body.after.positions[:1], np.zeros((1, 0))),
                before=None,
            ),
            {},
        ),
    }
    for message, (case, settings) in cases.items():
        for name in ("stl", "3mf"):
            with pytest.raises(RecordingError, match=message):
                EXPORTERS[name].write(gallery(recordings=(case,)), tmp_path / f"body.{name}", PrintSettings(**settings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0.0}, "scale to be a number from 0.1 to 100000 mm/m"),
        ({"scale": float("nan")}, "scale"),
        ({"shape": "balls"}, "shape to be one of struts, cells"),
        ({"thickness": -1.0}, "thickness to be a number from 0.01"),
        ({"width": 0.0}, "width"),
        ({"joint": 1.0}, "joint to be a number from 1.6"),
        ({"hole": 5.0}, "hole to be a number"),
        ({"bridge": 0.0}, "bridge"),
        ({"muscles": "some"}, "muscles to be true or false"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        PrintSettings(**settings)
