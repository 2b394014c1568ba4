"""Runs: what they leave behind, how they stop, and how they go on."""

import itertools
import json
import os
import signal
from dataclasses import dataclass, replace

import numpy as np
import pytest

from codesign.errors import ConfigError, EvaluatorError, OutputError, RunError
from codesign.plugins import Plugin
from codesign.run import CheckpointSettings, DesignTables, RunFolder, StartTables, evolve, resume
from codesign.signals import ENDING
from codesign.sim.kernels import Coulomb
from codesign.tasks import Heightfield
from codesign.train import LEARNERS, LearningStatus
from tests.evaluate.fakes import quick
from tests.run.fakes import (
    CONFIG,
    GENERATIONS,
    KINDS,
    Notes,
    Quick,
    everything,
    experiment,
    finished,
    results,
)


@pytest.fixture(scope="module", params=KINDS)
def search(request):
    return request.param


@pytest.fixture(scope="module")
def whole(search, tmp_path_factory):
    return finished(tmp_path_factory.mktemp("whole") / "run", search)


def further(search, generations):
    one = experiment(search)
    return replace(one, search=replace(one.search, generations=generations))


def test_lost_workers_leave_a_way_on_that_names_the_plugins(tmp_path, monkeypatch):
    def lose(generation):
        if generation == 2:
            raise EvaluatorError("workers", "none", "start some")

    loose = Plugin("walks", None, "", "", {})
    installed = Plugin("swimmers", None, "swimmers", "1", {})
    monkeypatch.setattr("codesign.run.records.loaded", lambda: (loose, replace(loose, name="terrains"), installed))
    with pytest.raises(EvaluatorError) as caught:
        evolve(experiment(evaluator=Quick(disturbance=lose)), tmp_path / "run", CONFIG)
    told = f"2 of {GENERATIONS} generations are safe, go on with: codesign evolve run={tmp_path / 'run'}"
    assert caught.value.remedy == f"start some; {told} 'plugins=[walks,terrains]'"


def test_there_is_a_row_for_every_generation(whole):
    rows = whole.read_metrics()
    assert [row["generation"] for row in rows] == list(range(GENERATIONS))
    assert {"best_fitness", "mean_fitness", "wall_seconds", "valid_share", "robots_per_second"} <= rows[0].keys()
    assert [row["robots"] for row in rows] == [6] * GENERATIONS
    assert all(earlier["wall_seconds"] <= later["wall_seconds"] for earlier, later in itertools.pairwise(rows))
    if not whole.starts.exists():  # who was lucky is not worth as much after another start
        assert all(earlier["best_fitness"] <= later["best_fitness"] for earlier, later in itertools.pairwise(rows))


def test_every_design_ever_evaluated_has_a_row(whole):
    known = set()
    for generation in range(GENERATIONS):
        designs = DesignTables(whole).generation(generation)
        assert [design.identity for design in designs] == [(generation, number) for number in range(6)]
        assert all(parent in known for design in designs for parent in design.parents)
        known |= {design.identity for design in designs}
    assert len(known) == 6 * GENERATIONS


def test_the_best_is_the_best_of_all_designs(whole):
    designs = [design for generation in range(GENERATIONS) for design in DesignTables(whole).generation(generation)]
    further = StartTables(whole).fitness([design.identity for design in designs])
    worth = {design.id: float(np.mean([design.fitness, *further.get(design.identity, [])])) for design in designs}
    best = max(designs, key=lambda design: worth[design.id])
    told = json.loads(whole.best.read_text())
    assert told["design"] == best.id
    assert told["fitness"] == pytest.approx(worth[best.id], abs=1e-12)
    assert told["cells"] == best.genome.cells.tolist()
    assert told["muscles"] == best.genome.muscles.tolist()


def test_only_the_latest_checkpoints_are_kept(whole):
    names = sorted(path.name for path in whole.checkpoints.iterdir())
    assert names == [
        f"generation_{generation:06d}.{suffix}" for generation in (3, 5) for suffix in ("json", "safetensors")
    ]


def test_nothing_of_python_is_stored(whole):
    kinds = {path.suffix for path in whole.path.rglob("*") if path.is_file() and path.name != ".lock"}
    assert kinds == {".yaml", ".jsonl", ".parquet", ".json", ".safetensors"}


def test_the_configuration_is_kept_word_for_word(whole):
    assert whole.config_text() == CONFIG


def test_a_finished_run_has_nothing_left_to_do(search, whole):
    before = results(whole)
    notes = Notes()
    outcome = resume(experiment(search), whole.path, notes)
    assert (outcome.finished, outcome.interrupted) == (GENERATIONS, False)
    assert (notes.starts, notes.generations) == ([GENERATIONS], [])
    assert results(whole) == before


def test_two_runs_of_one_experiment_are_the_same(search, whole, tmp_path):
    assert results(finished(tmp_path / "again", search)) == results(whole)


def test_another_seed_is_another_run(search, whole, tmp_path):
    other = experiment(search)
    evolve(replace(other, trial=replace(other.trial, seed=8)), tmp_path / "other", CONFIG)
    assert results(RunFolder(tmp_path / "other"))["designs"] != results(whole)["designs"]


@pytest.mark.parametrize("stops", [1, 3])
def test_more_generations_continue_a_finished_run(search, whole, tmp_path, stops):
    evolve(further(search, stops), tmp_path / "run", CONFIG)
    notes = Notes()
    outcome = resume(experiment(search), tmp_path / "run", notes)
    assert notes.starts == [stops]
    assert notes.generations == list(range(stops, GENERATIONS))
    assert outcome.finished == GENERATIONS
    ours, theirs = results(RunFolder(tmp_path / "run")), results(whole)
    assert ours == theirs


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("moment", [0, 1, 4])
def test_a_signal_ends_a_run_after_the_last_finished_generation(search, whole, tmp_path, number, moment):
    def interrupt(generation):
        if generation == moment:
            os.kill(os.getpid(), number)

    handlers = [signal.getsignal(each) for each in ENDING]
    notes = Notes()
    outcome = evolve(experiment(search, evaluator=Quick(disturbance=interrupt)), tmp_path / "run", CONFIG, notes)
    assert (outcome.signal, outcome.interrupted, outcome.finished) == (number, True, moment)
    assert notes.outcomes == [outcome]
    assert [signal.getsignal(each) for each in ENDING] == handlers
    folder = RunFolder(tmp_path / "run")
    assert len(folder.read_metrics()) == moment
    if moment:
        assert results(folder)["generation"] == moment - 1
    assert not resume(experiment(search), tmp_path / "run").interrupted
    assert results(folder) == results(whole)


def test_a_signal_from_the_moment_that_the_folder_is_there_leaves_a_run_to_go_on_with(tmp_path, monkeypatch):
    create = RunFolder.create

    def create_and_signal(self, *given):
        create(self, *given)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(RunFolder, "create", create_and_signal)
    outcome = evolve(experiment(), tmp_path / "run", CONFIG)
    assert (outcome.signal, outcome.finished) == (signal.SIGTERM, 0)
    assert resume(experiment(), tmp_path / "run").finished == GENERATIONS


def test_a_signal_goes_on_to_the_launcher_that_waits_for_it(tmp_path):
    """As submitit does, which puts a job that Slurm is about to end into the queue again."""
    heard = []
    before = signal.signal(signal.SIGUSR2, lambda number, _frame: heard.append((number, len(folder.read_metrics()))))
    folder = RunFolder(tmp_path / "run")
    stop = lambda generation: signal.raise_signal(signal.SIGUSR2) if generation == 3 else None  # noqa: E731
    evaluator = Quick(disturbance=stop)
    try:
        assert evolve(experiment(evaluator=evaluator), folder.path, CONFIG).finished == 3
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert heard == [(signal.SIGUSR2, 3)]


def test_a_signal_between_evaluations_waits_until_the_records_are_whole(search, whole, tmp_path):
    class Interrupting(Notes):
        def on_generation(self, metrics, best):
            super().on_generation(metrics, best)
            if metrics.generation == 2:
                os.kill(os.getpid(), signal.SIGINT)

    outcome = evolve(experiment(search), tmp_path / "run", CONFIG, Interrupting())
    assert (outcome.interrupted, outcome.finished) == (True, 3)
    assert results(RunFolder(tmp_path / "run"))["generation"] == 2
    resume(experiment(search), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(whole)


def test_an_error_in_evaluation_leaves_a_run_that_goes_on(search, whole, tmp_path):
    def fail(generation):
        if generation >= 3:
            raise RunError("a worker", "none", "go on")

    with pytest.raises(RunError, match="a worker"):
        evolve(experiment(search, evaluator=Quick(disturbance=fail)), tmp_path / "run", CONFIG)
    resume(experiment(search), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(whole)


def test_how_often_checkpoints_are_written_changes_no_result(search, whole, tmp_path):
    seldom = experiment(search, checkpoints=CheckpointSettings(every=100, keep=1))
    evolve(seldom, tmp_path / "run", CONFIG)
    assert results(RunFolder(tmp_path / "run")) == results(whole)


def test_a_folder_with_a_run_is_not_overwritten(whole):
    before = everything(whole.path)
    with pytest.raises(RunError, match=f"run={whole.path}"):
        evolve(experiment(), whole.path, "other: 1\n")
    assert everything(whole.path) == before


@pytest.mark.parametrize("name", ["config.yaml", "metrics.jsonl", "best.json", "report.html"])
def test_a_folder_with_a_file_of_a_run_is_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(RunError, match=name):
        evolve(experiment(), tmp_path, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_with_inputs_of_somebody_is_not_overwritten(tmp_path):
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "weights").write_text("precious")
    with pytest.raises(RunError, match="inputs"):
        evolve(experiment(), tmp_path, CONFIG, inputs={"weights": b"new"})
    assert (tmp_path / "inputs" / "weights").read_text() == "precious"


def test_inputs_are_kept_with_a_run_and_leave_with_one_that_could_not_begin(tmp_path, monkeypatch):
    def refuse(*_):
        raise ConfigError("a cluster", "none", "start one")

    evolve(further("genetic", 1), tmp_path / "run", CONFIG, inputs={"weights": b"seven"})
    assert (tmp_path / "run" / "inputs" / "weights").read_bytes() == b"seven"
    monkeypatch.setattr(Quick, "start", refuse)
    with pytest.raises(ConfigError, match="a cluster"):
        evolve(experiment(), tmp_path / "other", CONFIG, inputs={"weights": b"seven"})
    assert list((tmp_path / "other").iterdir()) == []


def test_a_folder_that_hydra_has_made_is_fine(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / "evolve.log").write_text("")
    assert evolve(further("genetic", 1), tmp_path, CONFIG).finished == 1


@pytest.mark.parametrize("kind", ["nothing", "folder", "file"])
def test_what_is_not_a_run_is_not_resumed(tmp_path, kind):
    path = tmp_path / "other"
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_text("a file")
    before = everything(tmp_path)
    with pytest.raises(RunError, match="folder of a run"):
        resume(experiment(), path)
    assert everything(tmp_path) == before


def test_another_programs_config_does_not_make_a_run(tmp_path):
    (tmp_path / "config.yaml").write_text("model: vit\n")
    before = everything(tmp_path)
    with pytest.raises(RunError, match="folder of a run"):
        resume(experiment(), tmp_path)
    assert everything(tmp_path) == before


def test_two_processes_do_not_share_a_folder(search, whole):
    with whole.locked(), pytest.raises(RunError, match="in use by another process"):
        resume(experiment(search), whole.path)


def test_a_run_in_progress_is_not_started_twice(tmp_path):
    path = tmp_path / "run"
    with RunFolder(path).locked(), pytest.raises(RunError, match="in use by another process"):
        evolve(experiment(), path, CONFIG)
    assert not RunFolder(path).config.exists()


def test_a_place_that_cannot_be_written_to_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can be written to"):
        evolve(experiment(), tmp_path / "file" / "run", CONFIG)


def test_a_run_of_invalid_designs_still_runs_and_says_so(tmp_path):
    notes = Notes()
    outcome = evolve(experiment(evaluator=Quick(hopeless=True)), tmp_path / "run", CONFIG, notes)
    assert [notice.split(" was ")[0] for notice in notes.notices] == [
        f"No design of generation {generation}" for generation in range(GENERATIONS)
    ]
    folder = RunFolder(tmp_path / "run")
    assert (outcome.best, outcome.best_fitness, outcome.finished) == (None, None, GENERATIONS)
    assert {row["best_fitness"] for row in folder.read_metrics()} == {None}
    assert {row["valid_share"] for row in folder.read_metrics()} == {0.0}
    assert not folder.best.exists()


@dataclass(frozen=True)
class Passive(Quick):
    """Evaluates designs most of which have no muscles, and of which as many improve as not."""

    def start(self, spec, function=quick):
        def passive(*asked):
            found = function(*asked)
            status = np.full(len(found), LearningStatus.NO_MUSCLES, dtype=np.int8)
            status[0] = LearningStatus.JUMPED
            return replace(found, status=status)

        return super().start(spec, passive)


def test_the_user_hears_why_most_designs_learned_no_longer(tmp_path):
    notes = Notes()
    evolve(experiment(evaluator=Passive()), tmp_path / "run", CONFIG, notes)
    assert len(notes.notices) == GENERATIONS
    for generation, notice in enumerate(notes.notices):
        assert f"of the designs of generation {generation} ended learning as no_muscles: its body has" in notice
        assert LearningStatus.NO_MUSCLES.remedy in notice


@pytest.mark.parametrize("wrong", [{"every": 0}, {"keep": 0}, {"every": 1.5}, {"keep": True}])
def test_checkpoint_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"expected {next(iter(wrong))} to be "):
        CheckpointSettings(**wrong)


def test_the_fingerprint_holds_what_decides_results_and_nothing_else():
    one = experiment()
    assert one.fingerprint() == further("genetic", 99).fingerprint()
    assert one.fingerprint() == experiment(evaluator=Quick(disturbance=print), title="other").fingerprint()
    execution = replace(one.trial.execution, threads=3, memory_mib=7)
    assert one.fingerprint() == replace(one, trial=replace(one.trial, execution=execution)).fingerprint()
    heights, others = (Heightfield(heights=(tuple(0.01 * (np.arange(99) == last)),)) for last in (97, 98))
    uneven = replace(one, trial=replace(one.trial, terrain=heights)).fingerprint()
    assert uneven != replace(one, trial=replace(one.trial, terrain=others)).fingerprint()
    assert len(str(uneven["trial.terrain.heights"])) < 100
    for changed in (
        replace(one.trial, seed=8),
        replace(one.trial, execution=replace(execution, precision="float64")),
        replace(one.trial, learner=LEARNERS["adam"]()),
        replace(one.trial, physics=replace(one.trial.physics, contact=Coulomb())),
    ):
        assert one.fingerprint() != replace(one, trial=changed).fingerprint()
