"""Open-loop sequence: the actuation of every spring at every step is learned, as in trajectory optimisation."""

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.control.checks import require_positive
from codesign.sim import Binding, ControllerFunctions, KernelTypes, Layout, build_tanh


@dataclass(frozen=True)
class Sequence:
    """Actuation tanh(value) with a learned value for every step and spring: what a body could do, whatever controls it.

    Attributes:
        deviation: standard deviation of the first values.

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "sequence"
    deviation: float = 0.1

    def __post_init__(self) -> None:
        require_positive("controller", "deviation", self.deviation)

    senses = ()

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def groups(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of the learned values: (steps, springs)."""
        del masses, dimension
        return {"sequence": (steps, springs)}

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included, shape (worlds,)."""
        return steps * layout.padded_springs

    def history(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of scratch of each world: none, shape (worlds,)."""
        del segment
        return np.zeros_like(layout.padded_springs)

    def resident(self, layout: Layout, segment: int) -> np.ndarray:
        """Return the reals of each world that lie in shared memory: none, each is read once, shape (worlds,)."""
        del segment
        return np.zeros_like(layout.padded_springs)

    def slots(self, layout: Layout, world: int, steps: int) -> np.ndarray:
        """Return where the values of a world lie among its parameters, shape (weights,)."""
        step = np.arange(steps)[:, None] * layout.padded_springs[world]
        return (step + np.arange(layout.springs[world])[None]).ravel()

    def initial(self, bodies: Bodies, steps: int, generators: Many[np.random.Generator]) -> np.ndarray:
        """Return first values of all bodies, float64, shape (weights,)."""
        springs = np.diff(bodies.spring_start).tolist()
        drawn = zip(generators, springs, strict=True)
        return np.concatenate([generator.normal(0.0, self.deviation, steps * count) for generator, count in drawn])

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of values and gradient."""
        control = binding.functions.Controller()
        control.parameter_rows = binding.view(parameters, binding.types.row_vector)
        control.gradient_rows = binding.view(gradient, binding.types.row_vector)
        return control

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return the sequence as functions of lanes."""
        return _build(types)


def _build(types: KernelTypes) -> ControllerFunctions:
    vector, row_vector, ROW, module = types.vector, types.row_vector, types.row, types.module
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    tanh, rows = build_tanh(types), wp.array(dtype=types.row_vector)
    Controller = types.record("Controller", {"parameter_rows": rows, "gradient_rows": rows})

    @wp.func(module=module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        pass

    @wp.func(module=module, inline=True)
    def act(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        lane: int,
        step: int,
        slot: int,
        centre: vector,
    ):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW + step * count
        for row in range(lane, count, wp.block_dim()):
            values = control.parameter_rows[first + row]
            actuation = row_vector()
            for entry in range(ROW):
                actuation[entry] = tanh(values[entry])
            tape.actuation_rows[start * constants.segment + slot * count + row] = actuation

    @wp.func(module=module, inline=True)
    def reverse(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.gradient_start[world] // ROW + step * count
        for row in range(lane, count, wp.block_dim()):
            at = start * constants.segment + slot * count + row
            actuated = tape.actuation_rows[at]
            passed = adjoint.actuation_rows[start + row]
            control.gradient_rows[first + row] = passed - wp.cw_mul(passed, wp.cw_mul(actuated, actuated))

    @wp.func(module=module, inline=True)
    def accumulate(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        begin: int,
        steps: int,
    ):
        pass

    @wp.func(module=module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        return control

    @wp.func(module=module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        pass

    return ControllerFunctions(Controller, prepare, act, reverse, accumulate, stage, save)
