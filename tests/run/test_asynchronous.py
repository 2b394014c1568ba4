"""Runs that wait for no generation: the order of completion is kept, and is all that a run is made again of."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from codesign.errors import CheckpointError, ConfigError
from codesign.evaluate import Completed, EvaluateDesigns, Evaluations, EvaluationSpec, EvaluationStream, Request
from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_stream import one_by_one
from codesign.evaluate.local import Local, LocalEvaluator
from codesign.run import CheckpointSettings, RunFolder, evolve, resume
from codesign.run.checkpoint import newest_intact
from codesign.run.design_tables import DesignTables
from codesign.run.populations import populations
from codesign.sim import Physics
from tests.evaluate.fakes import quick
from tests.run.fakes import CONFIG, GENERATIONS, Notes, Quick, experiment, finished, results

SIZE = 6

SEEDS = (0, 1, 3)
"""Orders of completion in which generations were finished when the signal comes."""


class ShuffledStream(EvaluationStream):
    """Has seven designs in flight, which complete in an order that nobody foresees, sometimes two at a time."""

    def __init__(self, evaluate: Callable[[Request], Evaluations], seed: int) -> None:
        self._evaluate, self._random = evaluate, np.random.default_rng(seed)
        self._waiting: list[Request] = []

    @property
    def room(self) -> int:
        return max(0, 7 - len(self._waiting))

    def submit(self, request: Request) -> None:
        self._waiting += [request.take(np.array([place])) for place in range(len(request))]

    def completed(self) -> list[Completed]:
        found = []
        for _ in range(int(self._random.integers(1, 3))):
            if self._waiting:
                one = self._waiting.pop(int(self._random.integers(len(self._waiting))))
                evaluations = self._evaluate(one)
                self.count(evaluations)
                found += one_by_one(one.identities, evaluations)
        return found

    def close(self) -> None:
        self._waiting.clear()


class ShuffledEvaluator(LocalEvaluator):
    """Evaluates here and now, out of order."""

    seed = 0

    def stream(self, in_flight: int, together: int) -> ShuffledStream:
        del in_flight, together
        return ShuffledStream(self.evaluate, self.seed)


@dataclass(frozen=True)
class Shuffled(Quick):
    """Settings of an evaluator that completes designs out of order."""

    seed: int = 0

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = quick) -> ShuffledEvaluator:
        def disturbed(spec: EvaluationSpec, request: Request):
            if self.disturbance is not None:
                self.disturbance(int(request.identities[0, 0]))
            return function(spec, request)

        started = ShuffledEvaluator(spec, disturbed)
        started.seed = self.seed
        return started


def interrupting(at: int, evaluator=Quick, **changes):
    """Return an evaluator that a signal comes to when it first gets a design of generation `at` or later."""

    def interrupt(generation: int) -> None:
        if generation >= at:
            os.kill(os.getpid(), signal.SIGINT)

    return evaluator(disturbance=interrupt, **changes)


@dataclass(frozen=True)
class Interrupted(Local):
    """Settings of evaluation here and now, which a signal comes to as `interrupting` says."""

    at: int = 2

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> LocalEvaluator:
        def interrupt(spec: EvaluationSpec, request: Request):
            if request.identities[0, 0] >= self.at:
                os.kill(os.getpid(), signal.SIGINT)
            return function(spec, request)

        return LocalEvaluator(spec, interrupt)


def order(folder: RunFolder) -> np.ndarray:
    """Return the ranks of all designs of a run by their numbers."""
    tables = DesignTables(folder)
    return np.concatenate([tables.completed(generation) for generation in tables.generations()])


def assert_replayed(one, folder: RunFolder) -> None:
    """Check that replaying a run's tables leads to the population in its checkpoint."""
    kept, _ = newest_intact(folder.checkpoints)
    assert kept is not None
    *_, last = populations(one, folder)
    assert last.identities.tolist() == kept.search["identities"].tolist()
    assert last.fitness.tolist() == kept.search["fitness"].tolist()


def test_one_process_completes_designs_in_order_and_tables_say_so(tmp_path):
    run = finished(tmp_path / "run", "steady_state")
    assert order(run).tolist() == list(range(SIZE * GENERATIONS))
    assert_replayed(experiment("steady_state"), run)
    assert "completed" not in DesignTables(finished(tmp_path / "other")).table().column_names


def test_children_come_of_parents_of_their_own_generation_too(tmp_path):
    one = experiment("steady_state", search=replace(experiment("steady_state").search, in_flight=1))
    evolve(one, tmp_path / "run", CONFIG)
    tables = DesignTables(RunFolder(tmp_path / "run"))
    same = [
        design.parents[0][0] == generation for generation in range(1, 6) for design in tables.generation(generation)
    ]
    assert any(same)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_run_that_a_signal_ended_goes_on_as_if_it_had_not(tmp_path, at):
    expected = results(finished(tmp_path / "whole", "steady_state"))
    path, notes = tmp_path / "stopped", Notes()
    outcome = evolve(experiment("steady_state", evaluator=interrupting(at)), path, CONFIG, notes)
    assert outcome.interrupted
    assert outcome.finished == len(RunFolder(path).read_metrics()) == len(notes.generations) < GENERATIONS
    resume(experiment("steady_state"), path)
    assert results(RunFolder(path)) == expected


def test_designs_that_complete_out_of_order_are_recorded_and_replayed(tmp_path):
    one = experiment("steady_state", evaluator=Shuffled(seed=3))
    notes = Notes()
    evolve(one, tmp_path / "run", CONFIG, notes)
    run = RunFolder(tmp_path / "run")
    assert notes.generations == list(range(GENERATIONS))
    assert order(run).tolist() != sorted(order(run).tolist()) == list(range(SIZE * GENERATIONS))
    assert_replayed(one, run)
    other = finished(tmp_path / "other", "steady_state", evaluator=Shuffled(seed=4))
    assert order(other).tolist() != order(run).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_told_and_in_no_table_is_evaluated_again(tmp_path, seed):
    path = tmp_path / "run"
    outcome = evolve(experiment("steady_state", evaluator=interrupting(4, Shuffled, seed=seed)), path, CONFIG)
    assert outcome.interrupted
    kept, _ = newest_intact(RunFolder(path).checkpoints)
    assert kept is not None
    open_ranks = kept.arrivals["completed"]
    again = []

    def note(generation: int) -> None:
        again.append(generation)

    one = experiment("steady_state", evaluator=Shuffled(seed=seed + 10, disturbance=note))
    resume(one, path)
    run = RunFolder(path)
    assert len(again) == SIZE * (GENERATIONS - kept.generation - 1)
    ranks = order(run)
    assert sorted(ranks.tolist()) == list(range(SIZE * GENERATIONS))
    # Those told before keep their places in the order.
    told = kept.arrivals["identities"][open_ranks >= 0]
    assert [ranks[SIZE * born + number] for born, number in told.tolist()] == open_ranks[open_ranks >= 0].tolist()
    assert_replayed(one, run)
    fitness = np.concatenate([DesignTables(run).evaluated(generation).fitness for generation in range(GENERATIONS)])
    assert len(fitness) == SIZE * GENERATIONS
    assert run.best.exists()


def test_something_was_told_and_in_no_table(tmp_path):
    """Else the test before would say nothing."""
    found = []
    for seed in SEEDS:
        path = tmp_path / f"run{seed}"
        evolve(experiment("steady_state", evaluator=interrupting(4, Shuffled, seed=seed)), path, CONFIG)
        kept, _ = newest_intact(RunFolder(path).checkpoints)
        assert kept is not None
        found.append(int((kept.arrivals["completed"] >= 0).sum()))
    assert sum(found) > 0


def test_a_checkpoint_that_lacks_what_is_in_no_table_is_refused(tmp_path):
    run = finished(tmp_path / "run", "steady_state")
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    from codesign.run.asynchronous import Arrivals  # noqa: PLC0415 - only this test looks inside
    from codesign.run.inheritance import Inheritance, Living  # noqa: PLC0415
    from codesign.run.listeners import Listener  # noqa: PLC0415

    one = experiment("steady_state")
    search = one.search.start(one.space, one.seed)
    search.restore(kept.search)
    arrivals = Arrivals(search, Living(Inheritance(one)), GENERATIONS, 3, Listener())  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="asynchronous run"):
        arrivals.restore(replace(kept, arrivals={}))


def test_more_generations_are_what_they_would_have_been(tmp_path):
    expected = results(finished(tmp_path / "whole", "steady_state"))
    path = tmp_path / "run"
    fewer = experiment("steady_state", search=replace(experiment("steady_state").search, generations=3))
    evolve(fewer, path, CONFIG)
    resume(experiment("steady_state"), path)
    assert results(RunFolder(path))["generation"] == expected["generation"]
    assert order(RunFolder(path)).tolist() == list(range(SIZE * GENERATIONS))


def test_racing_is_refused():
    one = experiment("steady_state")
    with pytest.raises(ConfigError, match=r"learner\.racing to be 0; got 2 with search=steady_state"):
        replace(one, trial=replace(one.trial, learner=replace(one.trial.learner, racing=2)))


@pytest.mark.slow
def test_children_inherit_and_a_stopped_run_goes_on_exactly(tmp_path):
    def learning(evaluator=None):
        one = experiment("steady_state", checkpoints=CheckpointSettings(every=1, keep=2, weights=2))
        search = replace(one.search, population_size=5, generations=4, inheritance="lamarckian", in_flight=3)
        trial = replace(one.trial, physics=Physics(steps=80))
        return replace(one, search=search, trial=trial, evaluator=evaluator or Local())

    evolve(learning(), tmp_path / "whole", CONFIG)
    expected = results(RunFolder(tmp_path / "whole"))
    table = DesignTables(RunFolder(tmp_path / "whole")).table()
    assert max(table.column("inherited").to_pylist()) > 0.5
    path = tmp_path / "stopped"
    outcome = evolve(learning(Interrupted()), path, CONFIG)
    assert outcome.interrupted
    assert 0 < outcome.finished < 4
    resume(learning(), path)
    assert results(RunFolder(path)) == expected
