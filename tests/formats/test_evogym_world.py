"""Worlds of EvoGym's design tool: robots come in, ground and things stay behind and are told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.formats import BodyPlan, FormatError, plans_of, read_plans
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of
from tests.formats.refusals import refusal
from tests.formats.writing import written


def world(*rows: str, split: str = "") -> dict[str, Any]:
    """Return a world drawn from the top: . empty, R S H V F as in EvoGym, C contractile, / a slope.

    Cells of capital letters are one object for each connected part; `split` names letters that are objects of their
    own, whatever they touch.
    """
    types = {"R": 1, "S": 2, "H": 3, "V": 4, "F": 5, "C": 6, "/": 7}
    width, height = len(rows[0]), len(rows)
    cells = {y * width + x: rows[height - 1 - y][x] for y in range(height) for x in range(width)}
    cells = {index: letter for index, letter in cells.items() if letter != "."}

    def beside(index: int) -> list[int]:
        near = [index + width, index - width]
        near += [index - 1] if index % width else []
        near += [index + 1] if index % width < width - 1 else []
        apart = [(cells[index] in split, cells[other] in split) for other in near if other in cells]
        there = [other for other in near if other in cells]
        return [other for other, (own, its) in zip(there, apart, strict=True) if own == its]

    objects, left = {}, set(cells)
    while left:
        part, more = set[int](), [min(left)]
        while more:
            part.add(index := more.pop())
            more += [other for other in beside(index) if other not in part]
        left -= part
        objects[f"object_{len(objects) + 1}"] = {
            "indices": list(part),
            "types": [types[cells[index]] for index in part],
            "neighbors": {str(index): beside(index) for index in part},
        }
    return {"grid_width": width, "grid_height": height, "objects": objects}


def saved(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, indent=4))
    return path


SCENE = world(
    "......SS....",
    ".HHH........",
    ".V.R...V....",
    "FFFFFFFFFFFF",
    split="F",
)


def test_robots_come_in_upright_and_the_rest_is_told(tmp_path: Path) -> None:
    plans = read_plans(saved(tmp_path / "w.json", SCENE))
    assert [(plan.name, plan.cells.tolist()) for plan in plans] == [
        ("object_2", [[4, 0, 1], [3, 3, 3]]),
        ("object_3", [[4]]),
    ]
    left = "object_1 (12 fixed cells), object_4 (2 cells without a muscle)"
    assert [plan.about for plan in plans] == [{"left out": left}] * 2


def test_where_nothing_is_fixed_every_object_is_a_body(tmp_path: Path) -> None:
    plans = read_plans(saved(tmp_path / "w.json", world("RR.S", "R..V")))
    assert [plan.cells.tolist() for plan in plans] == [[[1, 0], [1, 1]], [[4], [2]]]
    assert [plan.about for plan in plans] == [{}, {}]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("FFF",), "object_1 (3 fixed cells)"),
        (("SS.", "...", "FFF"), "object_1 (3 fixed cells), object_2 (2 cells without a muscle)"),
        (("FSSF",), "object_1 (4 cells without a muscle)"),
        (("/FF",), "object_1 (3 fixed cells)"),
        (("...",), "a world without objects"),
    ],
)
def test_a_world_without_robots_is_ground(rows: tuple[str, ...], told: str, tmp_path: Path) -> None:
    said = refusal(saved(tmp_path / "w.json", world(*rows)))
    assert f"expected a robot, an object with a muscle; got {told} in" in said
    assert "terrain.file=FILE" in said


def test_what_a_robot_cannot_have_is_told_by_cell(tmp_path: Path) -> None:
    assert "fixed cells at (0,1)" in refusal(saved(tmp_path / "w.json", world("FH", ".V")))
    assert "contractile cells (material 6 of jax-evogym) at (1,0)" in refusal(saved(tmp_path / "w.json", world("HC")))
    assert "material 7, a slope of jax-evogym at (1,0) in body object_1" in refusal(
        saved(tmp_path / "w.json", world("H/"))
    )


def test_unglued_neighbours_are_told_by_cell(tmp_path: Path) -> None:
    scene = world("HH", "VV")
    for own, other in ((0, 1), (1, 0)):
        scene["objects"]["object_1"]["neighbors"][str(own)].remove(other)
    assert "unglued neighbours at (0,0) (1,0)" in refusal(saved(tmp_path / "w.json", scene))
    (plan,) = read_plans(tmp_path / "w.json", lenient=True)
    assert plan.cells.tolist() == [[4, 4], [3, 3]]
    assert [each.instead for each in plan.inexpressible] == ["joined"]


def test_a_join_told_by_one_of_two_cells_is_one(tmp_path: Path) -> None:
    scene = world("HV")
    scene["objects"]["object_1"]["neighbors"]["1"] = []
    assert read_plans(saved(tmp_path / "w.json", scene))[0].inexpressible == ()


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    scene = json.loads(json.dumps(world("HV")))
    inside = scene
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return scene


OBJECT = ("objects", "object_1")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"grid_width": 3}, "no world of EvoGym"),
        ({"objects": []}, "no world of EvoGym"),
        (changed(("grid_width",), 0), "grid_width of 0"),
        (changed(("grid_width",), 2.0), "grid_width of 2.0"),
        (changed(("grid_height",), 10**30), "beyond 64 bits"),
        (changed(("grid_height",), True), "grid_height of True"),
        (changed((*OBJECT, "indices"), [0]), "1 indices and 2 types"),
        (changed((*OBJECT, "indices"), [0, 2]), "an index of object 'object_1' of 2"),
        (changed((*OBJECT, "indices"), [0, -1]), "of -1"),
        (changed((*OBJECT, "indices"), [0, "1"]), "of 1"),
        (
            changed(OBJECT, {"indices": [0, 0], "types": [3, 3], "neighbors": {"0": []}}),
            "several cells at column 0, row 0",
        ),
        (changed((*OBJECT, "types"), [3, 31]), "of 31"),
        (changed((*OBJECT, "types"), [3, 0]), "of 0"),
        (changed((*OBJECT, "types"), [3, 1.5]), "of 1.5"),
        (changed((*OBJECT, "neighbors"), {"0": [1]}), "without a list of neighbors of its cell 1"),
        (changed((*OBJECT, "neighbors"), [[1], [0]]), "without lists of indices and types, and neighbors"),
        (changed((*OBJECT, "neighbors", "0"), [7]), "a neighbor 7 of 0"),
        (changed((*OBJECT, "neighbors", "0"), ["1"]), "a neighbor 1 of 0"),
        (changed(OBJECT, []), "without lists"),
        (changed(("objects", "other"), world("HV")["objects"]["object_1"]), "several cells at column 0, row 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_world_is_one_line(value: Any, told: str, tmp_path: Path) -> None:
    assert told in refusal(saved(tmp_path / "w.json", value))


def test_cells_far_apart_take_no_memory(tmp_path: Path) -> None:
    scene = world("HV")
    scene |= {"grid_width": 10**9, "grid_height": 2}
    scene["objects"]["object_1"] |= {"indices": [0, 10**9 - 1], "neighbors": {"0": [], str(10**9 - 1): []}}
    assert "1 x 1000000000 with what is between its cells" in refusal(saved(tmp_path / "w.json", scene))
    scene["objects"]["object_1"] |= {"indices": [0, 9], "neighbors": {"0": [], "9": []}}
    assert "2 pieces with cells at (0,0) (9,0) in body object_1" in refusal(saved(tmp_path / "w.json", scene))


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    text = json.dumps(SCENE)
    for end in (12, 20, 100, len(text) - 1):
        (tmp_path / "w.json").write_text(text[:end])
        refusal(tmp_path / "w.json")


def test_what_is_written_reads_back_and_obeys_the_rules_of_evogym(tmp_path: Path) -> None:
    settings = LATTICES["square"](rows=4, columns=6)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 8, Purpose.GENOME))
    plans = plans_of(genomes, settings, [f"r{number}" for number in range(8)])
    path = tmp_path / "w.json"
    assert written("evogym_world", plans, path) == [path]
    for plan, back in zip(plans, read_plans(path), strict=True):
        assert back.name == plan.name
        rows, columns = np.nonzero(plan.cells)
        held = plan.cells[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        np.testing.assert_array_equal(back.cells, held)
    scene = json.loads(path.read_text())
    seen, every = set[int](), [index for thing in scene["objects"].values() for index in thing["indices"]]
    for thing in scene["objects"].values():
        cells = dict(zip(thing["indices"], thing["types"], strict=True))
        assert list(cells) == sorted(cells)
        assert set(thing["neighbors"]) == {str(index) for index in cells}
        assert not seen & set(cells)
        assert max(cells) < scene["grid_width"] * scene["grid_height"]
        seen |= set(cells)
        width = scene["grid_width"]
        for index in cells:
            near = {index - width, index + width, *({index - 1} if index % width else ())}
            near |= {index + 1} if (index + 1) % width else set()
            assert set(thing["neighbors"][str(index)]) == near & set(cells)
            assert not near & (set(every) - set(cells))  # bodies do not touch each other


def test_two_bodies_of_one_name_are_not_written(tmp_path: Path) -> None:
    plan = BodyPlan("twin", "square", np.ones((1, 1), np.uint8))
    with pytest.raises(FormatError, match="bodies of different names"):
        written("evogym_world", [plan, plan], tmp_path / "w.json")
    with pytest.raises(FormatError, match="twin without any"):
        written("evogym_world", [BodyPlan("twin", "square", np.zeros((1, 1), np.uint8))], tmp_path / "w.json")
    assert not (tmp_path / "w.json").exists()
