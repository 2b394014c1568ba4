"""The best designs of a finished run from new starts: which, how often, and where it can be read."""

import json
import os
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest

from codesign.analysis import NewStarts
from codesign.errors import ConfigError, RunError
from codesign.evaluate import Request
from codesign.export.numbers import summary_numbers
from codesign.run import DesignTables, RunFolder, SummaryReader, evolve, read_new_starts, resume
from codesign.run.designs import identity_of
from codesign.search import SEARCHES
from tests.evaluate.fakes import quick
from tests.run.fakes import CONFIG, Notes, Quick, digest, experiment
from tests.run.test_starts import genomes_of


def new_starts_in(folder: RunFolder) -> NewStarts:
    """Return what the best designs of a run came to from new starts."""
    found = read_new_starts(folder)
    assert found is not None
    return found


def asked(generations=3, **changes):
    settings = {"population_size": 6, "generations": generations, "final_designs": 3, "final_starts": 4, **changes}
    return experiment(search=SEARCHES["genetic"](**settings), evaluator=Quick())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder, notes = RunFolder(tmp_path_factory.mktemp("new") / "run"), Notes()
    evolve(asked(), folder.path, CONFIG, notes)
    return folder, notes.outcomes[0]


def test_the_best_learn_from_starts_that_they_have_not_had(run):
    folder, outcome = run
    found = new_starts_in(folder)
    assert found is not None
    assert found.from_new_starts.shape == (3, 4)
    assert found.designs == outcome.new_starts.designs
    assert list(found.fitness) == sorted(found.fitness, reverse=True)
    designs = DesignTables(folder).find([identity_of(name) for name in found.designs])
    assert [each.fitness for each in designs] == found.fitness.tolist()
    spec = asked().trial
    for design, starts in zip(designs, found.from_new_starts.tolist(), strict=True):
        for attempt, fitness in enumerate(starts, start=1):
            one = Request(genomes_of(design), np.array([design.identity]), attempts=np.array([attempt]))
            assert quick(spec, one).fitness[0] == fitness
    assert found.robot_steps == 12 * folder.read_metrics()[0]["robot_steps"] / 6


def test_who_was_evaluated_again_has_later_starts(tmp_path):
    evolve(asked(reevaluate=True), tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    found = new_starts_in(folder)
    (best,) = DesignTables(folder).find([identity_of(found.designs[0])])
    tried = 1 + max(2 - best.identity[0], 0)
    one = Request(genomes_of(best), np.array([best.identity]), attempts=np.array([tried]))
    assert quick(asked().trial, one).fitness[0] == found.from_new_starts[0, 0]


def test_a_run_is_the_same_with_it(run, tmp_path):
    evolve(asked(final_designs=0), tmp_path / "run", CONFIG)
    plain = RunFolder(tmp_path / "run")
    assert not plain.reevaluation.exists()
    assert read_new_starts(plain) is None
    names = [path.name for path in sorted(plain.designs.iterdir())]
    assert [digest(plain.designs / name) for name in names] == [digest(run[0].designs / name) for name in names]


def test_it_is_made_where_it_is_missing_and_made_anew_after_more_generations(run, tmp_path):
    evolve(asked(), tmp_path / "run", CONFIG)
    folder = RunFolder(tmp_path / "run")
    whole = folder.reevaluation.read_bytes()
    assert whole == run[0].reevaluation.read_bytes()
    folder.reevaluation.unlink()
    resume(asked(), folder.path)
    assert folder.reevaluation.read_bytes() == whole
    resume(asked(generations=5), folder.path)
    assert new_starts_in(folder).generation == 4


def test_who_asks_for_more_than_is_there_is_told_how_to_get_it(run, tmp_path):
    folder = RunFolder(shutil.copytree(run[0].path, tmp_path / "run"))
    for more in ({}, {"final_designs": 2}, {"final_designs": 4}, {"final_starts": 5}):
        notes = Notes()
        resume(asked(**more), folder.path, notes)
        told = [
            "The best 3 designs have been evaluated from 4 new starts each before" in text for text in notes.notices
        ]
        assert told == ([True] if more in ({"final_designs": 4}, {"final_starts": 5}) else [])
    assert new_starts_in(folder).from_new_starts.shape == (3, 4)
    folder.reevaluation.unlink()
    resume(asked(final_designs=4), folder.path)
    assert new_starts_in(folder).from_new_starts.shape == (4, 4)


def test_a_signal_leaves_no_half_of_it(tmp_path):
    evaluated = []

    def disturbance(generation):
        evaluated.append(generation)
        if len(evaluated) == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    notes = Notes()
    stopped = replace(asked(), evaluator=Quick(disturbance=disturbance))
    evolve(stopped, tmp_path / "run", CONFIG, notes)
    folder = RunFolder(tmp_path / "run")
    assert notes.outcomes[0].interrupted
    assert notes.outcomes[0].finished == 3
    assert not folder.reevaluation.exists()
    resume(asked(), folder.path)
    assert new_starts_in(folder) is not None


def test_best_summary_and_page_have_it(run):
    folder, _ = run
    found = new_starts_in(folder)
    best = json.loads(folder.best.read_text())
    assert best["mean_from_new_starts"] == pytest.approx(found.means[0])
    told = summary_numbers(SummaryReader(folder, 3).read())["new_starts"]
    assert told["starts"] == 4
    assert [each["id"] for each in told["designs"]] == list(found.designs)
    assert told["designs"][0]["mean"] == pytest.approx(found.means[0], rel=1e-5)
    assert told["designs"][0]["low"] <= told["designs"][0]["mean"] <= told["designs"][0]["high"]


def test_numbers_are_those_of_valid_starts():
    starts = np.array([[1.0, 3.0, -np.inf], [-np.inf] * 3, [2.0, 2.0, 2.0]])
    found = NewStarts(7, ("g001-i0000", "g002-i0000", "g003-i0000"), np.array([4.0, 3.0, 2.0]), starts, 9)
    np.testing.assert_array_equal(found.means, [2.0, np.nan, 2.0])
    np.testing.assert_allclose(found.spreads, [np.sqrt(2.0), np.nan, 0.0])
    np.testing.assert_array_equal(found.lowest, [1.0, np.nan, 2.0])
    np.testing.assert_array_equal(found.highest, [3.0, np.nan, 2.0])
    assert found.best == "g001-i0000"
    assert str(found) == "3 designs: fitness 3.000 in the run, 2.000 from 3 new starts each"
    third = found.of("g003-i0000")
    assert third is not None
    assert third.designs == ("g003-i0000",)
    assert found.of("g009-i0000") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"format": 2, "generation": 1, "robot_steps": 1, "designs": []}',
        '{"format": 1, "generation": 1, "robot_steps": 1, "designs": [{"design": "x", "fitness": 1, '
        '"from_new_starts": [1]}]}',
        '{"format": 1, "generation": -1, "robot_steps": 1, "designs": [{"design": "g000-i0000", "fitness": 1, '
        '"from_new_starts": [1]}]}',
        '{"format": 1, "generation": 1, "robot_steps": 1, "designs": [{"design": "g000-i0000", "fitness": 1, '
        '"from_new_starts": []}]}',
    ],
)
def test_a_file_of_something_else_is_refused_in_a_line(tmp_path, text):
    folder = RunFolder(tmp_path)
    folder.reevaluation.write_text(text)
    with pytest.raises(RunError, match="new starts"):
        read_new_starts(folder)


def test_numbers_out_of_range_are_refused():
    for field, value in (("final_designs", -1), ("final_starts", 0)):
        with pytest.raises(ConfigError):
            replace(SEARCHES["genetic"](), **{field: value})
