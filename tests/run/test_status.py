"""A run says what it is doing: status.json is whole, true, written seldom, and costs the run nothing."""

import itertools
import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codesign.errors import EvaluatorError, OutputError, RunError
from codesign.evaluate import Workforce
from codesign.run import Listener, RunFolder, RunStatus, TimeLeft, evolve, read_status, resume
from codesign.run import status as status_module
from codesign.run.status import StatusFile
from tests.run.fakes import CONFIG, GENERATIONS, Notes, Quick, experiment, finished, in_child, results


class Reader(Listener):
    """Reads the status after every generation, once the run had time to write it."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self.seen: list[RunStatus] = []

    def on_generation(self, metrics, best):
        del best
        for _ in range(500):
            found = read_status(self._folder)
            if found is not None and found.finished == metrics.generation + 1:
                self.seen.append(found)
                return
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "_APART", 0.01)


def test_a_run_says_what_it_is_doing_while_it_goes_on_and_how_it_ended(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    reader = Reader(folder)
    evolve(experiment(), folder.path, CONFIG, reader)
    assert [each.finished for each in reader.seen] == list(range(1, GENERATIONS + 1))
    assert {each.state for each in reader.seen} == {"running"}
    assert {(each.pid, each.generations) for each in reader.seen} == {(os.getpid(), GENERATIONS)}
    assert all(each.seconds_left is not None for each in reader.seen)
    last = read_status(folder)
    assert last is not None
    assert (last.state, last.finished, last.message) == ("finished", GENERATIONS, "")
    assert 0 <= last.age < 60
    assert not list(folder.path.glob(".*.part"))


def test_a_run_that_has_more_generations_than_it_was_to_have_is_none_short(tmp_path: Path) -> None:
    folder = finished(tmp_path / "run")
    resume(experiment(search=replace(experiment().search, generations=GENERATIONS - 2)), folder.path, Notes())
    status = read_status(folder)
    assert status is not None
    assert (status.state, status.finished, status.generations) == ("finished", GENERATIONS, GENERATIONS)


def test_workers_and_finished_designs_are_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    with StatusFile(folder) as kept:
        kept.on_start(folder.path, 2, 9)
        kept.on_workforce(Workforce(2, 8, 1))
        kept.on_progress(12, 96)
        found = _awaited(folder, lambda each: each.designs_done == 12)
    assert (found.workers, found.designs_asked, found.finished) == ("8 workers on 2 nodes, 1 retry", 96, 2)


def _awaited(folder: RunFolder, wanted) -> RunStatus:
    for _ in range(500):
        found = read_status(folder)
        if found is not None and wanted(found):
            return found
        time.sleep(0.01)
    pytest.fail("never written")


def test_a_signal_is_told_as_one(tmp_path: Path) -> None:
    def disturbed(generation: int) -> None:
        if generation == 2:
            os.kill(os.getpid(), signal.SIGINT)

    def work() -> None:
        evolve(experiment(evaluator=Quick(disturbance=disturbed)), tmp_path / "run", CONFIG)

    assert in_child(work) == 0
    found = read_status(RunFolder(tmp_path / "run"))
    assert found is not None
    assert (found.state, found.finished) == ("interrupted", 2)


def test_an_error_is_told_with_its_reason(tmp_path: Path) -> None:
    def disturbed(generation: int) -> None:
        if generation == 3:
            raise EvaluatorError("a worker", "none", "start one")

    with pytest.raises(EvaluatorError):
        evolve(experiment(evaluator=Quick(disturbance=disturbed)), tmp_path / "run", CONFIG)
    found = read_status(RunFolder(tmp_path / "run"))
    assert found is not None
    assert found.state == "failed"
    assert "expected a worker; got none; start one" in found.message


def test_a_run_that_was_killed_goes_on_as_the_same_run_and_says_so(tmp_path: Path) -> None:
    whole = finished(tmp_path / "whole")

    def disturbed(generation: int) -> None:
        if generation == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    folder = RunFolder(tmp_path / "killed")
    assert in_child(lambda: evolve(experiment(evaluator=Quick(disturbance=disturbed)), folder.path, CONFIG)) == -9
    told = read_status(folder)
    assert told is not None
    assert told.state == "running"
    assert told.pid != os.getpid()
    resume(experiment(), folder.path)
    told = read_status(folder)
    assert told is not None
    assert (told.state, told.pid) == ("finished", os.getpid())
    assert results(folder) == results(whole)


def test_a_run_that_never_began_leaves_no_status(tmp_path: Path) -> None:
    def disturbed(_generation: int) -> None:
        raise EvaluatorError("a worker", "none", "start one")

    with pytest.raises(EvaluatorError):
        evolve(experiment(evaluator=Quick(disturbance=disturbed)), tmp_path / "run", CONFIG)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_status_that_cannot_be_written_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Path] = []

    def full(path: Path, *_arguments, **_named) -> None:
        tries.append(path)
        raise OutputError("a place that can be written to", f"{path} (No space left on device)", "free some space")

    monkeypatch.setattr(status_module, "write_text", full)
    notes = Notes()
    outcome = evolve(experiment(), tmp_path / "run", CONFIG, notes)
    assert outcome.finished == GENERATIONS
    assert tries
    assert notes.notices == []
    monkeypatch.undo()
    assert results(RunFolder(tmp_path / "run")) == results(finished(tmp_path / "other"))


def test_a_disk_that_hangs_keeps_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(status_module, "write_text", lambda *_arguments, **_named: let_go.wait(20))
    monkeypatch.setattr(status_module, "_PATIENCE", 0.2)
    begin = time.monotonic()
    outcome = evolve(experiment(), tmp_path / "run", CONFIG)
    let_go.set()
    assert outcome.finished == GENERATIONS
    assert time.monotonic() - begin < 15


def test_a_status_is_never_seen_half(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    broken, over = [], threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                json.loads(folder.status.read_text())
            except FileNotFoundError:
                continue
            except ValueError as error:
                broken.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    with StatusFile(folder) as kept:
        kept.on_start(folder.path, 0, 9)
        for done in range(60):
            kept.on_progress(done, 60)
            time.sleep(0.005)
    over.set()
    reader.join()
    assert broken == []
    found = read_status(folder)
    assert found is not None
    assert found.designs_done == 59


def test_it_is_written_no_more_often_than_it_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "_APART", 0.2)
    written: list[float] = []
    monkeypatch.setattr(status_module, "write_text", lambda *_arguments, **_named: written.append(time.monotonic()))
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    with StatusFile(folder) as kept:
        kept.on_start(folder.path, 0, 9)
        for done in range(200):
            kept.on_progress(done, 200)
            time.sleep(0.003)
    # All but the last one, with which it ends.
    apart = [after - before for before, after in itertools.pairwise(written[:-1])]
    assert len(written) >= 3
    assert min(apart) > 0.19


def test_a_run_that_says_nothing_new_is_heard_of_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "BEAT", 0.05)
    written: list[str] = []
    monkeypatch.setattr(status_module, "write_text", lambda _path, text, **_named: written.append(text))
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    with StatusFile(folder) as kept:
        kept.on_start(folder.path, 0, 9)
        time.sleep(0.5)
    assert len(written) >= 4


def test_it_is_written_nowhere_else_when_the_folder_has_moved(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create(CONFIG)
    with folder.locked(), StatusFile(folder) as kept:
        kept.on_start(folder.path, 0, 9)
        _awaited(folder, lambda _: True)
        folder.path.rename(tmp_path / "elsewhere")
        kept.on_progress(1, 2)
        time.sleep(0.1)
        assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]
        folder.path.mkdir()
        kept.on_progress(2, 2)
        time.sleep(0.1)
    assert list(folder.path.iterdir()) == []


TOLD = {
    "state": "running",
    "finished": 3,
    "generations": 9,
    "started": "2026-01-01T00:00:00+00:00",
    "updated": "2026-01-01T00:00:00+00:00",
    "host": "node",
    "pid": 7,
}


def test_a_status_of_another_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({**TOLD, "mood": "good"}))
    found = read_status(RunFolder(tmp_path))
    assert found == RunStatus(**TOLD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        json.dumps({**TOLD, "state": "dreaming"}),
        json.dumps({**TOLD, "pid": "7"}),
        json.dumps({**TOLD, "finished": True}),
        json.dumps({**TOLD, "finished": None}),
        json.dumps({**TOLD, "updated": "yesterday"}),
        json.dumps({**TOLD, "updated": "2026-01-01T00:00:00"}),
        json.dumps({key: value for key, value in TOLD.items() if key != "host"}),
        "{" * 100_000,
    ],
)
def test_what_is_no_status_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    assert read_status(RunFolder(tmp_path)) is None


def test_time_left_comes_from_the_last_generations_and_not_from_the_first(tmp_path: Path) -> None:
    rows: list = []

    class Keep(Listener):
        def on_generation(self, metrics, best):
            del best
            rows.append(metrics)

    evolve(experiment(), tmp_path / "run", CONFIG, Keep())
    left = TimeLeft(0, 10)
    assert left.after_generation is None
    assert left.now is None
    for generation, seconds in enumerate([100.0, 2.0, 4.0]):
        left.note(replace(rows[0], generation=generation, generation_seconds=seconds))
    assert left.after_generation == pytest.approx(3.0 * 7)
    assert left.now is not None
    assert 3.0 * 6 <= left.now <= 3.0 * 7


def test_the_best_body_is_told_when_it_is_another_one(tmp_path: Path) -> None:
    class Bests(Listener):
        def __init__(self) -> None:
            self.told: list[tuple[str, float | None]] = []
            self.named: list[str] = []

        def on_best(self, plan):
            self.told.append((plan.name, plan.fitness))

        def on_generation(self, metrics, best):
            assert self.told[-1] == (best, metrics.best_fitness)
            self.named.append(best)

    bests = Bests()
    evolve(experiment(), tmp_path / "run", CONFIG, bests)
    assert [name for name, _ in bests.told] == list(dict.fromkeys(bests.named))
    again = Bests()
    longer = experiment(search=replace(experiment().search, generations=GENERATIONS + 1))
    resume(longer, tmp_path / "run", again)
    assert again.told[0] == bests.told[-1]


def test_a_folder_in_the_place_of_the_runs_gets_no_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is moved, and another one put in its place, just before the file is written."""
    run, elsewhere, written = tmp_path / "run", tmp_path / "elsewhere", status_module.write_text

    def late(path: Path, text: str, **named: Any) -> None:
        if not elsewhere.exists():
            run.rename(elsewhere)
            run.mkdir()
        written(path, text, **named)

    def wait(generation: int) -> None:
        del generation
        while not elsewhere.exists():
            time.sleep(0.01)

    monkeypatch.setattr(status_module, "write_text", late)
    with pytest.raises(RunError):
        evolve(experiment(evaluator=Quick(disturbance=wait)), run, CONFIG)
    assert list(run.iterdir()) == []
    assert (elsewhere / "status.json").exists()
