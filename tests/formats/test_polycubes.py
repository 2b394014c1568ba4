"""Arrays of cubes, as codesign-mpt saves them: which way up they are, their names and losses, and what is refused."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

from codesign.formats import FormatError, drawing_of, genomes_of, read_plans, settings_of

BODY = np.zeros((3, 2, 2), np.int16)
BODY[:, 0, 0] = 1
BODY[0, 1, 0] = 1
BODY[0, 1, 1] = 1
"""A row along x, a cube behind its begin, and one on top of that."""


def saved(folder: Path, array: object, name: str = "polycubes.npy") -> Path:
    np.save(folder / name, array, allow_pickle=True)  # type: ignore[arg-type]
    return folder / name


def test_every_cube_is_a_muscle_and_stands_upright(tmp_path):
    (plan,) = read_plans(saved(tmp_path, BODY, "mine.npy"))
    assert plan.name == "mine"
    assert drawing_of(plan) == "lattice: cube\nz=1\nM..\n...\nz=0\nM..\nMMM\n"


def test_generations_and_populations(tmp_path):
    array = np.stack([np.stack([BODY, BODY[::-1]])] * 3)
    plans = read_plans(saved(tmp_path, array))
    assert [plan.name for plan in plans] == ["0-0", "0-1", "1-0", "1-1", "2-0", "2-1"]
    assert all(plan.fitness is None for plan in plans)
    np.testing.assert_array_equal(plans[3].cells, 4 * BODY[::-1])
    genomes_of(plans, settings_of(plans))
    assert [plan.name for plan in read_plans(saved(tmp_path, array[0]))] == ["0", "1"]


@pytest.mark.parametrize("prefix", ["", "mine_"])
def test_losses_beside_are_fitness(tmp_path, prefix):
    path = saved(tmp_path, np.stack([np.stack([BODY, BODY])] * 2), f"{prefix}polycubes.npy")
    losses = np.array([[[1.0, 2.0], [0.0, -1.0]], [[np.nan, 0.0], [np.inf, 1.0]]], np.float32)
    saved(tmp_path, losses, f"{prefix}losses.npy")
    assert [plan.fitness for plan in read_plans(path)] == [-1.5, 0.5, None, None]
    saved(tmp_path, np.full((2, 2, 3), 1e308), f"{prefix}losses.npy")
    with warnings.catch_warnings(action="error"):
        assert [plan.fitness for plan in read_plans(path)] == [None] * 4
    saved(tmp_path, losses[:1], f"{prefix}losses.npy")
    assert [plan.fitness for plan in read_plans(path)] == [None] * 4
    saved(tmp_path, np.array({}), f"{prefix}losses.npy")
    with pytest.raises(FormatError, match=r"losses\.npy \(.*pickles"):
        read_plans(path)


def test_larger_numbers_are_materials(tmp_path):
    (plan,) = read_plans(saved(tmp_path, np.array([[[1, 2]], [[3, 4]]])))
    assert plan.cells.tolist() == [[[1, 2]], [[3, 4]]]


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.uint64])
def test_types_of_numbers(tmp_path, kind):
    (plan,) = read_plans(saved(tmp_path, BODY.astype(kind)))
    np.testing.assert_array_equal(plan.cells, 4 * BODY)


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.array({"targets": 1}), "pickles"),
        (np.zeros((3, 3), int), "row 0 is the top, or draw it"),
        (np.zeros((2, 3, 10), np.float32), "bodies as whole numbers"),
        (np.zeros((1,) * 6, int), "[x, y, z]"),
        (np.zeros((0, 3, 3), int), "of shape (0, 3, 3)"),
        (np.zeros(3, int), "of shape (3,)"),
        (np.full((1, 1, 1), 5), "materials from 0 to 4; got 5 to 5"),
        (np.full((1, 1, 1), -1), "got -1 to -1"),
        (np.zeros((2**18 + 1, 1, 1, 1), np.uint8), "at most 262144 bodies"),
        (np.zeros((101, 100, 100), np.uint8), "of 1000000 cells"),
        (np.zeros((2, 2, 2), complex), "complex128"),
    ],
)
def test_what_is_refused(tmp_path, array, told):
    path = saved(tmp_path, array)
    with pytest.raises(FormatError) as caught:
        read_plans(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_is_unpickled(tmp_path):
    (tmp_path / "a.npy").write_bytes(pickle.dumps(BODY))
    with pytest.raises(FormatError, match=r"begins as \.pkl files do"):
        read_plans(tmp_path / "a.npy")
