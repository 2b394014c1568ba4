import base64
import html.parser
import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from codesign.export import webpage
from codesign.export.comparison_page import COMPARISON_SCRIPTS
from codesign.export.findings_page import FINDINGS_SCRIPTS
from codesign.export.webpage import SCRIPTS, encode_gallery, join_scripts, render_page, write_page
from tests.export import cubes
from tests.export.strips import gallery, recording

ATTACK = (
    "</title></script><script>window.attacked=1</script><img src=x onerror=window.attacked=1><!--<script {{data}}&amp;"
)


class Elements(html.parser.HTMLParser):
    """Every element of a page with its attributes, and the text inside scripts by their type."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str | None, str] = {}
        self._script: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._script = dict(attrs).get("type") if tag == "script" else None

    def handle_endtag(self, tag):  # noqa: ARG002 - the base class names it
        self._script = None

    def handle_data(self, data):
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def sources() -> dict[str, str]:
    return {name: (resources.files("codesign.export") / "page" / f"{name}.js").read_text("utf-8") for name in SCRIPTS}


def test_the_page_asks_for_nothing_from_outside():
    page = Elements(render_page(gallery()))
    for tag, attributes in page.elements:
        assert attributes.get("src") is None, tag
        assert attributes.get("href") in (None, "data:,"), tag
    for shown in (gallery(), cubes.gallery(1)):
        page = render_page(shown)
        assert not re.search(r"https?://(?!www\.w3\.org/(2000/svg|1999/xhtml))", page)
        assert "url(" not in page


def test_text_from_the_user_stays_text():
    clean, attacked = (Elements(render_page(gallery(text, config_text=text))) for text in ("title", ATTACK))
    assert [tag for tag, _ in attacked.elements] == [tag for tag, _ in clean.elements]
    assert json.loads(attacked.scripts["application/json"])["config"] == ATTACK


def test_positions_and_actuation_survive_the_encoding():
    strip = recording(speed=2.5)
    record = json.loads(encode_gallery(gallery(recordings=(strip,))))["designs"][0]
    motion = record["motion"]["after"]
    quantised = np.frombuffer(base64.b64decode(motion["positions"]), "<u2").reshape(strip.after.positions.shape)
    positions = np.array(motion["low"]) + np.array(motion["step"]) * quantised
    np.testing.assert_allclose(positions, strip.after.positions, atol=5 / 65535 / 2 * 1.1)
    actuation = np.frombuffer(base64.b64decode(motion["actuation"]), "<i1").reshape(len(strip.after.times), -1)
    np.testing.assert_allclose(
        actuation * motion["actuation_step"], strip.after.actuation[:, strip.swings > 0], atol=0.5 / 127 * 1.01
    )
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(motion["times"]), "<f4"), strip.after.times)


def test_designs_on_the_same_ground_share_it_and_its_heights_survive():
    data = json.loads(encode_gallery(cubes.gallery(3)))
    assert [design["ground"] for design in data["designs"]] == [0, 0, 0]
    (ground,) = data["grounds"]
    x, y = (np.frombuffer(base64.b64decode(ground[axis]), "<f4") for axis in "xy")
    z = np.frombuffer(base64.b64decode(ground["z"]), "<u2").reshape(len(y), len(x)) * ground["step"] + ground["low"]
    expected = cubes.recording().ground
    np.testing.assert_array_equal(np.stack(np.meshgrid(x, y), axis=-1), expected[..., :2])
    np.testing.assert_allclose(z, expected[..., 2], atol=2e-6)
    other = json.loads(
        encode_gallery(gallery(recordings=(recording(), recording("g000-i0001", ground=[[0, 0], [1, 0]]))))
    )
    assert [design["ground"] for design in other["designs"]] == [0, 1]
    assert other["grounds"][1] == [[0, 0], [1, 0]]


def test_values_that_are_missing_are_null():
    data = json.loads(encode_gallery(gallery(recordings=(recording(fitness=-np.inf),))))
    design = data["designs"][0]
    assert design["fitness"] is None
    assert design["measures"]["energy"] is None
    assert design["curve"][-1] is None
    assert data["history"]["best"][3] is data["history"]["mean"][0] is None


def test_a_design_costs_tens_of_kilobytes():
    strip = recording(triangles=20, frames=101)
    one, two = (len(encode_gallery(gallery(recordings=recordings)))
                for recordings in ((strip,), (strip, recording("g001-i0000", triangles=20, frames=101))))  # fmt: skip
    assert two - one < 40_000


def test_modules_import_only_from_earlier_ones_what_those_export():
    exported: dict[str, set[str]] = {}
    for name, source in sources().items():
        for names, other in re.findall(r'^import \{([^}]*)\} from "\./([\w/]+)\.js";$', source, re.MULTILINE):
            assert other in exported, f"{name} imports from {other}, which comes later or is missing in SCRIPTS"
            assert {each.strip() for each in names.split(",")} <= exported[other]
        exported[name] = set(re.findall(r"^export (?:class|function|const) (\w+)", source, re.MULTILINE))
        assert len(re.findall(r"^export", source, re.MULTILINE)) == len(exported[name])
    assert not re.search(r"^(import|export) ", join_scripts(), re.MULTILINE)
    page = Path(webpage.__file__).parent / "page"
    present = {each.relative_to(page).as_posix() for each in page.rglob("*.js")}
    assert present == {f"{name}.js" for name in (*SCRIPTS, *COMPARISON_SCRIPTS, *FINDINGS_SCRIPTS)}
    assert [name for name in COMPARISON_SCRIPTS[:-1] if name not in SCRIPTS] == []


def test_pages_in_two_dimensions_carry_nothing_of_those_in_three():
    flat, spatial = len(render_page(gallery())), len(render_page(cubes.gallery(1)))
    assert flat < 150_000
    assert spatial > 500_000
    assert "three.js" not in render_page(gallery())


COLOURS = (
    *("contract", "neutral", "expand", "material-1", "voxel-1", "voxel-6", "lamp"),
    *("sky", "soil", "soil-line", "passive", "mass", "muted"),
)


@pytest.mark.parametrize("name", COLOURS)
def test_both_colour_schemes_name_every_canvas_colour_in_full(name):
    style = (resources.files("codesign.export") / "page" / "style.css").read_text("utf-8")
    assert len(re.findall(rf"--{name}: #[0-9a-f]{{6}};", style)) == 2


def test_a_large_page_is_told(tmp_path, monkeypatch, caplog):
    write_page(gallery(), tmp_path / "page.html")
    assert not caplog.records
    monkeypatch.setattr(webpage, "LARGE", 1000)
    write_page(gallery(), tmp_path / "page.html")
    (said,) = caplog.messages
    assert said.startswith(f"{tmp_path / 'page.html'} takes 0 MB, which browsers open slowly; show fewer designs")
