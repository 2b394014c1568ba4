"""Episodes cut into control steps, as functions without a state of their own."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from codesign.api import Problem
from codesign.differentiable import Diverged, Episode
from codesign.torch.arguments import in_torch, tensor_of
from codesign.torch.observations import BodyLayout, Observation, observe
from codesign.torch.operators import Call, Operator
from codesign.torch.rollouts import inputs_of, settings_of


class State(NamedTuple):
    """Where an episode stands.

    Attributes:
        positions, velocities: of the masses, shape (masses, dim).
        task_state: what the task keeps, shape (bodies, numbers).
    """

    positions: torch.Tensor
    velocities: torch.Tensor
    task_state: torch.Tensor


class Windows:
    """The control steps of an episode of a batch of bodies.

    Args:
        problem: where the bodies move, and what their loss is.
        bodies: what stands for bodies.
        control_steps: steps of the simulation in a control step.
        material_properties: as in `Environment`, like the next ones.
        world: number of the problem's worlds.
        diverged: what a body gets whose motion diverges.
    """

    def __init__(
        self,
        problem: Problem,
        bodies: Any,
        control_steps: int,
        *,
        material_properties: bool,
        world: int,
        diverged: Diverged,
    ) -> None:
        settings = settings_of(problem, control_steps, world, diverged)
        with in_torch():
            self.bodies = problem.bodies(bodies)
            episode = Episode(
                problem.spec, self.bodies, actuation="held", material_properties=material_properties, **settings
            )
        self.operator = Operator(episode)
        self.dtype, self.device = self.operator.dtype, self.operator.device
        self.layout = BodyLayout(self.bodies, self.dtype, self.device)
        self._steps, self._dt = control_steps, problem.spec.physics.dt
        found = episode.defaults()
        self._defaults = {name: torch.as_tensor(each).to(self.device, self.dtype) for name, each in found.items()}

    def start(self, given: Mapping[str, Any]) -> tuple[State, dict[str, torch.Tensor]]:
        """Return the state that an episode begins with, and what differs from the bodies, by name.

        Args:
            given: arguments of `Environment.reset` by name; None for what is not given.
        """
        own = inputs_of(self.operator, given)
        start = {**self._defaults, **own}
        state = State(*(start[name] for name in State._fields))
        return state, {name: each for name, each in own.items() if name not in State._fields}

    def observe(
        self, state: State, body_inputs: Mapping[str, torch.Tensor], alive: torch.Tensor, number: int
    ) -> Observation:
        """Return what a policy sees before a control step.

        Args:
            state: before it.
            body_inputs: what differs from the bodies, by name.
            alive: which bodies have not diverged, bool, shape (bodies,).
            number: of the control step, from 0.
        """
        rest_lengths = body_inputs.get("rest_lengths", self._defaults["rest_lengths"])
        time = number * self._steps * self._dt
        return observe(self.layout, state.positions, state.velocities, rest_lengths, alive, time)

    def checked(self, actuation: Any, alive: torch.Tensor) -> torch.Tensor:
        """Return a policy's answer as the simulator takes it, contiguous.

        Raises:
            TypeError, RuntimeError, ValueError: as `Environment.step`.
        """
        kind = self.operator.shapes["actuation"], self.dtype, self.device
        own = tensor_of("actuation", actuation, *kind, finite=False)
        bad = ~torch.isfinite(own.detach()) & alive[self.layout.body_of_spring]
        if bool(bad.any()):
            got = f"{int(bad.sum())} of {len(bad)} that are not"
            raise ValueError(f"expected actuation of finite numbers; got {got}; look at the policy that gave them")
        return own

    def inputs(
        self, actuation: torch.Tensor, state: State, body_inputs: Mapping[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Return the inputs of a control step by name."""
        return {"actuation": actuation, **state._asdict(), **body_inputs}

    def first_step(self, number: int) -> int:
        """Return the step of the simulation that a control step begins at."""
        return number * self._steps

    def advance(
        self,
        actuation: torch.Tensor,
        state: State,
        body_inputs: Mapping[str, torch.Tensor],
        number: int,
        call: Call | None = None,
    ) -> tuple[State, torch.Tensor]:
        """Return state and loss, shape (bodies,), after a control step; arguments as in `observe`, and `Operator`'s."""
        inputs = self.inputs(actuation, state, body_inputs)
        found = self.operator(inputs, self.first_step(number), final=True, call=call)
        return State(*(found[name] for name in State._fields)), found["loss"]


def decrease(before: torch.Tensor, after: torch.Tensor, alive: torch.Tensor) -> torch.Tensor:
    """Return by how much losses went down; nothing for bodies that had diverged before."""
    return torch.where(alive, before - after, torch.zeros_like(after))
