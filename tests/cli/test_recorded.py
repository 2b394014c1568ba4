"""Configurations of runs that were edited, or that lie in a folder where no run ever was."""

import shutil
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.run import RunFolder
from tests.cli.test_bad_input import told


def test_an_edited_configuration_is_not_replayed(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, here / "run")
    config = here / "run/config.yaml"
    text = config.read_text()
    assert "gravity: -4.8" in text
    config.write_text(text.replace("gravity: -4.8", "gravity: -9.8"))
    for words in (["export", "run=run", "format=json", "output=out"], ["evolve", "run=run", "logger=quiet"]):
        assert main(words) == 2
        line = told(capsys)
        assert "trial.physics.gravity = -9.8; got run/checkpoints with -4.8" in line
    assert not (here / "out").exists()
    config.write_text(text.replace("title: ", "title: another "))  # what decides nothing may change
    assert main(["export", "run=run", "format=json", "output=out"]) == 0


def test_a_recorded_configuration_is_no_run_to_go_on_with(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "my record").mkdir()
    shutil.copy(finished / "config.yaml", here / "my record")
    assert main(["evolve", "run=my record", "logger=quiet"]) == 2
    line = told(capsys)
    assert "got my record, which only records how one was configured" in line
    assert line.endswith("; start it anew by codesign evolve 'run=my record' hydra.run.dir=NEW")
    assert [path.name for path in (here / "my record").iterdir()] == ["config.yaml"]
    assert main(["evolve", "run=my record", "hydra.run.dir=anew", "logger=quiet"]) == 0
    assert [path.name for path in (here / "my record").iterdir()] == ["config.yaml"]
    rows, others = (RunFolder(folder).read_metrics() for folder in (here / "anew", finished))
    assert [row["best_fitness"] for row in rows] == [row["best_fitness"] for row in others]


def test_a_run_that_was_killed_before_its_first_generation_goes_on(finished: Path, here: Path) -> None:
    (here / "run").mkdir()
    shutil.copy(finished / "config.yaml", here / "run")
    (here / "run/.lock").touch()
    assert main(["evolve", "run=run", "logger=quiet"]) == 0
    assert (here / "run/best.json").is_file()
