"""Odd machines: folders that may not be entered, streams that are closed or full, caches that cannot be written."""

from pathlib import Path

import pytest

from tests.odd_machines import run, told

QUICK = ["debug=tiny", "evaluator=local"]
LONG = "x" * 300


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["evolve", "hydra.run.dir=locked/inner/run", *QUICK], "hydra.run.dir to be a folder to write to"),
        (["evolve", "run=locked/inner"], "run to be a folder"),
        (["evolve", "terrain=heightfield", "terrain.file=locked/heights.csv"], "terrain.file to be a file"),
        (["evolve", "controller=shared", "weights=locked/weights"], "weights to be a file"),
        (["evolve", "-m", "seed=0,1", "hydra.sweep.dir=locked/inner/x", *QUICK], "hydra.sweep.dir to be a folder"),
        (["evolve", "--config-dir=locked/inner", *QUICK], "--config-dir to be a folder"),
        (["evolve", "-cp", "locked/inner"], "--config-path to be a folder"),
        (["train", "designs=[locked/design.json]"], "designs to be a file"),
        (["export", "run=here", "output=locked/pictures"], "output to be a folder to write to"),
        (["bench", "previous=locked/bench.json"], "previous to be a file"),
    ],
)
def test_a_folder_that_may_not_be_entered_is_named(arguments: list[str], reason: str, here: Path) -> None:
    (here / "here").mkdir()
    (here / "locked/inner").mkdir(parents=True)
    (here / "locked").chmod(0)
    try:
        line = told(run(*arguments, unprivileged=True))
    finally:
        (here / "locked").chmod(0o700)
    assert f"expected {reason}" in line
    assert "where locked may not be entered; ask its owner" in line
    assert {path.name for path in here.rglob("*")} == {"here", "locked", "inner"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["evolve", f"hydra.run.dir={LONG}", *QUICK],
        ["evolve", "-m", "seed=0,1", f"hydra.sweep.dir={LONG}", *QUICK],
        ["evolve", "-m", "seed=0,1", "hydra.sweep.subdir=${hydra.job.override_dirname}", f"title={LONG}", *QUICK],
        ["export", "run=.", f"output={LONG}"],
    ],
)
def test_a_name_that_is_too_long_is_told(arguments: list[str], here: Path) -> None:
    assert "above 255; choose a shorter name" in told(run(*arguments))
    assert not list(here.iterdir())


def test_a_working_folder_that_was_removed_is_told(here: Path) -> None:
    (here / "gone").mkdir()
    line = told(run("evolve", *QUICK, cwd=here / "gone", shell='rmdir ../gone; "$@"'))
    assert "a working folder that exists" in line


def test_a_job_stays_in_the_folder_that_it_was_started_in(here: Path) -> None:
    assert "expected hydra.job.chdir to be false" in told(run("evolve", "hydra.job.chdir=true", *QUICK))
