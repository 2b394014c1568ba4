import io

import matplotlib.image
import numpy as np
import pytest

from codesign.export.geometry import heights, outer_faces
from codesign.export.still import render_still
from tests.export import cubes
from tests.export.strips import recording


def pixels(png: bytes) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(png), format="png")[:, :, :3]


def near(image: np.ndarray, colour: str) -> int:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return int((np.abs(image - wanted).max(axis=2) < 0.03).sum())


def test_a_still_shows_muscles_cells_and_ground():
    image = pixels(render_still(recording()))
    assert image.shape == (840, 1650, 3)
    for colour in ("#c8500a", "#1a63b0", "#a9aaa3", "#dfe5df", "#e6e0d3"):
        assert near(image, colour) > 100, colour


def test_a_passive_body_has_no_muscle_colours():
    strip = recording()
    passive = recording(swings=np.zeros(len(strip.springs)))
    moments = slice(120, 440)
    assert near(pixels(render_still(passive))[moments], "#c8500a") == 0
    assert near(pixels(render_still(strip))[moments], "#c8500a") > 100


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 1},
        {"curve": [np.nan, np.nan]},
        {"curve": []},
        {"fitness": -np.inf},
        {"before": None},
        {"speed": 40.0},
        {"operator": r"$\frac{$"},
    ],
    ids=str,
)
def test_unusual_recordings_have_a_still_too(changes):
    assert pixels(render_still(recording(**changes))).std() > 0.01


LAMP = "#eda100"


@pytest.mark.parametrize("bumpy", [True, False])
def test_a_still_in_three_dimensions_shows_cells_muscles_ground_and_shadow(bumpy):
    moments = pixels(render_still(cubes.recording(bumpy=bumpy)))[120:440]
    strong = moments.max(axis=2) - moments.min(axis=2) > 0.35
    red, blue = moments[..., 0] - moments[..., 2] > 0.35, moments[..., 2] - moments[..., 0] > 0.35
    assert min((strong & red).sum(), (strong & blue).sum()) > 500
    assert near(moments, "#aea99f") > 1000  # soil in the shadow
    assert near(moments, "#e6e0d3") > 1000
    passive = cubes.recording(swings=np.zeros(220), bumpy=bumpy)
    still = pixels(render_still(passive))[120:440]
    assert (still.max(axis=2) - still.min(axis=2) > 0.5).sum() == 0


def test_a_still_shows_the_light_and_the_distance_to_it():
    for design in (cubes.recording(light=(0.7, 0.2, 0.0)), recording(light=(0.7, 0.1))):
        assert near(pixels(render_still(design)), LAMP) > 80
    far = pixels(render_still(cubes.recording(light=(9.0, 0.0, 0.0))))[120:440]
    assert near(far, LAMP) > 80, "an arrow towards it"
    assert near(pixels(render_still(cubes.recording())), LAMP) < 20


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 1},
        {"before": None},
        {"fitness": -np.inf, "world_fitness": [np.nan]},
        {"cells": np.zeros((0, 8)), "materials": np.zeros(0)},
    ],
    ids=["one frame", "no before", "invalid", "no cells"],
)
def test_unusual_recordings_in_three_dimensions_have_a_still_too(changes):
    assert pixels(render_still(cubes.recording(**changes))).std() > 0.01


def test_the_height_between_points_of_the_ground_is_interpolated_and_level_beyond():
    ground = np.stack([*np.meshgrid([0.0, 2.0], [0.0, 1.0]), [[0.0, 2.0], [4.0, 6.0]]], axis=-1)
    places = np.array([(0, 0), (1, 0), (0, 0.5), (1, 0.5), (-3, 0), (9, 9)])
    np.testing.assert_allclose(heights(ground, *places.T), [0, 1, 2, 3, 0, 6])


def test_faces_that_two_cells_share_are_inside():
    faces, cells = outer_faces(np.array(cubes.recording().cells))
    # Thirteen cubes, twelve pairs side by side in the table's top and four where it stands on its legs.
    assert len(faces) == 13 * 6 - 2 * (12 + 4)
    assert set(cells.tolist()) == set(range(13))
