"""One body as an environment: Gymnasium's own checks, the physics of episodes, and what ends them."""

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import codesign
from codesign.differentiable import Episode
from codesign.gym import REGISTERED, Environment
from tests.gym.conftest import TINY

ROBOTS = [name for name, arguments in REGISTERED.items() if arguments]
INFINITE = r"(?s).*A Box observation space (minimum|maximum) value is -?infinity.*"
"""What Gymnasium says of positions and velocities, which have no bounds."""


def episode_of(environment: Any, actions: np.ndarray) -> list[tuple[Any, ...]]:
    environment.reset(seed=0)
    return [environment.step(action) for action in actions]


def actions_of(environment: Environment, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.uniform(-1.0, 1.0, (6, *environment.action_space.shape)).astype(np.float32)  # type: ignore[misc]


@pytest.fixture(scope="module")
def environment(problem: codesign.Problem, bodies: codesign.Bodies) -> Environment:
    return Environment(problem=problem, bodies=bodies[0], velocity_noise=0.1)


@pytest.mark.parametrize(
    "name",
    [name if "/Walker" in name else pytest.param(name, marks=pytest.mark.slow) for name in (*REGISTERED,)],
)
def test_gymnasium_finds_nothing_wrong(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=INFINITE)
        made = gymnasium.make(f"codesign.gym:{name}", render_mode="rgb_array")
        check_env(made.unwrapped)
        made.reset(seed=1)
        for _ in range(3):
            made.step(made.action_space.sample())
    assert made.spec is not None
    assert made.metadata["render_fps"] == 25


def test_an_episode_is_that_of_the_simulator_to_the_bit(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    environment = Environment(problem=problem, bodies=bodies[1])
    actions = actions_of(environment)
    steps = episode_of(environment, actions)
    muscles = bodies[1].swings != 0.0
    actuation = np.zeros((60, len(muscles)), np.float32)
    actuation[:, muscles] = np.repeat(actions, 10, axis=0)
    found = Episode(problem.spec, environment.bodies, actuation="steps").forward({"actuation": actuation})
    assert steps[-1][4]["loss"] == found["loss"].numpy()[0]
    positions, seen = found["positions"].numpy()[10::10].astype(np.float64), np.array([step[0] for step in steps])
    assert seen[:, 0] == pytest.approx(0.04 * np.arange(1, 7))
    masses = seen[:, 5:].reshape(6, -1, 4)
    means = positions.mean(axis=1)
    np.testing.assert_array_equal(masses[..., :2], (positions - means[:, None]).astype(np.float32))
    np.testing.assert_array_equal(masses[..., 2:], found["velocities"].numpy()[10::10])
    np.testing.assert_allclose(seen[:, 1:3], means, rtol=1e-6)


def test_an_episode_is_a_rollout_of_the_same_actuation_to_the_bit(bodies: codesign.Bodies) -> None:
    recorded = codesign.Problem(**TINY, controller="sequence")
    weights = recorded.initial_weights(bodies[2])
    held = np.repeat(weights[0]["sequence"][::10] * 10.0, 10, axis=0)
    motion = recorded.rollout(bodies[2], held.ravel())[0].after
    environment = Environment(problem=recorded, bodies=bodies[2])
    steps = episode_of(environment, motion.actuation[:-1:2][:, bodies[2].swings != 0.0])
    for step, positions in zip(steps, motion.positions[2::2], strict=True):
        own = positions.astype(np.float64)
        np.testing.assert_array_equal(step[0][5:].reshape(-1, 4)[:, :2], (own - own.mean(axis=0)).astype(np.float32))


def test_rewards_add_up_to_minus_the_loss(environment: Environment) -> None:
    steps = episode_of(environment, actions_of(environment))
    assert [step[2:4] for step in steps] == [(False, False)] * 5 + [(False, True)]
    info = steps[-1][4]
    assert sum(step[1] for step in steps) == pytest.approx(-info["loss"], abs=1e-12)
    assert info["measures"]["displacement"] == pytest.approx(-info["loss"], abs=1e-6)
    assert info["diverged"] is False
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset first"):
        environment.step(environment.action_space.sample())


def test_bodies_begin_at_rest_unless_noise_is_asked_for(
    problem: codesign.Problem, bodies: codesign.Bodies, environment: Environment
) -> None:
    calm, _ = Environment(problem=problem, bodies=bodies[0]).reset(seed=3)
    assert not calm[5:].reshape(-1, 4)[:, 2:].any()
    first, _ = environment.reset(seed=3)
    second, _ = environment.reset()
    assert 0.05 < first[5:].reshape(-1, 4)[:, 2:].std() < 0.2
    assert (first != second).any()
    np.testing.assert_array_equal(environment.reset(seed=3)[0], first)
    np.testing.assert_array_equal(environment.reset()[0], second)
    assert (environment.reset(seed=4)[0] != first).any()


def test_a_body_that_diverges_ends_its_episode(fragile: codesign.Problem, bodies: codesign.Bodies) -> None:
    body = bodies[0]
    stiff = codesign.Body(
        body.positions, body.springs, body.rest_lengths, body.stiffness * 1e6, body.swings, body.cells, body.materials
    )
    environment = Environment(problem=fragile, bodies=stiff, divergence_reward=-2.0)
    before, _ = environment.reset(seed=0)
    observation, reward, terminated, truncated, info = environment.step(np.ones(environment.action_space.shape))  # type: ignore[arg-type]
    assert (reward, terminated, truncated, info) == (-2.0, True, False, {"loss": 0.0, "diverged": True})
    np.testing.assert_array_equal(observation, before)
    with pytest.raises(gymnasium.error.ResetNeeded):
        environment.step(environment.action_space.sample())
    environment.reset()


def test_pictures_show_the_body(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    environment = Environment(problem=problem, bodies=bodies[0], render_mode="rgb_array")
    with pytest.raises(gymnasium.error.ResetNeeded):
        environment.render()
    environment.reset(seed=0)
    first = environment.render()
    environment.step(np.ones(environment.action_space.shape))  # type: ignore[arg-type]
    second = environment.render()
    assert isinstance(first, np.ndarray)
    assert isinstance(second, np.ndarray)
    assert (first.shape, first.dtype) == ((320, 480, 3), np.uint8)
    assert (first != second).any()
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 20
    with pytest.warns(UserWarning, match="render_mode"):
        assert Environment(problem=problem, bodies=bodies[0]).render() is None


def test_a_closed_environment_says_so(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    environment = Environment(problem=problem, bodies=bodies[0])
    environment.close()
    environment.close()
    for call in (environment.reset, environment.render, lambda: environment.step(environment.action_space.sample())):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError, match="make a new one"):
            call()


def test_what_is_out_of_bounds_is_clipped(environment: Environment) -> None:
    ones = np.ones((1, *environment.action_space.shape))  # type: ignore[misc]
    inside, outside = episode_of(environment, ones), episode_of(environment, 7.0 * ones)
    np.testing.assert_array_equal(inside[0][0], outside[0][0])
