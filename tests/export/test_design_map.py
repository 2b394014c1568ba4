"""Maps of what a search keeps: an archive as cells and a front as points, browsed by pointer and by keyboard."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.export import EXPORTERS, DesignMap, Gallery, RecordingError
from tests.export.browsing import Opener, image, needs_chromium, state
from tests.export.strips import archive, gallery


def front(shown: Gallery) -> DesignMap:
    found = archive(shown)
    open_ended = {"lowest": np.nan, "highest": np.nan, "cells": 0}
    marked = np.arange(len(found.designs)) == 0
    return replace(
        found,
        title="Trade-offs",
        across=replace(found.across, **open_ended),
        up=replace(found.up, **open_ended),
        marked=marked,
        mark="front",
    )


def with_map(shown: Gallery, make=archive) -> Gallery:
    return replace(shown, map=make(shown))


@needs_chromium
@pytest.mark.parametrize("make", [archive, front])
def test_a_click_and_the_keyboard_show_designs_moving(open_page: Opener, make) -> None:
    shown = gallery()
    page = open_page(with_map(shown, make))
    spots = page.locator("#map .spot.moving")
    assert spots.count() == len(shown.recordings)
    assert page.locator("#map .spot").count() == len(shown.recordings) + 1
    for recording in shown.recordings:
        page.locator(f'#map .spot[data-design="{recording.design}"]').click()
        assert state(page, "design") == recording.design
        assert page.locator("#map .spot.chosen").get_attribute("data-design") == recording.design
    first, second = shown.recordings[0].design, shown.recordings[1].design
    assert page.locator("#map .spot[tabindex='0']").count() == 1
    page.locator(f'#map .spot[data-design="{first}"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.design") == second
    page.keyboard.press("Enter")
    assert state(page, "design") == second
    said = page.locator(f'#map .spot[data-design="{second}"]').get_attribute("aria-label")
    assert said is not None
    assert "size 15.00" in said
    assert "gait frequency 1.00 Hz" in said
    assert page.locator("#map path.spot").count() == (1 if make is front else 0)


@needs_chromium
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_page_in_both_schemes(open_page: Opener, width: int, scheme: str) -> None:
    page = open_page(with_map(gallery()), width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#map svg").bounding_box()
    assert box is not None
    assert box["width"] <= width
    assert len(np.unique(image(page, "#map svg").reshape(-1, 3), axis=0)) > 8


@needs_chromium
def test_a_page_without_a_map_has_no_place_for_one(open_page: Opener) -> None:
    page = open_page()
    assert page.locator("#overview").is_hidden()


def test_numbers_are_plain_and_leave_out_what_is_not_finite() -> None:
    found = front(gallery()).numbers()
    assert found["axes"][0] == {"name": "size", "unit": "", "lowest": None, "highest": None, "cells": 0}
    assert found["designs"][0]["marked"] is True
    assert found["designs"][-1] == {"design": "g099-i0099", "across": 15.0, "up": 3.0, "fitness": 0.1, "marked": False}


def test_the_numbers_are_exported_as_json(tmp_path: Path) -> None:
    shown = gallery()
    (path,) = EXPORTERS["map"].write(with_map(shown), tmp_path / "one.map.json")
    found = json.loads(path.read_text())
    assert (found["format"], found["schema_version"], found["title"]) == ("codesign-map", 1, "strips")
    assert found["map"] == archive(shown).numbers()
    assert [each["design"] for each in found["designs"]] == [recording.design for recording in shown.recordings]


def test_without_a_map_none_is_written(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="a search that keeps a map; got strips, which has none"):
        EXPORTERS["map"].write(gallery(), tmp_path / "other.map.json")
    assert list(tmp_path.iterdir()) == []
