"""Runs whose bodies learn: children inherit, stopped runs go on as if they had not, and replays move to the bit."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest

from codesign.body import develop
from codesign.errors import RunError
from codesign.evaluate import body_weights, controller_weights, learned_bodies
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.export import Gallery, History
from codesign.export.json_format import read_json, to_json, write_json
from codesign.genome import Genomes
from codesign.reading import safetensors_arrays
from codesign.run import CheckpointSettings, RunFolder, evolve, resume, select
from codesign.run.checkpoint import newest_intact
from codesign.run.inheritance import Inheritance
from codesign.run.learning_again import learn_again
from codesign.run.parent_weights import find_parent_weights, parent_weights_of
from codesign.run.replay import replay
from codesign.sim import Physics
from codesign.train import LEARNERS, BodyLearning
from tests.evaluate.clusters import started
from tests.run.fakes import CONFIG, experiment, results

GENERATIONS = 4
BODY = BodyLearning(rest_lengths=0.2, stiffness=0.3, swings=0.3, rate=3.0, inherit=True)
KINDS = {"bodies": (BODY, "none"), "lamarckian": (BodyLearning(), "lamarckian"), "mixed": (BODY, "mixed")}


def learning(kind: str = "bodies", body: BodyLearning | None = None, generations: int = GENERATIONS, **changes):
    """Return an experiment with a short episode whose designs inherit, which keeps the weights of few designs."""
    own, inheritance = KINDS[kind]
    one = experiment(evaluator=Local(), checkpoints=CheckpointSettings(every=1, keep=2, weights=2))
    search = replace(one.search, population_size=5, generations=generations, inheritance=inheritance)
    learner = replace(one.trial.learner, iterations=3, body=own if body is None else body)
    trial = replace(one.trial, physics=Physics(steps=80), learner=learner)
    return replace(one, **{"trial": trial, "search": search, **changes})


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def run(kind, tmp_path_factory):
    path = tmp_path_factory.mktemp(kind) / "run"
    evolve(learning(kind), path, CONFIG)
    return RunFolder(path)


@pytest.fixture(scope="module")
def designs(run):
    return select(run, ",".join(f"generation:{generation}" for generation in range(GENERATIONS)))


@pytest.fixture(scope="module")
def recordings(kind, run, designs):
    return replay(learning(kind), run, designs)


only_bodies = pytest.mark.parametrize("kind", ["bodies"], indirect=True, scope="module")
with_controllers = pytest.mark.parametrize("kind", ["lamarckian", "mixed"], indirect=True, scope="module")


def shift(trajectory):
    centre = trajectory.positions[..., 0].mean(axis=1)
    return float(centre[-1] - centre[0])


@only_bodies
def test_children_begin_with_what_their_parents_bodies_learned(run, designs):
    spec = learning().trial
    first = Inheritance(learning()).first_of(run, designs)
    assert first is not None
    by_identity = {design.identity: design for design in designs}
    lattice = spec.lattice.build()
    inherited = 0
    for index, design in enumerate(designs):
        begun = first.of(index)
        if not design.parents:
            assert not len(begun)
            continue
        springs, theirs = (
            lattice.touched_edges(each.genome.cells[None] != 0)[0] for each in (design, by_identity[design.parents[0]])
        )
        assert len(begun) == 3 * springs.sum() == len(design.body_weights)
        both = (springs & theirs)[springs]
        if len(design.parents) == 1:
            parent = by_identity[design.parents[0]].body_weights.reshape(3, -1)[:, (springs & theirs)[theirs]]
            assert np.array_equal(begun.reshape(3, -1)[:, both], parent)
            assert np.isnan(begun.reshape(3, -1)[:, ~both]).all()
            inherited += np.count_nonzero(parent)
    assert inherited > 100


def test_designs_move_as_they_did_before_and_after_they_learned(run, designs, recordings):
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    assert len(kept.weights) == 2
    for recording, design in zip(recordings, designs, strict=True):
        assert shift(recording.after) == pytest.approx(design.fitness, abs=1e-6)
        assert shift(recording.before) == pytest.approx(design.curve[0], abs=1e-6)


def test_what_is_learned_again_has_the_bits_that_the_run_recorded(kind, run, designs, recordings):
    """All designs learn again, whether the run kept their weights or not."""
    spec = learning(kind).trial
    again = learn_again(learning(kind), designs, run)
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    parents = find_parent_weights(run.weights, list(again)) if kind != "bodies" else {}
    assert bool(parents) == (kind != "bodies")
    for identity, weights in (kept.weights | parents).items():
        assert again[identity].tobytes() == weights.tobytes()
    bodies = develop(spec.lattice.build(), Genomes.stack([design.genome for design in designs]), spec.tissue)
    for index, (design, recording) in enumerate(zip(designs, recordings, strict=True)):
        whole = np.concatenate([recording.weights, design.body_weights])
        assert again[design.identity].astype(np.float64).tobytes() == whole.astype(np.float64).tobytes()
        (body,) = learned_bodies(spec, bodies[index : index + 1], [whole])
        assert np.array_equal(recording.rest_lengths, body.rest_lengths.astype(np.float32))
        assert np.array_equal(recording.stiffness, body.stiffness.astype(np.float32))
        assert np.array_equal(recording.swings, body.swings.astype(np.float32))


@with_controllers
def test_the_tables_tell_what_share_of_its_weights_each_design_inherited(kind, run, designs):
    first = Inheritance(learning(kind)).first_of(run, designs)
    assert first is not None
    shares = [np.mean(np.isfinite(first.of(place))) if len(first.of(place)) else 0.0 for place in range(len(designs))]
    assert [design.inherited for design in designs] == shares
    later = [design.inherited for design in designs if design.parents]
    assert max(later) > 0.5
    assert not any(design.inherited for design in designs if not design.parents)
    names = pyarrow.parquet.read_schema(next(run.designs.iterdir())).names
    assert "inherited" in names


@with_controllers
def test_inheritors_do_before_learning_what_random_controllers_do_not(designs):
    heirs = [design.curve[0] for design in designs if design.parents and design.inherited > 0.9]
    random = [design.curve[0] for design in designs if not design.parents]
    assert np.mean(heirs) > np.mean(random) + 0.002


@pytest.mark.parametrize("kind", ["lamarckian"], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), "no safetensors"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\x00\x00\x80\x3f"), "checksum"),
    ],
)
def test_weights_that_are_missing_or_altered_are_refused(kind, run, designs, tmp_path, spoil, said):
    shutil.copytree(run.path, tmp_path / "run")
    copy = RunFolder(tmp_path / "run")
    spoil(parent_weights_of(copy.weights, 0))
    heirs = [design for design in designs if any(parent[0] == 0 for parent in design.parents)][:1]
    with pytest.raises(RunError, match=said):
        Inheritance(learning(kind)).first_of(copy, heirs)


@only_bodies
def test_recordings_have_the_learned_body_and_the_drawn_one(designs, recordings, tmp_path):
    spec = learning().trial
    bodies = develop(spec.lattice.build(), Genomes.stack([design.genome for design in designs]), spec.tissue)
    for recording, drawn in zip(recordings, bodies, strict=True):
        assert recording.drawn is not None
        assert np.array_equal(recording.drawn.rest_lengths, drawn.rest_lengths.astype(np.float32))
        assert 0.0 < recording.changes["rest_lengths"][1] < 0.2
        assert set(recording.changes) <= {"rest_lengths", "stiffness", "swings"}
        assert "learned body: rest lengths by" in str(recording)
    gallery = Gallery("learned", (recordings[-1],), History(np.zeros(0), np.zeros(0), np.zeros(0)))
    (path,) = write_json(gallery, tmp_path / "design.json")
    read = read_json(path)
    assert to_json(read) == to_json(recordings[-1]) == json.loads(path.read_text())


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(kind, run, tmp_path):
    evolve(learning(kind, generations=2), tmp_path / "run", CONFIG)
    resume(learning(kind), tmp_path / "run")
    assert results(RunFolder(tmp_path / "run")) == results(run)


@only_bodies
def test_the_best_design_is_stored_with_its_controller_and_its_body_apart(run):
    arrays, _ = safetensors_arrays(run.best_weights.read_bytes())
    best = select(run, "best")[0]
    assert np.array_equal(arrays["body_weights"], best.body_weights.astype(np.float32))
    kept, _ = newest_intact(run.checkpoints)
    assert kept is not None
    spec = learning().trial
    bodies = develop(spec.lattice.build(), Genomes.stack([best.genome]), spec.tissue)
    whole = [kept.weights[best.identity]]
    assert np.array_equal(arrays["weights"], controller_weights(spec, bodies, whole)[0])
    assert np.array_equal(arrays["body_weights"], body_weights(spec, bodies, whole)[0])


@only_bodies
def test_without_inheritance_every_body_begins_as_drawn(run, tmp_path):
    body = replace(BODY, inherit=False)
    evolve(learning(body=body, generations=2), tmp_path / "run", CONFIG)
    resume(learning(body=body, generations=3), tmp_path / "run")
    own = RunFolder(tmp_path / "run")
    designs = select(own, "generation:1")
    assert Inheritance(learning(body=body)).first_of(own, designs) is None
    assert all(len(design.body_weights) for design in designs)
    ours, theirs = (row["best_fitness"] for row in (own.read_metrics()[0], run.read_metrics()[0]))
    assert ours == theirs
    assert own.read_metrics()[1] != run.read_metrics()[1]


def test_a_design_that_comes_to_an_unsound_loss_keeps_the_best_before_it(tmp_path):
    """By default: an inheritor that falls over late in learning is worth what it soundly did, and passes that on."""
    assert LEARNERS["normalized"]().unsound == "keep_best"
    one = learning("lamarckian")
    trial = replace(one.trial, learner=replace(one.trial.learner, jump_limit=0.003))
    evolve(replace(one, trial=trial), tmp_path / "run", CONFIG)
    run = RunFolder(tmp_path / "run")
    designs = select(run, ",".join(f"generation:{generation}" for generation in range(GENERATIONS)))
    jumped = [design for design in designs if design.status == "jumped" and design.inherited]
    assert jumped
    for design in jumped:
        assert design.fitness == pytest.approx(np.nanmax(design.curve), abs=1e-6)
        assert np.isnan(design.curve).any()
    entered = find_parent_weights(run.weights, [design.identity for design in jumped])
    assert entered
    again = learn_again(replace(one, trial=trial), [own for own in jumped if own.identity in entered], run)
    assert {own: weights.tobytes() for own, weights in again.items()} == {
        own: weights.tobytes() for own, weights in entered.items()
    }


@pytest.mark.slow
def test_inheritance_is_the_same_for_any_workers(kind, run, tmp_path):
    with started(3) as cluster:
        evolve(learning(kind, evaluator=Ray(address=cluster.address, workers=2)), tmp_path / "run", CONFIG)
    assert results(RunFolder(tmp_path / "run")) == results(run)
