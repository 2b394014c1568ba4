"""Where gradients end: cases that are known on paper."""

from dataclasses import replace

import numpy as np
import pytest

import codesign
from codesign.errors import ConfigError
from codesign.sensitivity import GradientSettings, Line, Lyapunov, Parting, Sensitivities, differences, growth, lyapunov
from codesign.sensitivity.precision import cosine
from codesign.sensitivity.simulating import over_horizon
from tests.sim.bodies import lone_mass, pair


def flying(body: codesign.Body, *, steps: int = 200, dt: float = 0.004, damping: float = 15.0) -> Sensitivities:
    """Return a body high above the ground whose muscles rest."""
    problem = codesign.Problem(
        physics={"steps": steps, "dt": dt, "damping": damping}, execution={"precision": "float64"}
    )
    found = Sensitivities(problem.spec, body, actuation=np.zeros((steps, len(body.springs))))
    found.inputs["positions"] += [0.0, 1e5]
    return found


def test_exponents_of_free_fall_with_drag() -> None:
    """Places stay as far apart as they are, velocities decay at the rate of the drag: v' = g - damping v."""
    damping = 15.0
    found = lyapunov(flying(lone_mass(), steps=400, damping=damping), 8)
    np.testing.assert_allclose(found.windows[-1][:4], 0.0, atol=1e-4)
    np.testing.assert_allclose(found.windows[-1][4:], -damping, rtol=1e-5)
    np.testing.assert_allclose(found.windows.sum(axis=1), -4.0 * damping, rtol=1e-9)  # volumes, at all times


def test_exponents_of_an_undamped_pair_of_masses() -> None:
    """The integration keeps volumes, so that exponents add up to zero; the leading one is that of drift, 1 / t."""
    steps, dt = 2000, 0.01
    found = lyapunov(flying(pair(), steps=steps, dt=dt, damping=0.0), 8, window=100, time_scale=1.0)
    np.testing.assert_allclose(found.windows.sum(axis=1), 0.0, atol=1e-8)
    assert abs(found.windows[-10:, 0].mean()) < 3.0 / (steps * dt)
    assert abs(found.leading[-1]) < 0.3


def test_exponents_are_told_with_the_largest_first() -> None:
    """Over short times the first tangent need not grow most; a motion that ends at once has no exponents at all."""
    found = Lyapunov(np.array([0.5, 2.0]), np.array([[1.0, 5.0, -4.0], [2.0, 1.0, -3.0]]))
    np.testing.assert_allclose(found.exponents, [2.0, 1.75, -3.25])
    np.testing.assert_allclose(found.leading, [5.0, 2.0])
    assert not len(Lyapunov(np.zeros(0), np.zeros((0, 3))).exponents)


def test_growth_of_perturbations_that_only_drift() -> None:
    """With a velocity that decays, a perturbation moves on by v / damping, and stays there."""
    damping = 15.0
    found = growth(flying(lone_mass(), steps=500, damping=damping), 4, time_scale=1.0 / damping)
    assert found.ratios.shape == (4, 501)
    np.testing.assert_allclose(found.ratios[:, 0], 1.0)
    np.testing.assert_allclose(found.ratios[:, -1], found.ratios[:, -50], rtol=1e-9)
    assert found.largest < np.sqrt(2.0)
    assert found.ratios.std() > 0.01


def test_jumps_are_what_slopes_do_not_know() -> None:
    places = np.linspace(0.0, 1.0, 101)
    losses, slopes = np.sin(3.0 * places), 3.0 * np.cos(3.0 * places)
    smooth = Line("random", places, losses, slopes, 1e-6)
    assert smooth.per_length <= 1.0  # where the slope turns, it may go a little beyond both ends
    kinked = Line("random", places, np.abs(places - 0.503), np.sign(places - 0.503), 1e-6)
    assert kinked.per_length == 0.0
    steps = losses + 0.1 * (places > 0.305) - 0.05 * (places > 0.755)
    jumping = Line("random", places, steps, slopes, 1e-3)
    np.testing.assert_array_equal(np.flatnonzero(jumping.jumps), [30, 75])
    np.testing.assert_allclose(jumping.jumps[[30, 75]], [0.1, -0.05], atol=2e-3)
    assert jumping.per_length == 2.0
    assert replace(jumping, threshold=0.07).per_length == 1.0
    assert 0.0 < jumping.share < 1.0


def test_cosines_of_odd_gradients() -> None:
    one = np.array([1e200, 0.0])
    assert cosine(one, np.array([1e-200, 0.0])) == 1.0
    assert cosine(one, np.array([np.inf, 0.0])) == -1.0
    assert cosine(np.zeros(2), np.zeros(2)) == 1.0
    assert cosine(np.zeros(2), one) == 0.0
    parted = Parting(np.array([100, 300, 1000]), np.array([1.0, 0.98, 1.0]), np.ones(3))
    assert parted.parted == 300


def test_differences_of_a_blind_controller_in_the_air_are_right_everywhere() -> None:
    problem = codesign.Problem(
        body={"rows": 3, "columns": 4}, physics={"steps": 20}, execution={"precision": "float64"}
    )
    body = problem.bodies(problem.random(1))
    weights = problem.initial_weights(body).flat
    found = differences(problem.spec, body, weights, (1e-6, 1e-5), 3)
    assert found.errors.shape == (4, 2)
    assert found.reach in (1e-6, 1e-5)
    assert found.wrong.max() < 1.0


def test_weights_for_every_step_are_cut_and_never_made_up() -> None:
    problem = codesign.Problem(body={"rows": 3, "columns": 4}, controller="sequence", physics={"steps": 20})
    body = problem.bodies(problem.random(1))
    weights = problem.initial_weights(body).flat
    spec, cut = over_horizon(problem.spec, body, weights, 5)
    assert spec.physics.steps == 5
    np.testing.assert_array_equal(cut, weights[: 5 * len(body.springs)])
    with pytest.raises(ConfigError, match="sequence"):
        over_horizon(problem.spec, body, weights, 21)
    with pytest.raises(ConfigError, match="weights"):
        over_horizon(problem.spec, body, weights[:-1], 5)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("horizons", (0,)), ("perturbations", 0), ("line_length", 0.0), ("jump_threshold", -1.0), ("line_points", 2)],
)
def test_settings_out_of_range(setting: str, value: object) -> None:
    with pytest.raises(ConfigError):
        GradientSettings(**{setting: value})  # type: ignore[arg-type]


def test_horizons_reach_to_the_end_of_an_episode() -> None:
    assert GradientSettings().horizons_of(1000) == (100, 300, 1000)
    assert GradientSettings().horizons_of(60) == (60,)
    assert GradientSettings(horizons=(500, 20)).horizons_of(60) == (20, 500)
