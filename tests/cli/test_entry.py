"""The command line as a program: help, version, start-up, exit status."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import codesign
from codesign.cli import main
from codesign.cli.composition import config_folder
from codesign.cli.entry import COMMANDS, WITHOUT_CONFIGURATION


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


def test_no_arguments_show_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "usage: codesign COMMAND" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"codesign {codesign.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"codesign {command}" in shown
    assert "== Settings (key=value) ==" in shown
    assert "hydra/schema" not in shown
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in WITHOUT_CONFIGURATION])
def test_every_command_shows_its_configuration(command: str, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert main([command, "--cfg", "job"]) == 0
    assert "hydra:" not in capsys.readouterr().out
    assert list(here.iterdir()) == []


def test_the_program_starts_fast_and_fails_with_one_line() -> None:
    begin = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "codesign.cli", "evlove"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(config_folder().parent)},
        check=False,
    )
    seconds = time.perf_counter() - begin
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "codesign: expected a command (evolve, train, show, export, watch, transfer, analyze, bench); got 'evlove'; "
        "did you mean 'evolve'?"
    ]
    assert result.stdout == ""
    assert seconds < 5.0, "most of it was spent before the command was known"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["--help"], ["evolve", "--help"]])
def test_a_reader_that_has_seen_enough_is_no_error(words: list[str], unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as unread:
        result = subprocess.run(
            [sys.executable, "-m", "codesign.cli", *words],
            stdout=unread,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(config_folder().parent), "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert (result.returncode, result.stderr) == (141, "")


def test_a_pipe_of_something_else_that_breaks_is_no_reader_that_has_seen_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: list[str]) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("codesign.cli.entry._dispatch", fail)
    with pytest.raises(BrokenPipeError):
        main(["--help"])
