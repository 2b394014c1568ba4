"""The real evaluation at a tiny size: the same numbers alone, in any company, under any budget and from any worker."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from codesign.body import develop
from codesign.errors import ConfigError, MemoryBudgetError
from codesign.evaluate import DesignWeights, KeptWeights, Request, evaluate_designs
from codesign.evaluate.batches import batches, budget, shared
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.genome import Genomes
from codesign.sim import Execution, Physics
from codesign.tasks import TASKS
from codesign.train import LearningStatus
from tests.evaluate.fakes import ITERATIONS, assert_same, designs, spec

STEPS = 60


def short(**changes):
    return replace(spec(), physics=Physics(steps=STEPS), **changes)


@pytest.fixture(scope="module")
def expected():
    return evaluate_designs(short(), Request(*designs(8)))


def test_designs_learn(expected):
    assert expected.curves.shape == (8, ITERATIONS + 1)
    assert np.isfinite(expected.fitness).sum() >= 6
    valid = np.isfinite(expected.fitness)
    assert np.allclose(expected.fitness[valid], expected.curves[valid].max(axis=1), rtol=1e-6)
    assert (expected.fitness[valid] > expected.curves[valid, 0]).any()
    assert "displacement" in expected.measures


def test_the_record_describes_the_bodies(expected):
    genomes, _ = designs(8)
    bodies = develop(spec().lattice.build(), genomes, spec().tissue)
    assert expected.masses.tolist() == np.diff(bodies.mass_start).tolist()
    assert expected.springs.tolist() == np.diff(bodies.spring_start).tolist()
    assert expected.muscles.tolist() == [int((body.swings != 0).sum()) for body in bodies]
    assert expected.robot_steps == 8 * (ITERATIONS + 3) * STEPS
    assert len(expected.weights) == expected.weight_start[-1]


def test_the_best_performance_is_where_the_record_says(expected):
    best = expected.curves[np.arange(8), expected.best_iteration]
    assert np.array_equal(best, expected.fitness.astype(np.float32))


def test_a_body_without_muscles_is_told_from_one_that_has_nothing_to_learn():
    genomes, identities = designs(3)
    passive = Genomes(genomes.cells, genomes.muscles * np.array([[1], [0], [1]], dtype=genomes.muscles.dtype))
    found = evaluate_designs(short(), Request(passive, identities))
    assert found.muscles[1] == 0
    assert found.status[1] == LearningStatus.NO_MUSCLES
    assert LearningStatus.NO_MUSCLES not in found.status[[0, 2]]
    assert np.isfinite(found.fitness[1])
    # With an end out of all reach, nothing that muscles do is worth anything.
    far = evaluate_designs(short(task=TASKS["cross"](level=1e3, softness=1e-3)), Request(genomes, identities))
    assert (far.status == LearningStatus.ZERO_GRADIENT).all()


@pytest.mark.parametrize("rule", ["keep_best", "invalid"])
def test_a_design_that_jumps_is_worth_its_best_or_nothing(rule):
    learner = replace(spec().learner, jump_limit=1e-5, unsound=rule)
    found, free = (
        evaluate_designs(short(learner=learner), Request(*designs(8))),
        evaluate_designs(short(), Request(*designs(8))),
    )
    jumped = found.status == LearningStatus.JUMPED
    assert jumped.any()
    assert np.isfinite(free.fitness[jumped]).all()
    ended = np.isnan(found.curves).argmax(axis=1)[jumped]
    assert (ended > 0).all()
    if rule == "keep_best":
        best = [curve[:end].max() for curve, end in zip(free.curves[jumped], ended, strict=True)]
        assert np.array_equal(found.fitness[jumped], best)
        assert np.allclose(found.measures["displacement"], found.fitness, atol=1e-6)
    else:
        assert np.isneginf(found.fitness[jumped]).all()
        assert np.isnan(found.measures["displacement"][jumped]).all()


def test_a_design_does_not_feel_its_company(expected):
    genomes, identities = designs(8)
    order = np.array([6, 1, 3])
    assert_same_designs(evaluate_designs(short(), Request(genomes[order], identities[order])), expected.take(order))


def test_a_design_starts_from_its_own_identity(expected):
    genomes, identities = designs(8)
    elsewhere = evaluate_designs(short(), Request(genomes, identities + np.array([1, 0])))
    assert not np.array_equal(elsewhere.curves[:, 0], expected.curves[:, 0])


def test_a_design_starts_from_the_seed(expected):
    assert not np.array_equal(evaluate_designs(short(seed=8), Request(*designs(8))).curves[:, 0], expected.curves[:, 0])


def test_a_small_memory_makes_more_batches_and_the_same_numbers():
    little, ample = (short(execution=Execution(device="cpu", memory_mib=mebibytes)) for mebibytes in (1, 1000))
    many = designs(200)
    bodies = develop(little.lattice.build(), many[0], little.tissue)
    parts = batches(little, bodies)
    assert len(parts) > 1
    assert [index for part in parts for index in range(200)[part]] == list(range(200))
    assert len(batches(ample, bodies)) == 1
    assert_same(evaluate_designs(little, Request(*many)), evaluate_designs(ample, Request(*many)))


def test_designs_beyond_those_developed_together_have_the_same_numbers(monkeypatch, expected):
    monkeypatch.setattr(sys.modules[evaluate_designs.__module__], "DESIGNS_AT_A_TIME", 3)
    assert_same(evaluate_designs(short(), Request(*designs(8))), expected)


def test_kept_weights_are_the_same_in_any_batches(expected, monkeypatch):
    genomes, identities = designs(8)
    keep = KeptWeights(2, above=float(np.min(expected.fitness)))
    assert_same(evaluate_designs(short(), Request(genomes, identities, keep=keep)), expected.kept(keep, identities))
    monkeypatch.setattr(sys.modules[evaluate_designs.__module__], "DESIGNS_AT_A_TIME", 3)
    assert_same(evaluate_designs(short(), Request(genomes, identities, keep=keep)), expected.kept(keep, identities))


def test_no_batch_has_more_numbers_than_kernels_can_count(monkeypatch):
    ample = short(execution=Execution(device="cpu", memory_mib=1000))
    bodies = develop(ample.lattice.build(), designs(20)[0], ample.tissue)
    assert len(batches(ample, bodies)) == 1
    monkeypatch.setattr(sys.modules[batches.__module__], "MOST_NUMBERS", 50_000)
    assert len(batches(ample, bodies)) > 1


def test_a_memory_too_small_for_one_design_is_refused():
    long = short(execution=Execution(device="cpu", memory_mib=1, segment_steps=20_000))
    with pytest.raises(MemoryBudgetError, match="1 MiB"):
        evaluate_designs(replace(long, physics=Physics(steps=20_000)), Request(*designs(2)))


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"execution\.device"):
        evaluate_designs(short(execution=Execution(device="cuda:77")), Request(*designs(2)))


def test_processes_share_the_memory():
    given = short(execution=Execution(device="cpu", memory_mib=90))
    assert shared(given, 1) == given
    assert budget(shared(given, 3).execution) == 30 * 2**20
    assert 0 < budget(shared(short(execution=Execution(device="cpu")), 4).execution) < budget(Execution(device="cpu"))


@pytest.mark.parametrize("settings", [Local(), Ray(workers=1), Ray(workers=2), Ray(workers=3)], ids=repr)
def test_every_evaluator_gives_the_same_numbers_to_the_bit(cluster, settings, expected):
    with settings.start(short()) as evaluator:
        assert_same(evaluator.evaluate(Request(*designs(8))), expected)


def assert_same_designs(one, other):
    """Check that two records agree to the bit but for the steps it took."""
    assert_same(replace(one, robot_steps=0), replace(other, robot_steps=0))


def test_other_attempts_are_other_starts_and_the_first_is_the_own(expected) -> None:
    genomes, identities = designs(8)
    attempts = np.array([0, 1, 2, 0, 1, 1, 7, 0])
    found = evaluate_designs(short(), Request(genomes, identities, attempts=attempts))
    same = found.curves[:, 0] == expected.curves[:, 0]
    np.testing.assert_array_equal(same, attempts == 0)
    alone = evaluate_designs(short(), Request(genomes[[1, 6]], identities[[1, 6]], attempts=attempts[[1, 6]]))
    assert_same_designs(alone, found.take(np.array([1, 6])))


def test_first_weights_that_are_not_numbers_are_drawn(expected) -> None:
    genomes, identities = designs(8)
    spec = short()
    drawn = spec.first_weights(develop(spec.lattice.build(), genomes, spec.tissue), identities)
    counts = np.diff(expected.weight_start)
    parts = [own.astype(np.float32) for own in np.split(drawn, np.cumsum(counts)[:-1])]
    parts[2][::3] = np.nan
    parts[4] = parts[4][-5:]
    parts[5] = parts[5] + np.float32(0.5)
    found = evaluate_designs(spec, Request(genomes, identities, first=DesignWeights.joined(parts)))
    same = (found.curves[:, 0] == expected.curves[:, 0]).tolist()
    assert same == [number != 5 for number in range(8)]
