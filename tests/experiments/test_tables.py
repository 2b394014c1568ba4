"""Tables and curves of studies."""

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import CodesignError, ConfigError, RunError
from experiments.runs import curves
from experiments.tables import markdown, read_table, write_table


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [{"kind": "plain", "seed": 0, "best": 0.25}, {"kind": "raced", "seed": 1, "best": 1 / 3}]
    write_table(tmp_path / "a.csv", rows)
    assert (tmp_path / "a.csv").read_text() == "kind,seed,best\nplain,0,0.25\nraced,1,0.333333\n"
    assert read_table(tmp_path / "a.csv")[0] == rows[0]
    assert read_table(tmp_path / "a.csv")[1]["best"] == pytest.approx(1 / 3, abs=1e-6)
    for name in ("a.json", "a.jsonl"):
        write_table(tmp_path / name, rows)
        assert read_table(tmp_path / name) == rows


def test_tables_that_are_not_there_or_of_no_known_form_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "a.csv", tmp_path / "a.parquet"):
        with pytest.raises(ConfigError) as caught:
            read_table(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(CodesignError):
        write_table(tmp_path / "a.txt", [])


def test_markdown_has_a_line_for_each_row() -> None:
    assert markdown(["a", "b"], [[1, "x"], [2, "y"]]) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 | y |\n"


ROWS = [
    {"kind": "a", "seed": 0, "generation": 0, "robot_steps": 10, "best": 1.0},
    {"kind": "a", "seed": 0, "generation": 1, "robot_steps": 20, "best": 2.0},
    {"kind": "a", "seed": 1, "generation": 0, "robot_steps": 15, "best": 3.0},
    {"kind": "a", "seed": 1, "generation": 1, "robot_steps": 30, "best": 4.0},
    {"kind": "b", "seed": 0, "generation": 0, "robot_steps": 99, "best": 9.0},
]


def test_curves_hold_what_each_run_had_reached() -> None:
    found = curves(ROWS, "best", kind="a")
    assert found.at.tolist() == [15, 20]  # as far as both reach
    assert found.values.tolist() == [[1.0, 2.0], [3.0, 3.0]]
    at = curves(ROWS, "best", at=[5, 10, 29, 30], kind="a").values
    np.testing.assert_array_equal(at, [[np.nan, 1.0, np.nan, np.nan], [np.nan, np.nan, 3.0, 4.0]])
    assert curves(ROWS, "best", over="generation", kind="a").values.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_curves_of_no_run_are_refused() -> None:
    with pytest.raises(RunError, match="none with"):
        curves(ROWS, "best", kind="c")
