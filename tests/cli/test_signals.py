"""Commands that a signal ends: in one line, with everything finished safe."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.cli.composition import config_folder
from tests.cli.test_evolve import TINY, metrics

LONG = ["sim.steps=400", "search.generations=1000"]


def begun(words: list[str], **keywords) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "codesign.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(config_folder().parent)},
        **keywords,
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None and not condition():
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    assert condition()


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    shown, errors = process.communicate(timeout=90)
    return process.returncode, shown.splitlines(), errors


@pytest.mark.parametrize(
    "number",
    [signal.SIGUSR1, *(pytest.param(each, marks=pytest.mark.slow) for each in ("SIGTERM", "SIGHUP", "SIGUSR2"))],
)
def test_a_signal_saves_and_says_how_to_go_on(number: int | str, here: Path) -> None:
    number = signal.Signals[number] if isinstance(number, str) else number
    process = begun(["evolve", *TINY, *LONG, "hydra.run.dir=run"])
    wait_for((here / "run" / "best.json").exists, process)
    process.send_signal(number)
    status, lines, errors = ended(process)
    assert (status, errors) == (128 + number, "")
    assert lines[-2].startswith("Stopped: ")
    assert lines[-1] == "Go on with: codesign evolve run=run"
    count = len(metrics(here / "run"))
    assert main(["evolve", "run=run", f"search.generations={count + 1}", "logger=quiet"]) == 0


def test_what_ignores_hang_ups_is_not_ended_by_one(here: Path) -> None:
    ignoring = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731 - as nohup does
    process = begun(["evolve", *TINY, *LONG, "hydra.run.dir=run"], preexec_fn=ignoring)
    wait_for((here / "run" / "best.json").exists, process)
    process.send_signal(signal.SIGHUP)
    before = len(metrics(here / "run"))
    wait_for(lambda: len(metrics(here / "run")) > before + 2, process)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == 143


@pytest.mark.parametrize("command", ["train", "bench"])
def test_commands_without_a_run_end_in_one_line(command: str, here: Path) -> None:
    words = {
        "train": ["debug=tiny", "evaluator=local", "learner.iterations=100000", "sim.steps=400"],
        "bench": ["measure=[speed]", "seconds=600", "worlds=[64]", "grids=[]", "precisions=[float32]", "segments=[]"],
    }[command]
    process = begun([command, *words, "hydra.run.dir=out"])
    wait_for((here / "out").exists, process)
    time.sleep(1.0)
    process.send_signal(signal.SIGTERM)
    status, _, errors = ended(process)
    assert (status, errors) == (143, "codesign: ended by SIGTERM\n")


@pytest.mark.parametrize("pause", [0.3, 0.6, 1.0])
def test_a_signal_while_a_command_starts_leaves_nothing(pause: float, here: Path) -> None:
    process = begun(["evolve", *TINY, *LONG, "hydra.run.dir=run"])
    time.sleep(pause)
    process.send_signal(signal.SIGUSR1)
    status, lines, errors = ended(process)
    # Python itself may not have started, or the run has.
    assert status in (138, -signal.SIGUSR1)
    assert errors in ("", "codesign: ended by SIGUSR1\n")
    assert not (here / "run").exists() or lines[-1].startswith("Go on with: ")


@pytest.mark.slow
@pytest.mark.parametrize("pause", [1.5, 2.5, 3.5])
def test_a_signal_while_ray_starts_says_how_to_go_on(pause: float, here: Path) -> None:
    process = begun(["evolve", "debug=tiny", *LONG, "evaluator.workers=1", "hydra.run.dir=run"])
    wait_for((here / "run" / "config.yaml").exists, process)
    time.sleep(pause - 1.5)
    process.send_signal(signal.SIGTERM)
    status, lines, errors = ended(process)
    assert (status, errors) == (143, "")
    assert lines[-1] == "Go on with: codesign evolve run=run"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_a_signal_to_all_processes_of_a_job_does_not_end_rays_before(number: signal.Signals, here: Path) -> None:
    process = begun(["evolve", "debug=tiny", *LONG, "evaluator.workers=1", "hydra.run.dir=run"], start_new_session=True)
    wait_for((here / "run" / "best.json").exists, process)
    *helpers, driver = family(process.pid)
    assert len(helpers) > 3
    for each in helpers:
        os.kill(each, number)
    before = len(metrics(here / "run"))
    wait_for(lambda: len(metrics(here / "run")) > before + 3, process)
    assert [each for each in helpers if not Path(f"/proc/{each}").exists()] == []
    os.kill(driver, number)
    status, lines, errors = ended(process)
    assert (status, errors) == (128 + number, "")
    assert lines[-1] == "Go on with: codesign evolve run=run"


def family(process: int) -> list[int]:
    """Return a process and all that came of it, the youngest first, as what a scheduler signals."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [*(each for child in children for each in family(int(child))), process]
