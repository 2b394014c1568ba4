"""Contact sheets and SVG stills."""

import io
import re
import xml.etree.ElementTree as Xml
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codesign.errors import ConfigError
from codesign.export import EXPORTERS, ExportPlan, Recording, RecordingError
from codesign.export.picture import SheetSettings, moment_of, write_sheet
from codesign.export.still import render_still
from codesign.export.theme import LIGHT, rgb
from tests.export import cubes
from tests.export.strips import gallery, recording


def near(image: np.ndarray, colour: str) -> int:
    return int((np.abs(image / 255 - rgb(colour)).max(axis=-1) < 0.03).sum())


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (5, 3, 2), (40, 8, 5)])
def test_a_sheet_has_a_picture_of_each_design(count: int, columns: int, rows: int, tmp_path: Path) -> None:
    designs = tuple(recording(f"g{i // 20:03}-i{i:04}", frames=3) for i in range(count))
    path = tmp_path / "all.sheet.png"
    assert write_sheet(gallery("<all> of them", recordings=designs), path) == [path]
    with Image.open(path) as image:
        assert image.size == (max(columns, 2) * 220, 56 + rows * 236)
        assert image.info["Title"] == "<all> of them"
        pixels = np.asarray(image)
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        cell = pixels[56 + row * 236 : 56 + (row + 1) * 236, column * 220 : (column + 1) * 220]
        assert (near(cell, LIGHT.materials[0]) > 100) == (number < count)
        assert (near(cell[200:], LIGHT.ink) > 20) == (number < count)


def test_a_sheet_shows_designs_of_two_and_of_three_dimensions_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    both = (recording(fitness=-np.inf), cubes.recording("g001-i0001"))
    write_sheet(gallery(recordings=both), path, SheetSettings(columns=2, theme="dark"))
    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (56 + 236, 440, 3)
    assert pixels[100:200, 220:].std() > 10
    assert pixels.mean() < 90


def test_of_many_designs_a_sheet_keeps_a_frame_each(tmp_path: Path) -> None:
    seen: list[Recording] = []

    def write(shown, path, _settings):
        seen.extend(shown.recordings)
        path.write_bytes(b"x")
        return [path]

    sheet = replace(EXPORTERS["sheet"], write=write)
    parts = [gallery(recordings=(recording(f"g000-i{i:04}"),)) for i in range(4)]
    ids = tuple(part.recordings[0].design for part in parts)
    assert list(ExportPlan(tmp_path, "all", ids, (sheet,)).write(parts)) == [tmp_path / "all.sheet.png"]
    assert [each.design for each in seen] == list(ids)
    assert {len(each.after.times) for each in seen} == {1}
    assert all(each.before is None for each in seen)


def test_the_frame_of_a_sheet_is_the_middle_of_the_motion() -> None:
    body = recording(frames=41)
    moment = moment_of(body)
    np.testing.assert_array_equal(moment.after.positions[0], body.after.positions[20])
    np.testing.assert_array_equal(moment_of(moment).after.positions, moment.after.positions)


def test_settings_of_sheets_out_of_range_are_told() -> None:
    with pytest.raises(ConfigError, match="columns to be a whole number from 1 to 40"):
        SheetSettings(columns=0)
    with pytest.raises(ConfigError, match="theme to be one of light, dark"):
        SheetSettings(theme="blue")


def test_more_designs_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.export.sheet._MOST", 4)
    with pytest.raises(RecordingError, match="at most 4 designs on a sheet; got 5"):
        write_sheet(gallery(), tmp_path / "sheet.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("design", [recording(), cubes.recording(frames=5)], ids=["strip", "cubes"])
def test_an_svg_still_is_strict_undated_and_has_its_shapes(design: Recording) -> None:
    text = render_still(design, "svg").decode()
    assert text == render_still(design, "svg").decode()
    root = Xml.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\d", text)
    assert f">{design.design}<" in text
    fills = set(re.findall(r"fill: (#[0-9a-f]{6})", text))
    assert len(fills) > 5
    assert len(text) < 1_500_000
    assert design.dim == 3 or LIGHT.materials[0] in fills


def test_stills_of_both_forms_have_one_look() -> None:
    png = Image.open(io.BytesIO(render_still(recording())))
    root = Xml.fromstring(render_still(recording(), "svg").decode())
    left, top, width, height = (float(value) for value in root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert width / height == pytest.approx(png.width / png.height, rel=0.01)
