"""The best designs of a finished run learn on, and what they come to is told apart from the run."""

import json
import os
import shutil
import signal
from dataclasses import replace

import pytest

from codesign.errors import RunError
from codesign.evaluate.local import Local
from codesign.run import RunFolder, evolve, resume, select
from codesign.run.polish import read_polished
from codesign.run.replay import replay
from tests.run.fakes import CONFIG, Notes, results
from tests.run.test_inheritance import learning, shift

BEST = {"best", "best weights"}


def polished(generations: int = 2, designs: int = 3, **changes):
    one = learning("lamarckian", generations=generations, **changes)
    return replace(one, search=replace(one.search, polish_designs=designs, polish_iterations=4))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "run"
    evolve(polished(designs=0), path, CONFIG)
    return RunFolder(path)


@pytest.fixture(scope="module")
def run(plain):
    """Return the same run after its best have learned on, which a finished run is asked for."""
    path = plain.path.with_name("polished")
    shutil.copytree(plain.path, path)
    notes = Notes()
    resume(polished(), path, notes)
    (notice,) = notes.notices
    assert "The best 3 designs learned on for 4 iterations" in notice
    return RunFolder(path)


def test_the_best_learn_on_from_what_they_learned_and_the_run_is_as_without(plain, run):
    about = json.loads(run.polished.read_text())
    best = select(run, "top3")
    assert [told["design"] for told in about["designs"]] == [design.id for design in best]
    assert about["robot_steps"] >= 3 * 80 * 5
    for told, design in zip(about["designs"], best, strict=True):
        assert told["curve"][0] == pytest.approx(design.fitness, abs=1e-6)
        assert told["polished"] >= told["fitness"] == design.fitness
    ours, theirs = (
        {name: value for name, value in results(folder).items() if name not in BEST} for folder in (run, plain)
    )
    assert ours == theirs


def test_who_asks_again_is_told_how_to_get_it(run, tmp_path):
    folder = RunFolder(shutil.copytree(run.path, tmp_path / "run"))
    before, notes = folder.polished.read_bytes(), Notes()
    resume(polished(), folder.path, notes)
    assert ["remove polished.json" in text for text in notes.notices] == [True]
    assert folder.polished.read_bytes() == before


def test_recordings_and_the_best_show_designs_as_they_are_since(run):
    better = read_polished(run)
    assert better
    designs = [design for design in select(run, "top3") if design.identity in better]
    for design, recording in zip(designs, replay(polished(), run, designs), strict=True):
        own = better[design.identity]
        assert recording.fitness == own.fitness > design.fitness
        assert shift(recording.after) == pytest.approx(own.fitness, abs=1e-6)
        assert shift(recording.before) == pytest.approx(design.curve[0], abs=1e-6)
        assert len(recording.curve) == len(design.curve) + 4
    told = json.loads(run.best.read_text())
    assert told["polished_fitness"] == max(own.fitness for own in better.values())
    assert told["polished_fitness"] > told["fitness"]


def test_a_run_that_goes_on_forgets_it_and_polishes_again_at_its_end(run, tmp_path):
    before = json.loads(run.polished.read_text())
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    resume(polished(), folder.path)
    assert json.loads(folder.polished.read_text()) == before
    resume(polished(generations=3, designs=0), folder.path)
    assert not folder.polished.exists()
    assert not folder.polished_weights.exists()
    assert "polished_fitness" not in json.loads(folder.best.read_text())
    resume(polished(generations=3), folder.path)
    assert json.loads(folder.polished.read_text())["generation"] == 2


def test_a_signal_interrupts_it_and_it_begins_anew(plain, run, tmp_path, monkeypatch):
    shutil.copytree(plain.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    start = Local.start

    def interrupted(self, spec, *more):
        if spec.learner.iterations == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return start(self, spec, *more)

    monkeypatch.setattr(Local, "start", interrupted)
    assert resume(polished(), folder.path).interrupted
    assert not folder.polished.exists()
    monkeypatch.undo()
    resume(polished(), folder.path)
    assert folder.polished.read_bytes() == run.polished.read_bytes()
    assert folder.polished_weights.read_bytes() == run.polished_weights.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: run.polished.write_text("{}"), "KeyError: 'designs'"),
        (lambda run: run.polished.write_text(run.polished.read_text()[:-9]), "polished.json"),
        (lambda run: run.polished_weights.unlink(), "No such file"),
    ],
)
def test_files_that_are_damaged_are_refused(run, tmp_path, spoil, said):
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    spoil(folder)
    with pytest.raises(RunError, match=said):
        replay(polished(), folder, select(folder, "best"))


def test_nothing_is_polished_where_nothing_is_valid(tmp_path):
    one = polished()
    trial = replace(one.trial, learner=replace(one.trial.learner, loss_limit=1e-9))
    evolve(replace(one, trial=trial), tmp_path / "run", CONFIG)
    assert not RunFolder(tmp_path / "run").polished.exists()
