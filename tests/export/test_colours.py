"""The page's colours can be told apart by colour-blind readers too."""

import re
from importlib import resources

import pytest

from tests.export.colours import EYES, contrast, nearest

SCHEMES = ("light", "dark")

SETS = {
    "series": ([f"series-{number}" for number in range(1, 7)], 9.0),
    "actuation": (["contract", "neutral", "expand"], 18.0),
    "levels": ([f"level-{number}" for number in range(8)], 5.0),
    # No lattice here has more than four materials.
    "voxels": ([f"voxel-{number}" for number in range(1, 5)], 9.0),
    "materials": ([f"material-{number}" for number in range(1, 5)], 6.0),
}
"""Names of colours that stand side by side, and how far apart they are at least; 2 is seen when looked for."""


def palette(scheme: str) -> dict[str, str]:
    style = (resources.files("codesign.export") / "page" / "style.css").read_text("utf-8")
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark)
    return dict(reversed(found))  # what is said again later is for paper


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", SETS)
def test_colours_side_by_side_are_told_apart(kind: str, scheme: str, eyes: str) -> None:
    names, least = SETS[kind]
    assert nearest([palette(scheme)[name] for name in names], eyes) >= least


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_lines_stand_out_from_the_page(scheme: str) -> None:
    colours = palette(scheme)
    assert contrast(colours["ink"], colours["card"]) > 10
    assert contrast(colours["muted"], colours["card"]) > 4.5
    assert contrast(colours["muted"], colours["paper"]) > 4.5
    for name in SETS["series"][0]:
        assert contrast(colours[name], colours["card"]) > 2, name


def test_the_measure_knows_what_it_is_to_measure() -> None:
    assert nearest(["#000000", "#ffffff"], "trichromat") == pytest.approx(100, abs=0.1)
    red_and_green = ["#b02020", "#507000"]
    assert nearest(red_and_green, "trichromat") > 20
    assert nearest(red_and_green, "deuteranope") < 2
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
