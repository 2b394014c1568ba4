"""Learners that are others in later generations: whom they teach, in which order, and what racing asks of them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.evaluate import KeptWeights, Request, elimination_thresholds, evaluate_designs
from codesign.evaluate.local import Local
from codesign.evaluate.memory_estimate import MemoryEstimate
from codesign.run.curves import Curves
from codesign.search import Individuals
from codesign.sim import Physics
from codesign.train import LEARNERS, Adam, Normalized
from tests.evaluate.fakes import assert_same, designs, spec

FIRST = Normalized(iterations=3, later_iterations=2, later_step_length=0.8)
LATER = Normalized(iterations=2, step_length=0.8)


def real(**changes):
    return replace(spec(), physics=Physics(steps=60), **changes)


def mixed(count: int = 6) -> Request:
    """Return designs of generations 0, 1 and 5, in no order."""
    genomes, identities = designs(count)
    identities[:, 0] = np.resize([5, 0, 1, 0], count)
    return Request(genomes, identities)


def test_what_is_later_stands_for_what_is_first():
    assert FIRST.in_generation(0) is FIRST
    assert FIRST.in_generation(1) == FIRST.in_generation(7) == LATER
    plain = Normalized(iterations=3)
    assert plain.in_generation(4) is plain
    adam = Adam(rate=0.003, later_rate=0.03)
    assert (adam.in_generation(0).rate, adam.in_generation(2).rate) == (0.003, 0.03)
    assert adam.in_generation(2).iterations == adam.iterations


def test_a_learner_of_a_plugin_has_later_settings_by_their_names():
    @dataclass(frozen=True)
    class Momentum(Normalized):
        momentum: float = 0.9
        later_momentum: float | None = None

    later = Momentum(later_momentum=0.5, later_iterations=4).in_generation(1)
    assert (later.momentum, later.later_momentum, later.iterations) == (0.5, None, 4)


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize("value", [-1, 1.5, True, "few"])
def test_later_iterations_out_of_range(name, value):
    with pytest.raises(ConfigError, match=r"^expected later_iterations to be a whole number of at least 0, or null; "):
        LEARNERS[name](later_iterations=value)


@pytest.mark.parametrize(("kind", "field"), [(Normalized, "later_step_length"), (Adam, "later_rate")])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), "long"])
def test_later_steps_out_of_range(kind, field, value):
    with pytest.raises(ConfigError, match=f"^expected {field} to be a number above 0, or null; "):
        kind(**{field: value})


def test_each_design_learns_as_its_generation_does():
    request = mixed()
    found = evaluate_designs(real(learner=FIRST), request)
    born = request.identities[:, 0]
    for learner, members in ((FIRST, born == 0), (LATER, born > 0)):
        own = evaluate_designs(real(learner=learner), request.take(np.flatnonzero(members)))
        assert own.curves.shape[1] == learner.iterations + 1
        assert_same(
            replace(found.take(np.flatnonzero(members)), robot_steps=0, curves=own.curves), replace(own, robot_steps=0)
        )
        assert np.array_equal(found.curves[members, : learner.iterations + 1], own.curves)
        assert np.isnan(found.curves[members, learner.iterations + 1 :]).all()
    assert found.robot_steps == 60 * (3 * (3 + 3) + 3 * (2 + 3))
    assert (
        found.fitness[born > 0] != evaluate_designs(real(learner=Normalized(iterations=2)), request).fitness[born > 0]
    ).any()


def test_only_the_weights_that_are_kept_come_back():
    request = mixed()
    every = evaluate_designs(real(learner=FIRST), request)
    some = evaluate_designs(real(learner=FIRST), replace(request, keep=KeptWeights(2)))
    kept = np.flatnonzero(np.diff(some.weight_start))
    assert sorted(every.fitness[kept]) == sorted(every.fitness)[-2:]
    for place in kept.tolist():
        assert np.array_equal(some.weights_of(place), every.weights_of(place))


def test_thresholds_are_those_of_the_steps_that_a_design_takes():
    request, asked = mixed(), np.array([-np.inf, 1e9, 1e9])
    found = evaluate_designs(real(learner=FIRST), replace(request, thresholds=asked))
    assert np.isnan(found.curves[:, 2:]).all()
    short = evaluate_designs(real(learner=FIRST), replace(request, thresholds=asked[:1]))
    assert_same(short, evaluate_designs(real(learner=FIRST), request))


def test_only_gains_of_those_that_learned_alike_count():
    learner = Normalized(iterations=2, racing=1, racing_chance=0.0)
    curves = np.array([[0.0, 0.1, 0.1, 0.9], [0.3, 0.4, 0.6, np.nan]], dtype=np.float32)
    fitness = np.array([0.9, 0.6])
    thresholds = elimination_thresholds(learner, curves, fitness, np.array([False, True]))
    assert thresholds == pytest.approx([-np.inf, 0.4])
    assert np.isneginf(elimination_thresholds(learner, curves, fitness, np.array([False, False]))).all()


def test_curves_of_the_living_may_be_of_other_lengths():
    genomes, _ = designs(3)
    parents = np.full((3, 2, 2), -1)

    def population(identities):
        return Individuals(genomes, np.array(identities), parents, ("random",) * 3, np.zeros(3))

    first = Curves.none().after(population([(0, 0), (0, 1), (0, 2)]), 0, np.arange(12, dtype=np.float32).reshape(3, 4))
    after = first.after(population([(1, 1), (0, 2), (0, 0)]), 1, np.arange(20, 26, dtype=np.float32).reshape(3, 2))
    wanted = [[22, 23, np.nan, np.nan], [8, 9, 10, 11], [0, 1, 2, 3]]
    np.testing.assert_array_equal(after.values, wanted)
    longer = Curves.none().after(population([(0, 0), (0, 1), (0, 2)]), 0, np.zeros((3, 1), np.float32))
    assert longer.after(population([(1, 0), (0, 2), (0, 0)]), 1, np.ones((3, 3), np.float32)).values.shape == (3, 3)


def test_the_estimate_is_of_the_generation_that_takes_most():
    learner = Normalized(iterations=0, later_iterations=2, estimator="smoothed", samples=4)
    first, later = replace(learner, later_iterations=None), learner.in_generation(1)
    of_first, of_later, of_both = (
        MemoryEstimate.of_search(real(learner=each), Local()) for each in (first, later, learner)
    )
    assert of_first.largest < of_later.largest == of_both.largest
    assert of_first.expected < of_later.expected == of_both.expected
