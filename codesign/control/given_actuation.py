"""Actuation that is given instead of computed: what a policy outside of the simulator asks of every spring."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import Binding, Layout, WeightBlock
from codesign.sim.kernels import ControllerFunctions, KernelTypes


@dataclass(frozen=True)
class GivenActuation:
    """Muscles follow numbers that somebody else has chosen; their gradient is the derivative in these.

    The weights are the actuation of every spring itself, without bounds: the commanded change of a rest length is the
    spring's swing times it. It is not among `CONTROLLERS`, since a search has nothing to learn it by.

    Attributes:
        held: whether every spring has one number for all steps, weights of shape (springs,), instead of one for each,
            (steps, springs).
    """

    held: bool = False
    name: str = "given"

    @property
    def structure(self) -> Hashable:
        """Whether numbers are held decides the functions."""
        return self.held

    @property
    def senses(self) -> tuple[str, ...]:
        """Nothing is sensed."""
        return ()

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of the actuation."""
        del masses, dimension
        return {"actuation": (springs,) if self.held else (steps, springs)}

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return which spring each number is of."""
        (shape,) = self.weight_shapes(masses, springs, dimension, steps).values()
        return {"actuation": np.broadcast_to(masses + np.arange(springs), shape)}

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return the parameters of each world, padding included."""
        return layout.padded_springs * self._lines(steps)

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return that no scratch is needed."""
        del segment
        return np.zeros_like(layout.springs)

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return that nothing is staged."""
        del segment
        return np.zeros_like(layout.springs)

    def weight_blocks(self, layout: Layout, steps: int) -> Sequence[WeightBlock]:
        """Return the one block: a line for every step, or a single one."""
        lines = {"lines": self._lines(steps), "weight_step": layout.springs, "place_step": layout.padded_springs}
        return (WeightBlock(layout.springs, 0, 0, **lines),)

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct of the actuation and its gradient."""
        control = binding.functions.Controller()
        control.parameter_rows = binding.view(parameters, binding.types.row_vector)
        control.gradient_rows = binding.view(gradient, binding.types.row_vector)
        return control

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return functions that copy the actuation to the muscles, and its adjoint back."""
        rows, HELD, ROW, module = wp.array(dtype=types.row_vector), self.held, types.row, types.module
        Controller = types.record("Controller", {"parameter_rows": rows, "gradient_rows": rows})
        Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
        load, store, row_vector, vector = (
            types.row_functions.load,
            types.row_functions.store,
            types.row_vector,
            types.vector,
        )

        @wp.func(module=module, inline=True)
        def line_of(model: Model, world: int, step: int) -> int:
            """Return where the rows of a step lie behind the first of the world."""
            if wp.static(HELD):
                return 0
            return step * ((model.spring_start[world + 1] - model.spring_start[world]) // ROW)

        @wp.func(module=module, inline=True)
        def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
            if wp.static(HELD):
                first = model.gradient_start[world] // ROW
                count = (model.spring_start[world + 1] - model.spring_start[world]) // ROW
                for row in range(lane, count, wp.block_dim()):
                    store(control.gradient_rows, first + row, row_vector())

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
            first = model.parameter_start[world] // ROW + line_of(model, world, step)
            to = start * constants.segment + slot * count
            for row in range(lane, count, wp.block_dim()):
                store(tape.actuation_rows, to + row, load(control.parameter_rows, first + row))

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
            first = model.gradient_start[world] // ROW + line_of(model, world, step)
            for row in range(lane, count, wp.block_dim()):
                passed = load(adjoint.actuation_rows, start + row)
                if wp.static(HELD):
                    passed += load(control.gradient_rows, first + row)
                store(control.gradient_rows, first + row, passed)

        @wp.func(module=module, inline=True)
        def accumulate(
            constants: Constants,
            model: Model,
            control: Controller,
            tape: Tape,
            adjoint: Adjoint,
            world: int,
            lane: int,
            start: int,
            count: int,
        ):
            pass

        @wp.func(module=module, inline=True)
        def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
            return control

        @wp.func(module=module, inline=True)
        def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
            pass

        return ControllerFunctions(Controller, prepare, act, reverse, accumulate, stage, save)

    def _lines(self, steps: int) -> int:
        return 1 if self.held else steps
