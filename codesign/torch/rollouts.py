"""Whole episodes of bodies as functions of tensors."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import torch

from codesign.api import Problem
from codesign.differentiable import MATERIAL, Actuation, Diverged, Episode, of_controllers, require_window
from codesign.torch.arguments import in_torch, require_problem, require_whole_number, tensor_of
from codesign.torch.operators import Call, Operator, in_python


@dataclass(frozen=True, eq=False)
class RolloutResult:
    """An episode of a batch of bodies. The masses of all bodies stand one after the other, as in `codesign.Bodies`.

    Attributes:
        loss: of each body, lower is better, infinite or NaN where it diverged, shape (bodies,).
        positions: of the masses in world frame [m], from the start to the end, shape (steps + 1, masses, dim).
        velocities: of the masses [m/s], shape (steps + 1, masses, dim).
        task_state: what the task kept, in the order of `problem.spec.task.state`, shape (bodies, numbers).
        measures: what the bodies did, by name, without a gradient, float64, shape (bodies,) each.
    """

    loss: torch.Tensor
    positions: torch.Tensor
    velocities: torch.Tensor
    task_state: torch.Tensor
    measures: Mapping[str, torch.Tensor]


class Rollout(torch.nn.Module):
    """Whole episodes of a batch of bodies, as a layer without parameters of its own.

    It makes what it needs of the simulator at its first call and keeps it, so that further calls allocate only their
    results; copies of a model share it, saved ones make their own. It computes in the problem's precision, on the
    problem's device. Compiled by `torch.compile`, it is a break in the graph. It has first derivatives only.

    Args:
        problem: what moves the bodies, where, and what their loss is.
        bodies: genomes, bodies, or whatever else `Problem.evaluate` takes.
        steps: length of the episode in steps of the simulation; the problem's if not given.
        world: number of the problem's worlds that the bodies are in.
        measure: whether to measure how bodies move (distance, effort, ...) beside what the task measures, which
            takes time.
        diverged: what a body gets whose motion diverges: "zero", a loss of infinity and gradients of zero, or "nan",
            NaN in both. The numbers of other bodies do not change.

    Raises:
        TypeError: no problem.
        ValueError: what stands for no bodies, or bodies that differ in their dimension; an argument out of range.

    Example:
        >>> import codesign, codesign.torch, torch
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> simulate = codesign.torch.Rollout(problem, problem.random(4))
        >>> weights = simulate.initial_weights().requires_grad_()
        >>> simulate(weights).loss.sum().backward()
        >>> weights.grad.shape == weights.shape
        True
    """

    def __init__(
        self,
        problem: Problem,
        bodies: Any,
        *,
        steps: int | None = None,
        world: int = 0,
        measure: bool = False,
        diverged: Diverged = "zero",
    ) -> None:
        super().__init__()
        self.problem = require_problem(problem)
        with in_torch():
            self.bodies = problem.bodies(bodies)
        self._measure = measure
        self._settings = settings_of(problem, steps, world, diverged)
        with in_torch():
            require_window(problem.spec, self.bodies, self._settings["steps"], world)
        self._operators: dict[tuple[Actuation, bool], Operator] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> "Rollout":
        """Return the same layer: it has no parameters, and memory for one."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return what a file or another process needs: all but the simulator, which is made anew there."""
        return {**self.__dict__, "_operators": {}}

    def extra_repr(self) -> str:
        """Return what it simulates."""
        return f"{self.bodies!r}, steps={self._settings['steps']}"

    def initial_weights(self, *, seed: int | None = None) -> torch.Tensor:
        """Return first weights of the controllers of all bodies, as `Problem.initial_weights`, shape (weights,).

        Where bodies learn too (`learner.body`), weights of bodies are not among them.

        Args:
            seed: of these weights; the problem's if not given.
        """
        operator = self._operator("controller")
        with in_torch():
            flat = self.problem.initial_weights(self.bodies, seed=seed).flat
        flat = flat[of_controllers(self.problem.spec, self.bodies)]
        return torch.as_tensor(flat, device=operator.device).to(operator.dtype)

    def defaults(self) -> dict[str, torch.Tensor]:
        """Return what an episode has where an input is not given, by name: start, springs and masses of the bodies."""
        operator = next(iter(self._operators.values()), None) or self._operator("controller")
        found = {name: getattr(self.bodies, name) for name in MATERIAL} | operator.episode.defaults()
        own = {name: array for name, array in found.items() if name != "task_state"}  # where an episode begins
        return {name: torch.as_tensor(array).to(operator.device, operator.dtype) for name, array in own.items()}

    @in_python
    def forward(
        self,
        weights: Any = None,
        *,
        actuation: Any = None,
        positions: Any = None,
        velocities: Any = None,
        rest_lengths: Any = None,
        stiffness: Any = None,
        swings: Any = None,
        masses: Any = None,
        damping: Any = None,
        force_limits: Any = None,
    ) -> RolloutResult:
        """Simulate an episode; gradients go back to every argument that is a tensor that requires them.

        Tensors are of the problem's precision and device; strided ones are copied. Other arrays are constants. Give
        weights, or actuation in their place.

        Args:
            weights: of the controllers, body after body as in `initial_weights`, shape (weights,).
            actuation: what muscles follow instead of a controller, from -1 to 1, of the springs of all bodies, shape
                (steps, springs), or held for the whole episode, shape (springs,).
            positions: where masses start, in world frame [m], shape (masses, dim); where the terrain puts the bodies if
                not given.
            velocities: what they start with [m/s], shape (masses, dim); at rest if not given.
            rest_lengths: of the springs [m], shape (springs,).
            stiffness: of the springs [N/m], shape (springs,).
            swings: largest changes of rest lengths by actuation, as shares of them, shape (springs,).
            masses: [kg], shape (masses,). These and the next two, where bodies have none, take another simulator,
                which is slower.
            damping: of the springs [N s/m], shape (springs,).
            force_limits: largest active forces of muscles [N], infinite for no limit, shape (springs,).

        Raises:
            TypeError: another type of numbers than the problem's precision.
            RuntimeError: a tensor on another device; bodies that do not fit into the memory.
            ValueError: both or none of weights and actuation, another shape, or numbers that are not finite.
        """
        if (weights is None) == (actuation is None):
            got, remedy = ("both", "leave one out") if weights is not None else ("neither", "give one of them")
            raise ValueError(f"expected weights of controllers or an actuation; got {got}; {remedy}")
        form: Actuation = "controller" if actuation is None else "held" if np.ndim(actuation) == 1 else "steps"
        given = {
            **{"weights": weights, "actuation": actuation, "positions": positions, "velocities": velocities},
            **{"rest_lengths": rest_lengths, "stiffness": stiffness, "swings": swings},
            **{"masses": masses, "damping": damping, "force_limits": force_limits},
        }
        if weights is not None and self.problem.spec.learner.body.learned:
            self._require_no_bodies(weights)
        operator = self._operator(form, material=any(given[name] is not None for name in MATERIAL))
        call = Call(self._measure)
        outputs = operator(inputs_of(operator, given), call=call)
        measures = {name: torch.as_tensor(values, device=operator.device) for name, values in call.measures.items()}
        return RolloutResult(**outputs, measures=measures)

    def _require_no_bodies(self, weights: Any) -> None:
        """Check that weights are not those of whole designs, which hold what bodies learn.

        Raises:
            ValueError: they are.
        """
        own = of_controllers(self.problem.spec, self.bodies)
        if np.shape(weights) == own.shape:
            got = f"{len(own)}, with those of bodies, which learn too"
            remedy = "leave these out as Rollout.initial_weights does, or make the problem without learner.body"
            raise ValueError(f"expected the {own.sum()} weights of controllers; got {got}; {remedy}")

    def _operator(self, form: Actuation, *, material: bool = False) -> Operator:
        """Return what simulates; it knows material properties if bodies have some or some are given."""
        key = form, material and not self.bodies.has_material_properties
        if key not in self._operators:
            with in_torch():
                own = {"actuation": form, "material_properties": material, **self._settings}
                self._operators[key] = Operator(Episode(self.problem.spec, self.bodies, **own))
        return self._operators[key]


def inputs_of(operator: Operator, given: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return what was given of an episode's inputs as tensors that fit it; what is None is left out.

    Raises:
        TypeError, RuntimeError, ValueError: as `tensor_of`; material properties that the operator does not know.
    """
    own = {name: each for name, each in given.items() if each is not None}
    unknown = [name for name in own if name not in operator.shapes]
    if unknown:
        remedy = "make the environment with material_properties=True"
        raise ValueError(f"expected bodies with material properties for {', '.join(unknown)}; got none; {remedy}")
    kind = operator.dtype, operator.device
    return {name: tensor_of(name, each, operator.shapes[name], *kind) for name, each in own.items()}


_kept_lock = threading.Lock()


@in_python
def rollout(
    problem: Problem,
    bodies: Any,
    weights: Any = None,
    *,
    actuation: Any = None,
    positions: Any = None,
    velocities: Any = None,
    rest_lengths: Any = None,
    stiffness: Any = None,
    swings: Any = None,
    masses: Any = None,
    damping: Any = None,
    force_limits: Any = None,
    steps: int | None = None,
    world: int = 0,
    measure: bool = False,
    diverged: Diverged = "zero",
) -> RolloutResult:
    """Simulate an episode of bodies as a function of tensors; see `Rollout` for arguments and errors.

    Called again with equal bodies and settings, it uses the simulator of before: a problem keeps that of the last ones.
    Who goes to and fro between batches keeps a `Rollout` of each.

    Example:
        >>> import codesign, codesign.torch, torch
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 60})
        >>> bodies = problem.develop(problem.random(4))
        >>> actuation = torch.zeros(60, len(bodies.springs), requires_grad=True)
        >>> result = codesign.torch.rollout(problem, bodies, actuation=actuation)
        >>> result.positions[-1, :, 0].mean().backward()
        >>> actuation.grad.shape == actuation.shape
        True
    """
    with in_torch():
        own = require_problem(problem).bodies(bodies)
    key = own.checksum(), steps, world, measure, diverged
    with _kept_lock:
        kept = problem.kept.get("torch")
        if kept is None or kept[0] != key:
            problem.kept.pop("torch", None)  # the memory of the one before is needed
            kept = key, Rollout(problem, own, steps=steps, world=world, measure=measure, diverged=diverged)
            problem.kept["torch"] = kept
    return kept[1](
        weights,
        actuation=actuation,
        positions=positions,
        velocities=velocities,
        rest_lengths=rest_lengths,
        stiffness=stiffness,
        swings=swings,
        masses=masses,
        damping=damping,
        force_limits=force_limits,
    )


def settings_of(problem: Problem, steps: int | None, world: int, diverged: str) -> dict[str, Any]:
    """Return the settings of an episode, checked."""
    if diverged not in get_args(Diverged):
        raise ValueError(f"expected diverged to be 'zero' or 'nan'; got {diverged!r}; choose one of them")
    worlds = len(problem.spec.conditions())
    if require_whole_number("world", world, least=0) >= worlds:
        raise ValueError(f"expected world to be below {worlds}, the problem's worlds; got {world}; lower it")
    length = problem.spec.physics.steps if steps is None else require_whole_number("steps", steps, least=1)
    return {"steps": length, "world": int(world), "diverged": diverged}
