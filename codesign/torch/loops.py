"""A closed loop of bodies and a policy as a single operation: its graph does not grow with the episode."""

from dataclasses import dataclass
from typing import Any

import torch

from codesign.torch.environments import STARTS, Environment
from codesign.torch.operators import in_python, once
from codesign.torch.windows import State, Windows, decrease

_TOLERANCE = 1e-3
"""How far an answer may be from that of before; sums on GPUs are not the same to the bit."""


@dataclass(frozen=True, eq=False)
class ClosedLoop:
    """An episode of bodies that a policy moved.

    Attributes:
        loss: of each body at the end, shape (bodies,).
        rewards: by how much it went down in each control step, shape (control steps, bodies).
        positions: of the masses in world frame [m], at the start and after each control step, shape (control steps + 1,
            masses, dim).
        velocities: of the masses [m/s], likewise.
        actuation: what the policy answered, without a gradient, shape (control steps, springs).
        diverged: whether a body did, bool, shape (bodies,).
    """

    loss: torch.Tensor
    rewards: torch.Tensor
    positions: torch.Tensor
    velocities: torch.Tensor
    actuation: torch.Tensor
    diverged: torch.Tensor


@in_python
def closed_loop(environment: Environment, policy: torch.nn.Module, **start: Any) -> ClosedLoop:
    """Simulate an episode of an environment's bodies with a policy, as one operation that PyTorch differentiates once.

    What it keeps for its derivative are the state and the answer at each control step. Backwards, it asks the policy
    again, step by step from the last, so the policy's own graph is never longer than a control step. The numbers are
    those of `Environment.step`, and gradients are the same but for rounding. The environment's `truncate` cuts here
    too; then the sum of `rewards` learns from every window, `loss` from the last one only.

    Args:
        environment: bodies and their length of control; its own episode is not touched.
        policy: answers an `Observation` with an actuation, shape (springs,), the same answer when it is asked again: it
            has no memory and no noise.
        start: arguments of `Environment.reset`, through which gradients go back too.

    Raises:
        TypeError: no environment, a policy that is no module, whose parameters could not be known, or an argument that
            `Environment.reset` does not have.
        RuntimeError: backwards, if the policy answers something else than before.
        ValueError: answers of another shape, or that are not finite.

    Example:
        >>> import codesign, codesign.torch, torch
        >>> class Policy(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.layer = torch.nn.Linear(10, 1)
        ...     def forward(self, observation):
        ...         return torch.tanh(self.layer(observation.at_springs()))[:, 0]
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> environment, policy = codesign.torch.Environment(problem, problem.random(4)), Policy()
        >>> codesign.torch.closed_loop(environment, policy).loss.mean().backward()
        >>> bool(policy.layer.weight.grad.norm() > 0)
        True
    """
    if not isinstance(environment, Environment):
        got = type(environment).__name__
        raise TypeError(f"expected a codesign.torch.Environment; got {got}; make one of a problem and bodies")
    if unknown := [name for name in start if name not in STARTS]:
        got = ", ".join(unknown)
        raise TypeError(f"expected arguments of reset, among {', '.join(STARTS)}; got {got}; leave it out")
    if not isinstance(policy, torch.nn.Module):
        got, remedy = type(policy).__name__, "make it one, so that its parameters are known, or use Environment.step"
        raise TypeError(f"expected a policy that is a torch.nn.Module; got {got}; {remedy}")
    state, body_inputs = environment.windows.start(start)
    parameters = [each for each in policy.parameters() if each.requires_grad]
    loop = _Loop(environment.windows, environment.length, environment.truncate, policy, tuple(body_inputs))
    inputs = *state, *body_inputs.values(), *parameters
    losses, positions, velocities, actuation = _ClosedLoop.apply(loop, *inputs)
    alive = _alive(losses.detach())
    before = torch.cat([torch.zeros_like(losses[:1]), losses[:-1]])
    if environment.truncate is not None:
        cut = torch.arange(len(losses), device=losses.device) % environment.truncate == 0
        before = torch.where(cut[:, None], before.detach(), before)
    rewards = decrease(before, losses, alive[:-1])
    return ClosedLoop(losses[-1], rewards, positions, velocities, actuation, ~alive[-1])


def _alive(losses: torch.Tensor) -> torch.Tensor:
    """Return which bodies have not diverged before each control step and at the end, from the losses after each."""
    sound = torch.isfinite(losses).cumprod(dim=0).to(torch.bool)
    return torch.cat([torch.ones_like(sound[:1]), sound])


@dataclass(frozen=True, eq=False)
class _Loop:
    """What a closed loop consists of besides tensors.

    Attributes:
        windows: the control steps.
        length: how many.
        truncate: as in `Environment`.
        policy: answers observations.
        names: of what differs from the bodies.
    """

    windows: Windows
    length: int
    truncate: int | None
    policy: torch.nn.Module
    names: tuple[str, ...]

    def split(self, tensors: Any) -> tuple[State, dict[str, torch.Tensor], tuple[torch.Tensor, ...]]:
        """Return the state at the start, what differs from the bodies, and the policy's parameters."""
        end = 3 + len(self.names)
        return State(*tensors[:3]), dict(zip(self.names, tensors[3:end], strict=True)), tuple(tensors[end:])

    def answer(self, state: State, body_inputs: dict[str, torch.Tensor], alive: torch.Tensor, number: int) -> Any:
        """Return the policy's actuation in a control step."""
        return self.windows.checked(self.policy(self.windows.observe(state, body_inputs, alive, number)), alive)

    def simulate(self, state: State, body_inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, list[State], Any]:
        """Return losses (control steps, bodies), states before each control step and at the end, and answers."""
        alive = torch.ones(len(self.windows.layout), dtype=torch.bool, device=self.windows.device)
        losses, states, answers = [], [state], []
        for number in range(self.length):
            answers.append(self.answer(states[-1], body_inputs, alive, number))
            following, loss = self.windows.advance(answers[-1], states[-1], body_inputs, number)
            alive = alive & torch.isfinite(loss)
            losses.append(loss)
            states.append(following)
        return torch.stack(losses), states, torch.stack(answers)


class _ClosedLoop(torch.autograd.Function):
    """A whole episode; its backward goes through policy and physics control step by control step."""

    @staticmethod
    def forward(ctx: Any, loop: _Loop, *tensors: torch.Tensor) -> Any:
        start, body_inputs, _ = loop.split([each.detach() for each in tensors])
        losses, states, answers = loop.simulate(start, body_inputs)
        positions, velocities, task_states = (torch.stack(each) for each in zip(*states, strict=True))
        ctx.loop = loop
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        ctx.kept = losses, State(positions, velocities, task_states), answers
        # Copies, because callers may write into what they get.
        outputs = losses.clone(), positions.clone(), velocities.clone(), answers.clone()
        ctx.mark_non_differentiable(outputs[-1])
        return outputs

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
        tensors = ctx.saved_tensors
        with torch.no_grad():
            found = _Reversal(ctx.loop, tensors, *ctx.kept).gradients(cotangents)
        return None, *once(found, tensors)


class _Reversal:
    """The way back through an episode.

    Args:
        loop: what it consists of.
        tensors: inputs of the episode.
        losses, states, answers: what was found in it.
    """

    def __init__(self, loop: _Loop, tensors: Any, losses: torch.Tensor, states: State, answers: torch.Tensor) -> None:
        self._loop, self._states, self._answers, self._alive = loop, states, answers, _alive(losses)
        _, self._body_inputs, self._parameters = loop.split(tensors)
        self._body_gradients = {name: torch.zeros_like(each) for name, each in self._body_inputs.items()}
        self._parameter_gradients = [torch.zeros_like(each) for each in self._parameters]

    def gradients(self, cotangents: Any) -> list[torch.Tensor]:
        """Return the gradients in all inputs, of the outputs' sum weighed by cotangents."""
        of_losses, of_positions, of_velocities, _ = cotangents
        paths = of_positions, of_velocities, None
        zeros = State(*(torch.zeros_like(each[0]) for each in self._states))
        later = _added(zeros, paths, self._loop.length)
        for number in reversed(range(self._loop.length)):
            later = self._control_step(number, None if of_losses is None else of_losses[number], later)
            if self._loop.truncate is not None and number and number % self._loop.truncate == 0:
                later = zeros
            later = _added(later, paths, number)
        return [*later, *self._body_gradients.values(), *self._parameter_gradients]

    def _control_step(self, number: int, of_loss: torch.Tensor | None, later: State) -> State:
        """Return the gradient in the state before a control step, from that in the state after it."""
        windows = self._loop.windows
        before = State(*(each[number] for each in self._states))
        own = {name: each.detach() for name, each in self._body_inputs.items()}
        inputs = windows.inputs(self._answers[number], before, own)
        cotangents = of_loss, later.positions, later.velocities, later.task_state
        found = windows.operator.reverse(inputs, cotangents, windows.first_step(number), final=True)
        for name, total in self._body_gradients.items():
            total.add_(found[name])
        seen = self._through_policy(number, before, own, found["actuation"])
        return State(found["positions"] + seen[0], found["velocities"] + seen[1], found["task_state"])

    def _through_policy(
        self, number: int, before: State, body_inputs: dict[str, torch.Tensor], of_answer: torch.Tensor
    ) -> tuple[Any, Any]:
        """Return the gradients in positions and velocities that come through what the policy saw."""
        with torch.enable_grad():
            state = State(*(each.detach().requires_grad_() for each in before))
            own = {name: each.detach().requires_grad_() for name, each in body_inputs.items()}
            answer = self._loop.answer(state, own, self._alive[number], number)
        self._require_same(answer.detach(), number)
        if not answer.requires_grad:
            return 0.0, 0.0
        leaves = [state.positions, state.velocities, *own.values(), *self._parameters]
        found = torch.autograd.grad(answer, leaves, of_answer, allow_unused=True)
        sums = [*self._body_gradients.values(), *self._parameter_gradients]
        for total, gradient in zip(sums, found[2:], strict=True):
            if gradient is not None:
                total.add_(gradient)
        of_positions, of_velocities = (0.0 if each is None else each for each in found[:2])
        return of_positions, of_velocities

    def _require_same(self, answer: torch.Tensor, number: int) -> None:
        kept = self._answers[number]
        if not torch.allclose(answer, kept, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True):
            got = f"one that differs by up to {float((answer - kept).abs().max()):.2g} in control step {number}"
            remedy = "call policy.eval(), keep its parameters until backward, or use Environment.step"
            raise RuntimeError(f"expected the policy to answer as before when asked again; got {got}; {remedy}")


def _added(state: State, paths: Any, number: int) -> State:
    """Return gradients in a state with those that the outputs' paths have in it."""
    return State(*(each if path is None else each + path[number] for each, path in zip(state, paths, strict=True)))
