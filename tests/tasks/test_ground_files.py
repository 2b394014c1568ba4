"""Ground of segments from files: worlds of EvoGym's design tool, and lines of ELDiR."""

import json
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.tasks import TERRAINS

SEGMENTS, HEIGHTFIELD = TERRAINS["segments"], TERRAINS["heightfield"]


def world(path: Path, width: int, fixed: dict[int, list[int]], **more: tuple[list[int], list[int]]) -> str:
    """Write a world with fixed cells, by column and row, and other objects of indices and types."""
    ground = [row * width + column for column, rows in fixed.items() for row in rows]
    things = {"ground": (ground, [5] * len(ground)), **more}
    objects = {
        name: {"indices": indices, "types": types, "neighbors": {str(index): [] for index in indices}}
        for name, (indices, types) in things.items()
        if indices
    }
    path.write_text(json.dumps({"grid_width": width, "grid_height": 20, "objects": objects}))
    return str(path)


def heights(terrain, *places: float) -> list[float]:
    return np.round(terrain.height(np.array(places)[:, None]), 9).tolist()


def test_the_ground_is_the_upper_edge_of_the_fixed_cells(tmp_path: Path) -> None:
    fixed = {0: [0], 1: [0], 2: [0, 1, 2], 3: [1, 2], 4: [0]}
    ground = SEGMENTS(file=world(tmp_path / "w.json", 6, fixed, robot=([6 * 5, 6 * 5 + 1], [3, 4])))
    assert heights(ground, -9.0, 0.05, 0.15, 0.25, 0.35, 0.45, 9.0) == [0.1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.1]
    # Walls of 0.2 m stand across the columns' borders, six times as high as they are long.
    np.testing.assert_allclose(
        np.reshape(ground.corners, (-1, 2)),
        [[0.0, 0.1], [0.2 - 1 / 60, 0.1], [0.2 + 1 / 60, 0.3], [0.4 - 1 / 60, 0.3], [0.4 + 1 / 60, 0.1], [0.5, 0.1]],
    )


def test_where_nothing_is_fixed_is_a_gap_however_wide(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    ground = SEGMENTS(file=world(path, 5000, {2: [3], 3: [3], 4000: [0], 4001: [0]}))
    assert heights(ground, 0.0, 0.25, 0.5, 399.9, 400.05, 500.0) == [0.4, 0.4, -0.5, -0.5, 0.1, 0.1]
    assert len(ground.corners) == 12


def test_high_walls_leave_room_between_them(tmp_path: Path) -> None:
    ground = SEGMENTS(file=world(tmp_path / "w.json", 5, {0: [0], 1: [*range(18)], 2: [0], 3: [*range(18)], 4: [0]}))
    assert heights(ground, 0.05, 0.15, 0.25, 0.35, 0.45) == [0.1, 1.8, 0.1, 1.8, 0.1]


def test_level_ground_is_one_segment(tmp_path: Path) -> None:
    ground = SEGMENTS(file=world(tmp_path / "w.json", 4, {column: [0] for column in range(4)}))
    assert ground.corners == pytest.approx((0.0, 0.1, 0.4, 0.1))


@pytest.mark.parametrize(
    ("fixed", "more", "told"),
    [
        ({0: [0], 1: [0, 2]}, {}, "fixed cells with room between them, one above the other, in column 1"),
        ({}, {"robot": ([0, 1], [3, 4])}, "a world without a fixed cell"),
        ({0: [0]}, {"ramp": ([1], [7])}, "slopes of jax-evogym"),
        ({0: [0]}, {"robot": ([0], [3])}, "several cells at column 0, row 0"),
        ({0: [99]}, {}, "an index of object 'ground'"),
        ({20_000: [0], 20_001: [0]}, {}, "between -1000 and 1000 m"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_worlds_that_are_no_ground_are_one_line(fixed, more, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        SEGMENTS(file=world(tmp_path / "w.json", 30_000, fixed, **more))
    assert told in str(caught.value)
    assert "w.json" in str(caught.value)


def lines(last: float = 0.0) -> np.ndarray:
    """Return lines as ELDiR saves them: level, up, down, and the last of a slope."""
    x, y = np.array([-100.0, 0.0, 0.2, 0.5]), np.array([0.1, 0.1, 0.3, 0.15])
    slope = np.array([0.0, 1.0, -0.5, last])
    return np.stack([x, y, np.array([100.0, 0.2, 0.3, 100.0]), slope, y - slope * x])


@pytest.mark.parametrize("last", [0.0, 1.0])
def test_lines_of_eldir_are_ground(last: float, tmp_path: Path) -> None:
    np.save(tmp_path / "terrain.npy", lines(last))
    ground = SEGMENTS(file=str(tmp_path / "terrain.npy"))
    assert heights(ground, -500.0, -1.0, 0.1, 0.2, 0.4, 0.5) == [0.1, 0.1, 0.2, 0.3, 0.2, 0.15]
    assert heights(ground, 1.5) == [0.15 + last]  # the last line has a slope of its own
    assert ground.data(2)[0] == 5


def test_a_profile_of_lines_is_refused_in_3d(tmp_path: Path) -> None:
    np.save(tmp_path / "terrain.npy", lines(1.0))
    with pytest.raises(ConfigError, match=r"expected a body of 2 dimensions on terrain=segments; got a body of 3 dim"):
        SEGMENTS(file=str(tmp_path / "terrain.npy")).data(3)
    with pytest.raises(ConfigError, match=r"made of segments; choose terrain=segments with this file, and a body in"):
        HEIGHTFIELD(file=str(tmp_path / "terrain.npy"))


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((3, 4)), "an array of shape (3, 4) that is not 5 rows"),
        (np.full((5, 3), np.nan), "that is not 5 rows"),
        (np.zeros((5, 3), dtype="U1"), "not of numbers"),
        (lines()[:, ::-1], "that is not 5 rows"),
    ],
    ids=["heights", "nan", "text", "backwards"],
)
def test_arrays_that_are_no_lines_are_one_line(array: np.ndarray, told: str, tmp_path: Path) -> None:
    np.save(tmp_path / "terrain.npy", array)
    with pytest.raises(ConfigError) as caught:
        SEGMENTS(file=str(tmp_path / "terrain.npy"))
    assert told in str(caught.value)
    assert "terrain.npy" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("absent.json", None, "No such file"),
        ("absent.npy", None, "No such file"),
        ("w.json", b"", "w.json"),
        ("w.json", b"[1, 2]", "no world of EvoGym"),
        ("t.npy", b"\x93NUMPY", "not an array"),
        ("t.csv", b"0,1", "choose terrain=heightfield for heights"),
    ],
)
def test_files_that_are_something_else_are_one_line(name: str, data: bytes | None, told: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        SEGMENTS(file=str(tmp_path / name))
    assert told in str(caught.value)
    assert name in str(caught.value)


def test_a_world_is_not_taken_for_heights(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose terrain=segments for a world of EvoGym"):
        HEIGHTFIELD(file=world(tmp_path / "w.json", 4, {0: [0]}))
