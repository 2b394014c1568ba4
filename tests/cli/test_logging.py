"""Python's logging: levels by configuration, on standard error and in no file."""

import logging
from pathlib import Path

import pytest

from codesign.cli import main
from tests.cli.test_evolve import TINY

QUIET = ["evolve", *TINY, "logger=quiet", "hydra.run.dir=run"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], 0),
        (["hydra.job_logging.loggers.codesign.level=INFO"], 3),
        (["hydra.verbose=[codesign]"], 6),
    ],
)
def test_levels_are_set_by_configuration(
    words: list[str], shown: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert main([*QUIET, *words]) == 0
    finally:
        logging.getLogger("codesign").setLevel(logging.NOTSET)
    out, errors = capsys.readouterr()
    assert out == ""
    recorded = [line for line in errors.splitlines() if line.startswith("codesign: INFO: generation")]
    assert len(recorded) == min(shown, 3)
    assert len(errors.splitlines()) == shown
    assert not list(here.rglob("*.log"))


def test_a_warning_is_told_on_standard_error(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "codesign.run.ReportWriter.finish", lambda *_: logging.getLogger("codesign.export").warning("odd") or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        main(["evolve", *TINY, "logger.display=none", "hydra.run.dir=run"])
    assert capsys.readouterr().err.startswith("codesign: WARNING: odd\n")


def test_a_missing_logger_is_named_before_anything_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codesign.run.loggers.logger.importlib.util.find_spec", lambda _: None)
    assert main([*QUIET, "loggers=[tensorboard,wandb]"]) == 2
    line = capsys.readouterr().err
    assert "the package tensorboardX for loggers.tensorboard; got none; pip install 'codesign[tensorboard]'" in line
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["loggers=[tensorbord]"], "did you mean 'tensorboard'?"),
        (["loggers=[wandb]", "loggers.wandb.mode=never"], "loggers.wandb.mode"),
        (["loggers.mlflow.uri=x"], "add it with loggers=[mlflow]"),
        (["loggers=[wandb,wandb]"], "loggers with each entry once"),
    ],
)
def test_a_wrong_logger_is_one_line(
    words: list[str], part: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUIET, *words]) == 2
    assert part in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_training_has_no_loggers(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboardX")
    assert main(["train", *TINY, "loggers=[tensorboard]"]) == 2
    assert "set loggers=[]" in capsys.readouterr().err


def test_loggers_come_and_go_with_the_parts_of_a_run(here: Path) -> None:
    pytest.importorskip("tensorboardX")
    assert main([*QUIET, "loggers=[tensorboard]", "search.generations=1"]) == 0
    assert len(list((here / "run" / "loggers" / "tensorboard").iterdir())) == 1
    assert main(["evolve", "run=run", "search.generations=2", "loggers=[]"]) == 0
    assert len(list((here / "run" / "loggers" / "tensorboard").iterdir())) == 1
    assert main([*QUIET, "run=auto", "loggers=[tensorboard]", "search.generations=3"]) == 0
    assert len(list((here / "run" / "loggers" / "tensorboard").iterdir())) == 2
