"""Tables with the columns of the public data set of EvoGym's robots."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from codesign.formats import plans_of, read_plans
from codesign.genome import LATTICES, random_genomes
from codesign.streams import Purpose, draws_of
from tests.formats.refusals import refusal
from tests.formats.writing import written

WALKER = {
    "uid": "a1",
    "body": [[3, 1, 3], [4, 0, 2]],
    "connections": [[0, 1, 0, 2], [1, 2, 3, 5]],
    "reward": 4.8,
    "env_name": "Walker-v0",
    "generated_by": "Genetic Algorithm",
}
CLIMBER = {
    "uid": "a2",
    "body": [[3, 4], [2, 0]],
    "connections": [[0, 0], [1, 2]],
    "reward": -1.25,
    "env_name": "Climber-v0",
    "generated_by": "CPPN-NEAT",
}
DOT = WALKER | {"uid": "a3", "body": [[4]], "connections": [[], []]}


def saved(path: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, **options)
    return path


def test_every_row_comes_in_upright_with_its_reward(tmp_path: Path) -> None:
    plans = read_plans(saved(tmp_path / "robots.parquet", [WALKER, CLIMBER, DOT, CLIMBER | {"uid": "a4"}]))
    assert [plan.name for plan in plans] == ["a1", "a2", "a3", "a4"]
    assert [plan.cells.tolist() for plan in plans[:3]] == [[[4, 0, 2], [3, 1, 3]], [[2, 0], [3, 4]], [[4]]]
    assert [plan.fitness for plan in plans] == [4.8, -1.25, 4.8, -1.25]
    assert plans[1].about == {"environment": "Climber-v0", "generator": "CPPN-NEAT"}
    assert all(plan.lattice == "square" and not plan.inexpressible for plan in plans)


def test_row_groups_and_other_columns_change_nothing(tmp_path: Path) -> None:
    rows = [row | {"policy_blob": b"\x80" * 100} for row in (WALKER, CLIMBER, DOT)]
    plans = read_plans(saved(tmp_path / "robots.parquet", rows, row_group_size=1))
    assert [plan.name for plan in plans] == ["a1", "a2", "a3"]
    assert plans[1].cells.tolist() == [[2, 0], [3, 4]]


@pytest.mark.parametrize("missing", ["uid", "connections", "reward", "env_name", "generated_by"])
def test_columns_that_are_missing_say_nothing(missing: str, tmp_path: Path) -> None:
    rows = [{key: value for key, value in row.items() if key != missing} for row in (WALKER, CLIMBER)]
    plans = read_plans(saved(tmp_path / "robots.parquet", rows))
    assert [plan.name for plan in plans] == (["row-0", "row-1"] if missing == "uid" else ["a1", "a2"])
    assert [plan.fitness for plan in plans] == ([None, None] if missing == "reward" else [4.8, -1.25])


def test_gaps_in_what_is_told_say_nothing(tmp_path: Path) -> None:
    (plan, twin) = read_plans(saved(tmp_path / "r.parquet", [WALKER | {"reward": None, "env_name": None}, WALKER]))
    assert (plan.name, twin.name) == ("a1-1", "a1-2")
    assert (plan.fitness, plan.about) == (None, {"generator": "Genetic Algorithm"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"body": [[3, 1, 3], [4, 0]]}, "rows of 3 and 2 in body of a2"),
        ({"body": []}, "none in an array of 0 x 0 in body a2"),
        ({"body": [[0, 0]], "connections": [[], []]}, "none in an array of 1 x 2"),
        ({"body": [[3, 9]], "connections": [[0], [1]]}, "material 9, a slope of jax-evogym at (1,0)"),
        ({"body": [[3, 0, 4]], "connections": [[], []]}, "2 pieces"),
        ({"connections": [[0, 0], [1]]}, "rows of 2 and 1 in connections of a2"),
        ({"connections": [[0], [1], [2]]}, "got 3 in body a2"),
        ({"connections": [[0, 0], [1, 3]]}, "one of cells 0 and 3 of 2 x 2"),
        ({"connections": [[0], [1]]}, "unglued neighbours at (0,1) (0,0)"),
        ({"body": [[3, 5], [2, 0]]}, "fixed cells at (1,1)"),
        ({"body": [[3, None]]}, "a column body with gaps"),
        ({"body": None}, "a column body with gaps"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_is_no_body_is_one_line(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    assert told in refusal(saved(tmp_path / "robots.parquet", [WALKER, CLIMBER | change, DOT]))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"uid": "a", "generation": 3}], "got columns uid, generation"),
        ([{"body": "3 4"}], "a column body of string"),
        ([{"body": [3, 4]}], "a column body of list"),
        ([{"body": [["3"]]}], "not of lists of lists of numbers"),
        ([WALKER | {"reward": "much"}], "a column reward of string"),
    ],
    ids=["foreign", "text", "list", "texts", "reward"],
)
def test_columns_of_another_kind_are_one_line(rows: list[dict[str, Any]], told: str, tmp_path: Path) -> None:
    assert told in refusal(saved(tmp_path / "robots.parquet", rows))


def test_an_empty_table_holds_no_body(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([WALKER])[:0], tmp_path / "r.parquet")
    assert "at least one body" in refusal(tmp_path / "r.parquet")


def test_damaged_files_are_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "robots.parquet", [WALKER, CLIMBER])
    data = path.read_bytes()
    for end in (0, 4, 60, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:end])
        refusal(path)


def test_more_rows_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.formats.evogym_dataset._MOST_ROWS", 1)
    assert "2 rows, more than 1" in refusal(saved(tmp_path / "robots.parquet", [WALKER, CLIMBER]))


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    settings = LATTICES["square"](rows=4, columns=6)
    genomes = random_genomes(settings.build(), settings, draws_of(0, 0, 8, Purpose.GENOME))
    plans = plans_of(genomes, settings, [f"r{number}" for number in range(8)])
    path = tmp_path / "robots.parquet"
    assert written("evogym_dataset", plans, path) == [path]
    for plan, back in zip(plans, read_plans(path), strict=True):
        assert (back.name, back.fitness) == (plan.name, None)
        np.testing.assert_array_equal(back.cells, plan.cells)


def test_what_was_read_is_written_as_it_was(tmp_path: Path) -> None:
    path = saved(tmp_path / "robots.parquet", [WALKER, CLIMBER])
    written("evogym_dataset", read_plans(path), tmp_path / "again.parquet")
    again = pyarrow.parquet.read_table(tmp_path / "again.parquet")
    assert again.schema.equals(pyarrow.parquet.read_table(path).schema)
    for row, wanted in zip(again.to_pylist(), [WALKER, CLIMBER], strict=True):
        pairs, given = (sorted(zip(*each["connections"], strict=True)) for each in (row, wanted))
        assert pairs == given
        assert row | {"connections": 0} == wanted | {"connections": 0}
