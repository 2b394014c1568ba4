"""Figures about a run and several runs in a browser: what they show, how they are saved and printed."""

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from codesign.analysis import compare
from codesign.export import write_comparison
from tests.analysis.summaries import record, summary
from tests.export import cubes
from tests.export.browsing import count, image, needs_chromium, settle, state, wait_until
from tests.export.strips import gallery, recording
from tests.export.test_webpage import ATTACK

pytestmark = needs_chromium

LINE = ("g004-i0001", "g002-i0003", "g000-i0001")
SVG = "{http://www.w3.org/2000/svg}"


def run_gallery(**changes):
    units = {"fitness": "m", "displacement": "m", "energy": "J"}
    best = (0.2, 0.3, 0.4, np.nan, 0.8)
    return gallery(**{"summary": summary(best, lineage=LINE), "units": units} | changes)


def saved(page: Page, name: str, folder: Path) -> tuple[str, ElementTree.Element]:
    """Save a figure by its button, and return the file's name and its content."""
    with page.expect_download() as download:
        page.locator(f'.save[aria-label*="“{name}”"]').click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.name, ElementTree.parse(path).getroot()


def words(root: ElementTree.Element) -> str:
    return " ".join(text for node in root.iter() if (text := (node.text or "").strip()))


def test_the_page_of_a_run_has_a_figure_of_everything(open_page):
    page = open_page(run_gallery())
    titles = page.locator("#figures h3").all_inner_texts()
    assert titles == [
        "Fitness before and after learning",
        "Size of the bodies",
        "Diversity of the population",
        "How learning ended",
        "Newcomers in the population",
        "Operators that paid off",
        "Robots per second",
        "Robot-steps per second",
        "Wall time by generation",
        "Lineage of the best design",
    ]
    assert page.locator("#figures .chart svg").count() == len(titles)
    assert page.locator("#figures .band").count() == 2 * 2 + 2 + 2  # a gap parts the two of fitness
    said = page.locator("#figures .panel", has_text="How learning ended").locator("svg").get_attribute("aria-label")
    assert said == "In the last generation 75 % were valid: learned to the end 75 %, beyond limit 25 %."


def test_a_gallery_without_a_run_has_no_figures_of_one(open_page):
    assert not open_page().locator("#progress").is_visible()


def test_a_run_that_goes_on_says_how_far_it_is(open_page):
    page = open_page(run_gallery(summary=summary(lineage=LINE, planned=40)))
    assert "out of 5 generations (of 40 that the run is to have)" in page.locator("#summary").inner_text()
    assert "(of" not in open_page(run_gallery()).locator("#summary").inner_text()


def test_numbers_have_their_units(open_page):
    page = open_page(run_gallery())
    assert page.locator("#fitness").inner_text() == "0.800 m"
    assert page.locator("#summary").inner_text().endswith("a fitness of 0.800 m.")
    assert page.locator(".card-fitness").first.inner_text() == "0.800 m"
    facts = page.locator("#facts").inner_text().split("\n")
    for term, value in {
        "Fitness": "0.8000 m (walk)",
        "Learning": "0.000 → 0.800 m",
        "Displacement": "0.8000 m",
    }.items():
        assert facts[facts.index(term) + 1] == value
    assert page.locator("#curve svg").inner_html().count("performance [m]") == 1
    assert page.locator("#figures").inner_html().count("fitness [m]") == 1


def test_the_operators_figure_tells_shares_and_gains(open_page):
    figure = open_page(run_gallery()).locator("#figures .panel", has_text="Operators that paid off").locator("svg")
    assert figure.locator("text.main").all_text_contents() == ["flip (2)", "grow (1)"]
    assert {"50 %", "0.0 %"} <= set(figure.locator("text.small").all_text_contents())
    assert figure.locator("text.end").all_text_contents() == ["median gain [m]", "+0.200", "\N{MINUS SIGN}0.200"]


def test_an_ancestor_is_shown_when_it_is_chosen(open_page):
    page = open_page(run_gallery())
    ancestors = page.locator(".ancestor")
    assert ancestors.count() == 3
    assert ancestors.first.get_attribute("aria-label") == "g000-i0001, generation 0, random, fitness 0.200 m"
    assert all(picture.startswith("data:image/png") for picture in
               [each.get_attribute("href") or "" for each in page.locator(".ancestor image").all()])  # fmt: skip
    ancestors.first.click()
    assert state(page, "design") == "g000-i0001"
    ancestors.nth(1).focus()
    page.keyboard.press("Enter")
    assert state(page, "design") == "g002-i0003"


@pytest.mark.parametrize("shown", ["strips", "cubes"])
def test_ancestors_are_seen_in_their_pictures(open_page, shown):
    boxes = dataclasses.replace(cubes.gallery(), summary=summary(lineage=("g000-i0000",)))
    page = open_page(run_gallery() if shown == "strips" else boxes)
    page.locator(".ancestor").first.scroll_into_view_if_needed()
    pixels = image(page, ".ancestor")
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100


def test_an_ancestor_that_was_not_simulated_is_a_frame_with_its_name(open_page):
    page = open_page(run_gallery(summary=summary(lineage=("g004-i0001", "g003-i0009"))))
    assert page.locator(".ancestor").first.text_content() == "g003-i0009"
    assert page.locator(".ancestor image").count() == 1


def test_a_figure_is_saved_as_a_file_that_stands_alone(open_page, tmp_path):
    page = open_page(run_gallery(title="My run/1"), accept_downloads=True)
    name, root = saved(page, "sizes", tmp_path)
    assert name == "my-run-1-codesign-sizes.svg"
    assert root.tag == f"{SVG}svg"
    assert {"Size of the bodies", "masses", "muscles", "generation"} <= set(words(root).split()) | {words(root)[:18]}
    assert not [node for node in root.iter() if "class" in node.attrib or "style" in node.attrib]
    lines = [node for node in root.iter(f"{SVG}path") if node.get("fill") == "none"]
    assert {node.get("stroke") for node in lines} == {"rgb(36, 104, 180)", "rgb(224, 115, 15)"}
    _, root = saved(page, "lineage", tmp_path)
    assert len(list(root.iter(f"{SVG}image"))) == 3
    _, root = saved(page, "robot", tmp_path)
    assert "g004-i0001 at 0.00 s" in words(root)
    assert len(list(root.iter(f"{SVG}image"))) == 2


def test_a_saved_figure_looks_the_same_by_itself(open_page, browser: Browser, tmp_path):
    page = open_page(run_gallery(), color_scheme="dark", accept_downloads=True)
    name, _ = saved(page, "how learning ended", tmp_path)
    alone = browser.new_page()
    alone.goto((tmp_path / name).as_uri())
    alone.screenshot(path=tmp_path / "alone.png")
    pixels = (matplotlib.image.imread(tmp_path / "alone.png")[:, :, :3] * 255).round().astype(np.uint8)
    alone.close()
    assert count(pixels, "#191e22") > 5000
    assert count(pixels, "#519ae1") > 2000, "blue at 85 % on the panel"


def test_paper_is_light_and_has_no_controls(open_page):
    page = open_page(run_gallery(), color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    settle(page)
    for hidden in (".controls", ".save >> nth=0", ".stage-head nav", "footer"):
        assert not page.locator(hidden).is_visible(), hidden
    assert page.locator("#config").is_visible()
    assert count(image(page, "#after canvas"), "#fffefb") > 1000
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 34, 38)"
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert count(image(page, "#after canvas"), "#191e22") > 1000


def test_a_run_of_one_generation_and_no_valid_design_in_it(open_page):
    nothing = summary((np.nan,), statuses={}, valid=np.array([0.0]))
    page = open_page(run_gallery(summary=nothing, recordings=(recording(fitness=-np.inf),)))
    assert page.locator("#figures h3").count() == 9
    assert page.locator("#figures", has_text="nothing recorded").count() == 1


@pytest.fixture
def open_comparison(browser: Browser, tmp_path: Path):
    """A function that opens the page of several runs; at the end it may not have complained."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opener(runs, unreadable=None, **settings) -> Page:
        (path,) = write_comparison(compare(runs, unreadable), tmp_path / "comparison.html")
        page = browser.new_context(viewport={"width": 1280, "height": 900}, **settings).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda each: complaints.append(each.url) if not each.url.startswith(path.as_uri()) else None)
        page.goto(path.as_uri())
        wait_until(page, "window.codesign !== undefined")
        settle(page)
        pages.append(page)
        return page

    yield opener
    for page in pages:
        page.context.close()
    assert [each for each in complaints if each != "data:,"] == []


def test_runs_are_compared_in_figures_and_tables(open_comparison, tmp_path):
    sizes = [{"search.population_size": size} for size in (10, 10, 20)]
    runs = [record(f"runs/{i}", (0.1, 0.2, 0.2 + 0.1 * i), sizes[i], seed=i) for i in range(3)]
    page = open_comparison(runs, {"runs/9": "no metrics"}, accept_downloads=True)
    assert page.locator("#summary").inner_text().startswith("3 runs in 2 groups;")
    assert page.locator("#unreadable").inner_text() == "runs/9 cannot be read: no metrics"
    assert page.locator("#figures h3").all_inner_texts() == [
        *("Best fitness by generation", "Best fitness by robot-steps", "Best fitness by time"),
        *("Best fitness at the end", "Diversity", "Throughput"),
    ]
    by_generation = page.locator("#figures .panel").first
    assert by_generation.locator(".band").count() == 2
    assert by_generation.locator(".series").count() == 2 + 2  # medians, and the runs of the group of two
    assert "search.population_size=10: 0.250 m (0.200 to 0.300, 2 runs)" in page.locator("#figures").inner_text()
    assert page.locator("#figures circle").count() == 3
    rows = [row.split("\t") for row in page.locator("#runs").inner_text().split("\n")]
    assert rows[0][4] == "best fitness [m]"
    assert rows[1][:7] == ["runs/0", "search.population_size=10", "0", "3", "0.200", "3 k", "6"]
    assert page.locator("#differences").inner_text().split("\n")[1:] == [
        "seed\t0\t1\t2",
        "search.population_size\t10\t10\t20",
    ]
    name, root = saved(page, "final best", tmp_path)
    assert name == "comparison-of-runs-codesign-final-best.svg"
    assert "Best fitness at the end" in words(root)


def test_the_nearest_medians_are_read_off_under_the_pointer(open_comparison):
    page = open_comparison([record("a", (0.1, 0.2, 0.4)), record("b", (0.3, 0.4, 0.5), {"sim.steps": 10})])
    chart = page.locator("#figures .chart").first
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 14, box["y"] + 60)
    assert chart.locator(".readout").text_content() == "generation 2: sim.steps=null 0.400, sim.steps=10 0.500"


def test_one_run_in_which_nothing_was_valid_can_be_looked_at(open_comparison):
    page = open_comparison([record("a", (np.nan, np.nan))])
    assert page.locator("#figures", has_text="nothing recorded").count() == 1
    assert page.locator("#differences").is_hidden()


def test_names_from_strangers_are_text(open_comparison):
    page = open_comparison([record(ATTACK, settings={ATTACK: ATTACK}), record("b")], {ATTACK: ATTACK})
    assert page.evaluate("window.attacked") is None
    assert ATTACK in (page.locator("#runs").text_content() or "")


HEIGHTS = "[...document.querySelectorAll('.chart > svg')].map((each) => each.getBoundingClientRect().height)"


def after_a_while(page: Page, expression: str, frames: int = 30) -> list[float]:
    """Return what a page says after so many pictures of it."""
    told = "async (frames) => { for (let i = 0; i < frames; i++) await new Promise(requestAnimationFrame); return %s; }"
    return page.evaluate(told % expression, frames)


def assert_charts_keep_their_height(page: Page) -> None:
    on_screen = after_a_while(page, HEIGHTS)
    assert len(on_screen) > 3
    assert min(on_screen) > 30
    page.emulate_media(media="print")
    first = after_a_while(page, HEIGHTS)
    assert after_a_while(page, HEIGHTS) == first
    # Paper is narrower or wider than the screen; what is written in a chart is as large on both.
    np.testing.assert_allclose(first, on_screen, atol=2.0)
    page.emulate_media(media="screen")
    assert after_a_while(page, HEIGHTS) == on_screen


@pytest.mark.slow
def test_charts_do_not_grow_on_paper(open_page):
    assert_charts_keep_their_height(open_page(run_gallery()))


@pytest.mark.slow
def test_charts_of_several_runs_do_not_grow_on_paper(open_comparison):
    assert_charts_keep_their_height(open_comparison([record(f"runs/{i}", seed=i) for i in range(2)]))


@pytest.mark.slow
def test_a_page_that_is_printed_at_once_has_charts(open_page):
    page = open_page(run_gallery())
    page.emulate_media(media="print")
    page.reload()
    wait_until(page, "window.codesign !== undefined")
    heights = after_a_while(page, HEIGHTS)
    assert min(heights) > 30
    assert heights[2] == 230
    assert after_a_while(page, HEIGHTS) == heights
