"""EvoGym's structure files and runs: bodies come in upright, and what they cannot be here is told."""

import io
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import OutputError
from codesign.formats import BodyPlan, FormatError, genomes_of, plans_of, read_plans, settings_of
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of
from tests.formats.refusals import refusal
from tests.formats.writing import written

# From the top: a rigid back, one long leg that works up and down on the left, a short soft one on the right.
BODY = np.array([[1, 1, 3], [4, 0, 2], [4, 0, 0]])
JOINS = np.array([[0, 0, 1, 2, 3], [1, 3, 2, 5, 6]])


def saved(path: Path, *arrays: np.ndarray, **named: np.ndarray) -> Path:
    np.savez(path, *arrays, allow_pickle=True, **named)
    return path


def joined(body: np.ndarray) -> np.ndarray:
    """Return the connections of all neighbours, by EvoGym's rule: each cell with the next one and the one below."""
    height, width = body.shape
    found = [
        (y * width + x, (y + down) * width + x + across)
        for y in range(height)
        for x in range(width)
        for across, down in ((1, 0), (0, 1))
        if x + across < width and y + down < height and body[y, x] and body[y + down, x + across]
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2).T


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.uint8, np.float32])
def test_a_body_comes_in_upright(kind: type, tmp_path: Path) -> None:
    (plan,) = read_plans(saved(tmp_path / "one.npz", BODY.astype(kind), JOINS))
    assert (plan.name, plan.lattice, plan.fitness, plan.inexpressible) == ("one", "square", None, ())
    assert plan.cells.tolist() == [[4, 0, 0], [4, 0, 2], [1, 1, 3]]  # the lowest row first
    genomes = genomes_of([plan], settings_of([plan]))
    assert genomes.cells.reshape(3, 3).tolist() == plan.cells.tolist()


@pytest.mark.parametrize(
    "joins",
    [JOINS[::-1], JOINS[:, ::-1].astype(np.float64), np.concatenate([JOINS, JOINS[::-1]], axis=1)],
    ids=["turned", "floats", "both ways"],
)
def test_connections_may_be_in_any_order(joins: np.ndarray, tmp_path: Path) -> None:
    assert read_plans(saved(tmp_path / "one.npz", BODY, joins))[0].inexpressible == ()


def test_arrays_may_have_names_and_connections_may_be_left_out(tmp_path: Path) -> None:
    by_name = read_plans(saved(tmp_path / "a.npz", connections=JOINS, body=BODY))[0]
    alone = read_plans(saved(tmp_path / "b.npz", BODY))[0]
    assert by_name.cells.tolist() == alone.cells.tolist()
    assert by_name.inexpressible == alone.inexpressible == ()


@pytest.mark.parametrize("joins", [np.zeros((2, 0)), np.zeros(0)], ids=str)
def test_a_single_cell_has_no_connections(joins: np.ndarray, tmp_path: Path) -> None:
    assert read_plans(saved(tmp_path / "one.npz", np.array([[4.0]]), joins))[0].cells.tolist() == [[4]]


@pytest.mark.parametrize(
    ("body", "joins", "told", "cells"),
    [
        (BODY, JOINS[:, 1:], "unglued neighbours at (0,2) (1,2)", [[4, 0, 0], [4, 0, 2], [1, 1, 3]]),
        (BODY, np.zeros((2, 0)), "unglued neighbours at (0,2) (1,2) (2,2) (0,1) (2,1) (0,0)", None),
        ([[3, 5], [5, 4]], None, "fixed cells at (1,1) (0,0)", [[1, 4], [3, 1]]),
        ([[6, 2]], None, "contractile cells (material 6 of jax-evogym) at (0,0)", [[3, 2]]),
    ],
    ids=["one missing", "none there", "fixed", "contractile"],
)
def test_what_cannot_be_is_told_by_cell_and_replaced_where_that_is_wanted(body, joins, told, cells, tmp_path) -> None:
    body = np.array(body)
    path = saved(tmp_path / "odd.npz", body, *([joined(body)] if joins is None else [joins]))
    said = refusal(path)
    assert told in said
    assert "lenient=true" in said
    (plan,) = read_plans(path, lenient=True)
    assert [str(each) for each in plan.inexpressible] == [told]
    assert cells is None or plan.cells.tolist() == cells


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ([np.array([[1.5, 3]])], "material 1.5 at (0,0)"),
        ([np.array([[3, np.nan]])], "material nan at (1,0)"),
        ([np.array([[3, 1], [31, 1]])], "material 31 at (0,0)"),
        ([np.array([[3, -1]])], "material -1 at (1,0)"),
        ([np.array([[3, 7]])], "material 7, a slope of jax-evogym at (1,0)"),
        ([np.zeros((2, 3))], "none in an array of 2 x 3"),
        ([np.zeros((0, 3))], "one of shape (0, 3)"),
        ([np.zeros(4)], "one of shape (4,)"),
        ([np.array([[3, 0, 4]])], "2 pieces with cells at (0,0) (2,0)"),
        ([np.array([[3, 0], [0, 4]])], "2 pieces"),
        ([BODY, np.array([[0], [4]])], "one of cells 0 and 4"),
        ([BODY, np.array([[0], [2]])], "one of cells 0 and 2"),
        ([BODY, np.array([[2], [3]])], "one of cells 2 and 3"),
        ([BODY, np.array([[0], [99]])], "one of cells 0 and 99"),
        ([BODY, np.array([[-1], [0]])], "one of cells -1 and 0"),
        ([BODY, np.array([[0.5], [1]])], "one of cells 0.5 and 1"),
        ([BODY, JOINS.T], "connections of shape (5, 2)"),
        ([BODY, np.zeros((2, 1), dtype=object)], "would be pickles"),
        ([np.array([["1"]])], "not of numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_body_is_one_line(arrays: list[np.ndarray], told: str, tmp_path: Path) -> None:
    assert told in refusal(saved(tmp_path / "bad.npz", *arrays))


def test_other_arrays_are_not_taken_for_a_body(tmp_path: Path) -> None:
    assert "arrays 'weights'" in refusal(saved(tmp_path / "bad.npz", weights=BODY))
    assert "arrays connections" in refusal(saved(tmp_path / "bad.npz", connections=JOINS))


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "bad.npz", BODY, JOINS)
    data = path.read_bytes()
    for end in (0, 1, 40, 200, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:end])
        refusal(path)


@pytest.fixture
def random_plans() -> list[BodyPlan]:
    settings = LATTICES["square"](rows=4, columns=6)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 8, Purpose.GENOME))
    return plans_of(genomes, settings, [f"r{number}" for number in range(8)])


def test_what_is_written_reads_back_and_obeys_the_rules_of_evogym(random_plans, tmp_path: Path) -> None:
    files = written("evogym", random_plans, tmp_path / "robots.npz")
    assert [path.name for path in files] == [f"robots-r{number}.npz" for number in range(8)]
    for plan, path in zip(random_plans, files, strict=True):
        (back,) = read_plans(path)
        np.testing.assert_array_equal(back.cells, plan.cells)
        with np.load(path) as file:
            assert list(file) == ["arr_0", "arr_1"]
            body, joins = file["arr_0"], file["arr_1"]
        assert (body.dtype, joins.dtype) == (np.int64, np.int64)
        np.testing.assert_array_equal(body, plan.cells[::-1])
        assert sorted(joins.T.tolist()) == sorted(joined(body).T.tolist())


def test_one_body_is_written_to_the_file_itself(random_plans, tmp_path: Path) -> None:
    assert written("evogym", random_plans[:1], tmp_path / "one.npz") == [tmp_path / "one.npz"]


def test_names_of_strangers_stay_inside_of_the_folder(random_plans, tmp_path: Path) -> None:
    plans = [BodyPlan(name, "square", random_plans[0].cells) for name in ("../a", "./A", "_a", "_a")]
    files = written("evogym", plans, tmp_path / "x.npz")
    assert [path.name for path in files] == ["x-.._a.npz", "x-._A.npz", "x-_a.npz", "x-_a-2.npz"]
    assert {path.parent for path in files} == {tmp_path}


def test_bodies_of_triangles_are_not_written(tmp_path: Path) -> None:
    plan = BodyPlan("t", "triangle", np.ones((1, 2), np.uint8))
    for name in ("evogym", "evogym_world", "evogym_dataset"):
        with pytest.raises(FormatError, match="expected a body of squares, as EvoGym has them; got t, one of triangle"):
            written(name, [plan], tmp_path / "t")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(random_plans, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        written("evogym", random_plans[:1], tmp_path / "file" / "one.npz")


def make_run(folder: Path, ranking: str = "2\t\t4.82\n0\t\t3.10\n1\t\t-0.52\n") -> Path:
    for generation in (0, 10, 2):
        structures = folder / f"generation_{generation}" / "structure"
        structures.mkdir(parents=True)
        for label in (0, 1, 2, 11):
            saved(structures / f"{label}.npz", np.array([[3.0, 1.0], [label % 3, 4.0]]))
        (structures / "notes.npz").write_bytes(b"not one of them")
        (folder / f"generation_{generation}" / "output.txt").write_text(ranking)
    (folder / "generation_10" / "output.txt").unlink()
    (folder / "metadata.txt").write_text("POP_SIZE: 4\nSTRUCTURE_SHAPE: 2 2\nMAX_EVALUATIONS: 12\n")
    return folder


def test_a_run_gives_every_body_of_every_generation_with_its_fitness(tmp_path: Path) -> None:
    plans = read_plans(make_run(tmp_path / "exp"))
    names = [f"g{generation:03d}-s{label:03d}" for generation in (0, 2, 10) for label in (0, 1, 2, 11)]
    assert [plan.name for plan in plans] == names
    assert [plan.fitness for plan in plans] == [3.10, -0.52, 4.82, None] * 2 + [None] * 4
    assert plans[5].cells.tolist() == [[1, 4], [3, 1]]
    assert plans[5].about == {"generation": "2"}


def test_a_generation_alone_is_read_too(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "exp") / "generation_2"
    assert [plan.name for plan in read_plans(folder)] == ["g002-s000", "g002-s001", "g002-s002", "g002-s011"]
    folder = folder.rename(tmp_path / "best")
    assert [plan.name for plan in read_plans(folder)] == ["s000", "s001", "s002", "s011"]


@pytest.mark.parametrize("ranking", ["0\t\tgood\n", "0 1 2\n", "x\t\t1.0\n"])
def test_a_ranking_that_is_none_is_told_by_its_line(ranking: str, tmp_path: Path) -> None:
    said = refusal(make_run(tmp_path / "exp", "1\t\t2.0\n" + ranking))
    assert "in line 2 of" in said
    assert "generation_0/output.txt" in said


def test_a_fitness_that_is_no_number_says_nothing(tmp_path: Path) -> None:
    assert read_plans(make_run(tmp_path / "exp", "0\t\tnan\n1\t\t-inf\n"))[0].fitness is None


def test_a_damaged_structure_of_a_run_is_named(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "exp")
    broken = folder / "generation_2" / "structure" / "1.npz"
    broken.write_bytes(broken.read_bytes()[:100])
    assert str(broken) in refusal(folder)
    saved(broken, np.array([[32.0]]))
    assert f"material 32 at (0,0) in body g002-s001 in {broken}" in refusal(folder)


def test_other_folders_are_no_runs(tmp_path: Path) -> None:
    (tmp_path / "generation_x").mkdir()
    with pytest.raises(FormatError):
        read_plans(tmp_path)


def test_a_file_that_would_become_huge_is_not_unpacked(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, np.zeros((3000, 3000)))
    (tmp_path / "bomb.npz").write_bytes(stream.getvalue())
    assert "more than 4000000" in refusal(tmp_path / "bomb.npz")


def test_evogym_itself_takes_what_is_written(random_plans, tmp_path: Path) -> None:
    world = pytest.importorskip("evogym.world", reason="EvoGym is not published for this version of Python")
    utilities = pytest.importorskip("evogym.utils")
    for plan, path in zip(random_plans, written("evogym", random_plans, tmp_path / "r.npz"), strict=True):
        with np.load(path) as file:
            body, joins = file.values()
        assert utilities.is_connected(body)
        np.testing.assert_array_equal(
            np.sort(joins.T, axis=0), np.sort(utilities.get_full_connectivity(body).T, axis=0)
        )
        thing = world.WorldObject.from_array("robot", body, joins)
        np.testing.assert_array_equal(thing.grid, plan.cells)
    (path,) = written("evogym_world", random_plans, tmp_path / "r.json")
    things = world.EvoWorld.from_json(str(path)).objects
    assert list(things) == [plan.name for plan in random_plans]
    for plan in random_plans:
        body = things[plan.name].get_structure()
        assert sorted(body[body > 0]) == sorted(plan.cells[plan.cells > 0])
