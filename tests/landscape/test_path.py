"""Measures of the learner's way, on bowls whose way is known and in the simulator."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.evaluate import Request, evaluate_bodies
from codesign.landscape import PATH_MEASURES, LandscapeSettings, path_measures, path_measures_of
from codesign.train import Normalized
from tests.landscape.test_measures import learned_designs
from tests.train.quadratic import Quadratic

SETTINGS = LandscapeSettings()


def alone(problem: Quadratic, learner: Normalized) -> dict[str, float]:
    return {name: float(values[0]) for name, values in path_measures_of(problem, learner, SETTINGS).items()}


def test_straight_down_a_bowl() -> None:
    """Steps of 0.2 from 2 to 1: gradients point the same way, and each step falls short of its slope by 0.02."""
    found = alone(Quadratic([np.array([2.0, 0.0])], scale=1.0), Normalized(iterations=5, epsilon=1e-12))
    assert found["path_steps"] == 5.0
    assert found["path_gain"] == pytest.approx(1.5)
    assert found["path_cosine"] == pytest.approx(1.0)
    assert found["path_signal_to_noise"] > 1e5
    assert found["path_improving"] == 1.0
    assert found["path_roughness"] == pytest.approx(0.04)
    assert found["path_relative_roughness"] == pytest.approx(0.04 / 1.5)
    distances = 2.0 - 0.2 * np.arange(5)
    assert found["path_descent"] == pytest.approx(np.median(1.0 - 0.1 / distances))
    assert found["path_norm_median"] == pytest.approx(np.median(distances))
    assert found["path_norm_largest"] == 2.0
    assert found["path_norm_growth"] == pytest.approx(1.2 / 2.0)


def test_to_and_fro_across_a_bowl() -> None:
    """From 0.1 a step of 0.2 leads to -0.1 and back again: nothing is gained."""
    found = alone(Quadratic([np.array([0.1])], scale=1.0), Normalized(iterations=6, epsilon=1e-12))
    assert found["path_cosine"] == pytest.approx(-1.0)
    assert found["path_signal_to_noise"] == pytest.approx(0.0, abs=1e-6)
    assert found["path_gain"] == pytest.approx(0.0, abs=1e-9)
    assert found["path_descent"] == pytest.approx(0.0, abs=1e-9)


def test_signal_to_noise_of_steps_at_right_angles() -> None:
    """Half of the steps go one way and half another: the mean is as long as what steps differ from it."""

    def turned(_: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        del gradient
        return loss, np.eye(2)[min(episode // 2, 1)]

    found = alone(Quadratic([np.array([2.0, 2.0])], scale=1.0, disturb=turned), Normalized(iterations=4, epsilon=1e-12))
    assert found["path_signal_to_noise"] == pytest.approx(1.0)
    assert found["path_cosine"] == pytest.approx(2.0 / 3.0)  # of three pairs one is at a right angle


def test_large_and_bad_gradients_are_counted_and_end_the_way() -> None:
    def explodes(world: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        if world == 0 and episode == 1:
            return loss, gradient * 100.0
        if world == 0 and episode == 3:
            return loss, gradient * np.inf
        return loss, gradient

    problem = Quadratic([np.array([2.0, 1.0]), np.array([2.0, 1.0]), np.zeros(2)], scale=1.0, disturb=explodes)
    found = path_measures_of(problem, Normalized(iterations=8), SETTINGS)
    assert set(found) == set(PATH_MEASURES)
    np.testing.assert_array_equal(found["path_steps"], [3.0, 8.0, 0.0])
    np.testing.assert_array_equal(found["path_norm_large"], [0.5, 0.0, 0.0])
    assert 150.0 < found["path_norm_largest"][0] < 300.0
    assert found["path_norm_largest"][1] < 3.0
    for name in ("path_cosine", "path_signal_to_noise", "path_improving", "path_descent", "path_norm_median"):
        assert np.isnan(found[name][2]), name
    assert found["path_gain"][2] == 0.0


def test_an_unsound_loss_ends_the_way() -> None:
    def breaks(_: int, episode: int, loss: float, gradient: np.ndarray) -> tuple[float, np.ndarray]:
        return (loss if episode < 3 else float("nan")), gradient

    found = alone(Quadratic([np.array([2.0])], scale=1.0, disturb=breaks), Normalized(iterations=6, epsilon=1e-12))
    assert found["path_steps"] == 2.0
    assert found["path_gain"] == pytest.approx(2.0 - 0.5 * 1.6**2)
    assert np.isfinite(found["path_roughness"])


def test_designs_learn_as_they_do_unobserved_and_alone() -> None:
    spec, bodies, identities, _, _ = learned_designs()
    found = path_measures(spec, bodies, identities)
    evaluated = evaluate_bodies(spec, Request(bodies, identities))
    curves = -evaluated.curves.astype(np.float64)
    np.testing.assert_array_equal(found["path_gain"], curves[:, 0] - curves.min(axis=1))
    np.testing.assert_array_equal(found["path_improving"], (np.diff(curves) < 0.0).mean(axis=1))
    assert ((found["path_cosine"] > -1.0) & (found["path_cosine"] < 1.0)).all()
    apart = path_measures(spec, bodies[2:3], identities[2:3])
    for name, values in found.items():
        np.testing.assert_array_equal(values[2:3], apart[name], err_msg=name)
    other = path_measures(spec, bodies, identities, attempts=np.array([0, 1, 0]))
    changed = found["path_gain"] != other["path_gain"]
    np.testing.assert_array_equal(changed, [False, True, False])


def test_a_learner_of_no_steps_has_no_way() -> None:
    spec, bodies, identities, _, _ = learned_designs()
    found = path_measures(replace(spec, learner=replace(spec.learner, iterations=0)), bodies, identities)
    np.testing.assert_array_equal(found["path_steps"], 0.0)
    np.testing.assert_array_equal(found["path_gain"], 0.0)
    assert np.isnan(found["path_cosine"]).all()
