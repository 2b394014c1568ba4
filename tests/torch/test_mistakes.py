"""What cannot be simulated is refused as PyTorch would refuse it, in one sentence."""

import inspect
from typing import Any

import numpy as np
import pytest
import torch

import codesign
from codesign.body import Bodies
from codesign.torch import Environment, Rollout, closed_loop, rollout
from codesign.torch.environments import STARTS


@pytest.fixture(scope="module")
def simulate(problem: codesign.Problem, bodies: Bodies) -> Rollout:
    return Rollout(problem, bodies)


WEIGHTS = "weights"
"""Stands for weights that fit."""


def spoiled(name: str) -> torch.Tensor:
    values = torch.zeros(1)
    return {"sparse": values.double().to_sparse(), "float": values, "meta": values.double().to("meta")}[name]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({}, ValueError, "expected weights of controllers or an actuation; got neither; give one of them"),
        ({"weights": WEIGHTS, "actuation": np.zeros(3)}, ValueError, "got both; leave one out"),
        ({"weights": np.zeros(3)}, ValueError, r"expected weights of shape \(\d+,\); got \(3,\); give those of all"),
        ({"actuation": np.zeros(3)}, ValueError, r"expected actuation of shape \(28,\); got \(3,\); give a number for"),
        ({"actuation": np.zeros((3, 28))}, ValueError, r"expected actuation of shape \(60, 28\); got \(3, 28\)"),
        ({"weights": torch.zeros(3)}, TypeError, r"expected weights of torch.float64, .*; got torch.float32; write"),
        ({"weights": torch.zeros(3, dtype=torch.int64)}, TypeError, r"expected weights of torch.float64.*torch.int64"),
        ({"weights": torch.zeros(3, dtype=torch.complex128)}, TypeError, "got torch.complex128"),
        ({"weights": spoiled("sparse")}, TypeError, r"expected weights as a dense tensor; got one of torch.sparse_coo"),
        ({"weights": spoiled("meta")}, RuntimeError, r"expected weights on cpu, where the simulator is; got meta"),
        ({"weights": "w"}, TypeError, "expected weights as a tensor; got a str; give a torch.Tensor or an array"),
        (
            {"weights": np.zeros(3, complex)},
            TypeError,
            "expected weights as a tensor; got a ndarray; .* of real numbers",
        ),
        ({"weights": [{"w1": 1.0}]}, TypeError, "expected weights as a tensor; got a list"),
        ({"weights": WEIGHTS, "stiffness": np.full(28, np.nan)}, ValueError, "got 28 of 28 that are not"),
        ({"weights": WEIGHTS, "positions": np.zeros((17, 3))}, ValueError, r"of shape \(17, 2\); got \(17, 3\)"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    simulate: Rollout, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    own = {name: simulate.initial_weights() if each is WEIGHTS else each for name, each in given.items()}
    with pytest.raises(error, match=said) as caught:
        simulate(**own)
    assert "\n" not in str(caught.value)


def test_weights_that_are_not_finite_are_refused(simulate: Rollout) -> None:
    weights = simulate.initial_weights()
    weights[7] = torch.nan
    with pytest.raises(ValueError, match=r"expected weights of finite numbers; got 1 of \d+ that are not; look at"):
        simulate(weights)


@pytest.mark.parametrize("make", [Rollout, Environment, rollout])
@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (("problem",), TypeError, "expected a codesign.Problem; got a str"),
        (("mixed",), ValueError, "expected bodies of one number of dimensions; got bodies in 2D and in 3D"),
        (("none",), ValueError, "expected genomes or bodies"),
    ],
)
def test_problems_and_bodies_that_are_none_are_refused(
    problem: codesign.Problem, bodies: Bodies, make: Any, change: tuple[str], error: type[Exception], said: str
) -> None:
    places = np.array([[0.0, 0, 0], [0.1, 0, 0]])
    solid = codesign.Body(places, np.array([[0, 1]], np.int32), np.array([0.1]), np.array([1e4]), np.zeros(1))
    given = {"problem": ("walk", bodies), "mixed": (problem, [bodies[0], solid]), "none": (problem, [])}[change[0]]
    with pytest.raises(error, match=said):
        make(*given)


def test_bodies_that_do_not_fit_into_the_memory_are_refused(bodies: Bodies) -> None:
    small = {"precision": "float64", "memory_mib": 1}
    problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 2000}, execution=small)
    simulate = Rollout(problem, bodies.take([0] * 50))
    with pytest.raises(RuntimeError, match="expected states that fit into 1 MiB; got"):
        simulate(actuation=np.zeros(len(simulate.bodies.springs)))


def test_single_precision_takes_single_precision(bodies: Bodies) -> None:
    problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60}, execution={"threads": 1})
    simulate = Rollout(problem, bodies)
    weights = simulate.initial_weights()
    assert weights.dtype == torch.float32
    assert simulate(weights.requires_grad_()).loss.dtype == torch.float32
    with pytest.raises(TypeError, match=r"got torch.float64; write .*, or make the problem with .*'float64'"):
        simulate(weights.double())


@pytest.mark.parametrize("name", ["actuation", "task_state", "weights", "position"])
def test_a_closed_loop_begins_as_reset_does(problem: codesign.Problem, bodies: Bodies, name: str) -> None:
    environment = Environment(problem, bodies)
    with pytest.raises(TypeError, match=rf"expected arguments of reset, among positions, .*; got {name}; leave it out"):
        closed_loop(environment, torch.nn.Identity(), **{name: np.zeros(28)})
    assert tuple(inspect.signature(environment.reset).parameters) == STARTS


def test_a_closed_loop_of_no_environment_is_refused(problem: codesign.Problem) -> None:
    with pytest.raises(TypeError, match=r"expected a codesign\.torch\.Environment; got Problem"):
        closed_loop(problem, torch.nn.Identity())  # type: ignore[arg-type]


def test_vmap_is_refused(simulate: Rollout) -> None:
    weights = simulate.initial_weights()
    with pytest.raises(RuntimeError, match=r"expected weights without a batch of torch\.vmap; got one; batch bodies"):
        torch.vmap(lambda own: simulate(own).loss)(torch.stack([weights, weights]))


def test_a_length_of_an_episode_that_there_is_not_is_refused_before_a_call(
    problem: codesign.Problem, bodies: Bodies
) -> None:
    with pytest.raises(ValueError, match="expected steps as a whole number from 1 to 60, an episode's; got 61"):
        Rollout(problem, bodies, steps=61)


def test_bodies_that_learn_keep_their_weights_to_themselves(problem: codesign.Problem, bodies: Bodies) -> None:
    learning = codesign.Problem(
        body={"rows": 3, "columns": 4},
        physics={"steps": 60},
        execution={"precision": "float64", "threads": 1},
        learner={"body": {"rest_lengths": 0.1, "masses": 0.1}},
    )
    simulate, whole = Rollout(learning, bodies), learning.initial_weights(bodies)
    weights = simulate.initial_weights()
    np.testing.assert_array_equal(weights, problem.initial_weights(bodies).flat)
    np.testing.assert_allclose(simulate(weights).loss, learning.value_and_gradient(bodies, whole)[0], rtol=1e-9)
    with pytest.raises(ValueError, match=rf"expected the {len(weights)} weights of controllers; got {len(whole.flat)}"):
        simulate(whole)
