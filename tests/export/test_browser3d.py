"""The page in a browser with designs in three dimensions: what is drawn, how it is turned, and with how little."""

import json
from functools import partial
from importlib import resources

import numpy as np
import pytest

from codesign.export import EXPORTERS
from tests.export import cubes
from tests.export.browsing import COUNT_CONTEXTS, NO_WEBGL, count, image, needs_chromium, settle, state, wait_until

pytestmark = needs_chromium

BEFORE, AFTER = "#before canvas", "#after canvas"


@pytest.fixture
def open_page(open_page):
    """As everywhere, with smaller views: without a graphics processor every pixel takes its time."""
    return partial(open_page, width=800)


def run(page, module: str, expression: str):
    """Value of an expression in the scope of one of the page's modules that imports nothing."""
    source = (resources.files("codesign.export") / "page" / f"{module}.js").read_text("utf-8")
    return page.evaluate(f"(() => {{ {source.replace('export ', '')}\nreturn {expression}; }})()")


def changed(one: np.ndarray, other: np.ndarray) -> float:
    """Part of the pixels that differ by more than rounding."""
    return float((np.abs(one.astype(int) - other.astype(int)).max(axis=2) > 8).mean())


def coloured(pixels: np.ndarray) -> tuple[int, int]:
    """Pixels that are distinctly orange (contracting) and distinctly blue (expanding)."""
    red, blue = pixels[..., 0].astype(int), pixels[..., 2].astype(int)
    return int((red - blue > 70).sum()), int((blue - red > 40).sum())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_voxels_stand_on_the_ground_in_both_schemes(open_page, scheme):
    page = open_page(cubes.gallery(2), color_scheme=scheme)
    page.keyboard.press("Shift+ArrowRight")
    sky = {"light": "#fffefb", "dark": "#191e22"}[scheme]
    for view in (BEFORE, AFTER, ".card canvas"):
        pixels = image(page, view)
        assert sum(coloured(pixels)) > 200, view
        assert count(pixels, sky) < pixels.shape[0] * pixels.shape[1] / 2, view
        # The sky is where the ground has faded, along the upper border.
        assert count(pixels[2:6], sky) > 3 * pixels.shape[1], view


def test_flat_ground_shows_a_grid_that_passes_by(open_page):
    page = open_page(cubes.gallery(1, bumpy=False))
    page.locator("#scrub").fill("20")
    first = image(page, AFTER)
    floor = slice(first.shape[0] - 60, first.shape[0] - 30)
    assert first[floor].astype(int).max(axis=2).std() > 2
    assert count(first, "#b8b3a9") > 300, "soil in the shadow"
    page.locator("#scrub").fill("23")
    assert changed(image(page, AFTER)[floor], first[floor]) > 0.02


def test_time_moves_the_picture_and_the_distance(open_page):
    page = open_page(cubes.gallery(1))
    start = image(page, AFTER)
    assert page.locator("#after output").inner_text() == "+0.000 m"
    page.locator("#scrub").fill("30")
    assert changed(image(page, AFTER), start) > 0.05
    before, after = cubes.recording(speed=0.1).after.positions[[0, 30], :, 0].mean(axis=1)
    shown = page.locator("#after output").inner_text().removesuffix(" m")
    assert abs(float(shown) - (after - before)) < 0.0011
    page.locator("#scrub").fill("0")
    np.testing.assert_array_equal(image(page, AFTER), start)


def test_springs_and_voxels_take_turns(open_page):
    page = open_page(cubes.gallery(1))
    page.keyboard.press("Shift+ArrowRight")
    assert state(page, "options.springs") is False
    assert page.locator(".of-springs").is_hidden()
    voxels = image(page, AFTER)
    page.keyboard.press("v")
    assert state(page, "options.springs") is True
    assert page.locator("#springs").is_checked()
    assert page.locator(".of-springs").is_visible()
    springs = image(page, AFTER)
    assert changed(springs, voxels) > 0.02
    assert min(coloured(springs)) > 100
    page.locator("#voxels").check()
    np.testing.assert_array_equal(image(page, AFTER), voxels)


def test_the_ground_is_interpolated_level_beyond_and_its_mesh_lies_on_it(open_page):
    page = open_page(cubes.gallery(1))
    made = "new Heightfield([0, 2], [0, 1], Float32Array.from([0, 2, 4, 6]))"
    places = [(0, 0), (1, 0), (0, 0.5), (1, 0.5), (-3, 0), (9, 9)]
    heights = run(page, "heightfield", f"{[list(place) for place in places]}.map(([x, y]) => {made}.heightAt(x, y))")
    np.testing.assert_allclose(heights, [0, 1, 2, 3, 0, 6])
    mesh = run(page, "heightfield", f"Object.values({made}.mesh()).map((each) => [...each])")
    vertices, triangles = np.array(mesh[0]).reshape(-1, 6), np.array(mesh[1]).reshape(-1, 3)
    inside = vertices[(vertices[:, 0] >= 0) & (vertices[:, 0] <= 2) & (vertices[:, 1] >= 0) & (vertices[:, 1] <= 1)]
    np.testing.assert_allclose(np.unique(inside[:, :3], axis=0), [(0, 0, 0), (0, 1, 4), (2, 0, 2), (2, 1, 6)])
    np.testing.assert_allclose(np.linalg.norm(vertices[:, 3:], axis=1), 1, atol=1e-6)
    a, b, c = vertices[triangles, :3].transpose(1, 0, 2)
    areas = np.cross(b - a, c - a)[:, 2] / 2
    assert (areas > 0).all(), "seen from above"
    assert areas.sum() == pytest.approx(122 * 121), "without holes"


@pytest.mark.parametrize(("rise", "crisp"), [(0.04, True), (0.015, False)])
def test_stairs_have_edges_and_gentle_ground_has_none(open_page, rise, crisp):
    page = open_page(cubes.gallery(1))
    x, z = [-0.1, 0, 0.05, 0.1], [0, 0, rise, rise]
    made = f"new Heightfield({x}, [0, 1], Float32Array.from({z + z}))"
    mesh = run(page, "heightfield", f"Object.values({made}.mesh()).map((each) => [...each])")
    vertices, triangles = np.array(mesh[0]).reshape(-1, 6), np.array(mesh[1]).reshape(-1, 3)
    assert len(vertices) == 4 * (6 + 2 * crisp), "twice where there is an edge"
    corners = vertices[triangles].astype(float)
    across = np.cross(corners[:, 1, :3] - corners[:, 0, :3], corners[:, 2, :3] - corners[:, 0, :3])
    flat = across / np.linalg.norm(across, axis=1, keepdims=True)
    bend = np.arccos((corners[..., 3:] * flat[:, None]).sum(axis=2).clip(-1, 1)).max()
    assert bend == pytest.approx(0 if crisp else np.arctan(rise / 0.05) / 2, abs=1e-3)


def test_level_ground_at_the_height_of_a_contour_line_is_not_all_line(open_page):
    x, y = np.meshgrid([-1.0, 2.8, 2.85, 3.0], [-1.5, 1.5])
    step = np.stack([x, y, 0.04 * (x > 2.82)], axis=-1)
    level, stepped = (
        image(open_page(cubes.gallery(1, bumpy=False, ground=ground)), AFTER) for ground in (cubes.flat_ground(), step)
    )
    floor = slice(level.shape[0] - 60, level.shape[0] - 30)
    assert np.abs(np.median(stepped[floor], axis=(0, 1)) - np.median(level[floor], axis=(0, 1))).max() < 5


def test_only_outer_faces_are_drawn_and_they_face_outwards(open_page):
    page = open_page(cubes.gallery(1))
    body = cubes.recording()
    parts = {"cells": body.cells.tolist(), "springs": body.springs.ravel().tolist(), "mass_count": body.masses}
    parts["muscles"] = np.flatnonzero(body.swings).tolist()
    shape = f"((parts) => [outerFaces(parts.cells), musclesOf(parts)])({json.dumps(parts)})"
    outer, muscles = run(page, "mesh3d", shape)
    # Thirteen cubes, twelve pairs side by side in the table's top and four where it stands on its legs.
    assert len(outer) == 13 * 6 - 2 * (12 + 4)
    positions = body.after.positions[0]
    faces = positions[np.array([each["masses"] for each in outer])]
    normals = np.cross(faces[:, 2] - faces[:, 0], faces[:, 3] - faces[:, 1])
    centres = faces.mean(axis=1)
    ahead = centres + 0.02 * normals / np.linalg.norm(normals, axis=1, keepdims=True)
    middles = positions[body.cells].mean(axis=1)
    nearest = np.linalg.norm(centres[:, None] - middles, axis=2)
    assert (np.linalg.norm(ahead[:, None] - middles, axis=2).min(axis=1) > nearest.min(axis=1)).all()
    assert (nearest.argmin(axis=1) == [each["cell"] for each in outer]).all()
    # All of a leg's edges and diagonals are muscles, of the table's top the springs of its lower side.
    assert [len(each) for each in muscles] == [6] * 9 + [24] * 4


def drag(page, view: str, across: int, down: int) -> None:
    box = page.locator(view).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()


def test_dragging_turns_both_views_and_a_double_click_turns_them_back(open_page):
    page = open_page(cubes.gallery(1))
    first = {view: image(page, view) for view in (BEFORE, AFTER)}
    camera = state(page, "camera")
    drag(page, AFTER, 120, 30)
    turned = state(page, "camera")
    assert turned["azimuth"] < camera["azimuth"] - 0.3
    assert turned["elevation"] > camera["elevation"] + 0.1
    for view, picture in first.items():
        assert changed(image(page, view), picture) > 0.1, view
    page.mouse.move(5, 5)
    drag(page, BEFORE, 0, -2000)
    assert 0 < state(page, "camera")["elevation"] < 0.2, "never below the ground"
    page.locator(AFTER).dblclick()
    assert state(page, "camera") == camera
    for view, picture in first.items():
        np.testing.assert_array_equal(image(page, view), picture)


def test_wheel_and_keys_zoom_and_turn_while_arrows_step(open_page):
    page = open_page(cubes.gallery(1))
    camera, first = state(page, "camera"), image(page, AFTER)
    page.locator(AFTER).hover()
    page.mouse.wheel(0, -300)
    wait_until(page, "window.codesign.camera.zoom > 1.2")
    assert changed(image(page, AFTER), first) > 0.1
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.press("r")
    assert state(page, "camera") == camera
    for key, name, sign in (("+", "zoom", 1), ("-", "zoom", -1), ("d", "azimuth", 1), ("a", "azimuth", -1),
                            ("w", "elevation", 1), ("s", "elevation", -1)):  # fmt: skip
        before = state(page, f"camera.{name}")
        page.keyboard.press(key)
        assert sign * (state(page, f"camera.{name}") - before) > 0.05, key
    page.keyboard.press("ArrowRight")
    assert state(page, "frame") == 1
    for _ in range(40):
        page.keyboard.press("+")
    assert state(page, "camera.zoom") == 8


def test_the_wheel_scrolls_the_page_where_it_can_come_no_nearer(open_page):
    page = open_page(cubes.gallery(1))
    page.locator(AFTER).hover()
    for end, pixels in ((8, -8000), (0.25, 8000)):
        page.evaluate("scrollTo(0, 60)")
        page.mouse.wheel(0, pixels)
        wait_until(page, f"Math.abs(window.codesign.camera.zoom - {end}) < 1e-6")
        assert page.evaluate("window.scrollY") == 60
        page.mouse.wheel(0, pixels / 200)
        wait_until(page, "window.scrollY !== 60")


def test_two_fingers_zoom(open_page):
    page = open_page(cubes.gallery(1), has_touch=True)
    box = page.locator(AFTER).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)

    def touch(kind: str, apart: int | None) -> None:
        points = [] if apart is None else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    for apart in (40, 50, 60):
        touch("touchMove", apart)
    touch("touchEnd", None)
    wait_until(page, "window.codesign.camera.zoom > 1.7")
    assert state(page, "camera.zoom") < 2.3


def test_the_camera_follows_or_shows_the_whole_course(open_page):
    page = open_page(cubes.gallery(1))
    page.keyboard.press("End")
    following, camera = image(page, AFTER), state(page, "camera")
    page.keyboard.press("f")
    whole = image(page, AFTER)
    assert changed(whole, following) > 0.1
    assert 50 < sum(coloured(whole)) < sum(coloured(following))
    assert state(page, "camera") == camera
    page.keyboard.press("Home")
    assert 0 < changed(image(page, AFTER), whole) < 0.2, "the ground stays where it is"


def test_the_light_glows_and_the_distance_to_it_is_told(open_page):
    page = open_page(cubes.gallery(1, light=(0.35, 0.2, 0.0)))
    assert page.locator("#lamp").is_visible()
    x, y, _ = cubes.recording().after.positions[0].mean(axis=0)
    assert page.locator("#after output").inner_text() == f"{np.hypot(0.35 - x, 0.2 - y):.2f} m to the light"
    lit = image(page, AFTER)
    assert count(lit, "#eda100") > 80
    dark = image(open_page(cubes.gallery(1)), AFTER)
    assert count(dark, "#eda100") == 0
    assert changed(lit, dark) > 0.01
    away = image(open_page(cubes.gallery(1, light=(9.0, 0.0, 0.0))), AFTER)
    assert count(away[:, -40:], "#eda100") > 20, "an arrow at the border"


def test_the_light_shines_on_the_ground(open_page):
    lit, dark = (
        image(open_page(cubes.gallery(1, bumpy=False, light=light), color_scheme="dark"), AFTER).astype(int)
        for light in ((0.35, 0.2, 0.0), (0.35, -9.0, 0.0))
    )
    floor = slice(150, 180)  # of 241 rows, nearer than the halo reaches
    warmer = (lit - dark)[floor, :, 0] - (lit - dark)[floor, :, 2]
    assert (warmer > 4).mean() > 0.1


def test_the_eye_stays_above_a_hill(open_page):
    x, y = np.meshgrid([-1.0, 3.0], [-1.5, -0.8, -0.5, 1.5])
    hill = np.stack([x, y, 1.5 * (y < -0.6)], axis=-1)
    pixels = image(open_page(cubes.gallery(1, bumpy=False, ground=hill)), AFTER)
    assert count(pixels[-30:], "#fffefb") == 0, "from inside the hill there would be no ground"
    assert sum(coloured(pixels)) > 100


def test_twenty_moving_designs_share_one_context(open_page):
    page = open_page(cubes.gallery(20, frames=11), reduced_motion="no-preference", before_load=COUNT_CONTEXTS)
    assert page.locator(".card").count() == 20
    wait_until(page, "window.codesign.time > 0.2")
    page.keyboard.press(" ")
    page.locator("#moving").uncheck()
    page.locator(".card").last.scroll_into_view_if_needed()
    settle(page)
    assert page.evaluate("window.contexts") == 1
    cards = page.locator(".card canvas")
    for index in (0, 7, 19):
        cards.nth(index).scroll_into_view_if_needed()
        wait_until(page, "true")
        assert sum(coloured(image(page, f".card >> nth={index} >> canvas"))) > 100, index


def test_a_lost_context_comes_back(open_page):
    page = open_page(cubes.gallery(1), before_load=COUNT_CONTEXTS)
    first = image(page, AFTER)
    page.evaluate("window.loss = window.webgl.getExtension('WEBGL_lose_context'); window.loss.loseContext()")
    wait_until(page, "window.webgl.isContextLost()")
    page.keyboard.press("d")
    page.keyboard.press("r")
    settle(page)
    page.evaluate("window.loss.restoreContext()")
    wait_until(page, "!window.webgl.isContextLost()")
    page.keyboard.press("v")
    page.keyboard.press("v")
    np.testing.assert_array_equal(image(page, AFTER), first)


def test_a_browser_without_webgl_says_so_and_shows_the_rest(open_page):
    page = open_page(cubes.gallery(2), before_load=NO_WEBGL)
    assert page.locator(".view-notice").count() == 2
    assert "cannot draw designs in 3D" in page.locator(".view-notice").first.inner_text()
    assert page.locator("#curve path.series").count() == 1
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.locator("#clock").inner_text() == "0.05 / 2.00 s"
    page.keyboard.press("n")
    assert state(page, "design") == "g000-i0000"


@pytest.mark.parametrize("width", [320, 700, 1920])
def test_nothing_is_cut_off_at_any_width(open_page, width):
    page = open_page(cubes.gallery(2, light=cubes.LIGHT, world_fitness=np.linspace(0.3, 0.5, 8)), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (AFTER, "#scrub", "#springs", "#follow", "#facts .strip", ".card"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None, selector
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= width, selector


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 1, "before": None},
        {"cells": np.zeros((0, 8)), "materials": np.zeros(0)},
        {"springs": np.zeros((0, 2)), "rest_lengths": [], "stiffness": [], "swings": []},
        {"fitness": -np.inf, "world_fitness": [np.nan, np.nan]},
    ],
    ids=["one frame", "no cells", "no springs", "invalid"],
)
def test_odd_designs_load(open_page, changes):
    if "springs" in changes:
        still = cubes.recording().after
        changes = changes | {"before": None, "after": type(still)(still.times, still.positions, np.zeros((41, 0)))}
    page = open_page(cubes.gallery(1, **changes))
    page.keyboard.press("v")
    page.keyboard.press("f")
    settle(page)


def test_every_control_has_a_name(open_page):
    page = open_page(cubes.gallery(1))
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, fieldset, #views canvas")]
            .filter(each => !each.getAttribute("aria-label") && !each.labels?.length).map(each => each.outerHTML)"""
    )
    assert unnamed == []


def test_a_design_in_space_costs_tens_of_kilobytes(tmp_path):
    sizes = []
    for designs in (1, 2):
        (path,) = EXPORTERS["html"].write(cubes.gallery(designs, frames=51), tmp_path / "page.html")
        sizes.append(path.stat().st_size)
    assert sizes[1] - sizes[0] < 70_000
