"""Closed loops in PyTorch: control step by control step, and as one operation."""

import gc
from typing import Any

import numpy as np
import pytest
import torch
import warp as wp

import codesign
from codesign.body import Bodies
from codesign.torch import ClosedLoop, Environment, Observation, Rollout, closed_loop
from tests.torch.conftest import STEPS

CONTROL = 10
LENGTH = STEPS // CONTROL


class Policy(torch.nn.Module):
    """One small network at every spring."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = torch.nn.Sequential(
            torch.nn.Linear(11, 4), torch.nn.Tanh(), torch.nn.Dropout(dropout), torch.nn.Linear(4, 1), torch.nn.Tanh()
        ).double()

    def forward(self, observation: Observation) -> torch.Tensor:
        seen = observation.at_springs()
        clock = torch.full_like(seen[:, :1], np.sin(60 * observation.time))
        return self.network(torch.cat([seen, clock], dim=1))[:, 0]


@pytest.fixture(scope="module")
def environment(problem: codesign.Problem, bodies: Bodies) -> Environment:
    return Environment(problem, bodies, control_steps=CONTROL)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy()


def episode(environment: Environment, policy: Any, **start: Any) -> tuple[list[Any], Any]:
    """Return what became of each control step, and the first observation."""
    observation = first = environment.reset(**start)
    steps = []
    for _ in range(environment.length):
        steps.append(environment.step(policy(observation)))
        observation = steps[-1].observation
    return steps, first


def gradients(loss: torch.Tensor, policy: Policy, *others: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, [*policy.parameters(), *others]))


def close(found: list[torch.Tensor], expected: list[torch.Tensor]) -> bool:
    return all(torch.allclose(one, other, rtol=1e-9, atol=1e-12) for one, other in zip(found, expected, strict=True))


def test_control_steps_are_windows_of_an_episode(problem: codesign.Problem, bodies: Bodies) -> None:
    environment = Environment(problem, bodies, control_steps=CONTROL)
    actuation = 0.5 * torch.randn(LENGTH, len(bodies.springs), generator=torch.Generator().manual_seed(1)).double()
    whole = Rollout(problem, bodies)(actuation=actuation.repeat_interleave(CONTROL, dim=0))
    environment.reset()
    steps = [environment.step(each) for each in actuation]
    for number, step in enumerate(steps):
        at = (number + 1) * CONTROL
        centre = torch.stack(
            [each.mean(dim=0) for each in whole.positions[at].split(np.diff(bodies.mass_start).tolist())]
        )
        torch.testing.assert_close(step.observation.bodies[:, :2], centre)
        assert step.done.tolist() == [number == LENGTH - 1] * 2
    assert torch.equal(steps[-1].info["loss"], whole.loss)
    assert {name: steps[-1].info[name].tolist() for name in whole.measures} == {
        name: each.tolist() for name, each in whole.measures.items()
    }


def test_rewards_add_up_to_minus_the_loss(environment: Environment, policy: Policy) -> None:
    steps, _ = episode(environment, policy)
    rewards = sum(step.reward for step in steps)
    torch.testing.assert_close(rewards, -steps[-1].info["loss"])
    assert set(steps[0].info) == {"loss", "diverged"}
    assert set(steps[-1].info) == {"loss", "diverged", "displacement"}


def test_derivatives_in_the_policy_are_right(environment: Environment, policy: Policy) -> None:
    """Central differences along the gradient, of a loss over rewards and over what is seen at the end."""
    start = environment.windows.start({})[0].positions
    positions = start + torch.tensor([0.0, 0.003]).double()  # off the ground, where losses have kinks

    def loss() -> torch.Tensor:
        steps, _ = episode(environment, policy, positions=positions)
        return (-steps[0].reward - steps[1].reward).sum() + (steps[1].observation.springs ** 2).sum()

    found = gradients(loss(), policy)
    length = float(torch.cat([each.flatten() for each in found]).norm())
    values = []
    with torch.no_grad():
        for step in (1e-6, -2e-6, 1e-6):
            for parameter, each in zip(policy.parameters(), found, strict=True):
                parameter.add_(each, alpha=step / length)
            values.append(float(loss()))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(length, rel=1e-4)


@pytest.mark.parametrize("truncate", [None, 1, 2])
def test_one_operation_gives_what_steps_give(
    problem: codesign.Problem, bodies: Bodies, policy: Policy, truncate: int | None
) -> None:
    environment = Environment(problem, bodies, control_steps=CONTROL, truncate=truncate)
    start = {name: each.clone() for name, each in environment.windows.start({})[0]._asdict().items()}
    start = {"positions": start["positions"], "rest_lengths": torch.as_tensor(bodies.rest_lengths.copy())}
    for each in start.values():
        each.requires_grad_()
    steps, _ = episode(environment, policy, **start)
    loop = closed_loop(environment, policy, **start)
    rewards = torch.stack([step.reward for step in steps])
    assert torch.equal(loop.rewards, rewards)
    assert torch.equal(loop.loss, steps[-1].info["loss"])
    losses = [-rewards.sum(), -loop.rewards.sum()]
    if truncate != 1:  # what is observed after the fifth control step is not cut off
        losses[0] = losses[0] + (steps[4].observation.bodies[:, 0] ** 2).sum()
        losses[1] = losses[1] + (environment.layout.mean(loop.positions[5])[:, 0] ** 2).sum()
    found = [gradients(loss, policy, *start.values()) for loss in losses]
    assert close(*found)
    if truncate is not None:
        whole = gradients(closed_loop(Environment(problem, bodies, control_steps=CONTROL), policy).loss.sum(), policy)
        assert not close(found[0][: len(whole)], whole)


def test_the_graph_of_one_operation_does_not_grow(problem: codesign.Problem, bodies: Bodies, policy: Policy) -> None:
    def nodes(loss: torch.Tensor) -> int:
        seen, waiting = set(), [loss.grad_fn]
        while waiting:
            node = waiting.pop()
            if node is not None and node not in seen:
                seen.add(node)
                waiting += [each for each, _ in node.next_functions]
        return len(seen)

    sizes, single = [], []
    for control_steps in (10, 20):
        environment = Environment(problem, bodies, control_steps=control_steps)
        single.append(nodes(closed_loop(environment, policy).loss.sum()))
        sizes.append(nodes(episode(environment, policy)[0][-1].info["loss"].sum()))
    assert single[0] == single[1]
    assert sizes[0] > sizes[1] > single[0]


@pytest.mark.parametrize("by_steps", [True, False])
def test_memory_stays_flat_over_episodes(environment: Environment, policy: Policy, by_steps: bool) -> None:
    def learn() -> None:
        if by_steps:
            episode(environment, policy)[0][-1].reward.sum().backward()
        else:
            closed_loop(environment, policy).loss.sum().backward()
        environment.reset()
        policy.zero_grad()

    learn()
    gc.collect()
    gc.freeze()  # what is there already is not looked at
    try:
        counts = []
        for _ in range(3):
            learn()
            gc.collect()
            counts.append(sum(isinstance(each, torch.Tensor | wp.array) for each in gc.get_objects()))
    finally:
        gc.unfreeze()
    assert counts[0] == counts[-1]


def test_detached_steps_forget_what_was(environment: Environment, policy: Policy) -> None:
    observation = environment.reset()
    first = environment.step(policy(observation))
    observation = environment.detach()
    assert first.observation.springs.requires_grad
    assert not observation.springs.requires_grad
    with torch.no_grad():
        assert not environment.step(policy(observation)).reward.requires_grad
    environment.reset()


def test_observations_are_what_they_say(environment: Environment, bodies: Bodies) -> None:
    generator = np.random.default_rng(0)
    positions = generator.standard_normal(bodies.positions.shape)
    velocities = generator.standard_normal(bodies.positions.shape)
    seen = environment.reset(positions=positions, velocities=velocities)
    assert seen.time == 0.0
    at, padded = 0, seen.padded()
    for number, body in enumerate(bodies):
        own = slice(*bodies.mass_start[number : number + 2])
        place, speed = positions[own], velocities[own]
        state = np.concatenate([place, speed], axis=1)
        mean = state.mean(axis=0)
        np.testing.assert_allclose(seen.bodies[number].numpy(), mean)
        state[:, :2] -= mean[:2]
        np.testing.assert_allclose(seen.masses[own].numpy(), state)
        for spring, (one, other) in enumerate(body.springs):
            across, rate = place[other] - place[one], speed[other] - speed[one]
            length, rest = np.linalg.norm(across), body.rest_lengths[spring]
            expected = [length / rest - 1, across @ rate / length / rest, *(state[one] + state[other]) / 2]
            np.testing.assert_allclose(seen.springs[at].numpy(), expected, rtol=1e-9)
            np.testing.assert_allclose(padded.springs[number, spring].numpy(), expected, rtol=1e-9)
            np.testing.assert_allclose(seen.at_springs()[at].numpy(), [*expected, *mean], rtol=1e-9)
            at += 1
    assert not padded.springs[~padded.spring_mask].any()
    assert torch.equal(environment.layout.flat(padded.masses, padded.mass_mask), seen.masses)
    assert environment.layout.muscles.tolist() == (bodies.swings != 0).tolist()
    environment.reset()


def diverging(environment: Environment, bodies: Bodies) -> dict[str, torch.Tensor]:
    velocities = torch.zeros(bodies.positions.shape).double()
    velocities[bodies.mass_start[2] - 1, 1] = 1e200
    return {"velocities": velocities}


def test_a_body_that_diverges_harms_no_other(environment: Environment, bodies: Bodies, policy: Policy) -> None:
    calm, _ = episode(environment, policy)
    steps, _ = episode(environment, policy, **diverging(environment, bodies))
    rewards = [torch.stack([step.reward for step in each]) for each in (calm, steps)]
    assert torch.equal(rewards[0][:, 0], rewards[1][:, 0])
    assert rewards[1][:, 1].tolist() == [-np.inf] + [0.0] * (LENGTH - 1)
    assert steps[2].done.tolist() == [False, True]
    assert torch.isposinf(steps[-1].info["loss"][1])
    own = slice(*bodies.spring_start[1:3])
    assert not steps[0].observation.masses[bodies.mass_start[1] :].any()
    assert steps[0].observation.springs[own].abs().max() < 1e-9
    expected = gradients(rewards[0][:, 0].sum(), policy)
    assert close(gradients(rewards[1].sum(), policy), expected)
    loop = closed_loop(environment, policy, **diverging(environment, bodies))
    assert loop.diverged.tolist() == [False, True]
    assert close(gradients(loop.rewards.sum(), policy), expected)


def test_an_answer_that_is_not_finite_is_refused(environment: Environment, bodies: Bodies) -> None:
    environment.reset()
    actuation = torch.zeros(len(bodies.springs)).double()
    actuation[3] = torch.nan
    with pytest.raises(ValueError, match=r"expected actuation of finite numbers; got 1 of \d+ that are not; look"):
        environment.step(actuation)


def test_an_episode_ends(environment: Environment, bodies: Bodies) -> None:
    environment.reset()
    for _ in range(environment.length):
        environment.step(np.zeros(len(bodies.springs)))
    with pytest.raises(RuntimeError, match="expected at most 6 control steps; got one more; call reset first"):
        environment.step(np.zeros(len(bodies.springs)))
    environment.reset()


def test_a_policy_that_answers_something_else_is_refused(environment: Environment) -> None:
    torch.manual_seed(0)
    loop: ClosedLoop = closed_loop(environment, Policy(dropout=0.5))
    with pytest.raises(RuntimeError, match="expected the policy to answer as before"):
        loop.loss.sum().backward()


def test_a_policy_without_parameters_known_is_refused(environment: Environment, policy: Policy) -> None:
    with pytest.raises(TypeError, match=r"expected a policy that is a torch.nn.Module; got method"):
        closed_loop(environment, policy.forward)  # type: ignore[arg-type]


def test_second_derivatives_of_a_loop_are_refused(environment: Environment, policy: Policy) -> None:
    found = torch.autograd.grad(
        closed_loop(environment, policy).loss.sum(), list(policy.parameters()), create_graph=True
    )
    with pytest.raises(RuntimeError, match="expected first derivatives of an episode"):
        found[0].sum().backward()


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"control_steps": 7}, ValueError, "expected control_steps to divide the 60 steps; got 7"),
        ({"control_steps": 0}, ValueError, "expected control_steps to be at least 1; got 0"),
        ({"control_steps": 2.5}, TypeError, "expected control_steps to be a whole number; got a float"),
        ({"truncate": 0}, ValueError, "expected truncate to be at least 1; got 0"),
        ({"world": 1}, ValueError, "expected world to be below 1"),
        ({"diverged": "inf"}, ValueError, "expected diverged to be 'zero' or 'nan'; got 'inf'"),
    ],
)
def test_settings_out_of_range_are_refused(
    problem: codesign.Problem, bodies: Bodies, changed: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Environment(problem, bodies, **changed)
