"""The forward sweep: episodes from the first step to the last, with their losses."""

from typing import Any

import warp as wp

from codesign.sim.kernels.functions import ControllerFunctions
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.observation import ObservationFunctions
from codesign.sim.kernels.staging import Staging
from codesign.sim.kernels.step import StepFunctions
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.world_parameters import WorldParameterFunctions


def build_forward(
    types: KernelTypes,
    controller: ControllerFunctions,
    objective: Objective,
    observation: ObservationFunctions,
    world_parameters: WorldParameterFunctions,
    step_functions: StepFunctions,
    staging: Staging,
    record_locomotion: Any,
) -> Any:
    """Return the kernel that simulates episodes and writes losses and the last states of the task."""
    real, task_state = types.real, types.task_state
    Constants, Model, Tape, Plan = types.Constants, types.Model, types.Tape, types.Plan
    WorldParameters, reals = types.WorldParameters, wp.array(dtype=types.real)
    apply, ground_from, values_of = world_parameters.apply, world_parameters.ground_from, world_parameters.values_of
    Controller, Parameters = controller.Controller, objective.Parameters
    DIMENSION = types.dimension
    prepare, observe = controller.prepare, observation.observe
    update, evaluate = objective.update, objective.loss
    advance_world, centre_of, load_state, save_snapshot = (
        step_functions.advance_world,
        step_functions.centre_of,
        step_functions.load_state,
        step_functions.save_snapshot,
    )
    CLAIMED, begin, end = staging.claimed, staging.begin, staging.end
    stage_model, stage_tape, save_tape = staging.model, staging.tape, staging.save_tape
    stage_control, save_control = controller.stage, controller.save

    @wp.kernel(module=types.module, enable_backward=False)
    def forward(
        offset: int,
        order: wp.array(dtype=wp.int32),
        shared_constants: Constants,
        world_parameters: WorldParameters,
        model: Model,
        control: Controller,
        tape: Tape,
        plan: Plan,
        grounds: reals,
        all_parameters: wp.array(dtype=Parameters),
        loss: reals,
        final_state: wp.array(dtype=task_state),
        asked: wp.array(dtype=wp.int32),
        conduct: reals,
    ):
        block, lane = wp.tid()
        world = order[offset + block]
        constants = apply(shared_constants, world_parameters, world)
        ground = ground_from(grounds, world_parameters, world)
        parameters = values_of(all_parameters, world_parameters, world)
        segment = constants.segment
        first_part = plan.of_world[world] * plan.parts
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
                load_state(constants, model, tape, world, lane, 0, 0)
            elif slot == 0:
                snapshot = plan.keep[first_part + step // segment]
                if snapshot >= 0:
                    save_snapshot(constants, model, tape, world, lane, snapshot)
                load_state(constants, model, tape, world, lane, -1, segment)
            advance_world(constants, model, control, tape, ground, parameters, world, lane, step, slot)
            if asked[0] != 0:
                if lane == 0:
                    record_locomotion(constants, model, tape, ground, conduct, world, step, slot)
                synchronise()
        last = (constants.steps - 1) % segment + 1
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + last * masses)
        centre = centre_of(model, tape, world, at)
        seen = observe(constants, model, tape, ground, parameters, world, lane, at, constants.steps, centre, real(0.0))
        if lane == 0:
            state = update(tape.task_state[world * (segment + 1) + last], seen, parameters)
            final_state[world] = state
            result = evaluate(state, parameters)
            loss[world] = result[0]
        if wp.static(CLAIMED > 0):
            save_tape(tape, kept_tape, constants, model, world)
            save_control(constants, model, control, kept_control, world)
            synchronise()
            end(block_start)

    return forward
