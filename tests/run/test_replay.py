"""Looking back with the real simulator: designs move as they did when they were evaluated, whoever evaluated them."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import DesignError, GenomeError
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.genome import LATTICES, Genome
from codesign.run import RunFolder, evolve, gallery, resume, select
from codesign.run.checkpoint import newest_intact
from codesign.run.replay import history, replay
from codesign.run.rollout import FRAMES_PER_SECOND
from codesign.sim import Physics
from tests.evaluate.clusters import started
from tests.run.fakes import CONFIG, experiment, results

GENERATIONS = 3


def real(**changes):
    one = experiment(evaluator=Local())
    search = replace(one.search, population_size=5, generations=GENERATIONS)
    return replace(one, **{"trial": replace(one.trial, physics=Physics(steps=80)), "search": search, **changes})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("replay") / "run"
    evolve(real(), path, CONFIG)
    return RunFolder(path)


@pytest.fixture(scope="module")
def everybody(run):
    chosen = ",".join(f"generation:{generation}" for generation in range(GENERATIONS))
    return select(run, chosen)


def shift(trajectory):
    centre = trajectory.positions[..., 0].mean(axis=1)
    return float(centre[-1] - centre[0])


def test_designs_move_as_far_as_they_were_fit(run, everybody):
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    living = [design for design in everybody if design.identity in kept.weights]
    assert 0 < len(living) < len(everybody)
    for recording, design in zip(replay(real(), run, everybody), everybody, strict=True):
        assert recording.design == design.id
        assert shift(recording.after) == pytest.approx(design.fitness, abs=1e-6)
        assert recording.before is not None
        assert shift(recording.before) == pytest.approx(design.curve[0], abs=1e-6)


def test_learning_again_finds_the_weights_that_were_kept(run):
    best = select(run, "best")
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    away = RunFolder(run.path.parent / "nowhere")
    assert np.array_equal(replay(real(), away, best)[0].weights, kept.weights[best[0].identity])


def test_harmed_checkpoints_do_not_stop_looking_back(run, tmp_path):
    copy = RunFolder(shutil.copytree(run.path, tmp_path / "copy"))
    for path in copy.checkpoints.glob("*.json"):
        path.write_text("")
    ours, theirs = (replay(real(), folder, select(folder, "best"))[0] for folder in (copy, run))
    assert np.array_equal(ours.weights, theirs.weights)


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    path = tmp_path_factory.mktemp("raced") / "run"
    evolve(racing(), path, CONFIG)
    return RunFolder(path)


def racing(**changes):
    one = real(**changes)
    return replace(one, trial=replace(one.trial, learner=replace(one.trial.learner, iterations=5, racing=2)))


def test_a_stopped_design_moves_as_far_as_it_was_fit(raced):
    designs = select(raced, f"generation:{GENERATIONS - 1}")
    stopped = [design for design in designs if design.status == "stopped"]
    assert stopped
    assert {np.isfinite(design.curve).sum() for design in stopped} <= {3, 5}
    for recording, design in zip(replay(racing(), raced, stopped), stopped, strict=True):
        assert shift(recording.after) == pytest.approx(design.fitness, abs=1e-6)
        assert design.fitness == np.nanmax(design.curve)


def later(**changes):
    one = racing(**changes)
    learner = replace(one.trial.learner, iterations=2, later_iterations=5, later_step_length=0.8)
    return replace(one, trial=replace(one.trial, learner=learner))


def test_designs_of_later_generations_learn_again_as_they_did(tmp_path):
    folder = RunFolder(tmp_path / "run")
    evolve(later(), folder.path, CONFIG)
    designs = select(folder, ",".join(f"generation:{generation}" for generation in range(GENERATIONS)))
    assert {len(design.curve) for design in designs if design.identity[0] == 0} == {3}
    assert {len(design.curve) for design in designs if design.identity[0] > 0} == {6}
    assert any(design.status == "stopped" for design in designs)
    for recording, design in zip(replay(later(), folder, designs), designs, strict=True):
        assert shift(recording.after) == pytest.approx(design.fitness, abs=1e-6)
    kept, _ = newest_intact(folder.checkpoints)
    assert kept is not None
    known = [design for design in designs if design.identity in kept.weights]
    assert len(known) > 2
    for recording, design in zip(replay(later(), RunFolder(tmp_path / "nowhere"), known), known, strict=True):
        assert np.array_equal(recording.weights, kept.weights[design.identity])
    begun = replace(later(), search=replace(later().search, generations=2))
    evolve(begun, tmp_path / "two", CONFIG)
    resume(later(), tmp_path / "two")
    assert results(RunFolder(tmp_path / "two")) == results(folder)


def restarting(**changes):
    one = real(**changes)
    learner = replace(one.trial.learner, restarts=2, restart_iterations=1, later_restarts=1)
    return replace(one, trial=replace(one.trial, learner=learner, seed=3))


def test_designs_learn_again_from_the_start_that_won(tmp_path):
    folder = RunFolder(tmp_path / "run")
    evolve(restarting(), folder.path, CONFIG)
    designs = select(folder, ",".join(f"generation:{generation}" for generation in range(GENERATIONS)))
    assert {design.start for design in designs if design.identity[0] == 0} <= {0, 1, 2}
    assert {design.start for design in designs if design.identity[0] > 0} == {0, 1}
    for recording, design in zip(replay(restarting(), folder, designs), designs, strict=True):
        assert shift(recording.after) == pytest.approx(design.fitness, abs=1e-6)
        assert recording.before is not None
        assert shift(recording.before) == pytest.approx(design.curve[0], abs=1e-6)
    kept, _ = newest_intact(folder.checkpoints)
    assert kept is not None
    known = [design for design in designs if design.identity in kept.weights]
    assert any(design.start for design in known)
    for recording, design in zip(replay(restarting(), RunFolder(tmp_path / "nowhere"), known), known, strict=True):
        assert np.array_equal(recording.weights, kept.weights[design.identity])
    begun = replace(restarting(), search=replace(restarting().search, generations=2))
    evolve(begun, tmp_path / "two", CONFIG)
    resume(restarting(), tmp_path / "two")
    assert results(RunFolder(tmp_path / "two")) == results(folder)


def test_the_living_were_not_stopped(raced):
    kept, _ = newest_intact(raced.checkpoints)
    assert kept is not None
    assert len(kept.curves)
    assert np.isfinite(kept.curves.values).all()
    rows = raced.read_metrics()
    assert "stopped" not in rows[0]["status_shares"]
    assert rows[-1]["status_shares"]["stopped"] > 0.0
    assert rows[-1]["robot_steps"] < rows[0]["robot_steps"]


@pytest.fixture(scope="module")
def cluster():
    """Keep one cluster up for all tests that need some: each of their own takes as long to start as they run."""
    with started(3) as running:
        yield running.address


def test_a_race_is_the_same_for_any_workers_and_after_a_stop(raced, tmp_path, cluster):
    begun = racing()
    evolve(replace(begun, search=replace(begun.search, generations=2)), tmp_path / "run", CONFIG)
    resume(racing(evaluator=Ray(address=cluster, workers=2)), tmp_path / "run")
    evolve(racing(evaluator=Ray(address=cluster, workers=1)), tmp_path / "one", CONFIG)
    for name in ("run", "one"):
        assert results(RunFolder(tmp_path / name)) == results(raced)


def test_a_recording_tells_body_and_lineage(run, everybody):
    for recording, design in zip(replay(real(), run, everybody), everybody, strict=True):
        assert (recording.masses, len(recording.springs), recording.muscles) == (
            design.masses,
            design.springs,
            design.muscles,
        )
        assert recording.generation == design.identity[0]
        assert len(recording.parents) == len(design.parents)
        assert (recording.controller, recording.task) == ("mlp", "walk")
        assert recording.ground[0, 0] < recording.after.positions[..., 0].min()
        assert recording.ground[-1, 0] > recording.after.positions[..., 0].max()


def test_frames_come_at_a_steady_rate_from_the_first_state_on(run):
    recording = replay(real(), run, select(run, "best"))[0]
    times = recording.after.times
    assert times[0] == 0.0
    assert np.allclose(np.diff(times), 1.0 / FRAMES_PER_SECOND)
    assert times[-1] == pytest.approx(80 * 0.004)
    assert recording.after.positions.shape[0] == recording.after.actuation.shape[0] == len(times)


def test_a_gallery_has_the_designs_the_history_and_the_configuration(run):
    shown = gallery(real(), run, "top3,lineage")
    assert [recording.design for recording in shown.recordings][:3] == [design.id for design in select(run, "top3")]
    assert shown.history.generations.tolist() == list(range(GENERATIONS))
    assert shown.history.best_fitness[-1] == np.float32(shown.recordings[0].fitness)
    assert shown.config_text == CONFIG
    assert shown.title == "fake"


def test_a_generation_without_valid_designs_is_a_gap_in_the_history(tmp_path):
    folder = RunFolder(tmp_path)
    folder.append_metrics({"generation": 0, "best_fitness": None, "mean_fitness": None})
    folder.append_metrics({"generation": 1, "best_fitness": 0.5, "mean_fitness": 0.25})
    assert np.isnan(history(folder).best_fitness[0])
    assert history(folder).mean_fitness[1] == 0.25


def test_designs_of_another_lattice_are_refused(run):
    other = real()
    other = replace(other, trial=replace(other.trial, lattice=LATTICES["triangle"](rows=3, columns=3)))
    with pytest.raises(DesignError, match="cells"):
        replay(other, run, select(run, "best"))


def test_designs_in_pieces_are_refused(run):
    (design,) = select(run, "best")
    cells = np.zeros_like(design.genome.cells)
    cells[[0, -1]] = 1
    with pytest.raises(GenomeError, match="one piece"):
        replay(real(), run, [replace(design, genome=Genome(cells, design.genome.muscles))])


def test_any_number_of_workers_gives_the_same_run(run, tmp_path, cluster):
    expected = results(run)
    for workers in (1, 2, 3):
        evolve(real(evaluator=Ray(address=cluster, workers=workers)), tmp_path / str(workers), CONFIG)
        assert results(RunFolder(tmp_path / str(workers))) == expected


def test_a_run_goes_on_elsewhere(run, tmp_path, cluster):
    begun = real()
    evolve(replace(begun, search=replace(begun.search, generations=1)), tmp_path / "run", CONFIG)
    resume(real(evaluator=Ray(address=cluster, workers=2)), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(run)
