"""The network that all muscles share as functions of lanes; `shared_gradient` has its way back."""

from typing import Any

import warp as wp

from codesign.control.broadcast import BroadcastFunctions, build_broadcast
from codesign.control.shared_gradient import build_accumulate, build_reverse
from codesign.control.shared_sensing import SensingFunctions, build_sensing
from codesign.control.shared_sizes import SharedSizes
from codesign.sim.kernels import ControllerFunctions, KernelTypes, synchronise


def build_shared_network(types: KernelTypes, sizes: SharedSizes) -> ControllerFunctions:
    """Return the network's functions."""
    Controller = _record(types)
    network = build_broadcast(types, sizes.units, sizes.padded_inputs)
    sensing = build_sensing(types, sizes, network, Controller)
    return ControllerFunctions(
        Controller,
        _build_prepare(types, sizes, Controller),
        _build_act(types, sizes, network, sensing, Controller),
        build_reverse(types, sizes, network, sensing, Controller),
        build_accumulate(types, sizes, Controller),
        *_build_staging(types, sizes, sensing, Controller),
    )


def _record(types: KernelTypes) -> Any:
    """Return the struct of parameters, gradient and scratch."""
    reals, rows = wp.array(dtype=types.real), wp.array(dtype=types.row_vector)
    return types.record(
        "Controller",
        {
            "parameter_rows": rows,
            "gradient": reals,
            "gradient_rows": rows,
            "input_rows": rows,
            "hidden_rows": rows,
            "begin_rows": rows,
            "sum_rows": rows,
            "passed_rows": rows,
            "clock": reals,
            "position_scale": types.real,
            "velocity_scale": types.real,
        },
    )


def _build_prepare(types: KernelTypes, sizes: SharedSizes, Controller: Any) -> Any:
    """Return the function that starts the sums of the gradient."""
    row_vector, store = types.row_vector, types.row_functions.store
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    SUMS = sizes.sums

    @wp.func(module=types.module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        for row in range(lane, SUMS, wp.block_dim()):
            store(control.sum_rows, world * SUMS + row, row_vector())

    return prepare


def _build_act(
    types: KernelTypes, sizes: SharedSizes, network: BroadcastFunctions, sensing: SensingFunctions, Controller: Any
) -> Any:
    """Return the function that turns a state into actuation."""
    vector, load, store = types.vector, types.row_functions.load, types.row_functions.store
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    ROW, UNITS = types.row, sizes.units
    SECOND, BIAS = sizes.second // types.row, (sizes.second + sizes.units) // types.row
    output_layer, begin, hidden_row, tanh_of_row = (
        network.output_layer,
        sensing.begin,
        sensing.hidden_row,
        sensing.tanh_of_row,
    )
    stride_of, springs_before = sensing.stride_of, sensing.springs_before

    @wp.func(module=types.module, inline=True)
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
        stride = stride_of(springs)
        hidden = UNITS * springs_before(model, world)
        first = model.parameter_start[world] // ROW
        actuation = model.spring_start[world] // ROW * constants.segment + slot * springs
        begin(model, control, world, lane, step)
        synchronise()
        bias = load(control.parameter_rows, first + BIAS)
        for row in range(lane, springs, wp.block_dim()):
            hidden_row(constants, model, control, tape, world, slot, row, centre)
            before = output_layer(control.parameter_rows, first + SECOND, control.hidden_rows, hidden + row, stride)
            for entry in range(ROW):
                before[entry] = before[entry] + bias[0]
            store(tape.actuation_rows, actuation + row, tanh_of_row(before))

    return act


def _build_staging(
    types: KernelTypes, sizes: SharedSizes, sensing: SensingFunctions, Controller: Any
) -> tuple[Any, Any]:
    """Return the functions that copy a network into shared memory, and nothing back: all is made again."""
    Constants, Model, copy_to_shared = types.Constants, types.Model, types.shared.copy_to_shared
    ROW, UNITS, INPUTS, SUMS = types.row, sizes.units, sizes.padded_inputs, sizes.sums
    UNIT_ROWS, PARAMETERS = sizes.units // types.row, sizes.parameters // types.row
    stride_of, springs_before = sensing.stride_of, sensing.springs_before

    @wp.func(module=types.module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        staged = control
        stride = stride_of((model.spring_start[world + 1] - model.spring_start[world]) // ROW)
        before = springs_before(model, world)
        units = constants.segment * UNIT_ROWS
        staged.parameter_rows = copy_to_shared(control.parameter_rows, model.parameter_start[world] // ROW, PARAMETERS)
        staged.input_rows = copy_to_shared(control.input_rows, INPUTS * before, INPUTS * stride)
        staged.hidden_rows = copy_to_shared(control.hidden_rows, UNITS * before, UNITS * stride)
        staged.begin_rows = copy_to_shared(control.begin_rows, world * UNIT_ROWS, UNIT_ROWS)
        staged.sum_rows = copy_to_shared(control.sum_rows, world * SUMS, SUMS)
        staged.passed_rows = copy_to_shared(control.passed_rows, world * units, units)
        return staged

    @wp.func(module=types.module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        pass

    return stage, save
