"""The report about gradients, by the tool that prints it."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from codesign.cli.entry import main

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("gradient_report")


def test_a_report_has_both_groups_of_a_run(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    words = ["evolve", "debug=tiny", "sim=no_slip", "evaluator=local", "logger.display=none", f"hydra.run.dir={run}"]
    assert main(words) == 0
    capsys.readouterr()
    options = ["--designs", "3", "--starts", "1", "--horizons", "20,60", "--grazing-speed", "0.1"]
    assert tool.main([str(run), *options]) == 0
    told = capsys.readouterr().out
    assert "grazing_speed=0.1" in told
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in told.splitlines() if "| " in line]
    cosines = [row[:4] for row in rows if row[0] in ("random", "evolved") and row[2] in ("before", "after")]
    expected = [[steps, when, "3"] for steps in ("20", "60") for when in ("before", "after")]
    assert cosines == [[group, *each] for group in ("random", "evolved") for each in expected]
    for row in rows:
        if row[2] in ("before", "after"):
            shares = [float(cell.split()[0]) for cell in row[4:]]
            assert shares == sorted(shares, reverse=True)
            assert 0.0 <= shares[-1] <= shares[0] <= 100.0
    lengths = [row for row in rows if row[0] in ("random", "evolved") and row[2] not in ("before", "after")]
    assert [len(row) for row in lengths] == [7, 7]
    assert all(0.0 < float(row[1]) < 10.0 for row in lengths)


def test_a_folder_that_is_no_run_is_told_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "tools/gradient_report.py", str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stdout == ""
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1e200, 0.0], [1e200, 1e200], np.sqrt(0.5)),
        ([1.0, 0.0], [0.0, 0.0], 0.0),
        ([0.0, 0.0], [0.0, 0.0], 1.0),
        ([np.inf, 0.0], [1.0, 0.0], -1.0),
        ([1.0, np.nan], [1.0, 0.0], -1.0),
    ],
)
def test_a_cosine_is_of_the_angle_however_long_gradients_are(
    tool: ModuleType, one: list[float], other: list[float], expected: float
) -> None:
    assert tool.cosine(np.array(one), np.array(other)) == pytest.approx(expected)


def test_shares_are_of_all_events(tool: ModuleType) -> None:
    assert tool.share(np.array([[True, False], [True, True]])) == "75.0 [50.0, 100.0]"
