"""The small neural network as functions of lanes; `mlp_gradient` has its way back.

Inputs are the relative positions of all masses, mass by mass, their velocities, their light and their contact, as far
as they are sensed, and a clock (sines, two ones, padding).
Parameters are the weights of both layers (see `codesign.control.layer`), then the biases of the units and those of the
springs; all positions among them count rows.
"""

from typing import Any

import warp as wp

from codesign.control.layer import LayerFunctions, build_layer
from codesign.control.mlp_gradient import build_accumulate, build_reverse
from codesign.control.mlp_sizes import MlpSizes
from codesign.sim.kernels import ControllerFunctions, KernelTypes, build_tanh, synchronise


def build_mlp(types: KernelTypes, sizes: MlpSizes) -> ControllerFunctions:
    """Return the network's functions."""
    Controller = _record(types)
    layer = build_layer(types, sizes.units)
    act = _build_act(types, sizes, layer, Controller)
    reverse = build_reverse(types, sizes, layer, Controller)
    accumulate = build_accumulate(types, sizes, layer, Controller)
    Constants, Model, Tape = types.Constants, types.Model, types.Tape

    @wp.func(module=types.module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        pass

    return ControllerFunctions(Controller, prepare, act, reverse, accumulate, *_build_staging(types, sizes, Controller))


def _record(types: KernelTypes) -> Any:
    """Return the struct of parameters, gradient and scratch."""
    reals, rows = wp.array(dtype=types.real), wp.array(dtype=types.row_vector)
    return types.record(
        "Controller",
        {
            "parameter_rows": rows,
            "gradient_rows": rows,
            "centre_rows": rows,
            "feature_rows": rows,
            "hidden_rows": rows,
            "before_hidden_rows": rows,
            "passed": reals,
            "passed_rows": rows,
            "clock_rows": rows,
            "scale": types.real,
        },
    )


def _build_staging(types: KernelTypes, sizes: MlpSizes, Controller: Any) -> tuple[Any, Any]:
    """Return the functions that copy a network into shared memory, and back what the reverse sweep reads."""
    Constants, Model, shared = types.Constants, types.Model, types.shared
    DIMENSION, ROW, module, UNIT_ROWS = types.dimension, types.row, types.module, sizes.units // types.row
    FEATURES, MOTIONS = sizes.features(types.dimension), sizes.motions
    copy_to_shared, save_rows, flat = shared.copy_to_shared, shared.copy_back, shared.as_reals

    @wp.func(module=module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        staged = control
        segment = constants.segment
        first = model.parameter_start[world] // ROW
        parameters = (model.gradient_start[world + 1] - model.gradient_start[world]) // ROW
        features = FEATURES * (model.mass_start[world] // ROW)
        count = FEATURES * (model.mass_start[world + 1] // ROW) - features
        units = segment * UNIT_ROWS
        staged.parameter_rows = copy_to_shared(control.parameter_rows, first, parameters)
        staged.feature_rows = copy_to_shared(control.feature_rows, features, count)
        staged.passed_rows = copy_to_shared(control.passed_rows, features, count)
        staged.passed = flat(control.passed, staged.passed_rows)
        staged.hidden_rows = copy_to_shared(control.hidden_rows, world * units, units)
        staged.before_hidden_rows = copy_to_shared(control.before_hidden_rows, world * units, units)
        if wp.static(MOTIONS > 0):
            staged.centre_rows = copy_to_shared(control.centre_rows, world * segment * DIMENSION, segment * DIMENSION)
        return staged

    @wp.func(module=module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        segment = constants.segment
        units = segment * UNIT_ROWS
        save_rows(staged.hidden_rows, control.hidden_rows, world * units, units)
        if wp.static(MOTIONS > 0):
            save_rows(staged.centre_rows, control.centre_rows, world * segment * DIMENSION, segment * DIMENSION)

    return stage, save


def _build_act(types: KernelTypes, sizes: MlpSizes, layer: LayerFunctions, Controller: Any) -> Any:
    """Return the function that turns a state into actuation."""
    vector, row_vector = types.vector, types.row_vector
    load, store = types.row_functions.load, types.row_functions.store
    coordinate = types.row_functions.coordinate
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    STRIDE, UNIT_ROWS, CLOCK = sizes.stride, sizes.units // types.row, sizes.clock // types.row
    FEATURES, SENSES = sizes.features(types.dimension), sizes.senses
    POSITION, VELOCITY = sizes.position, sizes.velocity
    matvec, transposed_matvec = layer.matvec, layer.transposed_matvec
    tanh = build_tanh(types)

    @wp.func(module=module, inline=True)
    def tanh_of_row(values: row_vector) -> row_vector:
        squashed = row_vector()
        for entry in range(ROW):
            squashed[entry] = tanh(values[entry])
        return squashed

    @wp.func(module=module, inline=True)
    def sense_positions(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        lane: int,
        slot: int,
        at: int,
        feature: int,
        centre: vector,
    ):
        """Write positions relative to the centre, and keep it for the gradient."""
        base = DIMENSION * (model.mass_start[world] // ROW)
        kept = (world * constants.segment + slot) * DIMENSION
        if lane == 0:
            for axis in range(DIMENSION):
                centres = row_vector()
                for entry in range(ROW):
                    centres[entry] = centre[(axis * ROW + entry) % DIMENSION]
                store(control.centre_rows, kept + axis, centres)
        for row in range(lane, DIMENSION * (model.mass_start[world + 1] // ROW) - base, wp.block_dim()):
            centres = load(model.mask_rows, base + row)
            if wp.static(ROW == 1):
                centres[0] = centres[0] * coordinate(centre, row)
            else:
                for entry in range(ROW):
                    centres[entry] = centres[entry] * centre[(row * ROW + entry) % DIMENSION]
            relative = load(tape.position_rows, at + row) - centres
            store(control.feature_rows, feature + row, relative * control.scale)

    @wp.func(module=module, inline=True)
    def sense(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        world: int,
        lane: int,
        slot: int,
        feature: int,
        centre: vector,
    ):
        """Write the inputs that depend on the state."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        at = DIMENSION * (start * (constants.segment + 1) + slot * count)
        own = feature
        if wp.static(POSITION):
            sense_positions(constants, model, control, tape, world, lane, slot, at, own, centre)
            own += DIMENSION * count
        if wp.static(VELOCITY):
            for row in range(lane, DIMENSION * count, wp.block_dim()):
                store(control.feature_rows, own + row, load(tape.velocity_rows, at + row) * control.scale)
            own += DIMENSION * count
        if wp.static(SENSES > 0):
            sensed = SENSES * (start * constants.segment + slot * count)
            for row in range(lane, SENSES * count, wp.block_dim()):
                store(control.feature_rows, own + row, load(tape.sense_rows, sensed + row))

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
        springs = (model.spring_start[world + 1] - model.spring_start[world]) // ROW
        features = FEATURES * ((model.mass_start[world + 1] - model.mass_start[world]) // ROW)
        feature = FEATURES * (model.mass_start[world] // ROW)
        hidden = (world * constants.segment + slot) * UNIT_ROWS
        first = model.parameter_start[world] // ROW
        second = first + (features + CLOCK) * STRIDE
        bias = second + springs * STRIDE
        sense(constants, model, control, tape, world, lane, slot, feature, centre)
        synchronise()
        for row in range(lane, UNIT_ROWS, wp.block_dim()):
            activated = transposed_matvec(
                control.parameter_rows,
                first + row * ROW,
                control.feature_rows,
                feature,
                features,
                control.clock_rows,
                step * CLOCK,
                CLOCK,
            )
            store(control.hidden_rows, hidden + row, tanh_of_row(load(control.parameter_rows, bias + row) + activated))
        synchronise()
        actuation = model.spring_start[world] // ROW * constants.segment + slot * springs
        matvec(
            control.parameter_rows,
            second,
            control.hidden_rows,
            hidden,
            tape.actuation_rows,
            actuation,
            lane,
            springs,
            wp.block_dim(),
        )
        for row in range(lane, springs, wp.block_dim()):
            driven = load(tape.actuation_rows, actuation + row) + load(control.parameter_rows, bias + UNIT_ROWS + row)
            store(tape.actuation_rows, actuation + row, tanh_of_row(driven))

    return act
