"""`codesign evolve` from typed to finished, and going on."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.cli.composition import config_folder

TINY = ["debug=tiny", "evaluator=local"]
EXPERIMENTS = sorted(path.stem for path in (config_folder() / "experiment").glob("*.yaml"))


def metrics(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def numbers(folder: Path) -> list[dict]:
    """Return the metrics that do not depend on the machine's speed."""
    return [{name: value for name, value in row.items() if "second" not in name} for row in metrics(folder)]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_runs(experiment: str, here: Path) -> None:
    assert main(["evolve", f"experiment={experiment}", *TINY, "hydra.run.dir=run"]) == 0
    assert [row["generation"] for row in metrics(here / "run")] == [0, 1, 2]
    assert (here / "run" / "report.html").stat().st_size > 10_000


def test_progress_is_a_line_per_generation_outside_a_terminal(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", *TINY, "hydra.run.dir=some run"]) == 0
    memory, where, compiling, *lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"Memory: up to \d+ KiB a design, \d+ KiB expected; batches of up to [\d,]+ designs \([\d,]+ of the largest\)"
        r" in [\d.]+ [MG]iB \(half of what is free\)",
        memory,
    )
    assert where.startswith("Run folder: some run ")
    assert "compiles" in compiling
    assert [line.split("  ")[0] for line in lines[:3]] == ["generation 0/2", "generation 1/2", "generation 2/2"]
    assert all(word in lines[0] for word in ("best", "mean", "valid", "robots/s", "robot-steps/s", "left"))
    assert lines[3].startswith("Finished: 3 generations")
    assert lines[4] == f"Page: {here.resolve()}/some run/report.html"
    assert len(lines) == 5
    assert not (here / "some run" / ".hydra").exists()
    assert sorted(path.name for path in here.iterdir()) == ["some run"]


def test_a_quiet_run_says_nothing_and_leaves_no_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evolve", *TINY, "logger=quiet", "hydra.run.dir=run"]) == 0
    assert capsys.readouterr().out == ""
    assert not (here / "run" / "report.html").exists()


def test_several_runs_at_once(here: Path) -> None:
    assert main(["evolve", "-m", *TINY, "logger=quiet", "seed=1,2", "hydra.sweep.dir=sweep"]) == 0
    first, second = (numbers(here / "sweep" / name) for name in "01")
    assert first != second


def test_a_longer_run_equals_one_that_was_long_from_the_start(here: Path) -> None:
    assert main(["evolve", *TINY, "logger=quiet", "search.generations=2", "hydra.run.dir=short"]) == 0
    assert main(["evolve", "run=short", "search.generations=5", "logger=quiet"]) == 0
    assert main(["evolve", *TINY, "logger=quiet", "search.generations=5", "hydra.run.dir=long"]) == 0
    assert numbers(here / "short") == numbers(here / "long")
    assert (here / "short" / "best.json").read_bytes() == (here / "long" / "best.json").read_bytes()


def test_a_finished_run_stays_as_it_is(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished / "metrics.jsonl").read_bytes()
    assert main(["evolve", f"run={finished}", "logger.display=plain", "logger.page=false"]) == 0
    assert "Finished: 3 generations" in capsys.readouterr().out
    assert (finished / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("seed=4", "a run to go on as it was started; got seed"),
        ("experiment=demo", "got experiment"),
        ("search.population_size=9", "got search.population_size"),
        ("search=random", "got search "),
        ("terrain.roughness=0.1", "got terrain.roughness"),  # which is no key of the default terrain
        ("search.generations=0", "search.generations"),
        ("logger.display=loud", "logger.display"),
        ("execution.precision=float64", "execution.precision"),
    ],
)
def test_a_run_goes_on_as_it_was_started(
    finished: Path, override: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evolve", f"run={finished}", override, "evaluator=local"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert part in lines[0]


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("iterations: 3", "iterations: three", "learner.iterations to be a whole number; got 'three'"),
        ("iterations: 3", "iterations: 4", "learner.iterations = 4"),
        ("seed: 0", "seed: ${oc.env:HOME}", "a configuration without references"),
        ("seed: 0", "seed: 0\n_target_: os.system", "'_target_'"),
        ("seed: 0", "seed: [0", "a configuration in YAML"),
        ("seed: 0", "seed: !!python/object/apply:os.system ['touch owned']", "a configuration in YAML"),
        ("name: mlp", "name: os.system", "controller to be one of cpg, cpg_feedback, mlp"),
    ],
)
def test_an_altered_configuration_is_refused(
    finished: Path, here: Path, old: str, new: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, "copy")
    text = Path("copy/config.yaml").read_text()
    assert old in text
    Path("copy/config.yaml").write_text(text.replace(old, new, 1))
    before = {path: path.read_bytes() for path in Path("copy").rglob("*") if path.is_file()}
    assert main(["evolve", "run=copy", "search.generations=9", "evaluator=local"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert part in lines[0]
    assert {path: path.read_bytes() for path in Path("copy").rglob("*") if path.is_file()} == before
    assert [path.name for path in here.iterdir()] == ["copy"]


def interrupted(words: list[str], sign: Path) -> tuple[list[str], str]:
    """Press Ctrl-C once `sign` is there; return the lines that were shown, and the errors."""
    root = str(config_folder().parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "codesign.cli", "evolve", *words, *TINY, "sim.steps=400", "search.generations=1000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    begin = time.monotonic()
    while time.monotonic() - begin < 120 and process.poll() is None and not sign.exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    shown, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    return shown.splitlines(), errors


def test_control_c_saves_and_says_how_to_go_on(here: Path) -> None:
    lines, errors = interrupted(["hydra.run.dir=run"], here / "run" / "best.json")
    assert "Traceback" not in errors
    last, go_on = lines[-2:]
    assert last.startswith("Stopped: ")
    assert last.split(" of 1000 generations")[0].endswith(f" {len(metrics(here / 'run'))}")
    assert go_on == "Go on with: codesign evolve run=run"
    count = len(metrics(here / "run"))
    assert main(["evolve", "run=run", f"search.generations={count + 1}", "logger=quiet"]) == 0
    assert len(metrics(here / "run")) == count + 1


def test_control_c_ends_several_runs_at_once(here: Path) -> None:
    lines, errors = interrupted(["-m", "seed=1,2", "hydra.sweep.dir=all"], here / "all" / "0" / "best.json")
    assert errors.endswith("\ncodesign: interrupted\n")
    assert lines[-1] == "Go on with: codesign evolve run=all/0"
    assert not (here / "all" / "1").exists()
