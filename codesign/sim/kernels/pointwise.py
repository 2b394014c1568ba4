"""Controllers of one spring as functions of lanes: rows, padding, history, sums of gradients and shared memory.

A controller hands over functions of values (`SpringFunctions`). What is the same for all of them stands here, once.
Gradients are sums over steps, added up from the last to the first in scratch, so that the length of segments changes no
bit. Those of parameters that springs share are kept apart for every spring until the episode's start is reached, and
then added up in the order of springs, so that the number of lanes changes no bit either.
"""

from collections.abc import Sequence
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import ControllerFunctions
from codesign.sim.kernels.gathering import build_gather, build_gather_senses
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.pointwise_rows import SpringRowFunctions, Writer
from codesign.sim.kernels.quantities import SpringFunctions, SpringQuantities
from codesign.sim.kernels.spring_arguments import RowSizes, SpringArguments
from codesign.sim.kernels.types import KernelTypes


def row_sizes(
    types: KernelTypes, quantities: SpringQuantities, functions: SpringFunctions, senses: Sequence[str]
) -> RowSizes:
    """Return how many numbers of each kind the functions of lanes keep for a spring."""
    return SpringArguments(types, quantities, functions, senses).sizes


def build_pointwise(
    types: KernelTypes, quantities: SpringQuantities, functions: SpringFunctions, senses: Sequence[str]
) -> ControllerFunctions:
    """Return a controller of one spring as functions that lanes of one world run together.

    Args:
        types: the types and module.
        quantities: what there is of a spring.
        functions: the controller's, of values.
        senses: names of the senses that its inputs need, in the order in which masses have them.

    Raises:
        ValueError: an argument of a function that names no quantity, or a parameter that no function takes.
    """
    writer = Writer(types, quantities, functions, senses)
    sizes, Controller, Places = writer.sizes, _controller(types), _places(types)
    places_of = _build_places(types, sizes, Places)
    rows = writer.build(
        {
            "Controller": Controller,
            "Places": Places,
            "places_of": places_of,
            "pass_to_ends": _build_pass_to_ends(types, sizes, Controller, Places),
            "add_up_shared": _build_add_up_shared(types, sizes, Controller, Places),
            "synchronise": synchronise,
        }
    )
    return ControllerFunctions(
        Controller,
        _build_prepare(types, sizes, rows, Controller, places_of),
        _build_act(types, rows, Controller, places_of),
        rows.reverse,
        rows.finish,
        *_build_staging(types, sizes, Controller),
    )


def _controller(types: KernelTypes) -> Any:
    """Return the struct of parameters, gradient, constants and scratch."""
    rows = wp.array(dtype=types.row_vector)
    names = ("parameter", "stepwise", "gradient", "constant", "prepared", "sum", "passed")
    return types.record("Controller", {f"{name}_rows": rows for name in names} | {"clock": wp.array(dtype=types.real)})


def _places(types: KernelTypes) -> Any:
    """Return the struct that says where the numbers of a world and a step lie: rows, but for positions and forces."""
    names = ("start", "count", "learned", "stepwise", "gradient", "gradient_stepwise", "step", "actuation")
    more = ("positions", "sensed", "masses", "force")
    return types.record("Places", dict.fromkeys((*names, *more), wp.int32))


def _build_places(types: KernelTypes, sizes: RowSizes, Places: Any) -> Any:
    Constants, Model = types.Constants, types.Model
    DIMENSION, ROW = types.dimension, types.row
    LEARNED, SHARED, STEPWISE, SENSES = sizes.learned, sizes.shared, sizes.stepwise, sizes.senses

    @wp.func(module=types.module, inline=True)
    def places_of(constants: Constants, model: Model, world: int, step: int, slot: int) -> Places:
        first_mass = model.mass_start[world]
        masses = model.mass_start[world + 1] - first_mass
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        fixed = LEARNED * count + SHARED
        at = Places()
        at.start = start
        at.count = count
        at.learned = model.parameter_start[world] // ROW
        at.stepwise = at.learned + fixed + step * STEPWISE * count
        at.gradient = model.gradient_start[world] // ROW
        at.gradient_stepwise = at.gradient + fixed + step * STEPWISE * count
        at.step = step
        at.actuation = start * constants.segment + slot * count
        at.positions = DIMENSION * (first_mass * (constants.segment + 1) + slot * masses)
        at.sensed = SENSES * (first_mass * constants.segment + slot * masses) // ROW
        at.masses = masses // ROW
        at.force = DIMENSION * (2 * model.spring_start[world] + ROW * world)
        return at

    return places_of


def _build_prepare(
    types: KernelTypes, sizes: RowSizes, rows: SpringRowFunctions, Controller: Any, places_of: Any
) -> Any:
    """Return the function that prepares an episode and starts the sums over steps."""
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    PREPARED, SUMMED = sizes.prepared, sizes.summed
    row_vector, store, prepare_row = types.row_vector, types.row_functions.store, rows.prepare

    @wp.func(module=types.module, inline=True)
    def prepare(constants: Constants, model: Model, control: Controller, tape: Tape, world: int, lane: int):
        at = places_of(constants, model, world, 0, 0)
        for row in range(lane, at.count * SUMMED, wp.block_dim()):
            store(control.sum_rows, SUMMED * at.start + row, row_vector())
        if wp.static(PREPARED > 0):
            for row in range(lane, at.count, wp.block_dim()):
                prepare_row(model, control, at, row)

    return prepare


def _build_act(types: KernelTypes, rows: SpringRowFunctions, Controller: Any, places_of: Any) -> Any:
    vector, store, drive_row = types.vector, types.row_functions.store, rows.drive
    Constants, Model, Tape = types.Constants, types.Model, types.Tape

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
        at = places_of(constants, model, world, step, slot)
        for row in range(lane, at.count, wp.block_dim()):
            store(tape.actuation_rows, at.actuation + row, drive_row(model, control, tape, at, row))

    return act


def _build_pass_to_ends(types: KernelTypes, sizes: RowSizes, Controller: Any, Places: Any) -> Any:
    """Return the function that carries to masses what springs pass to their ends, as forces are carried.

    Springs write what they pass to both of their ends, masses gather it: once for positions, which springs have written
    already, once for velocities, and once for as many senses as space has axes.
    """
    Model, Tape, Adjoint = types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, SENSES = types.dimension, types.row, sizes.senses
    MOVING, RATE, PARTS = sizes.moving, sizes.rate, -(-sizes.senses // types.dimension)
    gather_to, gather_senses = build_gather(types), build_gather_senses(types, sizes.senses)
    to_velocities, to_senses = _build_to_ends(types, sizes, Controller, Places)

    @wp.func(module=types.module, inline=True)
    def pass_to_ends(
        model: Model, control: Controller, tape: Tape, adjoint: Adjoint, at: Places, world: int, lane: int
    ):
        first = model.mass_start[world] // ROW
        if wp.static(MOVING):
            synchronise()
            gather_to(model, tape, adjoint.position, at.force, first, at.masses, lane)
        if wp.static(RATE):
            synchronise()
            for row in range(lane, at.count, wp.block_dim()):
                to_velocities(control, tape, at, row)
            synchronise()
            gather_to(model, tape, adjoint.velocity, at.force, first, at.masses, lane)
        if wp.static(SENSES > 0):
            for part in range(PARTS):
                synchronise()
                for row in range(lane, at.count, wp.block_dim()):
                    to_senses(control, tape, at, row, part * DIMENSION)
                synchronise()
                gather_senses(model, tape, adjoint, at.force, first, at.masses, lane, part * DIMENSION)

    return pass_to_ends


def _build_to_ends(types: KernelTypes, sizes: RowSizes, Controller: Any, Places: Any) -> tuple[Any, Any]:
    """Return the functions that write what springs pass to the velocities of their ends, and to some senses of them."""
    rows, Tape = types.rows, types.Tape
    DIMENSION, ROW, SENSES = types.dimension, types.row, sizes.senses
    PASSED, FIRST = sizes.passed(types.dimension), types.dimension * sizes.rate
    load, store_coordinates = types.row_functions.load, types.row_functions.store_coordinates

    @wp.func(module=types.module, inline=True)
    def to_velocities(control: Controller, tape: Tape, at: Places, row: int):
        speeds = rows()
        for axis in range(DIMENSION):
            own = load(control.passed_rows, PASSED * at.start + axis * at.count + row)
            for entry in range(ROW):
                speeds[axis, entry] = own[entry]
        store_coordinates(tape.force, at.force + row * ROW * DIMENSION, -speeds)
        store_coordinates(tape.force, at.force + (at.count + row) * ROW * DIMENSION, speeds)

    @wp.func(module=types.module, inline=True)
    def to_senses(control: Controller, tape: Tape, at: Places, row: int, begin: int):
        """Write one sense on each axis, from the sense `begin` on."""
        first = rows()
        second = rows()
        for axis in range(DIMENSION):
            sense = wp.min(begin + axis, SENSES - 1)
            own = PASSED * at.start + (FIRST + 2 * sense) * at.count + row
            to_first = load(control.passed_rows, own)
            to_second = load(control.passed_rows, own + at.count)
            for entry in range(ROW):
                first[axis, entry] = to_first[entry]
                second[axis, entry] = to_second[entry]
        store_coordinates(tape.force, at.force + row * ROW * DIMENSION, second)
        store_coordinates(tape.force, at.force + (at.count + row) * ROW * DIMENSION, first)

    return to_velocities, to_senses


def _build_add_up_shared(types: KernelTypes, sizes: RowSizes, Controller: Any, Places: Any) -> Any:
    """Return the function that adds up the gradient of shared parameters over springs: a lane has whole parameters."""
    real, row_vector = types.real, types.row_vector
    ROW, LEARNED, SHARED, SUMMED, FIRST = types.row, sizes.learned, sizes.shared, sizes.summed, sizes.shared_sums
    load, store = types.row_functions.load, types.row_functions.store

    @wp.func(module=types.module, inline=True)
    def add_up_shared(control: Controller, at: Places, lane: int):
        if wp.static(SHARED > 0):
            synchronise()
            for number in range(lane, SHARED, wp.block_dim()):
                total = row_vector()
                for row in range(at.count):
                    total += load(control.sum_rows, SUMMED * at.start + (FIRST + number) * at.count + row)
                whole = real(0.0)
                for entry in range(ROW):
                    whole += total[entry]
                gradient = row_vector()
                gradient[0] = whole
                store(control.gradient_rows, at.gradient + LEARNED * at.count + number, gradient)

    return add_up_shared


def _build_staging(types: KernelTypes, sizes: RowSizes, Controller: Any) -> tuple[Any, Any]:
    """Return the functions that copy parameters and scratch into shared memory; nothing has to be copied back."""
    Constants, Model, copy_to_shared = types.Constants, types.Model, types.shared.copy_to_shared
    ROW, LEARNED, SHARED, CONSTANTS = types.row, sizes.learned, sizes.shared, sizes.constants
    PREPARED, SUMMED, PASSED = sizes.prepared, sizes.summed, sizes.passed(types.dimension)

    @wp.func(module=types.module, inline=True)
    def stage(constants: Constants, model: Model, control: Controller, world: int) -> Controller:
        staged = control
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        first = model.parameter_start[world] // ROW
        staged.parameter_rows = copy_to_shared(control.parameter_rows, first, LEARNED * count + SHARED)
        staged.constant_rows = copy_to_shared(control.constant_rows, CONSTANTS * start, CONSTANTS * count)
        staged.prepared_rows = copy_to_shared(control.prepared_rows, PREPARED * start, PREPARED * count)
        staged.sum_rows = copy_to_shared(control.sum_rows, SUMMED * start, SUMMED * count)
        staged.passed_rows = copy_to_shared(control.passed_rows, PASSED * start, PASSED * count)
        return staged

    @wp.func(module=types.module, inline=True)
    def save(constants: Constants, model: Model, staged: Controller, control: Controller, world: int):
        pass

    return stage, save
