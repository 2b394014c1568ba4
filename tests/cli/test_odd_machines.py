"""Odd machines: folders that may not be entered, streams that are closed or full, caches that cannot be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.odd_machines import CHECKOUT, run, small_disk, told

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
    assert ", where locked may not be entered" in line
    assert "; ask its owner, or choose another place" in line
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
    line = told(run(*arguments))
    assert ", above 255" in line
    assert line.endswith("; choose a shorter name")
    assert not list(here.iterdir())


def test_a_working_folder_that_was_removed_is_told(here: Path) -> None:
    (here / "gone").mkdir()
    line = told(run("evolve", *QUICK, cwd=here / "gone", shell='rmdir ../gone; "$@"'))
    assert "a working folder that exists" in line


def test_a_job_stays_in_the_folder_that_it_was_started_in(here: Path) -> None:
    assert "expected hydra.job.chdir to be false" in told(run("evolve", "hydra.job.chdir=true", *QUICK))


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_end_no_work(closed: str, here: Path) -> None:
    process = run("evolve", *QUICK, "hydra.run.dir=run", shell=f'"$@" {closed}')
    assert process.returncode == 0, process.stderr
    assert (process.stdout, process.stderr) == ("", "")
    assert (here / "run/report.html").is_file()
    assert "Finished" not in "".join(path.read_text(errors="replace") for path in (here / "run").glob("*.*"))


def test_a_version_that_nobody_wants_to_see(here: Path) -> None:
    assert run("--version", shell='"$@" >&-').returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_standard_output_is_told_once_and_the_work_goes_on(here: Path) -> None:
    line = told(run("evolve", *QUICK, "hydra.run.dir=run", shell='"$@" >/dev/full'))
    assert "expected a standard output that can be written to; got No space left on device" in line
    assert len((here / "run/metrics.jsonl").read_text().splitlines()) == 3
    assert (here / "run/report.html").is_file()
    assert "No space left" in told(run("--help", shell='"$@" >/dev/full'))
    assert run("--help", shell='"$@" >/dev/full 2>&1').returncode == 2


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["evolve", *QUICK, "hydra.run.dir=run"], set()),
        (["evolve", "-m", "seed=0,1", *QUICK, "hydra.sweep.dir=runs"], {"runs", "runs/multirun.yaml"}),
        (["train", *QUICK, "hydra.run.dir=run"], set()),
    ],
)
def test_a_pipe_that_nobody_reads_ends_the_work(arguments: list[str], left: set[str], here: Path) -> None:
    process = run(*arguments, shell='{ "$@"; echo $? >../status; } | true')
    assert (here.parent / "status").read_text() == "141\n", process.stderr
    assert "Traceback" not in process.stderr
    assert {str(path.relative_to(here)) for path in here.rglob("*")} == left


def test_a_run_whose_reader_goes_keeps_what_is_finished(here: Path) -> None:
    words = [*QUICK, "hydra.run.dir=run", "search.generations=400", "logger.page=false"]
    run("evolve", *words, shell='{ "$@"; echo $? >status; } | head -6')
    assert (here / "status").read_text() == "141\n"
    assert 1 <= len((here / "run/metrics.jsonl").read_text().splitlines()) < 400
    finished = len((here / "run/metrics.jsonl").read_text().splitlines())
    process = run("evolve", "run=run", f"search.generations={finished + 1}", "logger=quiet")
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_characters_that_the_output_lacks_are_written_as_escapes(encoding: str, here: Path) -> None:
    environment = {"PYTHONIOENCODING": encoding}
    process = run("train", *QUICK, "hydra.run.dir=\u8dd1", environment=environment)
    assert process.returncode == 0, process.stderr
    assert "Learning curves: \\u8dd1/learning.png" in process.stdout
    assert (here / "\u8dd1/learning.jsonl").is_file()


def test_a_terminal_of_another_encoding_shows_that_something_learns(here: Path) -> None:
    if shutil.which("script") is None:
        pytest.skip("script(1), which makes a terminal, is not there")
    process = run(
        "train",
        *QUICK,
        "hydra.run.dir=run",
        environment={"PYTHONIOENCODING": "latin-1"},
        shell='script -qec "$*" /dev/null',
    )
    assert process.returncode == 0, process.stdout
    assert "Traceback" not in process.stdout
    assert (here / "run/learning.jsonl").is_file()


def test_a_locale_without_the_characters_of_a_path_is_named(here: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    line = told(run("evolve", *QUICK, "hydra.run.dir=l\u00e4uft", environment=plain))
    assert "hydra.run.dir to be a folder to write to" in line
    assert "set LC_ALL=C.UTF-8" in line
    assert not list(here.iterdir())


def test_what_libraries_say_does_not_come_between_the_paths_of_an_export(finished: Path, here: Path) -> None:
    process = run("export", f"run={finished}", "format=png", "output=out", environment={"MPLCONFIGDIR": "/proc/nope"})
    assert process.returncode == 0, process.stderr
    assert [Path(line).parent.name for line in process.stdout.splitlines()] == ["out"]


def test_the_package_runs_as_a_module(here: Path) -> None:
    command = [sys.executable, "-m", "codesign", "--version"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout.startswith(b"codesign ")


def test_a_locale_without_the_characters_of_a_value_is_named(here: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    line = told(run("evolve", 'title="L\u00e4ufer"', *QUICK, environment=plain))
    assert "expected words that this locale can read; got title=" in line
    assert line.endswith("; set LC_ALL=C.UTF-8")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["train", *QUICK, "hydra.run.dir=small/learning"], "hydra.run.dir"),
        (["export", "run={finished}", "format=html", "output=small"], "output"),
    ],
)
def test_a_disk_without_room_for_results_says_how_to_have_them(
    words: list[str], key: str, finished: Path, here: Path
) -> None:
    with small_disk(here / "small", "8k"):
        process = run(*(word.format(finished=finished) for word in words))
        left = [path for path in (here / "small").rglob("*") if path.suffix == ".part"]
    assert process.returncode == 2, process.stderr
    last = process.stderr.splitlines()[-1]
    assert f"or set {key}=FOLDER, and start again: the same command gives the same numbers" in last
    assert not left
