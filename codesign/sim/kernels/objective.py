"""A task's plain functions, made into functions of a Warp module: with types, and with all their arguments."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TaskFunctions
from codesign.sim.kernels.types import KernelTypes

Parameters = Mapping[str, float | Sequence[float]]

OBSERVATIONS = ("centre", "velocity", "heading", "lowest", "highest", "contact_share", "effort", "clearance")
"""What a task may use; `clearance` is a field of the masses, the others are fields of the observation."""


@dataclass(frozen=True)
class Objective:
    """A task in the types of one configuration.

    Attributes:
        used: what the task uses, of `OBSERVATIONS`.
        Parameters: struct type of what the functions read besides states and observations.
        Observation: struct type with the fields that the task uses.
        Mass: struct type of what a contribution reads of a mass.
        update: (state, observation, parameters) -> state.
        loss: (state, parameters) -> vector of one real.
        contribution: (mass, parameters) -> vector; None for a task without.
        update_product: `update` dotted with a cotangent, as a vector of one real.
        final_loss: (state, observation, parameters) -> vector of one real: the loss after the last update.
        final_product: (state, observation, parameters, cotangent) -> `final_loss` times a real.
    """

    used: tuple[str, ...]
    Parameters: Any
    Observation: Any
    Mass: Any
    update: Any
    loss: Any
    contribution: Any
    update_product: Any
    final_loss: Any
    final_product: Any

    def uses(self, name: str) -> bool:
        """Return whether the task uses an observation."""
        return name in self.used


def build_objective(
    types: KernelTypes, functions: TaskFunctions, used: Sequence[str], parameters: Parameters
) -> Objective:
    """Return a task's functions in given kernel types.

    Args:
        types: the types and module.
        functions: the task's plain functions.
        used: what they use, of `OBSERVATIONS`.
        parameters: values that show which parameters there are, and how many numbers each has.
    """
    real, vector, scalar, State, module = types.real, types.vector, types.scalar, types.task_state, types.module
    kinds = {name: _kind(value, real) for name, value in parameters.items()}
    Parameters = types.record("TaskParameters", kinds or {"none": real})
    Observation = types.record("Observation", _observed(types, used))
    clearance = {"clearance": real} if "clearance" in used else {}
    Mass = types.record("Mass", {"position": vector, "velocity": vector, **clearance})
    update = _of_two(_typed(functions.update, (State, Observation, Parameters), module), State, Observation, Parameters)
    update = _after_settling(update, State, Observation, Parameters) if types.settling else update
    value = _of_one(_typed(functions.loss, (State, Parameters), module), State, Parameters)
    contribution = functions.contribution
    if contribution is not None:
        contribution = _of_one(_typed(contribution, (Mass, Parameters), module), Mass, Parameters)

    @wp.func(module=module, inline=True)
    def loss(state: State, parameters: Parameters) -> scalar:
        return scalar(value(state, parameters))

    @wp.func(module=module, inline=True)
    def update_product(state: State, observation: Observation, parameters: Parameters, cotangent: State) -> scalar:
        return scalar(wp.dot(update(state, observation, parameters), cotangent))

    @wp.func(module=module, inline=True)
    def final_loss(state: State, observation: Observation, parameters: Parameters) -> scalar:
        return loss(update(state, observation, parameters), parameters)

    @wp.func(module=module, inline=True)
    def final_product(state: State, observation: Observation, parameters: Parameters, cotangent: real) -> scalar:
        return final_loss(state, observation, parameters) * cotangent

    made = Parameters, Observation, Mass, update, loss, contribution, update_product, final_loss, final_product
    return Objective(tuple(used), *made)


def _after_settling(update: Any, State: Any, Observation: Any, Parameters: Any) -> Any:
    """Return an update that keeps what there is while bodies settle."""

    @wp.func(module=update.module, inline=True)
    def after_settling(state: State, observation: Observation, parameters: Parameters) -> State:
        kept = state
        if observation.step >= 0:
            kept = update(state, observation, parameters)
        return kept

    return after_settling


def _kind(value: float | Sequence[float], real: Any) -> Any:
    """Return the type of a parameter: a number, or a vector of so many."""
    return wp.types.vector(len(value), real) if isinstance(value, Sequence) else real


def _observed(types: KernelTypes, used: Sequence[str]) -> dict[str, Any]:
    """Return the fields of an observation and their types."""
    vectors = ("centre", "velocity")
    fields: dict[str, Any] = {"step": wp.int32, "steps": wp.int32, "time": types.real}
    fields |= {name: types.vector if name in vectors else types.real for name in used if name != "clearance"}
    return fields | ({"means": types.contribution} if types.contributions else {})


def _typed(function: Callable[..., Any], kinds: Sequence[Any], module: str) -> Any:
    """Return a plain function as a function of the module.

    Raises:
        TypeError: it does not take so many arguments, or one fewer.
    """
    names = list(inspect.signature(function).parameters)
    if len(names) not in (len(kinds) - 1, len(kinds)):
        raise TypeError(f"expected {function.__qualname__} to take {len(kinds)} arguments, or one fewer; got {names}")
    function.__annotations__ = dict(zip(names, kinds, strict=False))
    return wp.func(function, module=module)


def _arguments(function: Any) -> int:
    return len(inspect.signature(function.func).parameters)


def _of_two(function: Any, First: Any, Second: Any, Parameters: Any) -> Any:
    """Return a function of two values that takes parameters, whether its author needs them or not."""
    if _arguments(function) == 3:
        return function

    @wp.func(module=function.module, inline=True)
    def with_parameters(first: First, second: Second, parameters: Parameters):
        return function(first, second)

    return with_parameters


def _of_one(function: Any, First: Any, Parameters: Any) -> Any:
    """Return a function of one value that takes parameters, whether its author needs them or not."""
    if _arguments(function) == 2:
        return function

    @wp.func(module=function.module, inline=True)
    def with_parameters(first: First, parameters: Parameters):
        return function(first)

    return with_parameters
