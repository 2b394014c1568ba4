"""Random faults under load: the comparison can tell runs apart, and a short soak finds no difference."""

import importlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from codesign.run import RunFolder
from codesign.run.designs import table_of
from tests.run.fakes import finished
from tools.soaking.comparison import Differences, differences

ROOT = Path(__file__).parent.parent
NOTHING = (0, 0)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("soak") / "undisturbed").path


@pytest.fixture
def run(undisturbed: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(undisturbed, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    """Change the table in a file."""
    pyarrow.parquet.write_table(change(pyarrow.parquet.ParquetFile(path).read()), path)


def counted(undisturbed: Path, run: RunFolder) -> tuple[int, int]:
    found: Differences = differences(undisturbed, run.path)
    return found.bits, found.lost


def test_runs_that_are_the_same_do_not_differ(undisturbed, run):
    assert counted(undisturbed, run) == NOTHING
    assert differences(undisturbed, run.path).values > 1000


def test_a_flipped_bit_in_a_table_is_one_bit(undisturbed, run):
    def flipped(table: Any) -> Any:
        fitness = table.column("fitness").to_numpy().copy()
        fitness.view(np.int64)[3] ^= 1
        return table.set_column(table.schema.get_field_index("fitness"), "fitness", pyarrow.array(fitness))

    rewrite(table_of(run.designs, 2), flipped)
    assert counted(undisturbed, run) == (1, 0)
    assert differences(undisturbed, run.path).where == {"generation_000002": 1}


def test_a_lost_design_counts_with_all_that_was_recorded_of_it(undisturbed, run):
    rewrite(table_of(run.designs, 1), lambda table: table.slice(1))
    bits, lost = counted(undisturbed, run)
    assert lost == 1
    assert bits > 64


def test_a_lost_table_is_a_loss_of_its_designs(undisturbed, run):
    designs = pyarrow.parquet.ParquetFile(table_of(run.designs, 4)).metadata.num_rows
    table_of(run.designs, 4).unlink()
    assert counted(undisturbed, run)[1] == designs


def test_metrics_count_but_for_the_clock(undisturbed, run):
    rows = run.read_metrics()
    rows[1]["wall_seconds"] += 1.0
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert counted(undisturbed, run) == NOTHING
    rows[1]["mean_masses"] = float(np.nextafter(rows[1]["mean_masses"], np.inf))
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
    bits, lost = counted(undisturbed, run)
    assert bits >= 1
    assert lost == 0


def test_the_newest_checkpoint_and_the_best_design_count(undisturbed, run):
    for path in run.checkpoints.glob("*5.*"):
        path.unlink()
    assert "checkpoint" in differences(undisturbed, run.path).where
    run.best.write_text(run.best.read_text().replace('"fitness": ', '"fitness": 1'))
    assert "best" in differences(undisturbed, run.path).where


def test_a_run_that_cannot_be_read_is_lost_altogether(undisturbed, run):
    table_of(run.designs, 0).write_bytes(b"no table")
    found = differences(undisturbed, run.path)
    assert found.lost == len(RunFolder(undisturbed).read_metrics()) * 6
    assert found.bits > 1000


def carried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *command: str) -> tuple[Any, list[str]]:
    """Return the report on a run whose processes are all such a command, and what was not as promised."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    soak = importlib.import_module("soaking.disturbance")
    drivers, faults = importlib.import_module("soaking.driver"), importlib.import_module("soaking.faults")
    monkeypatch.setattr(soak, "HANG_SECONDS", 0.3)
    monkeypatch.setattr(soak, "MOST_HANGS", 1)

    def spawn(_arguments: Any, log: Path) -> "subprocess.Popen[bytes]":
        log.write_text("not as it should be\n")
        return subprocess.Popen(command)

    monkeypatch.setattr(drivers, "spawn", spawn)
    driver, report = drivers.Driver(tmp_path / "run", tmp_path, 4), soak.Report()
    nodes, disk = SimpleNamespace(address="127.0.0.1:1"), SimpleNamespace(disturbed=False, mounted=False)
    scene = faults.Scene(driver, nodes, disk, tmp_path, random.Random(0))
    soak.Disturbance(scene, report, 0.0).carry_out(lambda _: None)
    return report, scene.violations


def test_a_run_that_hangs_is_counted(tmp_path, monkeypatch):
    report, violations = carried_out(tmp_path, monkeypatch, "sleep", "100")
    assert report.hangs == 1
    assert not report.clean
    assert violations == []


def test_an_exit_status_that_was_not_promised_is_told(tmp_path, monkeypatch):
    report, violations = carried_out(tmp_path, monkeypatch, "false")
    assert report.hangs == 0
    assert len(violations) == 2
    assert "exit status 1: not as it should be" in violations[0]


@pytest.mark.slow
def test_a_short_soak_finds_no_difference(tmp_path):
    report = tmp_path / "soak.json"
    command = [sys.executable, "tools/soak.py", "0.7", "--seed", "3", "--generations", "8", "--output", str(report)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=500)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found == json.loads(report.read_text())
    assert found["faults_total"] == sum(found["faults"].values()) >= 3
    assert found["runs"] >= 1
    assert (found["bits_differing"], found["designs_lost"], found["hangs"]) == (0, 0, 0)


@pytest.mark.parametrize("arguments", [[], ["0"], ["soon"], ["1", "--generations", "1"]])
def test_a_mistake_on_the_command_line_is_told(arguments):
    command = [sys.executable, "tools/soak.py", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
