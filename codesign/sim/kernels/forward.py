"""The forward sweep: episodes from the first step to the last, with their losses."""

from typing import Any

import warp as wp

from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions
from codesign.sim.kernels.staging import Staging
from codesign.sim.kernels.step import Sweep, synchronise
from codesign.sim.kernels.types import Dialect
from codesign.sim.kernels.world_parameters import SurroundingFunctions


def build_forward(
    dialect: Dialect,
    controller: ControllerFunctions,
    task: TaskFunctions,
    surroundings: SurroundingFunctions,
    sweep: Sweep,
    staging: Staging,
    write_down: Any,
) -> Any:
    """Return the kernel that simulates episodes and writes loss and final memory."""
    real, recall = dialect.real, dialect.recall
    Constants, Model, Tape, Plan = dialect.Constants, dialect.Model, dialect.Tape, dialect.Plan
    Surroundings, reals = dialect.Surroundings, wp.array(dtype=dialect.real)
    apply, ground_from, values_of = surroundings.apply, surroundings.ground_from, surroundings.values_of
    Controller, Values = controller.Controller, task.Values
    DIMENSION = dialect.dimension
    prepare, observe, evaluate = controller.prepare, task.observe, task.loss
    advance_world, centre_of, copy_state, keep = sweep.advance_world, sweep.centre_of, sweep.copy_state, sweep.keep
    CLAIMED, begin, end = staging.claimed, staging.begin, staging.end
    stage_model, stage_tape, save_tape = staging.model, staging.tape, staging.save_tape
    stage_control, save_control = controller.stage, controller.save

    @wp.kernel(module=dialect.module, enable_backward=False)
    def forward(
        offset: int,
        order: wp.array(dtype=wp.int32),
        shared_constants: Constants,
        surroundings: Surroundings,
        model: Model,
        control: Controller,
        tape: Tape,
        plan: Plan,
        grounds: reals,
        all_values: wp.array(dtype=Values),
        loss: reals,
        final_memory: wp.array(dtype=recall),
        asked: wp.array(dtype=wp.int32),
        conduct: reals,
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
            kept_tape = tape
            kept_control = control
            control = stage_control(constants, model, control, world)
            tape = stage_tape(tape, constants, model, world)
            model = stage_model(model, world)
            synchronise()
        prepare(constants, model, control, tape, world, lane)
        synchronise()
        for step in range(constants.steps):
            slot = step % segment
            if step == 0:
                copy_state(constants, model, tape, world, lane, 0, 0)
            elif slot == 0:
                place = plan.keep[step // segment]
                if place >= 0:
                    keep(constants, model, tape, world, lane, place)
                copy_state(constants, model, tape, world, lane, -1, segment)
            advance_world(constants, model, control, tape, ground, values, world, lane, step, slot)
            if asked[0] != 0:
                if lane == 0:
                    write_down(constants, model, tape, ground, conduct, world, step, slot)
                synchronise()
        if lane == 0:
            last = (constants.steps - 1) % segment + 1
            masses = model.mass_start[world + 1] - model.mass_start[world]
            at = DIMENSION * (model.mass_start[world] * (segment + 1) + last * masses)
            remembered = tape.memory[world * (segment + 1) + last]
            centre = centre_of(model, tape, world, at)
            memory = observe(values, remembered, constants.steps, constants.steps, centre, real(0.0))
            final_memory[world] = memory
            result = evaluate(values, memory)
            loss[world] = result[0]
        if wp.static(CLAIMED > 0):
            save_tape(tape, kept_tape, constants, model, world)
            save_control(constants, model, control, kept_control, world)
            synchronise()
            end(block_start)

    return forward
