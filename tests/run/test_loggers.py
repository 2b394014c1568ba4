"""Loggers: each read back by its own library, and a failing one in nobody's way."""

import importlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest

from codesign.errors import ConfigError
from codesign.run import LOGGERS, Delivery, Listeners, LoggerSettings, RunFolder, evolve, resume
from codesign.run.loggers import LoggerConnection, delivery
from codesign.run.loggers.delivery import scalars
from tests.run.fakes import CONFIG, GENERATIONS, Notes, Quick, experiment, results

SETTINGS = {"title": "a walk", "seed": 7, "sim": {"steps": 60, "contact": {"name": "no_slip"}}, "heights": [0, 1]}


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


@dataclass(frozen=True)
class Remembering(LoggerSettings):
    """Remembers what it was given, or fails."""

    name: str = "remembering"
    failing_at: int = 99
    hanging_at: int = 99
    given: list = field(default_factory=list)
    opened: list = field(default_factory=list)
    module: ClassVar[str] = "json"

    def open(self, run):
        self.opened.append(run)
        return Memory(self, run)


class Memory(LoggerConnection):
    def __init__(self, settings, run):
        self.settings, self.identity = settings, run.identity or f"run {len(settings.opened)}"

    def write(self, generation, values):
        if generation == self.settings.failing_at:
            raise ConnectionError("the server is gone\nmore")
        if generation == self.settings.hanging_at:
            time.sleep(1000)
        self.settings.given.append((generation, values["best_fitness"]))

    def close(self, *, finished):
        self.settings.given.append(finished)


def run(path: Path, *loggers: LoggerSettings, generations: int = GENERATIONS, **changes) -> RunFolder:
    """Run what is left of an experiment of so many generations, from the start or going on."""
    one = experiment(**changes)
    one = replace(one, search=replace(one.search, generations=generations))
    folder = RunFolder(path)
    deliveries = [Delivery(logger, SETTINGS) for logger in loggers]
    for each in deliveries:
        each.__enter__()
    try:
        listener = Listeners([Notes(), *deliveries])
        resume(one, path, listener) if folder.config.exists() else evolve(one, path, CONFIG, listener)
    finally:
        for each in deliveries:
            each.__exit__(None, None, None)
    return folder


def expected(folder: RunFolder, start: int = 0) -> list:
    return [(row["generation"], row["best_fitness"]) for row in folder.read_metrics()[start:]]


def test_every_logger_gets_every_generation_once(tmp_path):
    first, second = Remembering(), Remembering()
    folder = run(tmp_path / "run", first, second)
    assert first.given == second.given == [*expected(folder), True]
    assert first.opened[0].title == "a walk"
    assert first.opened[0].parameters() == {
        "title": "a walk",
        "seed": 7,
        "sim.steps": 60,
        "sim.contact.name": "no_slip",
        "heights": [0, 1],
    }


def test_a_run_that_goes_on_is_the_same_run_for_its_logger(tmp_path):
    logger = Remembering()
    run(tmp_path / "run", logger, generations=3)
    folder = run(tmp_path / "run", logger)
    assert [each.identity for each in logger.opened] == [None, "run 1"]
    assert logger.given == [*expected(folder)[:3], True, *expected(folder, 3), True]


def test_what_is_computed_again_is_not_told_again(tmp_path):
    logger = Remembering()
    folder = run(tmp_path / "run", logger, generations=5)
    for path in folder.checkpoints.glob("generation_000004*"):
        path.unlink()  # as after a crash; the run goes back to the checkpoint before
    run(tmp_path / "run", logger)
    assert [each for each in logger.given if each is not True] == expected(folder)


def test_a_logger_that_comes_late_gets_what_was_before(tmp_path):
    run(tmp_path / "run", generations=3)
    logger = Remembering()
    folder = run(tmp_path / "run", logger)
    assert logger.given == [*expected(folder), True]


@pytest.mark.parametrize("text", ["", "[]", '{"run": 3, "next": "x"}', '{"run": null}', "\x00"])
def test_a_damaged_state_makes_a_new_run_of_the_logger(tmp_path, text):
    logger = Remembering()
    folder = run(tmp_path / "run", logger, generations=2)
    (folder.loggers / "remembering.json").write_text(text)
    run(tmp_path / "run", logger, generations=2)
    assert logger.given == [*expected(folder), True] * 2


def test_one_that_fails_is_told_once_and_the_others_and_the_run_go_on(tmp_path, caplog):
    failing, sound = Remembering(name="failing", failing_at=2), Remembering()
    slow = Quick(disturbance=lambda _: time.sleep(0.05))
    with caplog.at_level(logging.WARNING):
        folder = run(tmp_path / "run", failing, sound, evaluator=slow)
    assert [record.getMessage() for record in caplog.records] == [
        "the logger failing failed (ConnectionError: the server is gone); the run goes on without it"
    ]
    assert failing.given == expected(folder)[:2]
    assert sound.given == [*expected(folder), True]
    run(tmp_path / "undisturbed")
    assert results(folder) == results(RunFolder(tmp_path / "undisturbed"))


@pytest.mark.parametrize("slowly", [False, True])
def test_one_that_hangs_keeps_nobody_waiting(tmp_path, caplog, monkeypatch, slowly):
    monkeypatch.setattr(delivery, "PATIENCE", 0.2)
    monkeypatch.setattr(delivery.atexit, "register", lambda *_: None)
    hanging = Remembering(hanging_at=1)
    evaluator = Quick(disturbance=lambda _: time.sleep(0.15 if slowly else 0.0))
    with caplog.at_level(logging.WARNING):
        begin = time.monotonic()
        folder = run(tmp_path / "run", hanging, evaluator=evaluator)
        assert time.monotonic() - begin < 30
    assert len(folder.read_metrics()) == GENERATIONS
    assert [record.getMessage() for record in caplog.records] == [
        "the logger remembering failed (no answer for 0 s); the run goes on without it"
    ]


def test_an_interrupted_run_is_not_finished_for_its_logger(tmp_path):
    logger = Remembering()

    def stop(generation):
        if generation == 2:
            raise SystemExit

    with pytest.raises(SystemExit):
        run(tmp_path / "run", logger, evaluator=Quick(disturbance=stop))
    assert logger.given[-1] is False


def test_numbers_are_told_and_nothing_else():
    row = {"generation": 3, "best_fitness": None, "robots": 6, "status_shares": {"converged": 0.5}, "text": "x"}
    assert scalars(row) == {"robots": 6.0, "status_shares/converged": 0.5}


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for name, kind in LOGGERS.items():
        with pytest.raises(ConfigError, match=rf"pip install 'codesign\[{name}\]'"):
            kind().require_installed()


@needs("tensorboardX")
@needs("tensorboard")
def test_tensorboard_reads_what_was_written(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415

    folder = run(tmp_path / "run", LOGGERS["tensorboard"](), generations=3)
    run(tmp_path / "run", LOGGERS["tensorboard"]())
    found = EventAccumulator(str(folder.loggers / "tensorboard"))
    found.Reload()
    values = [(event.step, event.value) for event in found.Scalars("best_fitness")]
    assert values == [(step, pytest.approx(value)) for step, value in expected(folder)]
    assert any(tag.startswith("status_shares/") for tag in found.Tags()["scalars"])
    (text,) = found.Tensors("settings/text_summary")
    assert b"sim.contact.name | `no_slip`" in text.tensor_proto.string_val[0]


@needs("mlflow")
def test_mlflow_finds_the_run_with_its_parameters(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    tracking = importlib.import_module("mlflow.tracking")
    uri = f"file://{tmp_path}/tracking"
    settings = LOGGERS["mlflow"](uri=uri, experiment="walks")  # type: ignore[call-arg]
    folder = run(tmp_path / "run", settings, generations=3)
    run(tmp_path / "run", settings)
    client = tracking.MlflowClient(tracking_uri=uri)
    walks = client.get_experiment_by_name("walks")
    assert walks is not None
    (found,) = client.search_runs([walks.experiment_id])
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "a walk"
    assert found.data.params["sim.contact.name"] == "no_slip"
    history = client.get_metric_history(found.info.run_id, "best_fitness")
    assert [(each.step, each.value) for each in history] == expected(folder)


@needs("wandb")
def test_wandb_keeps_files_to_send_later(tmp_path):
    settings = LOGGERS["wandb"](mode="offline")  # type: ignore[call-arg]
    folder = run(tmp_path / "run", settings, generations=3)
    run(tmp_path / "run", settings)
    parts = [path for path in (folder.loggers / "wandb" / "wandb").iterdir() if path.name.startswith("offline-run")]
    identity = json.loads((folder.loggers / "wandb.json").read_text())["run"]
    assert parts
    assert all(list(path.glob(f"run-{identity}.wandb")) for path in parts)
    assert any(b"best_fitness" in path.read_bytes() for path in folder.loggers.rglob("*.wandb"))


def test_wandb_refuses_another_mode():
    with pytest.raises(ConfigError, match="mode"):
        LOGGERS["wandb"](mode="sometimes")  # type: ignore[call-arg]


HANGING = """
import atexit, sys, time
import codesign.run.loggers.delivery as delivery
delivery.PATIENCE, delivery.FAREWELL = 0.5, 0.5
from codesign.cli import main
sys.exit(main(["evolve", "debug=tiny", "evaluator=local", "logger=quiet", "loggers=[wandb]", "hydra.run.dir=run"]))
"""
FAKE = """
import atexit, time
atexit.register(time.sleep, 1000)  # as a library does that waits for its server
Settings = dict
def init(**_):
    time.sleep(1000)
"""


def test_a_library_that_waits_for_its_server_does_not_keep_the_process(tmp_path):
    (tmp_path / "wandb.py").write_text(FAKE)
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", HANGING],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{root}"},
        check=False,
        timeout=120,
    )
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        "codesign: WARNING: the logger wandb failed (no answer for 0 s); the run goes on without it"
    ]
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 3
