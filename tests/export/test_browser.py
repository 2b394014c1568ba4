"""The page in a browser, opened from disk: what is seen and what keys and controls do."""

import dataclasses

import numpy as np
import pytest

from codesign.export import EXPORTERS, History
from tests.export.browsing import COUNT_CONTEXTS, count, image, needs_chromium, settle, state, wait_until
from tests.export.strips import gallery, recording
from tests.export.test_webpage import ATTACK

pytestmark = needs_chromium

AFTER = "#after canvas"
MISSING = "\N{EN DASH}"


def test_the_best_design_is_shown_first_with_its_facts_and_charts(open_page):
    page = open_page()
    assert state(page, "design") == "g004-i0001"
    assert page.locator("h1").inner_text() == "strips"
    facts = page.locator("#facts").inner_text().split("\n")
    for term, value in {
        "Fitness": "0.8000 (walk)",
        "Masses": "13",
        "Springs": "23",
        "Cells": "11",
        "Energy": MISSING,
    }.items():
        assert facts[facts.index(term) + 1] == value
    assert page.locator("#design-line").inner_text() == "Generation 4 · cell flip of g000-i0001"
    assert page.locator("#curve path.series").count() == 1
    assert page.locator("#run path.series").count() == 2
    assert "best from 0.200 to 0.800" in (page.locator("#run svg").get_attribute("aria-label") or "")
    assert page.locator("#config").text_content() == "seed: 1\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_canvases_show_robot_and_ground_in_the_scheme_s_colours(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.keyboard.press("ArrowRight")
    colours = {
        "light": ("#c8500a", "#1a63b0", "#dfe5df", "#e6e0d3", "#fffefb"),
        "dark": ("#ff9142", "#58adff", "#2c373b", "#262c2e", "#191e22"),
    }[scheme]
    pixels = image(page, AFTER)
    for colour in colours:
        assert count(pixels, colour) > 50, colour
    for view in ("#before canvas", ".card canvas"):
        assert count(image(page, view), colours[2]) > 50, view


def test_scrubbing_changes_picture_clock_and_displacement(open_page):
    page = open_page()
    assert state(page, "frame") == 0
    start = image(page, AFTER)
    page.locator("#scrub").fill("30")
    assert state(page, "frame") == 30
    assert (image(page, AFTER) != start).any(axis=2).mean() > 0.02
    assert page.locator("#clock").inner_text() == "1.50 / 2.00 s"
    assert page.locator("#after output").inner_text() == "+0.600 m"
    assert page.locator("#before output").inner_text() in ("+0.000 m", "+0.001 m")
    page.locator("#scrub").fill("0")
    np.testing.assert_array_equal(image(page, AFTER), start)


def test_play_advances_at_the_chosen_speed_and_starts_again_at_the_end(open_page):
    page = open_page()
    page.locator("#speed").select_option("2")
    page.locator("#play").click()
    wait_until(page, "window.codesign.time > 0.3")
    wait_until(page, "window.codesign.time === 2")
    wait_until(page, "window.codesign.time > 0 && window.codesign.time < 1")
    page.locator("#play").click()
    paused = state(page, "time")
    page.wait_for_timeout(150)
    assert state(page, "time") == paused
    assert page.locator("#play").get_attribute("aria-label") == "Play"


def test_it_plays_by_itself_unless_less_motion_is_wished(open_page):
    assert state(open_page(reduced_motion="no-preference"), "playing")
    still = open_page()
    assert not state(still, "playing")
    first = image(still, ".card canvas")
    still.wait_for_timeout(200)
    np.testing.assert_array_equal(image(still, ".card canvas"), first)
    still.locator("#moving").check()
    still.wait_for_timeout(200)
    assert (image(still, ".card canvas") != first).any()


def test_keys_play_step_and_change_the_design(open_page):
    page = open_page()
    page.keyboard.press(" ")
    assert state(page, "playing")
    page.keyboard.press(" ")
    assert not state(page, "playing")
    page.keyboard.press("Home")
    for key, frame in {"ArrowRight": 1, "Shift+ArrowRight": 11, "ArrowLeft": 10, "End": 40, "Home": 0}.items():
        page.keyboard.press(key)
        assert state(page, "frame") == frame, key
    page.keyboard.press("ArrowLeft")
    assert state(page, "frame") == 0
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert state(page, "frame") == 40
    page.keyboard.press("n")
    assert state(page, "design") == "g004-i0002"
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert state(page, "design") == "g000-i0000"


def test_keys_meant_for_a_control_stay_with_it(open_page):
    page = open_page()
    page.locator("#next").press(" ")
    assert state(page, "design") == "g004-i0002"
    assert not state(page, "playing")
    page.locator("#speed").press("Home")
    page.locator("#speed").press("ArrowRight")
    assert state(page, "frame") == 0
    assert page.locator("#speed").input_value() != "1"


def test_the_camera_follows_or_shows_the_whole_course(open_page):
    page = open_page()
    page.keyboard.press("End")
    following = image(page, AFTER)
    page.keyboard.press("f")
    assert not page.locator("#follow").is_checked()
    assert (image(page, AFTER) != following).any(axis=2).mean() > 0.05


def test_generations_filter_the_gallery(open_page):
    page = open_page()
    assert page.locator("#generation option").all_inner_texts() == [
        "all generations",
        "generation 0",
        "generation 2",
        "generation 4",
    ]
    page.locator("#generation").select_option("0")
    assert state(page, "shown") == ["g000-i0001", "g000-i0000"]
    assert state(page, "design") == "g000-i0001"
    assert page.locator(".card").count() == 2
    assert page.locator("#count").inner_text() == "2 designs"
    page.get_by_role("button", name="show designs of generation 2").press("Enter")
    assert state(page, "shown") == ["g002-i0003"]
    page.locator("#generation").select_option("all")
    page.locator("#order").select_option("generation")
    assert state(page, "shown")[:3] == ["g000-i0001", "g000-i0000", "g002-i0003"]


def test_cards_parents_and_addresses_lead_to_designs(open_page):
    page = open_page(anchor="#g002-i0003")
    assert state(page, "design") == "g002-i0003"
    page.locator("#facts a").click()
    wait_until(page, "window.codesign.design === 'g000-i0001'")
    page.get_by_role("button", name="g004-i0002").click()
    assert state(page, "design") == "g004-i0002"
    assert page.locator(".card[aria-pressed=true]").get_attribute("data-design") == "g004-i0002"
    assert page.locator("#before").is_hidden()
    assert page.url.endswith("#g004-i0002")


def test_text_from_the_user_is_inert(open_page):
    strip = recording(
        operator=ATTACK, parents=(ATTACK,), measures={ATTACK: 1.0}, controller=ATTACK, task=ATTACK, generation=3
    )
    tainted = dataclasses.replace(strip, materials=np.arange(1, 7), material_names=(ATTACK,) * 7)
    page = open_page(gallery(ATTACK, recordings=(tainted,), config_text=ATTACK))
    assert page.locator("h1").inner_text() == ATTACK
    assert page.evaluate("window.attacked") is None
    assert page.locator("img").count() == 0
    assert page.locator(".swatch.material-6").count() == 1


def test_the_policy_lets_no_other_script_run(browser, tmp_path):
    (path,) = EXPORTERS["html"].write(gallery(), tmp_path / "page.html")
    path.write_text(path.read_text().replace("<main>", "<main><script>window.attacked = 1</script>"))
    page = browser.new_page()
    page.goto(path.as_uri())
    wait_until(page, "window.codesign !== undefined")
    assert page.evaluate("window.attacked") is None
    page.close()


@pytest.mark.parametrize("width", [320, 390, 700, 1024, 1920])
def test_nothing_is_cut_off_at_any_width(open_page, width):
    page = open_page(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in ("#after canvas", "#play", "#scrub", "#speed", "#follow", "#curve svg", "#run svg", ".card"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None, selector
        assert box["width"] > 10, selector
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= width, selector


def test_odd_galleries_load(open_page):
    invalid = recording("g000-i0001", fitness=-np.inf, curve=np.full(3, np.nan), before=None, frames=1)
    empty_history = dataclasses.replace(
        gallery().history, generations=np.zeros(0), best_fitness=np.zeros(0), mean_fitness=np.zeros(0)
    )
    page = open_page(gallery(recordings=(invalid,), history=empty_history, config_text=""))
    assert page.locator("#fitness").inner_text() == MISSING
    assert page.locator("#configuration").is_hidden()
    assert page.get_by_text("nothing recorded").count() == 1
    assert page.locator("#run").is_hidden()
    page.keyboard.press(" ")
    settle(page)


def test_bodies_at_rest_offer_nothing_to_play_and_no_empty_charts(open_page):
    none = np.zeros(0)
    still = {"operator": "given", "curve": none, "before": None, "frames": 1, "measures": {}, "task": ""}
    bodies = (recording("g000-a", fitness=-np.inf, **still), recording("g000-b", fitness=1.5, **still))
    page = open_page(gallery(recordings=bodies, history=History(none, none, none)), reduced_motion="no-preference")
    for selector in ("#play", "#scrub", "#clock", "#speed", "#follow", "#curve", "#run", "#moving", "#generation"):
        assert page.locator(selector).is_hidden(), selector
    assert page.locator("#design-line").inner_text() == "given"
    assert page.locator("#fitness").inner_text() == "1.500"
    assert "Generation" not in page.locator("#facts").inner_text()
    assert "Learning" not in page.locator("#facts").inner_text()
    assert state(page, "playing") is False
    page.keyboard.press("n")
    assert page.locator("#score").is_hidden()
    assert page.locator("#order").is_visible()
    assert page.locator(".card-fitness").all_inner_texts() == ["1.500", ""]
    alone = open_page(gallery(recordings=bodies[:1], history=History(none, none, none)))
    for selector in (".controls", "#previous", "#order"):
        assert alone.locator(selector).is_hidden(), selector
    assert alone.locator("#muscle").is_visible()
    assert not open_page().locator("#muscle").is_visible()


def test_every_control_has_a_name(open_page):
    page = open_page()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, canvas, [role=button]")]
            .filter(each => !each.closest(".card") || each.matches(".card"))
            .filter(each => !each.getAttribute("aria-label") && !each.labels?.length).map(each => each.outerHTML)"""
    )
    assert unnamed == []


def test_the_light_and_the_worlds_are_shown(open_page):
    strip = recording(light=(0.6, 0.1), world_fitness=[0.25, 0.75, np.nan], speed=0.2)
    page = open_page(gallery(recordings=(strip,)))
    assert page.locator("#lamp").is_visible()
    start = recording().after.positions[0, :, 0].mean()
    assert page.locator("#after output").inner_text() == f"{0.6 - start:.2f} m to the light"
    page.keyboard.press("End")
    settle(page)
    assert page.locator("#after output").inner_text() == f"{0.6 - start - 0.4:.2f} m to the light"
    assert count(image(page, AFTER), "#eda100") > 20, "the lamp"
    page.keyboard.press("f")
    assert count(image(page, AFTER), "#eda100") > 20, "the lamp, from afar"
    assert count(image(open_page(), AFTER), "#eda100") == 0
    assert "3, from 0.250 to 0.750 (spread 0.250), 1 invalid" in page.locator("#facts").inner_text()
    assert page.locator("#facts .strip circle").count() == 2


def test_designs_in_two_dimensions_need_no_webgl_and_offer_nothing_of_space(open_page):
    page = open_page(before_load=COUNT_CONTEXTS)
    assert page.evaluate("window.contexts") == 0
    assert not page.locator("#springs").is_visible()
    assert not page.locator(".only-spatial").filter(visible=True).count()
    assert page.locator(".of-springs").is_visible()
    assert page.locator("#lamp").is_hidden()
    picture = image(page, AFTER)
    for key in "vr+-awsd":
        page.keyboard.press(key)
    np.testing.assert_array_equal(image(page, AFTER), picture)
