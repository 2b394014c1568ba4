"""Many bodies at once are the same bodies one by one, whenever Gymnasium lets them begin again."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.utils.passive_env_checker import data_shares_objects
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import codesign
from codesign.gym import Environment, VectorEnvironment

STEPS = 15
"""Control steps: two episodes and a half."""


def stiffer(body: codesign.Body, factor: float) -> codesign.Body:
    arrays = body.positions, body.springs, body.rest_lengths, body.stiffness * factor, body.swings
    return codesign.Body(*arrays, body.cells, body.materials)


def actions_of(environments: VectorEnvironment) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.uniform(-1.0, 1.0, (STEPS, *environments.action_space.shape)).astype(np.float32)  # type: ignore[misc]


def maker(problem: codesign.Problem, body: codesign.Body, **settings: Any) -> Callable[[], Environment]:
    return lambda: Environment(problem=problem, bodies=body, **settings)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_gymnasiums_own_vector_of_single_environments_does_the_same(
    problem: codesign.Problem, bodies: codesign.Bodies, mode: AutoresetMode
) -> None:
    ours = VectorEnvironment(3, problem=problem, bodies=bodies[0], velocity_noise=0.1, autoreset_mode=mode)
    single = maker(problem, bodies[0], velocity_noise=0.1)
    theirs = SyncVectorEnv([single] * 3, autoreset_mode=mode)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"]
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert same(ours.reset(seed=5), theirs.reset(seed=5))
    for actions in actions_of(ours):
        own, other = ours.step(actions), theirs.step(actions)
        assert same(own, other)
        if mode == AutoresetMode.DISABLED and own[3].any():
            assert same(ours.reset(options={"reset_mask": own[3]}), theirs.reset(options={"reset_mask": other[3]}))


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return data_equivalence(one, other, exact=True)


def test_bodies_of_different_sizes_do_what_each_does_alone(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    together = VectorEnvironment(problem=problem, bodies=bodies, velocity_noise=0.1)
    seen = [together.reset(seed=2)[0]]
    rewards = []
    for actions in actions_of(together)[:6]:
        observations, reward, *_ = together.step(actions)
        seen.append(observations)
        rewards.append(reward)
    for number in range(3):
        alone = Environment(problem=problem, bodies=bodies[number], velocity_noise=0.1)
        real, muscles = together.observation_masks[number], together.action_masks[number]
        assert (real.sum(), muscles.sum()) == (alone.observation_space.shape[0], alone.action_space.shape[0])  # type: ignore[index]
        np.testing.assert_array_equal(alone.reset(seed=2 + number)[0], seen[0][number, real])
        assert not seen[-1][number, ~real].any()
        for step, actions in enumerate(actions_of(together)[:6]):
            observation, reward, *_ = alone.step(actions[number, muscles])
            np.testing.assert_array_equal(observation, seen[step + 1][number, real])
            assert reward == rewards[step][number]


def test_one_that_diverges_begins_again_and_touches_no_other(
    fragile: codesign.Problem, bodies: codesign.Bodies
) -> None:
    pair = [bodies[0], stiffer(bodies[0], 1e6), bodies[1]]
    together = VectorEnvironment(problem=fragile, bodies=pair)
    calm = VectorEnvironment(problem=fragile, bodies=[bodies[0], bodies[1]])
    together.reset(seed=0)
    calm.reset(seed=0)
    for step, actions in enumerate(actions_of(together)):
        own, other = together.step(actions), calm.step(actions[[0, 2]])
        for mine, theirs in zip(own[:4], other[:4], strict=True):
            np.testing.assert_array_equal(mine[[0, 2]], theirs)
        assert bool(own[2][1]) == (step % 2 == 0)
        assert own[1][1] == (-1.0 if step % 2 == 0 else 0.0)


def test_environments_that_are_reset_apart_go_on_apart(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    apart = VectorEnvironment(2, problem=problem, bodies=bodies[0], autoreset_mode="Disabled")
    apart.reset(seed=0)
    actions = np.repeat(actions_of(apart)[:, :1], 2, axis=1)
    first = apart.step(actions[0])[0]
    apart.step(actions[1])
    apart.reset(options={"reset_mask": np.array([False, True])})
    mixed = np.stack([actions[2][0], actions[0][0]])
    np.testing.assert_array_equal(apart.step(mixed)[0][1], first[1])


def test_what_is_returned_is_never_changed_later(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    environments = VectorEnvironment(problem=problem, bodies=bodies, autoreset_mode="SameStep")
    calls = [environments.reset(seed=0)]
    for actions in actions_of(environments)[:7]:
        observations, rewards, terminations, truncations, infos = environments.step(actions)
        calls.append((np.concatenate([observations.ravel(), rewards, terminations, truncations]), infos))
        calls.append((observations, infos["loss"]))
    assert not any(data_shares_objects(*pair) for pair in zip(calls[1:], calls[3:], strict=False))


def test_bodies_are_repeated_to_as_many_as_wanted(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    made = gymnasium.make_vec("codesign.gym:codesign/Robot-v0", num_envs=5, problem=problem, bodies=bodies)
    masses = np.diff(made.unwrapped.bodies.mass_start)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(masses, np.diff(bodies.mass_start)[[0, 1, 2, 0, 1]])
    assert made.reset(seed=0)[0].shape == made.observation_space.shape
    made.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        made.reset()


def test_every_environment_has_a_picture(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    environments = VectorEnvironment(problem=problem, bodies=bodies[:2], render_mode="rgb_array")
    environments.reset(seed=0)
    pictures = environments.render()
    assert pictures is not None
    assert [picture.shape for picture in pictures] == [(320, 480, 3)] * 2
    assert (pictures[0] != pictures[1]).any()
    with pytest.warns(UserWarning, match="render_mode"):
        assert VectorEnvironment(problem=problem, bodies=bodies).render() is None
