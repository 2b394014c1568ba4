"""The network that all muscles share backwards: the gradient of its weights; `shared_state` has what it passes on."""

from typing import Any

import warp as wp

from codesign.control.broadcast import BroadcastFunctions
from codesign.control.shared_sensing import SensingFunctions
from codesign.control.shared_sizes import SharedSizes
from codesign.control.shared_state import build_to_state
from codesign.sim.kernels import KernelTypes, build_centre, synchronise


def build_reverse(
    types: KernelTypes, sizes: SharedSizes, network: BroadcastFunctions, sensing: SensingFunctions, Controller: Any
) -> Any:
    """Return the function that carries the adjoint of a step's actuation to the weights and to the state.

    The gradient of the weights is a sum over springs and steps. Lanes share out the weights, not the springs; sums over
    springs go on from step to step and are put together once, at the start of the episode.
    """
    real = types.real
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    UNITS, UNIT_ROWS, INPUTS, SUMS = sizes.units, sizes.units // types.row, sizes.padded_inputs, sizes.sums
    WEIGHTS, SECOND = sizes.weights, sizes.second // types.row
    TILES, OUTPUT_TILES = network.tiles, network.output_tiles
    outer, outer_output, total_of, tanh_adjoint, input_adjoint = (
        network.outer,
        network.outer_output,
        network.total,
        network.tanh_adjoint,
        network.input_adjoint,
    )
    load, store, total = types.row_functions.load, types.row_functions.store, types.row_functions.total
    begin, hidden_row = sensing.begin, sensing.hidden_row
    stride_of, springs_before = sensing.stride_of, sensing.springs_before
    MATERIALS, mean_by_mass = types.material_properties, build_centre(types).mean
    to_state = build_to_state(types, sizes, sensing, Controller)

    @wp.func(module=module, inline=True)
    def to_weights(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        lane: int,
        slot: int,
        springs: int,
        actuation: int,
    ):
        """Add the step's part to the sums, and turn units into the adjoint of what went into them."""
        stride = stride_of(springs)
        inputs = INPUTS * springs_before(model, world)
        hidden = UNITS * springs_before(model, world)
        second = model.parameter_start[world] // ROW + SECOND
        sums = world * SUMS
        for index in range(lane, OUTPUT_TILES + 1, wp.block_dim()):
            if index < OUTPUT_TILES:
                outer_output(
                    control.sum_rows,
                    sums + WEIGHTS,
                    control.hidden_rows,
                    hidden,
                    tape.actuation_rows,
                    actuation,
                    stride,
                    springs,
                    index,
                )
            else:
                bias = load(control.sum_rows, sums + WEIGHTS + UNITS)
                for row in range(springs):
                    bias += load(tape.actuation_rows, actuation + row)
                store(control.sum_rows, sums + WEIGHTS + UNITS, bias)
        synchronise()
        for row in range(lane, springs, wp.block_dim()):
            tanh_adjoint(
                control.parameter_rows,
                second,
                tape.actuation_rows,
                actuation + row,
                control.hidden_rows,
                hidden + row,
                stride,
            )
        synchronise()
        passed = (world * constants.segment + slot) * UNIT_ROWS
        for index in range(lane, TILES + UNIT_ROWS, wp.block_dim()):
            if index < TILES:
                outer(
                    control.sum_rows,
                    sums,
                    control.hidden_rows,
                    hidden,
                    control.input_rows,
                    inputs,
                    stride,
                    springs,
                    index,
                )
            else:
                total_of(control.hidden_rows, hidden, stride, springs, control.passed_rows, passed, index - TILES)

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
        start = model.mass_start[world]
        masses = model.mass_start[world + 1] - start
        springs = (model.spring_start[world + 1] - model.spring_start[world]) // ROW
        passed_at = model.spring_start[world] // ROW
        actuation = passed_at * constants.segment + slot * springs
        at = DIMENSION * (start * (constants.segment + 1) + slot * masses)
        if wp.static(MATERIALS):
            centre = mean_by_mass(model, tape.position, world, at)
        else:
            centre = total(tape.position, at, masses // ROW) / real(model.masses[world])
        begin(model, control, world, lane, step)
        synchronise()
        for row in range(lane, springs, wp.block_dim()):
            hidden_row(constants, model, control, tape, world, slot, row, centre)
            actuated = load(tape.actuation_rows, actuation + row)
            passed = load(adjoint.actuation_rows, passed_at + row)
            store(tape.actuation_rows, actuation + row, passed - wp.cw_mul(passed, wp.cw_mul(actuated, actuated)))
        synchronise()
        to_weights(constants, model, control, tape, world, lane, slot, springs, actuation)
        synchronise()
        inputs = INPUTS * springs_before(model, world)
        hidden = UNITS * springs_before(model, world)
        for row in range(lane, springs, wp.block_dim()):
            input_adjoint(
                control.parameter_rows,
                model.parameter_start[world] // ROW,
                control.hidden_rows,
                hidden + row,
                control.input_rows,
                inputs + row,
                stride_of(springs),
            )
        to_state(model, control, tape, adjoint, world, lane, at, inputs, springs)

    return reverse


def build_accumulate(types: KernelTypes, sizes: SharedSizes, Controller: Any) -> Any:
    """Return the function that adds a segment's part to the gradient of the clock's weights.

    At the start of the episode it puts the other sums together.
    Steps are added up from the last to the first, within a segment as among segments, so that the length of segments
    changes no bit.
    """
    real = types.real
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    ROW, SUMS, CLOCK, UNIT_ROWS = types.row, sizes.sums, sizes.clock, sizes.units // types.row
    WEIGHTS, BETWEEN = sizes.weights, sizes.second - sizes.weights
    load, store, read = types.row_functions.load, types.row_functions.store, types.row_functions.read

    @wp.func(module=types.module, inline=True)
    def accumulate(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        start: int,
        steps: int,
    ):
        own = model.gradient_start[world]
        clock = (own + WEIGHTS) // ROW
        passed = world * constants.segment * UNIT_ROWS
        for index in range(lane, CLOCK * UNIT_ROWS, wp.block_dim()):
            number = index // UNIT_ROWS
            unit = index % UNIT_ROWS
            total = load(control.gradient_rows, clock + index)
            for back in range(steps):
                slot = steps - 1 - back
                value = read(control.clock, (start + slot) * CLOCK + number)
                total += load(control.passed_rows, passed + slot * UNIT_ROWS + unit) * value
            store(control.gradient_rows, clock + index, total)
        if start == 0:
            for index in range(lane, SUMS, wp.block_dim()):
                parts = load(control.sum_rows, world * SUMS + index)
                whole = real(0.0)
                for entry in range(ROW):
                    whole += parts[entry]
                at = own + index
                if index >= WEIGHTS:
                    at += BETWEEN
                control.gradient[at] = whole

    return accumulate
