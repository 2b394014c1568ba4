"""Bodies that learned in recordings, files and on the page: the learned shape beside the drawn one."""

import csv
import io
import json
import re
from dataclasses import replace
from importlib import resources

import jsonschema
import numpy as np
import pytest

from codesign.export import EXPORTERS, DrawnBody, RecordingError, read_json
from codesign.export.json_format import to_json
from codesign.export.rest_shape import shapes_at_rest
from codesign.formats import read_plans
from tests.export import cubes, lattice_bodies, strips
from tests.export.browsing import count, image, needs_chromium, state
from tests.export.learned_bodies import LEAST, MOST, learned, learned_gallery


def lengths(positions: np.ndarray, springs: np.ndarray) -> np.ndarray:
    return np.linalg.norm(positions[springs[:, 1]] - positions[springs[:, 0]], axis=1)


@pytest.mark.parametrize("make", [strips.recording, cubes.recording])
def test_shapes_at_rest_are_the_drawn_one_and_the_learned_one_in_its_place(make) -> None:
    recording = learned(make())
    assert recording.drawn is not None
    drawn, shape = shapes_at_rest(recording)
    np.testing.assert_allclose(lengths(drawn, recording.springs), recording.drawn.rest_lengths, atol=1e-6)
    # A strip of triangles can have any lengths; in a cube with diagonals, springs agree on some of them only.
    off = np.abs(lengths(shape, recording.springs) / recording.rest_lengths - 1.0)
    assert off.max() < (1e-3 if recording.dim == 2 else 0.15)
    assert np.abs(lengths(shape, recording.springs) / lengths(drawn, recording.springs) - 1.0).max() > 0.1
    assert shape[:, -1].min() == pytest.approx(drawn[:, -1].min())
    np.testing.assert_allclose(shape[:, :-1].mean(axis=0), drawn[:, :-1].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(drawn.mean(axis=0), recording.after.positions[0].mean(axis=0), atol=1e-6)


def test_a_learned_shape_is_turned_onto_the_drawn_one() -> None:
    """A body whose springs all grew by a tenth is the drawn body, a tenth larger, however the first frame lies."""
    recording = strips.recording()
    start = recording.after.positions[0].astype(np.float64)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    grown = replace(
        recording,
        rest_lengths=1.1 * lengths(start, recording.springs),
        drawn=DrawnBody(
            start @ turn,
            lengths(start, recording.springs),
            recording.stiffness,
            recording.swings,
            recording.point_masses,
        ),
    )
    drawn, shape = shapes_at_rest(grown)
    centred = [each - each.mean(axis=0) for each in (drawn, shape)]
    np.testing.assert_allclose(centred[1], 1.1 * centred[0], atol=1e-4)


def test_changes_are_shares_of_what_was_drawn() -> None:
    recording = learned(strips.recording())
    mean, most = recording.changes["rest_lengths"]
    assert most == pytest.approx(MOST - 1.0, rel=1e-4) == pytest.approx(1.0 - LEAST, rel=1e-4)
    assert 0.0 < mean < most
    assert recording.changes["stiffness"][1] == pytest.approx(0.1, rel=1e-4)
    assert "swings" not in recording.changes
    assert strips.recording().changes == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"positions": np.zeros((3, 2)), "point_masses": np.ones(3)}, "drawn.positions of shape"),
        ({"rest_lengths": np.ones(2), "stiffness": np.ones(2), "swings": np.zeros(2)}, "drawn.rest_lengths of shape"),
        ({"stiffness": np.ones(2)}, "stiffness of shape"),
        ({"stiffness": np.zeros(13)}, "above 0"),
        ({"positions": np.full((8, 2), np.nan)}, "finite"),
    ],
    ids=["masses", "springs", "one field", "zero", "nan"],
)
def test_a_drawn_body_that_does_not_fit_is_told(changes, expected: str) -> None:
    recording = learned(strips.recording())
    assert recording.drawn is not None
    with pytest.raises(RecordingError, match=expected):
        replace(recording, drawn=replace(recording.drawn, **changes))


def test_json_holds_both_bodies_and_fits_the_schema(tmp_path) -> None:
    recording = learned(strips.recording())
    (path,) = EXPORTERS["json"].write(strips.gallery(recordings=(recording,)), tmp_path / "design.json")
    assert to_json(read_json(path)) == to_json(recording)
    schema = (resources.files("codesign.export") / "recording.schema.json").read_text(encoding="utf-8")
    written = json.loads(path.read_text())
    jsonschema.validate(written, json.loads(schema))
    written["drawn"]["rest_lengths"][3] = 0.0
    path.write_text(json.dumps(written))
    with pytest.raises(RecordingError, match=r"drawn\.rest_lengths"):
        read_json(path)
    del written["drawn"]
    path.write_text(json.dumps(written))
    assert read_json(path).drawn is None


def test_exporters_take_the_learned_body(tmp_path) -> None:
    body = lattice_bodies.body_of("triangle", np.ones(24, dtype=np.uint8))
    grown = learned(body)
    assert grown.drawn is not None
    gallery = strips.gallery(recordings=(grown,))
    arrays = np.load(EXPORTERS["npz"].write(gallery, tmp_path / "a.motion.npz")[0])
    assert np.array_equal(arrays["rest_lengths"], grown.rest_lengths)
    assert np.array_equal(arrays["drawn_rest_lengths"], grown.drawn.rest_lengths)
    parts = EXPORTERS["parts"].write(gallery, tmp_path / "a.parts.csv")[0].read_text()
    listed = sorted(float(row["rest_length_m"]) for row in csv.DictReader(io.StringIO(parts)))
    np.testing.assert_allclose(listed, np.sort(grown.rest_lengths), rtol=1e-3)
    model = EXPORTERS["mjcf"].write(gallery, tmp_path / "a.xml")[0].read_text()
    springs = [float(each) for each in re.findall(r'springlength="([^" ]+)', model)]
    np.testing.assert_allclose(np.sort(springs), np.sort(grown.rest_lengths), atol=2e-4)


def test_an_exported_design_begins_a_search_as_drawn_and_is_simulated_as_learned(tmp_path) -> None:
    body = lattice_bodies.body_of("triangle", np.ones(24, dtype=np.uint8))
    (path,) = EXPORTERS["json"].write(strips.gallery(recordings=(learned(body),)), tmp_path / "design.json")
    (plan,) = read_plans(path)
    assert plan.lattice == "triangle"
    assert np.asarray(plan.cells).sum() == 24
    assert plan.body is not None
    np.testing.assert_allclose(plan.body.rest_lengths, learned(body).rest_lengths)


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_the_learned_shape_beside_the_drawn_one(open_page, scheme: str) -> None:
    page = open_page(learned_gallery(strips.gallery()), color_scheme=scheme)
    assert page.locator("#shape").is_visible()
    shorter, longer, neutral = {
        "light": ("#c8500a", "#1a63b0", "#b4b5ae"),
        "dark": ("#ff9142", "#58adff", "#6a7276"),
    }[scheme]
    drawn, shape = (image(page, f"#{name} canvas") for name in ("drawn", "learned"))
    assert count(drawn, shorter) + count(drawn, longer) == 0 < count(drawn, neutral)
    assert count(shape, shorter) > 30
    assert count(shape, longer) > 30
    rows = [row.split("\t") for row in page.locator("#changes tbody").inner_text().split("\n")]
    assert [row[0] for row in rows] == ["rest lengths", "stiffness"]
    assert rows[0][2] == "20 %"
    # Orange springs lie to the left of blue ones.
    distances = [np.abs(shape.astype(int) - _channels(each)).max(axis=2) for each in (shorter, longer)]
    left, right = (np.nonzero(each < 5)[1] for each in distances)
    assert left.mean() < right.mean()


@needs_chromium
def test_designs_that_are_as_drawn_have_no_shape_of_their_own(open_page) -> None:
    page = open_page(learned_gallery(strips.gallery()), anchor="#g004-i0002")
    assert state(page, "design") == "g004-i0002"
    assert page.locator("#shape").is_hidden()
    page.keyboard.press("p")
    assert page.locator("#shape").is_visible()


@needs_chromium
def test_the_page_shows_shapes_in_three_dimensions(open_page) -> None:
    gallery = cubes.gallery()
    page = open_page(replace(gallery, recordings=tuple(map(learned, gallery.recordings))), color_scheme="light")
    drawn, shape = (image(page, f"#{name} canvas") for name in ("drawn", "learned"))
    orange = [(each[:, :, 0].astype(int) - each[:, :, 2] > 90).sum() for each in (drawn, shape)]
    assert orange[1] > orange[0] + 100
    before = shape
    page.locator("#learned canvas").hover()
    page.mouse.down()
    page.mouse.move(500, 700)
    page.mouse.up()
    assert (image(page, "#drawn canvas") != drawn).any()
    assert (image(page, "#learned canvas") != before).any()


def _channels(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
