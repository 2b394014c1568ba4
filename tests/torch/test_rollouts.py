"""Whole episodes in PyTorch: the numbers are the simulator's, and every derivative is right."""

import copy
import gc
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import warp as wp

import codesign
import codesign.torch
from codesign.body import Bodies
from codesign.differentiable import Episode
from codesign.torch import Rollout, rollout, rollouts
from codesign.torch.operators import OUTPUTS
from tests.torch.inputs import differentiable, smooth_inputs

SHORT = 4
"""Steps of episodes whose derivatives are compared with differences."""


@pytest.fixture(scope="module")
def simulate(problem: codesign.Problem, bodies: Bodies) -> Rollout:
    return Rollout(problem, bodies)


@pytest.fixture(scope="module")
def weights(simulate: Rollout) -> torch.Tensor:
    return simulate.initial_weights()


def gradient(simulate: Rollout, weights: torch.Tensor) -> torch.Tensor:
    own = weights.clone().requires_grad_()
    return torch.autograd.grad(simulate(own).loss.sum(), own)[0]


def found(leaf: torch.Tensor) -> torch.Tensor:
    assert leaf.grad is not None
    return leaf.grad


def test_numbers_are_those_of_the_problem(
    problem: codesign.Problem, bodies: Bodies, simulate: Rollout, weights: torch.Tensor
) -> None:
    loss, expected = problem.value_and_gradient(bodies, problem.initial_weights(bodies))
    result = simulate(weights)
    assert result.loss.numpy().tolist() == loss.tolist()
    np.testing.assert_allclose(gradient(simulate, weights).numpy(), expected.flat, rtol=1e-12, atol=1e-15)
    recording = problem.rollout(bodies, problem.initial_weights(bodies))[1]
    own = slice(*bodies.mass_start[1:3])
    np.testing.assert_allclose(result.positions[-1, own].numpy(), recording.after.positions[-1], atol=1e-6)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("controller", "weights"),
        ("steps", "actuation"),
        *(("held", name) for name in ("actuation", "positions", "velocities", "task_state")),
        *(("held", name) for name in ("rest_lengths", "stiffness", "swings")),
        *(pytest.param("held", name, marks=pytest.mark.slow) for name in rollouts.MATERIAL),
    ],
)
def test_derivatives_of_every_output_in_every_input_are_right(
    problem: codesign.Problem, bodies: Bodies, form: Any, name: str
) -> None:
    operator = Rollout(problem, bodies, steps=SHORT)._operator(form, material=name in rollouts.MATERIAL)
    leaf, complete = differentiable(smooth_inputs(operator, SHORT), name)

    def outputs(given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        results = operator(complete(given))
        return tuple(results[each] for each in OUTPUTS)

    assert torch.autograd.gradcheck(outputs, (leaf,), fast_mode=True, atol=1e-6, rtol=1e-4)


def test_a_loss_of_ones_own_over_positions_and_velocities(simulate: Rollout, weights: torch.Tensor) -> None:
    own = weights.clone().requires_grad_()
    result = simulate(own)
    loss = result.positions[-1, :, 0].mean() + 0.1 * (result.velocities**2).mean()
    (slope,) = torch.autograd.grad(loss, own)
    direction = slope / slope.norm()

    def at(step: float) -> float:
        moved = simulate(weights + step * direction)
        return float(moved.positions[-1, :, 0].mean() + 0.1 * (moved.velocities**2).mean())

    assert (at(1e-6) - at(-1e-6)) / 2e-6 == pytest.approx(float(slope.norm()), rel=1e-3)


def test_calls_may_be_pending_and_go_back_in_any_order(simulate: Rollout, weights: torch.Tensor) -> None:
    several = [(weights * factor).requires_grad_() for factor in (0.5, 1.0, 1.5)]
    expected = [gradient(simulate, each.detach()) for each in several]
    losses = [simulate(each).loss.sum() for each in several]
    for index in (1, 2, 0):
        losses[index].backward()
    assert all(torch.equal(found(each), one) for each, one in zip(several, expected, strict=True))
    together = weights.clone().requires_grad_()
    (simulate(0.5 * together).loss.sum() + simulate(together).loss.sum()).backward()
    torch.testing.assert_close(found(together), 0.5 * expected[0] + expected[1])


def test_a_kept_graph_goes_back_twice(simulate: Rollout, weights: torch.Tensor) -> None:
    own = weights.clone().requires_grad_()
    loss = simulate(own).loss.sum()
    loss.backward(retain_graph=True)
    first = found(own).clone()
    simulate(2 * weights)
    loss.backward()
    assert torch.equal(found(own), 2 * first)


def test_threads_do_not_mix_their_episodes(simulate: Rollout, weights: torch.Tensor) -> None:
    several = [weights * (1 + 0.1 * number) for number in range(6)]
    expected = [gradient(simulate, each) for each in several]
    results: list[Any] = [None] * len(several)

    def work(number: int) -> None:
        results[number] = gradient(simulate, several[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(several))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(torch.equal(one, other) for one, other in zip(results, expected, strict=True))


def test_without_gradients_there_is_no_graph(simulate: Rollout, weights: torch.Tensor) -> None:
    own = weights.clone().requires_grad_()
    with torch.no_grad():
        assert not simulate(own).loss.requires_grad
    result = simulate(own)
    assert result.loss.requires_grad
    assert not any(each.requires_grad for each in result.measures.values())
    assert not simulate(weights).loss.requires_grad


def test_second_derivatives_are_refused_in_a_sentence(simulate: Rollout, weights: torch.Tensor) -> None:
    own = weights.clone().requires_grad_()
    (slope,) = torch.autograd.grad(simulate(own).loss.sum(), own, create_graph=True)
    with pytest.raises(RuntimeError, match=r"expected first derivatives of an episode; got .*; take differences"):
        slope.sum().backward()


def test_functions_of_torch_func_differentiate(simulate: Rollout, weights: torch.Tensor) -> None:
    slope = torch.func.grad(lambda own: simulate(own).loss.sum())(weights)
    assert torch.equal(slope, gradient(simulate, weights))


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiled_functions_break_here_and_give_the_same(
    simulate: Rollout, weights: torch.Tensor, backend: str
) -> None:
    own = weights.clone().requires_grad_()
    compiled = torch.compile(lambda given: (simulate(given).loss * 2).sum(), backend="aot_eager")
    compiled(own).backward()
    torch.testing.assert_close(own.grad, 2 * gradient(simulate, weights))


def test_strided_tensors_are_copied(simulate: Rollout, weights: torch.Tensor) -> None:
    own = torch.stack([weights, weights], dim=1).requires_grad_()
    simulate(own[:, 0]).loss.sum().backward()
    assert torch.equal(found(own)[:, 0], gradient(simulate, weights))
    assert not found(own)[:, 1].any()


def test_one_body_alone_has_a_gradient(problem: codesign.Problem, bodies: Bodies, weights: torch.Tensor) -> None:
    """The derivative of a sum over one number is a tensor without a stride."""
    alone = Rollout(problem, bodies[:1])
    own = alone.initial_weights()
    assert torch.equal(gradient(alone, own), gradient(Rollout(problem, bodies), weights)[: len(own)])


def test_arrays_are_constants(problem: codesign.Problem, bodies: Bodies, simulate: Rollout) -> None:
    own = problem.initial_weights(bodies)
    expected = simulate(simulate.initial_weights()).loss
    assert torch.equal(simulate(own).loss, expected)
    assert torch.equal(simulate(own.flat.tolist()).loss, expected)


def test_tensors_share_their_memory_with_the_simulator(simulate: Rollout, weights: torch.Tensor) -> None:
    operator = simulate._operator("controller")
    assert operator._shared(weights).ptr == weights.data_ptr()
    kept: list[Any] = []
    simulate_episode = operator.episode.simulate
    operator.episode.simulate = lambda *args, **named: kept.append(simulate_episode(*args, **named)) or kept[0]
    try:
        result = simulate(weights)
    finally:
        del operator.episode.simulate
    assert result.positions.data_ptr() == kept[0].outputs["positions"].ptr


@pytest.mark.parametrize("diverged", ["zero", "nan"])
def test_a_body_that_diverges_harms_no_other(problem: codesign.Problem, bodies: Bodies, diverged: Any) -> None:
    simulate = Rollout(problem, bodies, diverged=diverged)
    start = simulate.defaults()
    calm = torch.zeros_like(start["velocities"])
    wild = calm.clone()
    wild[bodies.mass_start[2] - 1, 1] = 1e200
    weights = simulate.initial_weights()
    results, gradients = [], []
    for velocities in (calm, wild):
        own = weights.clone().requires_grad_()
        result = simulate(own, velocities=velocities)
        # Zero times what is not finite is NaN, in PyTorch's own part of the graph.
        (result.loss.sum() + result.positions[-1, : bodies.mass_start[1]].sum()).backward()
        results.append(result)
        gradients.append(found(own))
    assert torch.equal(results[0].loss[0], results[1].loss[0])
    assert torch.equal(results[0].positions[:, : bodies.mass_start[1]], results[1].positions[:, : bodies.mass_start[1]])
    split = sum(int(np.prod(shape)) for shape in problem.initial_weights(bodies).shapes[0].values())
    assert torch.equal(gradients[0][:split], gradients[1][:split])
    if diverged == "zero":
        assert torch.isposinf(results[1].loss[1])
        assert not gradients[1][split:].any()
    else:
        assert torch.isnan(results[1].loss[1])
        assert torch.isnan(gradients[1][split:]).all()


def test_equal_bodies_use_the_simulator_of_before(problem: codesign.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(Episode):
        def __init__(self, *args: Any, **named: Any) -> None:
            made.append(self)
            super().__init__(*args, **named)

    monkeypatch.setattr(rollouts, "Episode", Counted)
    springs = len(problem.develop(problem.random(2, seed=8)).springs)
    for _ in range(3):
        rollout(
            problem, problem.develop(problem.random(2, seed=8)), actuation=torch.zeros(springs).double(), steps=SHORT
        )
    assert len(made) == 1
    changed = problem.develop(problem.random(2, seed=8))
    changed.stiffness[0] *= 2
    rollout(problem, changed, actuation=torch.zeros(springs).double(), steps=SHORT)
    assert len(made) == 2


def test_memory_stays_flat(simulate: Rollout, weights: torch.Tensor) -> None:
    gradient(simulate, weights)
    gc.collect()
    gc.freeze()  # what is there already is not looked at
    try:
        for _ in range(3):
            gradient(simulate, weights)
        gc.collect()
        kept = [each for each in gc.get_objects() if isinstance(each, torch.Tensor | wp.array)]
    finally:
        gc.unfreeze()
    assert kept == []


def test_defaults_are_what_is_used_where_nothing_is_given(simulate: Rollout, weights: torch.Tensor) -> None:
    own = {name: each for name, each in simulate.defaults().items() if name not in rollouts.MATERIAL}
    assert torch.equal(simulate(weights, **own).positions, simulate(weights).positions)


def test_copies_of_a_model_share_the_simulator(simulate: Rollout) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), simulate)
    assert copy.deepcopy(model)[1] is simulate
    assert list(simulate.parameters()) == []


def test_saved_models_make_their_own_simulator(simulate: Rollout, weights: torch.Tensor, tmp_path: Path) -> None:
    with torch.no_grad():
        loss = simulate(weights).loss
        torch.save(torch.nn.Sequential(simulate), tmp_path / "model.pt")
        loaded = torch.load(tmp_path / "model.pt", weights_only=False)
        assert torch.equal(loaded(weights).loss, loss)


def test_measures_are_those_of_the_task_or_of_all_tasks(problem: codesign.Problem, bodies: Bodies) -> None:
    weights = problem.initial_weights(bodies)
    short = Rollout(problem, bodies)(weights).measures
    full = Rollout(problem, bodies, measure=True)(weights)
    assert set(short) < set(full.measures)
    assert full.measures["distance"].tolist() == pytest.approx((-full.loss).abs().tolist(), rel=1e-6)


def test_without_pytorch_its_name_and_its_command_are_told() -> None:
    code = "import sys; sys.modules['torch'] = None; import codesign; codesign.torch; codesign.torch.rollout"
    root = Path(codesign.__file__).parent.parent
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: expected PyTorch for codesign.torch.rollout; got none")
    assert last.endswith("pip install 'codesign[torch]'")
