"""The reverse sweep: an episode backwards, segment by segment, each computed again before it is differentiated."""

from typing import Any

import warp as wp

from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions
from codesign.sim.kernels.staging import Staging
from codesign.sim.kernels.step import Sweep, synchronise
from codesign.sim.kernels.types import Dialect
from codesign.sim.kernels.world_parameters import SurroundingFunctions


def build_reverse(
    dialect: Dialect,
    controller: ControllerFunctions,
    task: TaskFunctions,
    surroundings: SurroundingFunctions,
    sweep: Sweep,
    step_back: Any,
    staging: Staging,
    *,
    physical_gradients: bool,
) -> Any:
    """Return the kernel that goes through episodes backwards and writes the gradient."""
    real, vector, numbers, rows = dialect.real, dialect.vector, dialect.numbers, dialect.rows
    reals = wp.array(dtype=real)
    Constants, Model, Tape, Adjoint = dialect.Constants, dialect.Model, dialect.Tape, dialect.Adjoint
    Plan, Surroundings = dialect.Plan, dialect.Surroundings
    apply, ground_from, values_of = surroundings.apply, surroundings.ground_from, surroundings.values_of
    Controller, Values = controller.Controller, task.Values
    DIMENSION, ROW, module = dialect.dimension, dialect.row, dialect.module
    final_loss = _final_loss(dialect, task)
    prepare, accumulate = controller.prepare, controller.accumulate
    CLAIMED, begin, end, stage_control = staging.claimed, staging.begin, staging.end, controller.stage
    stage_model, stage_tape, stage_adjoint = staging.model, staging.tape, staging.adjoint
    save_adjoint = staging.save_adjoint
    advance_world, centre_of, copy_state, keep = sweep.advance_world, sweep.centre_of, sweep.copy_state, sweep.keep
    take, put = dialect.row_functions.take, dialect.row_functions.put

    @wp.func(module=module, inline=True)
    def clear(model: Model, adjoint: Adjoint, world: int, lane: int, per_centre: vector):
        """Start the adjoint of a world: the loss depends on the last state through the centre alone."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            at = DIMENSION * (start + row) * ROW
            passed = take(model.present, at)
            for axis in range(DIMENSION):
                for entry in range(ROW):
                    passed[axis, entry] = passed[axis, entry] * per_centre[axis]
            put(adjoint.position, at, passed)
            put(adjoint.velocity, at, rows())
        if wp.static(physical_gradients):
            for row in range(
                model.spring_start[world] // ROW + lane, model.spring_start[world + 1] // ROW, wp.block_dim()
            ):
                adjoint.rest_rows[row] = numbers()
                adjoint.stiffness_rows[row] = numbers()

    @wp.func(module=module, inline=True)
    def start_back(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        values: Values,
        world: int,
        lane: int,
        slot: int,
    ):
        """Start the adjoint at the final state, which is in `slot`."""
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        centre = centre_of(model, tape, world, at)
        memory = tape.memory[world * (segment + 1) + slot]
        _values, d_memory, _steps, d_centre = wp.grad(final_loss)(values, memory, constants.steps, centre)
        if lane == 0:
            adjoint.memory[world] = d_memory
        clear(model, adjoint, world, lane, d_centre / real(model.masses[world]))
        synchronise()

    @wp.kernel(module=module, enable_backward=False)
    def reverse(
        offset: int,
        order: wp.array(dtype=wp.int32),
        shared_constants: Constants,
        surroundings: Surroundings,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        plan: Plan,
        grounds: reals,
        all_values: wp.array(dtype=Values),
    ):
        block, lane = wp.tid()
        world = order[offset + block]
        constants = apply(shared_constants, surroundings, world)
        ground = ground_from(grounds, surroundings, world)
        values = values_of(all_values, surroundings, world)
        segment = constants.segment
        if wp.static(CLAIMED > 0):
            _claimed = wp.tile_empty(shape=CLAIMED, dtype=wp.uint8, storage="shared")
            block_start = begin()
            kept_adjoint = adjoint
            control = stage_control(constants, model, control, world)
            tape = stage_tape(tape, constants, model, world)
            adjoint = stage_adjoint(adjoint, model, world)
            model = stage_model(model, world)
            synchronise()
        prepare(constants, model, control, tape, world, lane)
        synchronise()
        for action in range(plan.count):
            place = plan.actions[4 * action]
            first = plan.actions[4 * action + 1]
            last = plan.actions[4 * action + 2]
            target = plan.actions[4 * action + 3]
            for part in range(first, last + 1):
                if part > first:
                    copy_state(constants, model, tape, world, lane, -1, segment)
                else:
                    copy_state(constants, model, tape, world, lane, place, 0)
                for slot in range(wp.min(segment, constants.steps - part * segment)):
                    advance_world(
                        constants, model, control, tape, ground, values, world, lane, part * segment + slot, slot
                    )
            if target >= 0:
                keep(constants, model, tape, world, lane, target)
            else:
                count = wp.min(segment, constants.steps - last * segment)
                if action == 0:  # the forward sweep has left the last segment in the tape
                    start_back(constants, model, tape, adjoint, values, world, lane, count)
                for back in range(count):
                    slot = count - 1 - back
                    step_back(
                        constants,
                        model,
                        control,
                        tape,
                        adjoint,
                        ground,
                        values,
                        world,
                        lane,
                        last * segment + slot,
                        slot,
                    )
                accumulate(constants, model, control, tape, adjoint, world, lane, last * segment, count)
                synchronise()
        if wp.static(CLAIMED > 0):
            save_adjoint(adjoint, kept_adjoint, model, world)
            synchronise()
            end(block_start)

    return reverse


def _final_loss(dialect: Dialect, task: TaskFunctions) -> Any:
    """Return the loss as a function of the last memory and centre."""
    real, vector, scalar, recall = dialect.real, dialect.vector, dialect.scalar, dialect.recall
    Values, observe, loss = task.Values, task.observe, task.loss

    @wp.func(module=dialect.module, inline=True)
    def final_loss(values: Values, memory: recall, steps: int, centre: vector) -> scalar:
        return loss(values, observe(values, memory, steps, steps, centre, real(0.0)))

    return final_loss
