"""The reverse sweep: an episode backwards, segment by segment, each computed again before it is differentiated."""

from typing import Any

import warp as wp

from codesign.sim.kernels.actuation_queue import QueueFunctions
from codesign.sim.kernels.centre import build_centre
from codesign.sim.kernels.functions import ControllerFunctions
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.observation import ObservationFunctions
from codesign.sim.kernels.staging import Staging
from codesign.sim.kernels.step import StepFunctions
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.windows import build_add_given
from codesign.sim.kernels.world_parameters import WorldParameterFunctions


def build_reverse(
    types: KernelTypes,
    controller: ControllerFunctions,
    objective: Objective,
    observation: ObservationFunctions,
    world_parameters: WorldParameterFunctions,
    step_functions: StepFunctions,
    step_adjoint: Any,
    staging: Staging,
    queue: QueueFunctions,
    *,
    physical_gradients: bool,
) -> Any:
    """Return the kernel that goes through episodes backwards and writes the gradient."""
    real, vector, row_vector, rows = types.real, types.vector, types.row_vector, types.rows
    reals = wp.array(dtype=real)
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    Plan, WorldParameters = types.Plan, types.WorldParameters
    apply, ground_from, values_of = world_parameters.apply, world_parameters.ground_from, world_parameters.values_of
    Controller, Parameters = controller.Controller, objective.Parameters
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    final_loss, observe, observe_adjoint = objective.final_loss, observation.observe, observation.adjoint
    touching_adjoint, own_adjoint, scalar = observation.touching_adjoint, observation.own_adjoint, types.scalar
    visits_masses, per_mass = observation.visits_masses, observation.per_mass
    prepare, accumulate = controller.prepare, controller.accumulate
    CLAIMED, begin, end, stage_control = staging.claimed, staging.begin, staging.end, controller.stage
    stage_model, stage_tape, stage_adjoint = staging.model, staging.tape, staging.adjoint
    save_adjoint = staging.save_adjoint
    advance_world, centre_of, load_state, save_snapshot = (
        step_functions.advance_world,
        step_functions.centre_of,
        step_functions.load_state,
        step_functions.save_snapshot,
    )
    load_coordinates, store_coordinates = types.row_functions.load_coordinates, types.row_functions.store_coordinates
    DELAYED, clear_queue = types.delayed, queue.clear
    WINDOWED, add_given, final_product = types.windowed, build_add_given(types), objective.final_product
    MATERIALS, CENTRE, by_mass = types.material_properties, objective.uses("centre"), build_centre(types)
    pass_on, pass_to_masses = by_mass.pass_on, by_mass.pass_to_masses

    @wp.func(module=module, inline=True)
    def clear(model: Model, adjoint: Adjoint, world: int, lane: int, per_centre: vector):
        """Start the adjoint of a world with what every mass gets through the centre."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            at = DIMENSION * (start + row) * ROW
            if wp.static(MATERIALS):
                passed = rows()
            else:
                passed = load_coordinates(model.mask, at)
                for axis in range(DIMENSION):
                    for entry in range(ROW):
                        passed[axis, entry] = passed[axis, entry] * per_centre[axis]
            store_coordinates(adjoint.position, at, passed)
            store_coordinates(adjoint.velocity, at, rows())
        if wp.static(physical_gradients):
            for row in range(
                model.spring_start[world] // ROW + lane, model.spring_start[world + 1] // ROW, wp.block_dim()
            ):
                adjoint.rest_rows[row] = row_vector()
                adjoint.stiffness_rows[row] = row_vector()
                adjoint.swing_rows[row] = row_vector()
                if wp.static(MATERIALS):
                    adjoint.damping_rows[row] = row_vector()
                    adjoint.force_limit_rows[row] = row_vector()
            if wp.static(MATERIALS):
                for row in range(lane, count, wp.block_dim()):
                    adjoint.mass_rows[start + row] = row_vector()

    @wp.func(module=module, inline=True)
    def start_back(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        parameters: Parameters,
        world: int,
        lane: int,
        slot: int,
    ):
        """Start the adjoint at the final state, which is in `slot`."""
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        centre = centre_of(model, tape, world, at)
        steps = constants.steps
        seen = observe(constants, model, tape, ground, parameters, world, lane, at, steps, centre, real(0.0))
        state = tape.task_state[world * (segment + 1) + slot]
        if wp.static(WINDOWED):
            weight = adjoint.given_loss[world]
            d_state, d_seen, _parameters, _weight = wp.grad(final_product)(state, seen, parameters, weight)
            d_state += adjoint.given_task_state[world]
        else:
            d_state, d_seen, _parameters = wp.grad(final_loss)(state, seen, parameters)
        if lane == 0:
            adjoint.task_state[world] = d_state
        clear(model, adjoint, world, lane, per_mass(d_seen, model.masses[world]))
        if wp.static(MATERIALS and CENTRE):
            pass_on(model, adjoint.position, world, lane, DIMENSION * model.mass_start[world], d_seen.centre)
            pass_to_masses(model, adjoint, tape.position, world, lane, at, centre, d_seen.centre)
        if wp.static(DELAYED):
            clear_queue(constants, model, adjoint, world, lane)
        if wp.static(visits_masses):
            observe_adjoint(constants, model, tape, adjoint, world, lane, at, steps, centre, seen, d_seen)
        if wp.static(touching_adjoint is not None):
            d_share = scalar(d_seen.contact_share)
            touching_adjoint(model, tape, adjoint, ground, parameters, world, lane, at, d_share)
        if wp.static(own_adjoint is not None):
            own_adjoint(model, tape, adjoint, ground, parameters, world, lane, at, d_seen.means)
        if wp.static(WINDOWED):
            add_given(model, adjoint, world, lane, at)
        synchronise()

    @wp.kernel(module=module, enable_backward=False)
    def reverse(
        offset: int,
        order: wp.array(dtype=wp.int32),
        shared_constants: Constants,
        world_parameters: WorldParameters,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        plan: Plan,
        grounds: reals,
        all_parameters: wp.array(dtype=Parameters),
    ):
        block, lane = wp.tid()
        world = order[offset + block]
        constants = apply(shared_constants, world_parameters, world)
        ground = ground_from(grounds, world_parameters, world)
        parameters = values_of(all_parameters, world_parameters, world)
        segment = constants.segment
        first_action = plan.action_start[plan.of_world[world]]
        last_action = plan.action_start[plan.of_world[world] + 1]
        if wp.static(CLAIMED > 0):
            _claimed = wp.tile_empty(shape=CLAIMED, dtype=wp.uint8, storage="shared")
            block_start = begin()
            kept_adjoint = adjoint
            control = stage_control(constants, model, control, world)
            tape = stage_tape(tape, constants, model, world)
            adjoint = stage_adjoint(adjoint, constants, model, world)
            model = stage_model(model, world)
            synchronise()
        prepare(constants, model, control, tape, world, lane)
        synchronise()
        for action in range(first_action, last_action):
            snapshot = plan.actions[4 * action]
            first = plan.actions[4 * action + 1]
            last = plan.actions[4 * action + 2]
            target = plan.actions[4 * action + 3]
            for part in range(first, last + 1):
                if part > first:
                    load_state(constants, model, tape, world, lane, -1, segment)
                else:
                    load_state(constants, model, tape, world, lane, snapshot, 0)
                for slot in range(wp.min(segment, constants.steps - part * segment)):
                    advance_world(
                        constants, model, control, tape, ground, parameters, world, lane, part * segment + slot, slot
                    )
            if target >= 0:
                save_snapshot(constants, model, tape, world, lane, target)
            else:
                count = wp.min(segment, constants.steps - last * segment)
                if action == first_action:  # the forward sweep has left the last segment in the tape
                    start_back(constants, model, tape, adjoint, ground, parameters, world, lane, count)
                for back in range(count):
                    slot = count - 1 - back
                    step_adjoint(
                        constants,
                        model,
                        control,
                        tape,
                        adjoint,
                        ground,
                        parameters,
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
