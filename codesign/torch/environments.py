"""Bodies in a closed loop with a policy, one control step after the other, differentiable in time."""

from typing import Any, NamedTuple

import torch

from codesign.api import Problem
from codesign.differentiable import Diverged
from codesign.torch.arguments import require_problem, require_whole_number
from codesign.torch.observations import Observation
from codesign.torch.operators import Call, in_python
from codesign.torch.windows import State, Windows, decrease

STARTS = ("positions", "velocities", "rest_lengths", "stiffness", "swings", "masses", "damping", "force_limits")
"""Arguments of `Environment.reset`: what an episode begins with, and what may differ from the bodies."""


class Step(NamedTuple):
    """What became of a control step.

    Attributes:
        observation: what the policy sees next.
        reward: by how much the loss of each body went down, shape (bodies,).
        done: whether the episode is over for a body, or it diverged, bool, shape (bodies,).
        info: "loss" of each body, "diverged" (bool), and after the last step what the task measured, by name.
    """

    observation: Observation
    reward: torch.Tensor
    done: torch.Tensor
    info: dict[str, torch.Tensor]


class Environment:
    """Many different bodies at once in a closed loop with a policy, which sees and acts every few steps.

    A control step is one operation of PyTorch's graph, whose derivative is a reverse sweep of the simulator. So a loss
    of rewards, or of observations, goes back through policy and physics to the policy's parameters. Between control
    steps actuation is held. An episode keeps for its derivative what each control step began with; `reset` lets go of
    it.

    Args:
        problem: where the bodies move, and what their loss is; its controller is not used.
        bodies: genomes, bodies, or whatever else `Problem.evaluate` takes.
        control_steps: steps of the simulation in a control step; they divide the problem's steps.
        truncate: control steps after which derivatives are cut; never if not given.
        material_properties: whether `reset` takes masses, damping and force limits although no body has any; control
            steps take longer then.
        world: number of the problem's worlds that the bodies are in.
        diverged: what a body gets whose motion diverges: "zero", a loss of infinity and gradients of zero, or "nan",
            NaN in both.

    Attributes:
        bodies: the batch.
        layout: which masses and springs belong to which body.
        length: control steps of an episode.
        number: control steps that were made since `reset`.
        dtype, device: of all tensors.

    Raises:
        TypeError: no problem, or no whole numbers.
        ValueError: what stands for no bodies, or bodies that differ in their dimension; an argument out of range.

    Example:
        >>> import codesign, codesign.torch, torch
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> environment = codesign.torch.Environment(problem, problem.random(4))
        >>> policy = torch.nn.Sequential(torch.nn.Linear(10, 1), torch.nn.Tanh())
        >>> observation, rewards = environment.reset(), 0.0
        >>> for _ in range(environment.length):
        ...     observation, reward, done, info = environment.step(policy(observation.at_springs())[:, 0])
        ...     rewards = rewards + reward
        >>> (-rewards.mean()).backward()
        >>> bool(policy[0].weight.grad.norm() > 0)
        True
    """

    def __init__(
        self,
        problem: Problem,
        bodies: Any,
        *,
        control_steps: int = 10,
        truncate: int | None = None,
        material_properties: bool = False,
        world: int = 0,
        diverged: Diverged = "zero",
    ) -> None:
        control_steps = require_whole_number("control_steps", control_steps, least=1)
        steps = require_problem(problem).spec.physics.steps
        if steps % control_steps:
            remedy = "choose another number, or other physics.steps of the problem"
            raise ValueError(f"expected control_steps to divide the {steps} steps; got {control_steps}; {remedy}")
        self.problem, self.control_steps, self.length = problem, control_steps, steps // control_steps
        self.truncate = None if truncate is None else require_whole_number("truncate", truncate, least=1)
        self.windows = Windows(
            problem, bodies, control_steps, material_properties=material_properties, world=world, diverged=diverged
        )
        self.bodies, self.layout = self.windows.bodies, self.windows.layout
        self.dtype, self.device = self.windows.dtype, self.windows.device
        self.reset()

    def __repr__(self) -> str:
        """Return what is in it."""
        return f"<Environment: {self.bodies!r}, {self.length} control steps of {self.control_steps} steps>"

    def reset(
        self,
        *,
        positions: Any = None,
        velocities: Any = None,
        rest_lengths: Any = None,
        stiffness: Any = None,
        swings: Any = None,
        masses: Any = None,
        damping: Any = None,
        force_limits: Any = None,
    ) -> Observation:
        """Begin an episode and return what a policy sees first; gradients go back to tensors that require them.

        Args:
            positions: where masses start, in world frame [m], shape (masses, dim); where the terrain puts the bodies if
                not given.
            velocities: what they start with [m/s], shape (masses, dim); at rest if not given.
            rest_lengths: of the springs [m], shape (springs,).
            stiffness: of the springs [N/m], shape (springs,).
            swings: largest changes of rest lengths by actuation, as shares of them, shape (springs,).
            masses: [kg], shape (masses,).
            damping: of the springs [N s/m], shape (springs,).
            force_limits: largest active forces of muscles [N], infinite for no limit, shape (springs,).

        Raises:
            TypeError, RuntimeError, ValueError: as `Rollout.forward`.
        """
        given = {
            **{"positions": positions, "velocities": velocities, "rest_lengths": rest_lengths, "stiffness": stiffness},
            **{"swings": swings, "masses": masses, "damping": damping, "force_limits": force_limits},
        }
        self._state, self._body_inputs = self.windows.start(given)
        self._alive = torch.ones(len(self.bodies), dtype=torch.bool, device=self.device)
        self._loss = torch.zeros(len(self.bodies), dtype=self.dtype, device=self.device)
        self.number = 0
        return self.windows.observe(self._state, self._body_inputs, self._alive, 0)

    @in_python
    def step(self, actuation: Any) -> Step:
        """Let muscles follow an actuation for a control step.

        Args:
            actuation: from -1 to 1, of the springs of all bodies, those of passive springs without effect, shape
                (springs,).

        Returns:
            Observation, reward, done and info. The rewards of an episode add up to minus its loss: the first holds the
            loss that the bodies begin with.

        Raises:
            RuntimeError: the episode is over; a tensor on another device.
            TypeError: another type of numbers than the problem's precision.
            ValueError: another shape, or numbers that are not finite for a body that has not diverged.
        """
        if self.number == self.length:
            raise RuntimeError(f"expected at most {self.length} control steps; got one more; call reset first")
        own = self.windows.checked(actuation, self._alive)
        over = self.number + 1 == self.length
        call = Call(measure=False if over else None)
        self._state, loss = self.windows.advance(own, self._state, self._body_inputs, self.number, call)
        reward = decrease(self._loss, loss, self._alive)
        self._alive, self._loss, self.number = self._alive & torch.isfinite(loss.detach()), loss, self.number + 1
        measures = {name: torch.as_tensor(each, device=self.device) for name, each in call.measures.items()}
        info = {"loss": loss, "diverged": ~self._alive} | measures
        if self.truncate is not None and self.number % self.truncate == 0:
            observation = self.detach()
        else:
            observation = self.windows.observe(self._state, self._body_inputs, self._alive, self.number)
        return Step(observation, reward, torch.ones_like(self._alive) if over else ~self._alive, info)

    def detach(self) -> Observation:
        """Cut derivatives here and return the observation anew; what comes does not go back to what was."""
        self._state = State(*(each.detach() for each in self._state))
        self._loss = self._loss.detach()
        return self.windows.observe(self._state, self._body_inputs, self._alive, self.number)
