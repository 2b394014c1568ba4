"""The network that all muscles share as functions of lanes; `shared_gradient` has its way back."""

from typing import Any

import warp as wp

from codesign.control.broadcast import BroadcastFunctions, build_broadcast
from codesign.control.shared_gradient import build_accumulate, build_reverse
from codesign.control.shared_sensing import SensingFunctions, build_sensing
from codesign.control.shared_sizes import SharedSizes
from codesign.sim import ControllerFunctions, Dialect, synchronise


def build_shared_network(dialect: Dialect, sizes: SharedSizes) -> ControllerFunctions:
    """Return the network's functions in a dialect."""
    Controller = _record(dialect)
    network = build_broadcast(dialect, sizes.units, sizes.padded_inputs)
    sensing = build_sensing(dialect, sizes, network, Controller)
    return ControllerFunctions(
        Controller,
        _build_prepare(dialect, sizes, Controller),
        _build_act(dialect, sizes, network, sensing, Controller),
        build_reverse(dialect, sizes, network, sensing, Controller),
        build_accumulate(dialect, sizes, Controller),
        *_build_staging(dialect, sizes, sensing, Controller),
    )


def _record(dialect: Dialect) -> Any:
    """Return the struct of parameters, gradient and scratch."""
    reals, rows = wp.array(dtype=dialect.real), wp.array(dtype=dialect.numbers)
    return dialect.record(
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
            "position_scale": dialect.real,
            "velocity_scale": dialect.real,
        },
    )


def _build_prepare(dialect: Dialect, sizes: SharedSizes, Controller: Any) -> Any:
    """Return the function that starts the sums of the gradient."""
    numbers, store = dialect.numbers, dialect.row_functions.store
    Constants, Model, Tape = dialect.Constants, dialect.Model, dialect.Tape
    SUMS = sizes.sums

    @wp.func(module=dialect.module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        for row in range(lane, SUMS, wp.block_dim()):
            store(control.sum_rows, world * SUMS + row, numbers())

    return prepare


def _build_act(
    dialect: Dialect, sizes: SharedSizes, network: BroadcastFunctions, sensing: SensingFunctions, Controller: Any
) -> Any:
    """Return the function that turns a state into actuation."""
    vector, load, store = dialect.vector, dialect.row_functions.load, dialect.row_functions.store
    Constants, Model, Tape = dialect.Constants, dialect.Model, dialect.Tape
    ROW, UNITS = dialect.row, sizes.units
    SECOND, BIAS = sizes.second // dialect.row, (sizes.second + sizes.units) // dialect.row
    answer, begin, excite_row, squash = network.answer, sensing.begin, sensing.excite_row, sensing.squash
    stride_of, springs_before = sensing.stride_of, sensing.springs_before

    @wp.func(module=dialect.module, inline=True)
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
            excite_row(constants, model, control, tape, world, slot, row, centre)
            before = answer(control.parameter_rows, first + SECOND, control.hidden_rows, hidden + row, stride)
            for entry in range(ROW):
                before[entry] = before[entry] + bias[0]
            store(tape.actuation_rows, actuation + row, squash(before))

    return act


def _build_staging(dialect: Dialect, sizes: SharedSizes, sensing: SensingFunctions, Controller: Any) -> tuple[Any, Any]:
    """Return the functions that copy a network into shared memory, and nothing back: all is made again."""
    Constants, Model, bring = dialect.Constants, dialect.Model, dialect.shared.bring
    ROW, UNITS, INPUTS, SUMS = dialect.row, sizes.units, sizes.padded_inputs, sizes.sums
    UNIT_ROWS, PARAMETERS = sizes.units // dialect.row, sizes.parameters // dialect.row
    stride_of, springs_before = sensing.stride_of, sensing.springs_before

    @wp.func(module=dialect.module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        staged = control
        stride = stride_of((model.spring_start[world + 1] - model.spring_start[world]) // ROW)
        before = springs_before(model, world)
        units = constants.segment * UNIT_ROWS
        staged.parameter_rows = bring(control.parameter_rows, model.parameter_start[world] // ROW, PARAMETERS)
        staged.input_rows = bring(control.input_rows, INPUTS * before, INPUTS * stride)
        staged.hidden_rows = bring(control.hidden_rows, UNITS * before, UNITS * stride)
        staged.begin_rows = bring(control.begin_rows, world * UNIT_ROWS, UNIT_ROWS)
        staged.sum_rows = bring(control.sum_rows, world * SUMS, SUMS)
        staged.passed_rows = bring(control.passed_rows, world * units, units)
        return staged

    @wp.func(module=dialect.module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        pass

    return stage, save
