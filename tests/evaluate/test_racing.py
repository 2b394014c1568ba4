"""Racing: where the thresholds are, and that a design which is stopped by one is the same wherever it is evaluated."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.evaluate import Request, elimination_thresholds, evaluate_designs
from codesign.evaluate.local import Local
from codesign.evaluate.ray_evaluator import Ray
from codesign.sim import Execution, Physics
from codesign.train import LearningStatus, Normalized
from tests.evaluate.fakes import ITERATIONS, assert_same, designs, spec

STEPS = 60
LEARNER = Normalized(iterations=6, racing=2, racing_chance=0.5)  # rungs after 2 and 4 steps
CURVES = np.array(
    [
        [0.0, 0.1, 0.2, 0.3, 0.9, 1.0, 0.8],
        [0.0, 0.4, 0.3, 0.2, 0.5, 0.6, 0.7],
        [0.1, 0.0, 0.5, 0.6, 0.7, 0.8, 0.9],
    ],
    dtype=np.float32,
)
FITNESS = CURVES.max(axis=1).astype(np.float64)


def real(**changes):
    return replace(spec(), physics=Physics(steps=STEPS), **changes)


@pytest.mark.parametrize(("chance", "after_two", "after_four"), [(0.0, -0.1, 0.5), (0.5, 0.3, 0.5), (1.0, 0.4, 0.6)])
def test_a_bar_is_below_the_least_of_the_living_by_what_they_gained(chance, after_two, after_four):
    found = elimination_thresholds(replace(LEARNER, racing_chance=chance), CURVES, FITNESS)
    # The best until then is 0.2, 0.4, 0.5 after two steps and 0.9, 0.5, 0.7 after four, at the end 1.0, 0.7, 0.9.
    assert found.shape == (6,)
    assert found[[2, 4]] == pytest.approx([after_two, after_four])
    assert np.isneginf(found[[0, 1, 3, 5]]).all()


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_who_could_live_already_is_never_stopped(chance):
    generator = np.random.default_rng(3)
    for _ in range(20):
        curves = np.cumsum(generator.normal(size=(9, 7)), axis=1)
        fitness = curves.max(axis=1)
        assert (elimination_thresholds(replace(LEARNER, racing_chance=chance), curves, fitness) <= fitness.min()).all()


def test_a_place_that_nobody_valid_has_is_open_to_all():
    assert np.isneginf(elimination_thresholds(LEARNER, CURVES, np.array([1.0, -np.inf, 0.9]))).all()


def test_who_stood_still_counts_with_what_it_could_do():
    curves = CURVES.copy()
    curves[1, 2:] = np.nan
    assert elimination_thresholds(LEARNER, curves, FITNESS)[4] == pytest.approx(0.5)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_learning_that_ended_early_stops_nobody_who_could_live(chance):
    """Whoever was already as good as the weakest of the living goes on, however early one of these ended."""
    generator = np.random.default_rng(5)
    for _ in range(20):
        curves = np.cumsum(generator.normal(size=(9, 7)), axis=1)
        curves[np.arange(7) > generator.integers(0, 7, size=9)[:, None]] = np.nan
        fitness = np.nanmax(curves, axis=1)
        found = elimination_thresholds(replace(LEARNER, racing_chance=chance), curves, fitness)
        assert (found <= fitness.min()).all()


def test_without_rungs_nothing_is_asked():
    assert np.isneginf(elimination_thresholds(replace(LEARNER, racing=0), CURVES, FITNESS)).all()


@pytest.fixture(scope="module")
def free():
    return evaluate_designs(real(), Request(*designs(8)))


@pytest.fixture(scope="module")
def asked(free):
    """Thresholds that stop two designs after a step and two more after the next."""
    found = np.full(ITERATIONS, -np.inf)
    best = np.fmax.accumulate(free.curves, axis=1)
    found[1] = np.sort(best[:, 1])[2]
    found[2] = np.sort(best[best[:, 1] >= found[1], 2])[2]
    return found


@pytest.fixture(scope="module")
def raced(asked):
    return evaluate_designs(real(), Request(*designs(8), asked))


def test_designs_stop_below_a_bar_and_others_do_not_feel_it(free, asked, raced):
    best = np.fmax.accumulate(free.curves, axis=1)
    last = np.where(best[:, 1] < asked[1], 1, np.where(best[:, 2] < asked[2], 2, ITERATIONS))
    assert np.bincount(last, minlength=4).tolist() == [0, 2, 2, 4]
    for index, steps in enumerate(last.tolist()):
        curve = raced.curves[index]
        assert np.array_equal(curve[: steps + 1], free.curves[index, : steps + 1])
        assert np.isnan(curve[steps + 1 :]).all()
        assert raced.fitness[index] == curve[: steps + 1].max()
        expected = free.status[index] if steps == ITERATIONS else LearningStatus.STOPPED
        assert raced.status[index] == expected
    going_on = last == ITERATIONS
    assert np.array_equal(raced.measures["displacement"][going_on], free.measures["displacement"][going_on])
    assert np.allclose(raced.measures["displacement"], raced.fitness, atol=1e-6)


def test_only_what_was_simulated_is_counted(free, raced):
    assert free.robot_steps == 8 * (ITERATIONS + 3) * STEPS
    assert raced.robot_steps == (2 * 3 + 2 * 4 + 4 * (ITERATIONS + 2) + 8) * STEPS


def test_a_stopped_design_is_the_one_that_learned_no_longer(raced):
    short = evaluate_designs(real(learner=replace(spec().learner, iterations=1)), Request(*designs(8)))
    stopped = np.flatnonzero(np.isnan(raced.curves[:, 2]))
    assert len(stopped) == 2
    for index in stopped.tolist():
        assert np.array_equal(raced.weights_of(index), short.weights_of(index))


def test_thresholds_that_ask_for_nothing_change_nothing(free):
    assert_same(evaluate_designs(real(), Request(*designs(8), np.full(ITERATIONS, -np.inf))), free)


def test_a_raced_design_does_not_feel_its_company(asked, raced):
    genomes, identities = designs(8)
    for order in (np.array([6, 1, 3]), np.arange(8)[::-1], *np.arange(8)[:, None]):
        found = evaluate_designs(real(), Request(genomes[order], identities[order], asked))
        assert_same(replace(found, robot_steps=0), replace(raced.take(order), robot_steps=0))


def test_batches_change_nothing_of_a_race():
    little, ample = (real(execution=Execution(device="cpu", memory_mib=mebibytes)) for mebibytes in (1, 1000))
    asked = np.array([-np.inf, 0.0, 0.01])
    many = designs(200)
    found = evaluate_designs(ample, Request(*many, asked))
    assert 0 < np.count_nonzero(found.status == LearningStatus.STOPPED) < 200
    assert_same(evaluate_designs(little, Request(*many, asked)), found)


@pytest.mark.parametrize(
    "settings", [lambda _: Local(), Ray, lambda at: Ray(at, workers=1)], ids=["local", "ray", "ray1"]
)
def test_every_evaluator_holds_the_same_race(cluster, settings, asked, raced):
    with settings(cluster).start(real()) as evaluator:
        assert_same(evaluator.evaluate(Request(*designs(8), asked)), raced)
