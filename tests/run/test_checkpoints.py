"""Checkpoints: whole, of this experiment, or refused."""

import hashlib
import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

from codesign.errors import CheckpointError, RunError
from codesign.run import RunFolder, resume
from codesign.run.checkpoint import Checkpoint, load, manifest_of, manifests, newest_intact, save
from codesign.run.curves import Curves
from codesign.search import SEARCHES
from codesign.sim import Physics
from tests.run.fakes import KINDS, Notes, Quick, everything, experiment, finished, results


@pytest.fixture
def run(tmp_path):
    return finished(tmp_path / "run")


def truncate_data(manifest):
    data = manifest.with_suffix(".safetensors")
    data.write_bytes(data.read_bytes()[:-7])


def alter_data(manifest):
    data = manifest.with_suffix(".safetensors")
    content = bytearray(data.read_bytes())
    content[-9] ^= 1
    data.write_bytes(content)


def remove_data(manifest):
    manifest.with_suffix(".safetensors").unlink()


def truncate_manifest(manifest):
    manifest.write_bytes(manifest.read_bytes()[:100])


def empty_manifest(manifest):
    manifest.write_bytes(b"")


def replace_manifest(manifest):
    manifest.write_text('{"generation": 5}')


def other_format(manifest):
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))


def lead_elsewhere(manifest):
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"file": "/etc/passwd"}))


HARM = [
    truncate_data,
    alter_data,
    remove_data,
    truncate_manifest,
    empty_manifest,
    replace_manifest,
    other_format,
    lead_elsewhere,
]


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_checkpoint_is_refused_when_named(run, harm):
    newest = manifests(run.checkpoints)[0]
    harm(newest)
    before = everything(run.path)
    with pytest.raises(CheckpointError, match="checkpoint"):
        resume(experiment(), run.path, checkpoint=newest)
    assert everything(run.path) == before


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_checkpoint_is_passed_over_and_said_so(run, harm):
    expected = results(run)
    harm(manifests(run.checkpoints)[0])
    notes = Notes()
    resume(experiment(), run.path, notes)
    assert len(notes.notices) == 1
    assert "generation 3" in notes.notices[0]
    assert (notes.starts, notes.generations) == ([4], [4, 5])
    assert results(run) == expected


def test_a_truncated_checkpoint_is_called_so(run):
    newest = manifests(run.checkpoints)[0]
    size = newest.with_suffix(".safetensors").stat().st_size
    truncate_data(newest)
    with pytest.raises(CheckpointError, match=f"expected {size} bytes .* with {size - 7};"):
        load(newest)


def test_a_checkpoint_of_another_format_says_which_version_wrote_it(run):
    newest = manifests(run.checkpoints)[0]
    newest.write_text(json.dumps(json.loads(newest.read_text()) | {"format": 99, "codesign": "9.1"}))
    with pytest.raises(CheckpointError, match=r"format 3; .* of format 99, written by codesign 9\.1; use"):
        load(newest)


def test_going_back_removes_what_came_after(run):
    run.roll_back(2)
    assert [row["generation"] for row in run.read_metrics()] == [0, 1, 2]
    assert len(list(run.designs.iterdir())) == 3
    run.roll_back(-1)
    assert run.read_metrics() == []
    assert list(run.designs.iterdir()) == []


def test_a_run_whose_checkpoints_are_all_harmed_is_left_alone(run):
    for manifest in manifests(run.checkpoints):
        truncate_data(manifest)
    before = everything(run.path)
    with pytest.raises(CheckpointError, match="can be read"):
        resume(experiment(), run.path)
    assert everything(run.path) == before


def test_a_run_whose_checkpoints_are_gone_is_left_alone(run):
    for path in list(run.checkpoints.iterdir()):
        path.unlink()
    before = everything(run.path)
    with pytest.raises(CheckpointError, match="6 generations are recorded"):
        resume(experiment(), run.path)
    assert everything(run.path) == before


def test_an_older_checkpoint_may_be_named(run):
    expected = results(run)
    notes = Notes()
    resume(experiment(), run.path, notes, checkpoint=manifest_of(run.checkpoints, 3))
    assert notes.generations == [4, 5]
    assert results(run) == expected


def test_going_on_from_an_older_checkpoint_can_be_stopped_too(run):
    expected = results(run)

    def interrupt(generation):
        if generation == 4:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = experiment(evaluator=Quick(disturbance=interrupt))
    assert resume(stopped, run.path, checkpoint=manifest_of(run.checkpoints, 3)).interrupted
    resume(experiment(), run.path)
    assert results(run) == expected


def test_a_best_that_was_not_written_any_more_is_made_up_for(run):
    expected = results(run)
    run.best.unlink()
    run.best_weights.write_bytes(b"old")
    resume(experiment(), run.path)
    assert results(run) == expected


def test_time_spent_before_counts(run):
    manifest = manifest_of(run.checkpoints, 3)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"seconds": 1000.0}))
    outcome = resume(experiment(), run.path, checkpoint=manifest)
    assert [row["wall_seconds"] > 1000.0 for row in run.read_metrics()] == [False] * 4 + [True] * 2
    assert outcome.seconds > 1000.0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("trial.seed", lambda one: replace(one, trial=replace(one.trial, seed=99))),
        ("trial.physics.steps", lambda one: replace(one, trial=replace(one.trial, physics=Physics(steps=17)))),
        ("search.population_size", lambda one: replace(one, search=replace(one.search, population_size=7))),
        ("search.name", lambda one: replace(one, search=SEARCHES["random"](population_size=6, generations=6))),
    ],
)
def test_a_checkpoint_of_another_experiment_is_refused(run, name, change):
    before = everything(run.path)
    with pytest.raises(CheckpointError, match=name):
        resume(change(experiment()), run.path)
    assert everything(run.path) == before


def test_records_with_a_gap_are_not_gone_on_from(run):
    lines = run.metrics.read_text().splitlines(keepends=True)
    run.metrics.write_text("".join(lines[:2] + lines[3:]))
    before = everything(run.path)
    with pytest.raises(RunError, match="none of generation 2"):
        resume(experiment(), run.path)
    assert everything(run.path) == before


def test_a_lost_table_of_designs_is_missed(run):
    (run.designs / "generation_000001.parquet").unlink()
    with pytest.raises(RunError, match="none of generation 1"):
        resume(experiment(), run.path)


def test_a_line_of_metrics_that_is_none_is_told(run):
    lines = run.metrics.read_text().splitlines(keepends=True)
    run.metrics.write_text("".join([lines[0], "not json\n", *lines[2:]]))
    with pytest.raises(RunError, match="line 2"):
        resume(experiment(), run.path)


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    weights = {(3, 1): np.arange(4, dtype=np.float32), (0, 2): np.zeros(0, np.float32), (2, 9): np.ones(1, np.float32)}
    cells, materials = np.eye(13, dtype=np.uint8), np.arange(6, dtype=np.uint8).reshape(2, 3)
    search = {"told": np.array([4]), "cells": cells, "materials": materials, "flags": np.ones(3, dtype=np.uint8)}
    curves = Curves(np.array([[3, 1], [0, 2]]), np.arange(6, dtype=np.float32).reshape(2, 3))
    written = Checkpoint(3, search, weights, curves, 12.5, {"trial.seed": 7, "trial.terrain.corners": [0.1, 0.2]})
    save(written, tmp_path)
    found = load(manifest_of(tmp_path, 3))
    assert (found.generation, found.seconds, found.fingerprint) == (3, 12.5, written.fingerprint)
    assert found.search.keys() == search.keys()
    for name, array in search.items():
        assert found.search[name].dtype == array.dtype
        assert np.array_equal(found.search[name], array)
    assert found.weights.keys() == weights.keys()
    assert all(np.array_equal(found.weights[key], weights[key]) for key in weights)
    assert np.array_equal(found.curves.of(curves.identities[::-1]), curves.values[::-1])


def as_format_2(manifest):
    """Write a checkpoint again as versions before did: no bits packed, curves of the designs that have weights."""
    kept, about = load(manifest), json.loads(manifest.read_text())
    identities = sorted(kept.weights)
    parts = [kept.weights[identity] for identity in identities]
    arrays = {f"search.{name}": array for name, array in kept.search.items()}
    arrays |= {f"arrivals.{name}": array for name, array in kept.arrivals.items()}
    arrays["weights"] = np.concatenate(parts)
    arrays["weights.lengths"] = np.array([len(part) for part in parts])
    arrays["weights.identities"] = np.array(identities)
    arrays["curves"] = (
        kept.curves.of(np.array(identities)) if len(kept.curves) else np.zeros((len(parts), 4), "float32")
    )
    data = safetensors.numpy.save(arrays)
    manifest.with_suffix(".safetensors").write_bytes(data)
    del about["packed"]
    about |= {"format": 2, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest.write_text(json.dumps(about))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_with_checkpoints_of_the_format_before_goes_on(tmp_path, kind):
    run = finished(tmp_path / "run", kind)
    expected = results(run)
    for manifest in manifests(run.checkpoints):
        as_format_2(manifest)
    notes = Notes()
    resume(experiment(kind), run.path, notes, checkpoint=manifest_of(run.checkpoints, 3))
    assert notes.generations == [4, 5]
    assert results(run) == expected


def test_genomes_are_stored_in_bits(run):
    kept = load(manifests(run.checkpoints)[0])
    data = safetensors.numpy.load_file(manifests(run.checkpoints)[0].with_suffix(".safetensors"))
    designs, edges = kept.search["muscles"].shape
    assert data["search.muscles"].shape == (designs, -(-edges // 8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"packed": {"search.muscles": 10**12}},
        {"packed": {"search.muscles": "many"}},
        {"packed": {"search.other": 3}},
        {"packed": {"search.fitness": 3}},
        {"packed": 7},
        {"generation": 1e999},
        {"seconds": None},
    ],
)
def test_a_manifest_that_does_not_fit_its_data_is_refused(run, wrong):
    newest = manifests(run.checkpoints)[0]
    newest.write_text(json.dumps(json.loads(newest.read_text()) | wrong))
    with pytest.raises(CheckpointError, match="a checkpoint's arrays"):
        load(newest)


def test_curves_of_a_race_are_kept_of_all_the_living_and_no_others(tmp_path):
    kept, _ = newest_intact(finished(tmp_path / "raced", "racing").checkpoints)
    assert kept is not None
    assert kept.curves.identities.tolist() == kept.search["identities"].tolist()
    assert np.isfinite(kept.curves.values[:, 0]).all()
    with pytest.raises(KeyError):
        kept.curves.of(np.array([[99, 0]]))
    kept, _ = newest_intact(finished(tmp_path / "unhurried").checkpoints)
    assert kept is not None
    assert len(kept.curves) == 0


def test_a_checkpoint_without_weights_comes_back(tmp_path):
    save(Checkpoint(0, {"told": np.array([1])}, {}, Curves.none(), 0.0, {}), tmp_path)
    assert load(manifest_of(tmp_path, 0)).weights == {}


def test_weights_of_double_precision_stay_so(tmp_path):
    save(Checkpoint(0, {"told": np.array([1])}, {(0, 0): np.array([1 / 3])}, Curves.none(), 0.0, {}), tmp_path)
    assert load(manifest_of(tmp_path, 0)).weights[0, 0].tolist() == [1 / 3]


def test_a_folder_without_checkpoints_has_none(tmp_path):
    assert newest_intact(tmp_path) == (None, [])


def test_the_weights_of_all_the_living_are_kept_and_no_others(run):
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    assert set(kept.weights) == {tuple(identity) for identity in kept.search["identities"].tolist()}
    assert RunFolder(run.path).best_weights.exists()
