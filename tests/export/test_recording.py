import dataclasses

import numpy as np
import pytest

from codesign.errors import CodesignError
from codesign.export import Gallery, RecordingError, Trajectory
from tests.export import cubes
from tests.export.strips import gallery, recording


def test_arrays_get_the_types_of_the_record():
    strip = recording()
    assert (strip.dim, strip.masses, strip.muscles) == (2, 8, 8)
    assert strip.springs.dtype == strip.cells.dtype == np.int32
    assert strip.materials.dtype == np.uint8
    assert strip.after.positions.dtype == strip.curve.dtype == np.float32


def test_three_dimensions_fit():
    body = cubes.recording(light=cubes.LIGHT, world_fitness=[0.5, float("nan")])
    assert body.dim == 3
    assert body.ground.shape == (61, 81, 3)
    assert body.light is not None
    assert body.world_fitness is not None
    assert body.light.dtype == body.world_fitness.dtype == np.float32


@pytest.mark.parametrize(
    "changes",
    [
        {"swings": [0.1]},
        {"materials": [1]},
        {"springs": [[0, 1, 2]]},
        {"ground": [0.0, 1.0]},
        {"ground": [[0.0, 1.0, 2.0]]},
        {"ground": [[0.0, float("nan")], [1.0, 0.0]]},
        {"before": recording(triangles=4).after},
        {"light": [0.0, 1.0, 2.0]},
        {"light": [0.0, float("inf")]},
        {"world_fitness": [[0.5]]},
        {"cells": [[0, 1, 8]] * 6},
        {"cells": [[0, 1, -1]] * 6},
        {"design": "../../etc/passwd"},
        {"design": ""},
    ],
    ids=str,
)
def test_parts_that_do_not_fit_are_told(changes):
    with pytest.raises(RecordingError) as told:
        dataclasses.replace(recording(), **changes)
    assert isinstance(told.value, CodesignError)


ONE_ROW = cubes.bumpy_ground()[:1]
TURNED = cubes.bumpy_ground().swapaxes(0, 1)
MIRRORED = cubes.bumpy_ground()[::-1]
SKEWED = cubes.bumpy_ground() + np.linspace(0, 0.01, 61)[:, None, None] * (1, 0, 0)
HOLED = np.where(np.arange(81)[:, None] == 7, np.nan, cubes.bumpy_ground())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cells": [[0, 1, 2, 3]] * 13}, r"cells of shape \[any, 8\]"),
        ({"ground": [[0.0, 0.0], [1.0, 0.0]]}, r"ground of shape \[any, any, 3\]"),
        ({"ground": ONE_ROW}, "at least 2 x 2 points"),
        ({"ground": TURNED}, "x ascending along columns"),
        ({"ground": MIRRORED}, "y along rows"),
        ({"ground": SKEWED}, "one x per column"),
        ({"ground": HOLED}, "finite ground"),
        ({"light": [0.0, 1.0]}, r"light of shape \[3\]"),
    ],
    ids=["cells", "line", "one row", "turned", "mirrored", "skewed", "holed", "light"],
)
def test_parts_that_do_not_fit_in_three_dimensions_are_told(changes, expected):
    with pytest.raises(RecordingError, match=expected):
        dataclasses.replace(cubes.recording(), **changes)


@pytest.mark.parametrize(
    ("times", "frames"), [([], 0), ([0.0, 0.0], 2), ([1.0, 0.5], 2), ([0.0, np.nan], 2), ([0.0], 2)]
)
def test_times_must_increase_and_match_the_frames(times, frames):
    with pytest.raises(RecordingError):
        Trajectory(np.array(times), np.zeros((frames, 3, 2)), np.zeros((frames, 3)))


@pytest.mark.parametrize("diverged", ["positions", "actuation"])
def test_a_trajectory_ends_before_it_diverges(diverged):
    parts = {"times": np.arange(5.0), "positions": np.zeros((5, 3, 2)), "actuation": np.zeros((5, 2))}
    parts[diverged][3:] = np.inf
    with pytest.raises(RecordingError, match="divergence"):
        Trajectory(**parts)
    assert Trajectory.finite(**parts).times.tolist() == [0, 1, 2]
    parts[diverged][:] = np.nan
    with pytest.raises(RecordingError, match="at least one frame"):
        Trajectory.finite(**parts)


def test_a_gallery_knows_its_generations_and_no_design_twice():
    assert gallery().generations == (0, 2, 4)
    with pytest.raises(RecordingError, match="g000-i0000 2 times"):
        gallery(recordings=(recording(), recording()))
    with pytest.raises(RecordingError, match="at least one"):
        Gallery("none", (), gallery().history)


def test_fitness_is_told_with_its_unit() -> None:
    shown = gallery()
    one = dataclasses.replace(shown.recordings[0], fitness=0.25)
    assert shown.fitness_of(one) == "0.250"
    assert dataclasses.replace(shown, units={"fitness": "m"}).fitness_of(one) == "0.250 m"
    assert shown.fitness_of(dataclasses.replace(one, fitness=-np.inf)) == "invalid"
