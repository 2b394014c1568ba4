"""`run=auto`: one command that starts a run or goes on with it, for jobs that schedulers put into their queue again."""

import fcntl
import re
import shutil
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.run import RunFolder
from tests.cli.test_evolve import TINY, metrics, numbers
from tests.run.fakes import everything, results

QUIET = [*TINY, "logger=quiet", "run=auto"]
AUTO = ["evolve", *QUIET]
SAME = [*AUTO, "hydra.run.dir=X"]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    lines = [line for line in capsys.readouterr().err.splitlines() if re.match("codesign: (job|expected)", line)]
    assert len(lines) == 1
    return lines[0]


def test_the_same_command_starts_a_run_and_goes_on_with_it(here: Path) -> None:
    assert main([*SAME, "search.generations=2"]) == 0
    assert main([*SAME, "search.generations=4"]) == 0
    assert main(["evolve", *TINY, "logger=quiet", "search.generations=4", "hydra.run.dir=whole"]) == 0
    assert numbers(here / "X") == numbers(here / "whole")
    assert "run: null" in (here / "X" / "config.yaml").read_text()


def test_a_finished_run_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SAME) == 0
    before = results(RunFolder(here / "X"))
    assert main(["evolve", *TINY, "run=auto", "hydra.run.dir=X", "logger.page=false"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Finished: 3 generations")
    assert results(RunFolder(here / "X")) == before


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("seed=4", "seed as the run in X was started with, 0; got 4; set seed as it was"),
        ("task=jump", "task.name as the run in X was started with, walk; got jump"),
        ("forces=[wind]", "forces.wind"),
        ("learner.iterations=4", "learner.iterations as the run in X was started with, 3; got 4"),
        ("execution.precision=float64", "execution.precision as the run in X was started with, float32"),
        ("weights=w.safetensors", "weights"),
        ("title=other", "title as the run in X"),
    ],
)
def test_another_run_is_refused_by_the_setting(
    finished: Path, here: Path, override: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, here / "X")
    before = everything(here / "X")
    assert main([*SAME, override]) == 2
    assert part in told(capsys)
    assert everything(here / "X") == before


@pytest.mark.parametrize("override", ["checkpoints.every=2", "execution.threads=1", "logger=default"])
def test_what_a_run_leaves_free_may_differ(finished: Path, here: Path, override: str) -> None:
    shutil.copytree(finished, here / "X")
    assert main([*SAME, "logger.page=false", "search.generations=4", override]) == 0
    assert len(metrics(here / "X")) == 4


def test_a_file_is_compared_by_its_content(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ground.csv").write_text("0,0.1,0\n")
    words = [*SAME, "terrain=heightfield", "terrain.file=ground.csv"]
    assert main([*words, "search.generations=1"]) == 0
    assert main([*words, "search.generations=2"]) == 0
    (here / "ground.csv").write_text("0,0.2,0\n")
    assert main([*words, "search.generations=3"]) == 2
    assert "terrain.file as the run in X was started with, a file of other content" in told(capsys)
    assert len(metrics(here / "X")) == 2


def test_a_run_that_was_ended_while_it_began_begins_again(here: Path) -> None:
    (here / "ground.csv").write_text("0,0.1,0\n")
    (here / "X" / "inputs").mkdir(parents=True)
    shutil.copy(here / "ground.csv", here / "X" / "inputs" / "terrain.file.csv")
    assert main([*SAME, "terrain=heightfield", "terrain.file=ground.csv"]) == 0


def test_inputs_of_something_else_are_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "X" / "inputs").mkdir(parents=True)
    (here / "X" / "inputs" / "mine.csv").write_text("1")
    assert main(SAME) == 2
    assert "a folder without a run; got X with inputs" in told(capsys)


def test_two_at_once(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(finished, here / "X")
    with (here / "X" / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main([*SAME, "search.generations=4"]) == 2
    assert "in use by another process" in told(capsys)


@pytest.mark.parametrize("words", [[], ["-m", "seed=1,2"], ["hydra.run.dir=runs/${now:%S}"]])
def test_a_folder_named_by_the_time_cannot_be_come_back_to(
    words: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evolve", *words, *QUIET]) == 2
    line = told(capsys)
    assert "named by the time" in line
    assert line.endswith("; set hydra.run.dir=FOLDER, or with -m hydra.sweep.dir=FOLDER")
    assert list(here.iterdir()) == []


def test_a_sweep_goes_on_job_by_job(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evolve", "-m", *QUIET, "hydra.sweep.dir=all"]
    assert main([*words, "seed=1,2", "search.generations=1"]) == 0
    assert main([*words, "seed=1,2", "search.generations=2"]) == 0
    assert [len(metrics(here / "all" / job)) for job in "01"] == [2, 2]
    capsys.readouterr()
    assert main([*words, "seed=1,3,2", "search.generations=2"]) == 2
    assert "job 1 (" in (line := told(capsys))
    assert "seed as the run in all/1 was started with, 2; got 3" in line
    assert len(metrics(here / "all" / "2")) == 2


def test_a_folder_of_that_name_is_still_one(finished: Path, here: Path) -> None:
    shutil.copytree(finished, here / "auto")
    assert main(["evolve", "run=./auto", "logger=quiet"]) == 0


def test_a_folder_that_only_records_a_configuration_is_left_alone(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "X").mkdir()
    shutil.copy(finished / "config.yaml", here / "X")
    assert main(SAME) == 2
    assert "X, which only records how one was configured" in told(capsys)
    assert [path.name for path in (here / "X").iterdir()] == ["config.yaml"]
