"""Restarts of real designs: the best start wins, costs are counted, and company changes no bit."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import develop
from codesign.errors import ConfigError
from codesign.evaluate import Evaluations, Request, evaluate_designs
from codesign.evaluate.batches import bytes_needed
from codesign.sim import Execution, Physics
from codesign.train import BodyLearning, Normalized
from tests.evaluate.fakes import assert_same, designs, spec

COUNT, STEPS = 6, 60
LEARNER = Normalized(iterations=4, step_length=0.5, restarts=2, restart_iterations=1)


def real(learner=LEARNER, **changes):
    return replace(spec(), physics=Physics(steps=STEPS), learner=learner, **changes)


@pytest.fixture(scope="module")
def found():
    return evaluate_designs(real(), Request(*designs(COUNT)))


def starts_of(found: Evaluations) -> list[int]:
    assert found.starts is not None
    return found.starts.tolist()


def alone(learner, start, attempts=None):
    single = replace(learner, restarts=0)
    return evaluate_designs(real(single), Request(*designs(COUNT), attempts=np.full(COUNT, start)))


def test_each_design_learns_on_from_its_best_start(found):
    tries = [alone(LEARNER, start) for start in range(3)]
    until = np.stack([each.curves[:, :2].max(axis=1) for each in tries])
    assert np.array_equal(found.starts, until.argmax(axis=0))
    assert len(set(starts_of(found))) > 1
    for index, start in enumerate(starts_of(found)):
        one = tries[start].take(np.array([index]))
        assert_same(replace(found.take(np.array([index])), robot_steps=0), replace(one, robot_steps=0))
    assert found.robot_steps == COUNT * (2 * 2 + (4 + 2) + 1) * STEPS


def test_starts_of_another_attempt_are_others(found):
    genomes, identities = designs(COUNT)
    again = evaluate_designs(real(), Request(genomes, identities, attempts=np.ones(COUNT, dtype=np.int64)))
    assert set(starts_of(again)) <= {3, 4, 5}
    assert (again.curves[:, 0] != found.curves[:, 0]).any()
    for index, start in enumerate(starts_of(again)):
        one = alone(LEARNER, start).take(np.array([index]))
        assert np.array_equal(again.curves[index], one.curves[0])


def test_company_and_batches_change_nothing(found):
    genomes, identities = designs(COUNT)
    for order in (np.array([4, 1]), *np.arange(COUNT)[:, None]):
        some = evaluate_designs(real(), Request(genomes[order], identities[order]))
        assert_same(replace(some, robot_steps=0), replace(found.take(order), robot_steps=0))
    needed = bytes_needed(real(), develop(spec().lattice.build(), genomes, spec().tissue))
    assert (
        needed
        == 3 * bytes_needed(real(replace(LEARNER, restarts=0)), develop(spec().lattice.build(), genomes, spec().tissue))
    ).all()
    assert_same(
        evaluate_designs(real(execution=Execution(device="cpu", memory_mib=2)), Request(genomes, identities)), found
    )


def test_later_designs_may_have_fewer_starts():
    genomes, identities = designs(COUNT)
    identities[:3, 0] = 0
    learner = replace(LEARNER, later_restarts=0)
    mixed = evaluate_designs(real(learner), Request(genomes, identities))
    plain = evaluate_designs(real(replace(LEARNER, restarts=0)), Request(genomes, identities))
    assert starts_of(mixed)[3:] == [0, 0, 0]
    assert np.array_equal(mixed.curves[3:], plain.curves[3:])
    assert any(starts_of(mixed)[:3])


def test_bodies_and_smoothed_gradients_learn_from_several_starts():
    learner = replace(LEARNER, body=BodyLearning(rest_lengths=0.1), estimator="smoothed", samples=2)
    found = evaluate_designs(real(learner), Request(*designs(COUNT)))
    for index, start in enumerate(starts_of(found)):
        one = alone(learner, start).take(np.array([index]))
        assert_same(replace(found.take(np.array([index])), robot_steps=0), replace(one, robot_steps=0))


def test_one_start_that_is_given_cannot_have_others():
    with pytest.raises(ConfigError, match="expected restarts to be 0 where all start from given weights; got 2"):
        real(start=(0.0,))
