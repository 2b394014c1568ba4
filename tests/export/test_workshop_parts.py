"""Lists of parts and drawings to scale, read back by the csv module, an XML parser and ezdxf."""

import csv
import dataclasses
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from ezdxf import units
from ezdxf._options import options
from ezdxf.filemanagement import readfile

from codesign.export import EXPORTERS, RecordingError, Trajectory
from codesign.export.workshop import PrintSettings
from codesign.export.workshop.oscillation import fit
from tests.export import cubes, lattice_bodies
from tests.export.strips import SIDE, gallery, recording

SVG = "{http://www.w3.org/2000/svg}"
FILES = ("parts.csv", "joints.csv", "parts.svg", "parts.dxf")


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a recording and returns its tables, its SVG and its DXF."""

    def write(body, **settings):
        paths = EXPORTERS["parts"].write(
            gallery(recordings=(body,)), tmp_path / "robot.parts.csv", PrintSettings(**settings)
        )
        assert [path.name for path in paths] == [f"robot.{each}" for each in FILES]
        tables = [list(csv.DictReader(path.read_text().splitlines())) for path in paths[:2]]
        return (*tables, ET.fromstring(paths[2].read_text()), readfile(paths[3]))

    return write


def length(line):
    (x1, y1), (x2, y2) = ((float(line.get(f"x{end}")), float(line.get(f"y{end}"))) for end in "12")
    return np.hypot(x2 - x1, y2 - y1)


def test_every_spring_is_a_part_with_its_length_at_scale(written):
    body = recording()
    parts, joints, _, _ = written(body)
    assert [int(row["spring"]) for row in parts] == list(range(len(body.springs)))
    assert [row["kind"] == "muscle" for row in parts] == (body.swings > 0).tolist()
    assert len({row["part"] for row in parts}) == len(parts)
    assert [float(row["length_mm"]) for row in parts] == pytest.approx([200 * SIDE] * len(parts))
    assert [np.float32(row["rest_length_m"]) for row in parts] == body.rest_lengths.tolist()
    assert [np.float32(row["stiffness_N_per_m"]) for row in parts] == body.stiffness.tolist()
    ends = [[int(row[name][1:]) - 1 for name in ("first_joint", "second_joint")] for row in parts]
    assert ends == body.springs.tolist()
    for number, row in enumerate(joints):
        meeting = [part["part"] for part, spring in zip(parts, body.springs.tolist(), strict=True) if number in spring]
        assert (row["joint"], int(row["mass"]), int(row["parts"])) == (f"J{number + 1}", number, len(meeting))
        assert row["which"].split() == meeting


def test_a_muscle_says_what_it_does(written):
    """The strip's muscle k is asked for sin(6 t + k)."""
    body = recording()
    parts, *_ = written(body)
    for row in parts:
        if row["kind"] == "strut":
            assert not any(row[name] for name in ("swing", "stroke_mm", "amplitude", "phase_deg", "fit_r2"))
            continue
        spring = int(row["spring"])
        asked = body.after.actuation[:, spring]
        assert float(row["swing"]) == pytest.approx(0.1)
        assert float(row["stroke_mm"]) == pytest.approx(10 * 0.1 * np.ptp(asked), abs=1e-3)
        assert float(row["longest_mm"]) == pytest.approx(10 * (1 + 0.1 * asked.max()), abs=1e-3)
        assert float(row["shortest_mm"]) == pytest.approx(10 * (1 + 0.1 * asked.min()), abs=1e-3)
        assert float(row["frequency_hz"]) == pytest.approx(6 / (2 * np.pi), abs=1e-3)
        assert float(row["amplitude"]) == pytest.approx(1.0, abs=1e-3)
        assert float(row["amplitude_mm"]) == pytest.approx(1.0, abs=1e-3)
        assert np.cos(np.radians(float(row["phase_deg"])) - spring) == pytest.approx(1.0, abs=1e-3)
        assert float(row["fit_r2"]) == pytest.approx(1.0, abs=1e-3)


def test_a_drawing_in_2d_is_true_to_scale(written):
    body = lattice_bodies.random_body("square", 4)
    parts, joints, drawing, _ = written(body, scale=500.0)
    width, height = (float(drawing.get(name).removesuffix("mm")) for name in ("width", "height"))
    assert drawing.get("viewBox") == f"0 0 {drawing.get('width')[:-2]} {drawing.get('height')[:-2]}"
    lines = {line.get("data-part"): line for line in drawing.iter(f"{SVG}line") if line.get("data-part")}
    bar = lines.pop("scale bar")
    assert set(lines) == {row["part"] for row in parts}
    for row in parts:
        assert length(lines[row["part"]]) == pytest.approx(float(row["length_mm"]), abs=1e-3)
        assert length(lines[row["part"]]) == pytest.approx(500 * float(row["rest_length_m"]), abs=1e-3)
    words = [text.text for text in drawing.iter(f"{SVG}text")]
    assert f"{length(bar):g} mm = {length(bar) / 500:g} m of the simulated body" in words
    assert {row["part"] for row in parts} | {row["joint"] for row in joints} <= set(words)
    assert any("scale 1:2" in each for each in words)
    circles = list(drawing.iter(f"{SVG}circle"))
    assert sorted(float(each.get("r")) for each in circles) == [1.0] * len(joints) + [2.25] * len(joints)
    for each in circles:
        assert 0 <= float(each.get("cx")) <= width
        assert 0 <= float(each.get("cy")) <= height


def test_dxf_has_units_layers_and_lengths(written):
    body = recording()
    parts, joints, _, document = written(body, hole=1.0)
    assert not document.audit().has_errors
    assert document.units == units.MM
    space = document.modelspace()
    struts, muscles = (list(space.query(f'LINE[layer=="{layer}"]')) for layer in ("struts", "muscles"))
    lengths = {kind: [float(row["length_mm"]) for row in parts if row["kind"] == kind] for kind in ("strut", "muscle")}
    for lines, kind in ((struts, "strut"), (muscles, "muscle")):
        found = [(line.dxf.end - line.dxf.start).magnitude for line in lines]
        assert found == pytest.approx(lengths[kind], abs=1e-4)
    holes = list(space.query('CIRCLE[layer=="holes"]'))
    assert [each.dxf.radius for each in holes] == [0.5] * len(joints)
    corner = np.min([[each.dxf.center.x, each.dxf.center.y] for each in holes], axis=0)
    for each, row in zip(holes, joints, strict=True):
        assert each.dxf.center.x - corner[0] == pytest.approx(float(row["x_mm"]), abs=1e-3)
        assert each.dxf.center.y - corner[1] == pytest.approx(float(row["y_mm"]), abs=1e-3)
    assert {text.dxf.text for text in space.query('TEXT[layer=="numbers"]')} == {row["part"] for row in parts}


def test_three_dimensions_have_three_views_and_a_list_of_lengths(written):
    body = lattice_bodies.random_body("cube", 2, fill=0.3)
    parts, joints, drawing, document = written(body)
    words = [text.text for text in drawing.iter(f"{SVG}text")]
    assert [any(each.startswith(view) for each in words) for view in ("front (x", "side (y", "top (x")] == [True] * 3
    assert not document.audit().has_errors
    places = np.array([[float(row[f"{axis}_mm"]) for axis in "xyz"] for row in joints])
    lines = {}
    for line in drawing.iter(f"{SVG}line"):
        lines.setdefault(line.get("data-part"), []).append(length(line))
    for row, spring in zip(parts, body.springs, strict=True):
        apart = places[spring[1]] - places[spring[0]]
        views = [np.hypot(*apart[list(axes)]) for axes in ((0, 2), (1, 2), (0, 1))]
        assert sorted(lines[row["part"]]) == pytest.approx(sorted(each for each in views if each > 0.01), abs=1e-3)
        assert np.linalg.norm(apart) == pytest.approx(float(row["length_mm"]), abs=1e-3)
    counts = [int(each.split()[0]) for each in words if " of " in each and each.endswith(" mm")]
    assert sum(counts) == len(parts)


def test_a_still_body_has_no_oscillation(written):
    body = lattice_bodies.random_body("triangle", 3)
    parts, *_ = written(body)
    muscles = [row for row in parts if row["kind"] == "muscle"]
    assert muscles
    for row in muscles:
        assert (float(row["stroke_mm"]), float(row["amplitude"]), row["frequency_hz"]) == (0.0, 0.0, "")
        assert (row["phase_deg"], row["fit_r2"]) == ("", "")


def test_motion_before_learning_is_another_list(tmp_path):
    body = recording()
    other = dataclasses.replace(body.after, actuation=0.5 * body.after.actuation)
    EXPORTERS["parts"].write(gallery(recordings=(body,)), tmp_path / "a.parts.csv")
    EXPORTERS["parts"].write(gallery(recordings=(dataclasses.replace(body, after=other),)), tmp_path / "b.parts.csv")
    first, second = (
        [float(row["stroke_mm"]) for row in csv.DictReader((tmp_path / name).open()) if row["stroke_mm"]]
        for name in ("a.parts.csv", "b.parts.csv")
    )
    assert np.array(second) == pytest.approx(np.array(first) / 2, abs=1e-4)


def test_bodies_without_parts_are_refused(tmp_path):
    body = recording()
    none = dict.fromkeys(("rest_lengths", "stiffness", "swings", "damping", "force_limits"), np.zeros(0))
    still = Trajectory(np.zeros(1), body.after.positions[:1], np.zeros((1, 0)))
    bare = dataclasses.replace(body, springs=np.zeros((0, 2)), after=still, before=None, **none)
    short = dataclasses.replace(body, rest_lengths=np.zeros(len(body.springs)))
    for each, message in ((bare, "a body with springs"), (short, "rest length above 0")):
        with pytest.raises(RecordingError, match=message):
            EXPORTERS["parts"].write(gallery(recordings=(each,)), tmp_path / "x.parts.csv")
    assert list(tmp_path.iterdir()) == []


def test_writing_dxf_leaves_the_librarys_options_alone(tmp_path):
    EXPORTERS["parts"].write(gallery(recordings=(cubes.recording(),)), tmp_path / "x.parts.csv")
    assert not options.write_fixed_meta_data_for_testing


class TestFit:
    times = np.arange(201) * 0.02

    @pytest.mark.parametrize(("frequency", "phase"), [(0.3, 100.0), (1.5915, -30.0), (3.217, 0.0), (20.0, 179.0)])
    def test_a_sine_is_found(self, frequency, phase):
        signal = 0.2 + 0.7 * np.sin(2 * np.pi * frequency * self.times + np.radians(phase))
        found = fit(self.times, signal[:, None])
        assert found.frequency[0] == pytest.approx(frequency, abs=1e-4)
        assert found.amplitude[0] == pytest.approx(0.7, abs=1e-4)
        assert found.offset[0] == pytest.approx(0.2, abs=1e-4)
        assert found.phase[0] == pytest.approx(phase, abs=0.1)
        assert found.quality[0] == pytest.approx(1.0, abs=1e-6)

    def test_uneven_times_and_noise_do_not_hinder(self):
        generator = np.random.default_rng(1)
        times = np.sort(generator.uniform(0, 4, 201))
        signal = 0.8 * np.sin(2 * np.pi * 2.0 * times + 1.0) + generator.normal(0, 0.2, 201)
        found = fit(times, signal[:, None])
        assert found.frequency[0] == pytest.approx(2.0, abs=0.02)
        assert found.quality[0] == pytest.approx(0.32 / 0.36, abs=0.05)

    def test_noise_fits_badly(self):
        signal = np.random.default_rng(2).normal(size=(201, 1))
        assert fit(self.times, signal).quality[0] < 0.2

    @pytest.mark.parametrize("frames", [1, 2, 7])
    def test_few_frames_have_no_oscillation(self, frames):
        found = fit(self.times[:frames], np.sin(self.times[:frames, None]))
        assert np.isnan(found.frequency[0])
        assert found.amplitude[0] == 0.0

    def test_eight_frames_are_enough(self):
        signal = np.sin(2 * np.pi * 10 * self.times[:8, None])
        assert fit(self.times[:8], signal).frequency[0] == pytest.approx(10, abs=0.1)
