"""What springs sense, and what that makes of the hidden units of the network that they share: for both directions.

Scratch holds one step: what every spring senses, and its hidden units (see `codesign.control.broadcast`). Both are
made again on the way back. What sines and biases bring to the units is the same for all springs, and made once a step.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.control.broadcast import BroadcastFunctions
from codesign.control.shared_sizes import SharedSizes
from codesign.sim.kernels import SHORTEST, KernelTypes, build_tanh


@dataclass(frozen=True)
class SensingFunctions:
    """Functions of lanes, and of rows of springs.

    Attributes:
        lengths_of: (difference by axis) -> lengths of a row of springs.
        stride_of: (count) -> distance between the numbers of `count` rows of springs in scratch.
        springs_before: (model, world) -> rows of springs before those of a world in scratch.
        begin: (model, control, world, lane, step): writes what units begin with.
        tanh_of_row: (numbers) -> their tanh.
        hidden_row: (constants, model, control, tape, world, slot, row, centre): writes inputs and units of a row.
    """

    lengths_of: Any
    stride_of: Any
    springs_before: Any
    begin: Any
    tanh_of_row: Any
    hidden_row: Any


def build_sensing(
    types: KernelTypes, sizes: SharedSizes, network: BroadcastFunctions, Controller: Any
) -> SensingFunctions:
    """Return the functions."""
    real, vector, row_vector, rows = types.real, types.vector, types.row_vector, types.rows
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    UNITS, UNIT_ROWS, CLOCK, SPARE = sizes.units, sizes.units // types.row, sizes.clock, sizes.spare
    INPUTS, CLOCK_AT, SENSES = sizes.padded_inputs, sizes.weights // types.row, sizes.senses
    at_of = sizes.offsets
    POSITION, VELOCITY = at_of.get("position", 0), at_of.get("velocity", 0)
    MEANS, LIGHTS, PADDING = sizes.means, sizes.lights, sizes.padded_inputs > sizes.inputs
    functions = types.row_functions
    load, store, read, difference_of_ends = functions.load, functions.store, functions.read, functions.difference
    sum_of_ends, hidden_layer, at_ends = functions.sum_of_ends, network.hidden_layer, functions.at_ends
    larger, tanh = types.larger, build_tanh(types)

    @wp.func(module=module, inline=True)
    def lengths_of(difference: rows) -> row_vector:
        lengths = row_vector()
        for entry in range(ROW):
            square = real(SHORTEST * SHORTEST)
            for axis in range(DIMENSION):
                square += difference[axis, entry] * difference[axis, entry]
            lengths[entry] = wp.sqrt(square)
        return lengths

    @wp.func(module=module, inline=True)
    def stride_of(count: int) -> int:
        return count + SPARE * (1 - count % 2)

    @wp.func(module=module, inline=True)
    def springs_before(model: Model, world: int) -> int:
        return model.spring_start[world] // ROW + SPARE * world

    @wp.func(module=module, inline=True)
    def begin(model: Model, control: Controller, world: int, lane: int, step: int):
        clock = model.parameter_start[world] // ROW + CLOCK_AT
        for row in range(lane, UNIT_ROWS, wp.block_dim()):
            begins = row_vector()
            for number in range(CLOCK):
                begins += load(control.parameter_rows, clock + number * UNIT_ROWS + row) * read(
                    control.clock, step * CLOCK + number
                )
            store(control.begin_rows, world * UNIT_ROWS + row, begins)

    @wp.func(module=module, inline=True)
    def tanh_of_row(values: row_vector) -> row_vector:
        squashed = row_vector()
        for entry in range(ROW):
            squashed[entry] = tanh(values[entry])
        return squashed

    @wp.func(module=module, inline=True)
    def sense_motion(
        model: Model, control: Controller, tape: Tape, at: int, spring: int, own: int, stride: int, centre: vector
    ):
        """Write strain, place and velocity of a row of springs."""
        rest = load(model.rest, spring)
        difference = difference_of_ends(tape.position, at, model.first, model.second, spring)
        lengths = lengths_of(difference)
        strain = row_vector()
        for entry in range(ROW):
            strain[entry] = lengths[entry] / larger(rest[entry], real(SHORTEST)) - real(1.0)
        store(control.input_rows, own, strain)
        if wp.static(POSITION > 0):
            ends = sum_of_ends(tape.position, at, model.first, model.second, spring)
            for axis in range(DIMENSION):
                place = row_vector()
                direction = row_vector()
                for entry in range(ROW):
                    place[entry] = (ends[axis, entry] * real(0.5) - centre[axis]) * control.position_scale
                    direction[entry] = difference[axis, entry] / lengths[entry]
                store(control.input_rows, own + (POSITION + axis) * stride, place)
                store(control.input_rows, own + (POSITION + DIMENSION + axis) * stride, direction)
        if wp.static(VELOCITY > 0):
            speeds = sum_of_ends(tape.velocity, at, model.first, model.second, spring)
            for axis in range(DIMENSION):
                velocity = row_vector()
                for entry in range(ROW):
                    velocity[entry] = speeds[axis, entry] * real(0.5) * control.velocity_scale
                store(control.input_rows, own + (VELOCITY + axis) * stride, velocity)

    @wp.func(module=module, inline=True)
    def sense_around(
        model: Model, control: Controller, tape: Tape, sensed: int, masses: int, spring: int, own: int, stride: int
    ):
        """Write what masses feel at the ends of a row of springs."""
        for kind in range(SENSES):
            here = at_ends(tape.sense_rows, sensed + kind * masses, model.first, spring)
            there = at_ends(tape.sense_rows, sensed + kind * masses, model.second, spring)
            at = MEANS + kind + LIGHTS * wp.min(kind, 1)
            store(control.input_rows, own + at * stride, (here + there) * real(0.5))
            if kind < LIGHTS:
                store(control.input_rows, own + (at + 1) * stride, here - there)

    @wp.func(module=module, inline=True)
    def hidden_row(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        slot: int,
        row: int,
        centre: vector,
    ):
        start = model.mass_start[world]
        masses = model.mass_start[world + 1] - start
        spring = model.spring_start[world] // ROW + row
        stride = stride_of((model.spring_start[world + 1] - model.spring_start[world]) // ROW)
        before = springs_before(model, world)
        own = INPUTS * before + row
        hidden = UNITS * before + row
        at = DIMENSION * (start * (constants.segment + 1) + slot * masses)
        sense_motion(model, control, tape, at, spring, own, stride, centre)
        if wp.static(PADDING):
            # What was not a number in an episode that diverged would stay there.
            store(control.input_rows, own + (INPUTS - 1) * stride, row_vector())
        if wp.static(SENSES > 0):
            sensed = SENSES * (start * constants.segment + slot * masses) // ROW
            sense_around(model, control, tape, sensed, masses // ROW, spring, own, stride)
        hidden_layer(
            control.parameter_rows,
            model.parameter_start[world] // ROW,
            control.begin_rows,
            world * UNIT_ROWS,
            control.input_rows,
            own,
            control.hidden_rows,
            hidden,
            stride,
        )
        for unit in range(UNITS):
            at_unit = hidden + unit * stride
            store(control.hidden_rows, at_unit, tanh_of_row(load(control.hidden_rows, at_unit)))

    return SensingFunctions(lengths_of, stride_of, springs_before, begin, tanh_of_row, hidden_row)
