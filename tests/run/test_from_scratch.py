"""What members of a population come to from drawn weights, told beside their fitness."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.evaluate import Request
from codesign.run import DesignTables, RunFolder, evolve, resume
from codesign.run.designs import Design
from codesign.search import SEARCHES
from codesign.train import LEARNERS
from tests.run.fakes import CONFIG, GENERATIONS, Quick, experiment, finished, results


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("taught") / "run", "lamarckian")


def test_designs_that_enter_the_population_are_taught_once_from_a_start_of_their_own(run):
    one = experiment("lamarckian")
    evaluator = one.evaluator.start(one.trial)
    rows = run.read_metrics()
    alive: dict[tuple[int, int], Design] = {}
    for generation in range(GENERATIONS):
        designs = DesignTables(run).generation(generation)
        taught = [design for design in designs if not np.isnan(np.float64(design.from_scratch or 0.0))]
        assert len(taught) == rows[generation]["survivors"]
        steps = 0
        if generation == 0:
            assert all(design.from_scratch == design.fitness for design in taught)
        elif taught:
            genomes = DesignTables(run).evaluated(generation).genomes[[design.identity[1] for design in taught]]
            identities = np.array([(0, design.identity[1]) for design in taught])
            attempts = np.full(len(taught), generation)
            again = evaluator.evaluate(Request(genomes, identities, attempts=attempts))
            assert [design.from_scratch for design in taught] == again.fitness.tolist()
            steps = again.robot_steps
        asked = evaluator.evaluate(
            Request(DesignTables(run).evaluated(generation).genomes, np.array([d.identity for d in designs]))
        )
        assert rows[generation]["robot_steps"] == asked.robot_steps + steps
        alive |= {design.identity: design for design in taught}
        # The best six of all so far are the population.
        members = sorted(alive.values(), key=lambda design: (-design.fitness, design.identity))[:6]
        valid = [float(design.from_scratch or 0) for design in members if np.isfinite(design.from_scratch or 0)]
        assert rows[generation]["from_scratch_mean"] == pytest.approx(np.mean(valid))
        assert rows[generation]["from_scratch_best"] == max(valid)


def test_a_signal_while_designs_are_taught_from_scratch_takes_the_generation_back(run, tmp_path):
    asked = []

    def interrupt(generation):
        asked.append(generation)
        if asked == [0, 1, 0]:
            os.kill(os.getpid(), signal.SIGTERM)

    one = experiment("lamarckian", evaluator=Quick(disturbance=interrupt))
    outcome = evolve(one, tmp_path / "run", CONFIG)
    assert (outcome.interrupted, outcome.finished) == (True, 1)
    assert len(RunFolder(tmp_path / "run").read_metrics()) == 1
    resume(experiment("lamarckian"), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(run)


def test_it_learns_as_the_first_generation_does(tmp_path):
    """Although later ones learn by other settings: identities of generation 0 say so to evaluators."""
    learner = LEARNERS["normalized"](iterations=3, later_iterations=1)
    trial = replace(experiment("lamarckian").trial, learner=learner)
    asked = []
    evolve(experiment("lamarckian", trial=trial, evaluator=Quick(disturbance=asked.append)), tmp_path / "run", CONFIG)
    assert asked[:4] == [0, 1, 0, 2]


def test_without_it_nothing_is_told(tmp_path):
    folder = finished(tmp_path / "run")
    assert "from_scratch_mean" not in folder.read_metrics()[1]
    (design,) = DesignTables(folder).find([(0, 0)])
    assert design.from_scratch is None
    assert design.inherited is None


def test_searches_that_wait_for_no_generation_refuse_it():
    waiting = [name for name, kind in SEARCHES.items() if kind().asynchronous]
    for name in waiting:
        with pytest.raises(ConfigError, match="waits for no generation"):
            SEARCHES[name](from_scratch=True)
