"""Several jobs of one command: launchers, sweepers, exit statuses, and folders that two commands ask for at once."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from codesign.cli import main
from codesign.cli.composition import config_folder
from codesign.cli.job_reports import JobReports
from codesign.cli.output_folder import claimed
from tests.cli.test_evolve import TINY, metrics

QUIET = [*TINY, "logger=quiet"]


def needs(package: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed")


LAUNCHERS = [
    pytest.param(
        ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"], marks=needs("hydra_plugins.hydra_joblib_launcher")
    ),
    pytest.param(["hydra/launcher=submitit_local"], marks=needs("hydra_plugins.hydra_submitit_launcher")),
]
optuna = needs("hydra_plugins.hydra_optuna_sweeper")


def in_process(*words: str) -> tuple[int, list[str]]:
    """Return the exit status of `codesign evolve` in a process of its own, and what it says of jobs."""
    result = subprocess.run(
        [sys.executable, "-m", "codesign.cli", "evolve", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(config_folder().parent)},
        check=False,
        timeout=300,
    )
    return result.returncode, about_jobs(result.stderr)


def about_jobs(errors: str) -> list[str]:
    """Return the lines about jobs that failed; Hydra says beside these which ones it begins."""
    return [line for line in errors.splitlines() if re.match(r"codesign: (job \d|expected)", line)]


def test_every_mistake_is_told_with_its_job(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for taken in ("0", "2"):
        (here / "all" / taken).mkdir(parents=True)
        (here / "all" / taken / "config.yaml").touch()
    assert main(["evolve", "-m", *QUIET, "seed=0,1,2", "hydra.sweep.dir=all"]) == 2
    first, second = about_jobs(capsys.readouterr().err)
    assert first.startswith(
        "codesign: job 0 (debug=tiny evaluator=local logger=quiet seed=0): expected a folder without"
    )
    assert "; got all/2 with config.yaml;" in second
    assert second.startswith("codesign: job 2 (")
    assert len(metrics(here / "all" / "1")) == 3
    assert sorted(path.name for path in (here / "all").iterdir()) == ["0", "1", "2", "multirun.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_jobs_in_other_processes_keep_their_exit_status(launcher: list[str], here: Path) -> None:
    words = ["-m", *launcher, *QUIET, "seed=0,1", "hydra.sweep.dir=all"]
    assert in_process(*words) == (0, [])
    assert [len(metrics(here / "all" / job)) for job in "01"] == [3, 3]
    status, lines = in_process(*words)
    assert status == 2
    assert [line.partition("): ")[0] for line in lines] == [
        f"codesign: job {number} (debug=tiny evaluator=local logger=quiet seed={number}" for number in (0, 1)
    ]
    assert in_process(*words, "run=auto", "search.generations=4") == (0, [])
    assert [len(metrics(here / "all" / job)) for job in "01"] == [4, 4]


def test_a_job_that_cannot_even_report_is_told(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "all" / "0").mkdir(parents=True)
    (here / "all" / "0" / "config.yaml").touch()
    monkeypatch.setattr(JobReports, "add", lambda _self, _report: False)  # as on a disk that is full
    assert main(["evolve", "-m", *QUIET, "seed=0,1", "hydra.sweep.dir=all"]) == 2
    assert " in job 0 (debug=tiny evaluator=local logger=quiet seed=0); " in capsys.readouterr().err.splitlines()[-1]


def test_every_combination_is_checked_before_the_first_job(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", "-m", *QUIET, "body=triangle,voxel", "terrain=flat,segments"]) == 2
    line = capsys.readouterr().err
    assert " in the job body=voxel terrain=segments; " in line
    assert list(here.iterdir()) == []


@pytest.fixture
def experiments(here: Path) -> Path:
    folder = here / "mine" / "experiment"
    folder.mkdir(parents=True)
    return folder


def test_a_sweep_of_an_experiment_is_checked_before_anything_is_written(
    experiments: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "# @package _global_\nhydra:\n  sweeper:\n    params:\n      seed: 0,-1\n"
    (experiments / "several.yaml").write_text(text)
    assert main(["evolve", "-m", "--config-dir=mine", "experiment=several", *QUIET]) == 2
    assert "seed=-1" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["mine"]
    assert (
        main(["evolve", "-m", "--config-dir=mine", "experiment=several", *QUIET, "seed=3", "hydra.sweep.dir=all"]) == 0
    )
    assert [path.name for path in (here / "all").iterdir() if path.is_dir()] == ["0"]


def test_an_experiment_may_be_a_sweep(experiments: Path, here: Path) -> None:
    text = "# @package _global_\nhydra:\n  mode: MULTIRUN\n  sweep: {dir: all}\n  sweeper: {params: {seed: '0,1'}}\n"
    (experiments / "several.yaml").write_text(text)
    assert main(["evolve", "--config-dir=mine", "experiment=several", *QUIET]) == 0
    assert [len(metrics(here / "all" / job)) for job in "01"] == [3, 3]


OPTUNA = ["-m", "hydra/sweeper=optuna", "hydra.sweeper.n_trials=4", "hydra.sweeper.n_jobs=1", "hydra.sweep.dir=all"]


@optuna
@pytest.mark.slow
def test_optuna_maximises_the_best_fitness(here: Path) -> None:
    assert (
        in_process(*OPTUNA, "hydra.sweeper.sampler.seed=1", *QUIET, "learner.step_length=interval(0.001,0.5)")[0] == 0
    )
    best = yaml.safe_load((here / "all" / "optimization_results.yaml").read_text())
    found = [json.loads((here / "all" / job / "best.json").read_text())["fitness"] for job in "0123"]
    assert best["best_value"] == max(found) > min(found)


@optuna
@pytest.mark.slow
def test_a_sweepers_failed_jobs_are_told(here: Path) -> None:
    assert in_process(*OPTUNA, *QUIET, "seed=choice(0,1)")[0] == 0
    status, lines = in_process(*OPTUNA, *QUIET, "seed=choice(0,1)")
    assert status == 2
    assert [line.partition(" (")[0] for line in lines if line.startswith("codesign")] == [
        f"codesign: job {number}" for number in range(4)
    ]


@optuna
def test_the_ends_of_an_interval_are_checked_before_anything_is_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evolve", *OPTUNA, *QUIET, "learner.step_length=interval(-1.0,0.1)"]) == 2
    assert "learner.step_length" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_folders_that_are_asked_for_in_the_same_second_differ(here: Path) -> None:
    def hold(_: int) -> str:
        with claimed(Path("runs") / "now") as folder:
            (folder / "something").touch()
            return folder.name

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(hold, range(16)))
    assert sorted(found) == sorted(["now", *(f"now-{number}" for number in range(2, 17))])


def test_a_folder_that_stays_empty_is_removed(here: Path) -> None:
    with claimed(Path("some") / "runs" / "now") as folder:
        assert folder.is_dir()
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("words", [["evolve"], ["evolve", "-m", "seed=1,2"]])
def test_two_commands_in_the_same_second_have_folders_of_their_own(
    words: list[str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _freeze(monkeypatch)
    for _ in range(3):
        assert main([*words, *QUIET]) == 0
    names = sorted(path.name for path in (here / "runs").iterdir())
    start = re.escape(names[0])
    assert len(names) == 3
    assert [bool(re.fullmatch(rf"{start}(-[23])?", name)) for name in names] == [True] * 3


def _freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Hydra's clock stand still."""
    from datetime import datetime  # noqa: PLC0415

    class Still(datetime):
        @classmethod
        def now(cls, tz=None):  # noqa: ARG003
            return cls(2026, 1, 2, 3, 4, 5)

    monkeypatch.setattr("hydra.core.utils.datetime", Still)


def test_a_name_that_the_user_gave_is_taken_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for status in (0, 2):
        assert main(["evolve", *QUIET, "hydra.run.dir=mine"]) == status
    assert "a folder without a run; got mine with config.yaml" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["mine"]
