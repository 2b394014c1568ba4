"""One step of a world backwards: the adjoint of what `step` does."""

from typing import Any

import warp as wp

from codesign.sim.kernels.actuation_queue import QueueFunctions
from codesign.sim.kernels.centre import build_centre
from codesign.sim.kernels.drift_adjoint import build_drift_adjoint
from codesign.sim.kernels.functions import ControllerFunctions, TerrainFunctions
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.observation import ObservationFunctions
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.senses import SenseFunctions
from codesign.sim.kernels.step import StepFunctions
from codesign.sim.kernels.terrain_query import short_loops
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.windows import build_add_given, build_awake


def build_step_adjoint(
    types: KernelTypes,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: ControllerFunctions,
    objective: Objective,
    observation: ObservationFunctions,
    senses: SenseFunctions,
    query_terrain: Any,
    step_functions: StepFunctions,
    queue: QueueFunctions,
    *,
    physical_gradients: bool,
) -> Any:
    """Return the function that carries the adjoint of a world from after a step to before it."""
    real, vector, row_vector, rows = types.real, types.vector, types.row_vector, types.rows
    reals = wp.array(dtype=real)
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    SENSES, Cotangent, sense_product = senses.count, senses.Sensed, senses.product
    Controller, Parameters, uses_effort = controller.Controller, objective.Parameters, objective.uses("effort")
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    join = types.join
    Patch = terrain.Patch
    (OUTER, MIDDLE, INNER), LAST = short_loops(Patch._length_), Patch._length_ - 1
    spring_product, advance_product = physics.spring_product, physics.advance_product
    update_product, observe, observe_adjoint = objective.update_product, observation.observe, observation.adjoint
    touching_adjoint, own_adjoint, scalar = observation.touching_adjoint, observation.own_adjoint, types.scalar
    visits_masses, per_mass, per_effort_of = observation.visits_masses, observation.per_mass, observation.per_effort
    control_reverse = controller.reverse
    centre_of, effort_of, force_at, commanded_strain = (
        step_functions.centre_of,
        step_functions.effort_of,
        step_functions.force_at,
        step_functions.commanded_strain,
    )
    at_time, push_of_step = step_functions.at_time, step_functions.push_of_step
    MATERIALS, CENTRE, by_mass = types.material_properties, objective.uses("centre"), build_centre(types)
    pass_on, pass_to_masses = by_mass.pass_on, by_mass.pass_to_masses
    DRIFT, TIMED = physics.uses_drift, physics.uses_time or senses.count > 0
    drift_adjoint, gather_drift = build_drift_adjoint(types, physics, step_functions, queue)
    DELAYED, followed, followed_at, pass_back = types.delayed, queue.followed, queue.followed_at, queue.pass_back
    WINDOWED, add_given = types.windowed, build_add_given(types)
    SETTLING = types.settling
    awake: Any = build_awake(types) if SETTLING else None
    functions = types.row_functions
    load, store_row, load_coordinates, store_coordinates = (
        functions.load,
        functions.store,
        functions.load_coordinates,
        functions.store_coordinates,
    )
    difference_of_ends, gather = functions.difference, functions.gather

    @wp.func(module=module, inline=True)
    def integrate_adjoint(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        world: int,
        lane: int,
        at: int,
        impulse_at: int,
    ):
        """Carry the adjoint of every mass from after the step to before it, and to the impulse on it."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            own = row * ROW * DIMENSION
            base = DIMENSION * start * ROW + own
            positions = load_coordinates(tape.position, at + own)
            velocities = load_coordinates(tape.velocity, at + own)
            impulses = load_coordinates(tape.impulse, impulse_at + own)
            mask = load_coordinates(model.mask, base)
            after_positions = wp.cw_mul(load_coordinates(adjoint.position, base), mask)
            after_velocities = wp.cw_mul(load_coordinates(adjoint.velocity, base), mask)
            patches = query_terrain(ground, positions)
            if wp.static(MATERIALS):
                masses = load(model.mass, start + row)
                d_masses = row_vector()
            for entry in range(ROW):
                position = vector()
                velocity = vector()
                impulse = vector()
                after_position = vector()
                after_velocity = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                    velocity[axis] = velocities[axis, entry]
                    impulse[axis] = impulses[axis, entry]
                    after_position[axis] = after_positions[axis, entry]
                    after_velocity[axis] = after_velocities[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                if wp.static(MATERIALS):
                    of_mass = constants
                    of_mass.per_mass = constants.per_mass / masses[entry]
                    d_constants, _patch, d_position, d_velocity, d_impulse, _cotangent = wp.grad(advance_product)(
                        of_mass,
                        patch,
                        position,
                        velocity,
                        impulse,
                        join(after_position, after_velocity),
                    )
                    d_masses[entry] = -d_constants.per_mass * of_mass.per_mass / masses[entry]
                else:
                    _constants, _patch, d_position, d_velocity, d_impulse, _cotangent = wp.grad(advance_product)(
                        constants,
                        patch,
                        position,
                        velocity,
                        impulse,
                        join(after_position, after_velocity),
                    )
                for axis in range(DIMENSION):
                    after_positions[axis, entry] = d_position[axis]
                    after_velocities[axis, entry] = d_velocity[axis]
                    impulses[axis, entry] = d_impulse[axis]
            store_coordinates(adjoint.position, base, after_positions)
            store_coordinates(adjoint.velocity, base, after_velocities)
            store_coordinates(adjoint.impulse, base, impulses)
            if wp.static(MATERIALS and physical_gradients):
                store_row(adjoint.mass_rows, start + row, load(adjoint.mass_rows, start + row) + d_masses)

    @wp.func(module=module, inline=True)
    def spring_adjoint(  # noqa: PLR0912 - one for each thing that a configuration may have
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        actuation: int,
        per_effort: real,
        step: int,
    ):
        """Carry the adjoint of the impulses to the ends of every spring and to its actuation."""
        base = DIMENSION * model.mass_start[world]
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            rest = load(model.rest, start + row)
            stiffness = load(model.stiffness, start + row)
            swing = load(model.swing, start + row)
            actuated = followed(tape, actuation + row)
            strain = commanded_strain(constants, swing, actuated, step, row)
            ends = rows()
            d_strains = row_vector()
            d_rests = row_vector()
            d_stiffnesses = row_vector()
            difference = difference_of_ends(tape.position, at, model.first, model.second, start + row)
            d_difference = difference_of_ends(adjoint.impulse, base, model.second, model.first, start + row)
            drifts = rows()
            if wp.static(DRIFT):
                drifts = difference_of_ends(tape.velocity, at, model.first, model.second, start + row)
            if wp.static(MATERIALS):
                damping = load(model.damping, start + row)
                force_limit = load(model.force_limit, start + row)
                d_dampings = row_vector()
                d_limits = row_vector()
            for entry in range(ROW):
                along = vector()
                drift = vector()
                cotangent = vector()
                for axis in range(DIMENSION):
                    along[axis] = difference[axis, entry]
                    drift[axis] = drifts[axis, entry]
                    cotangent[axis] = d_difference[axis, entry]
                if wp.static(MATERIALS):
                    _constants, d_along, _drift, d_rest, d_stiffness, d_strain, d_damping, d_limit, _cotangent = (
                        wp.grad(spring_product)(
                            constants,
                            along,
                            drift,
                            rest[entry],
                            stiffness[entry],
                            strain[entry],
                            damping[entry],
                            force_limit[entry],
                            cotangent,
                        )
                    )
                    d_dampings[entry] = d_damping
                    d_limits[entry] = d_limit
                else:
                    _constants, d_along, _drift, d_rest, d_stiffness, d_strain, _cotangent = wp.grad(spring_product)(
                        constants, along, drift, rest[entry], stiffness[entry], strain[entry], cotangent
                    )
                for axis in range(DIMENSION):
                    ends[axis, entry] = d_along[axis]
                d_strains[entry] = d_strain
                d_rests[entry] = d_rest
                d_stiffnesses[entry] = d_stiffness
            d_actuation = wp.cw_mul(d_strains, swing)
            if wp.static(SETTLING):
                d_actuation = awake(constants, step) * d_actuation
            if wp.static(uses_effort):
                d_actuation += wp.cw_mul(actuated, load(model.muscle, start + row)) * (real(2.0) * per_effort)
            if wp.static(DELAYED):
                d_actuation = pass_back(constants, adjoint, start, count, row, step, d_actuation)
            store_row(adjoint.actuation_rows, start + row, d_actuation)
            store_coordinates(tape.force, force + row * ROW * DIMENSION, -ends)
            store_coordinates(tape.force, force + (count + row) * ROW * DIMENSION, ends)
            if wp.static(physical_gradients):
                store_row(adjoint.rest_rows, start + row, load(adjoint.rest_rows, start + row) + d_rests)
                passed = load(adjoint.stiffness_rows, start + row) + d_stiffnesses
                store_row(adjoint.stiffness_rows, start + row, passed)
                per_swing = commanded_strain(constants, row_vector(real(1.0)), actuated, step, row)
                moved = load(adjoint.swing_rows, start + row) + wp.cw_mul(d_strains, per_swing)
                store_row(adjoint.swing_rows, start + row, moved)
                if wp.static(MATERIALS):
                    store_row(adjoint.damping_rows, start + row, load(adjoint.damping_rows, start + row) + d_dampings)
                    limited = load(adjoint.force_limit_rows, start + row) + d_limits
                    store_row(adjoint.force_limit_rows, start + row, limited)

    @wp.func(module=module, inline=True)
    def gather_adjoint(model: Model, tape: Tape, adjoint: Adjoint, world: int, lane: int, per_centre: vector):
        """Add to every mass what its springs and the centre of the body pass on."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            at = DIMENSION * (start + row) * ROW
            first = model.incidence_start[start + row]
            last = model.incidence_start[start + row + 1]
            passed = load_coordinates(adjoint.position, at) + gather(tape.force, force, model.incidence, first, last)
            if wp.static(not MATERIALS):
                for axis in range(DIMENSION):
                    for entry in range(ROW):
                        passed[axis, entry] = passed[axis, entry] + per_centre[axis]
            store_coordinates(adjoint.position, at, passed)

    @wp.func(module=module, inline=True)
    def sense_adjoint(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        world: int,
        lane: int,
        at: int,
    ):
        """Carry the adjoint of what masses sense to where they are and how they move."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            base = DIMENSION * (start + row) * ROW
            positions = load_coordinates(tape.position, at + row * ROW * DIMENSION)
            velocities = load_coordinates(tape.velocity, at + row * ROW * DIMENSION)
            passed = load_coordinates(adjoint.position, base)
            passed_velocity = load_coordinates(adjoint.velocity, base)
            mask = load(model.mass_mask, start + row)
            patches = query_terrain(ground, positions)
            for entry in range(ROW):
                position = vector()
                velocity = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                    velocity[axis] = velocities[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                cotangent = Cotangent()
                for kind in range(SENSES):
                    own = load(adjoint.sense_rows, SENSES * start + kind * count + row)
                    cotangent[kind] = own[entry] * mask[entry]
                _constants, _patch, d_position, d_velocity, _cotangent = wp.grad(sense_product)(
                    constants, patch, position, velocity, cotangent
                )
                for axis in range(DIMENSION):
                    passed[axis, entry] = passed[axis, entry] + d_position[axis]
                    passed_velocity[axis, entry] = passed_velocity[axis, entry] + d_velocity[axis]
            store_coordinates(adjoint.position, base, passed)
            store_coordinates(adjoint.velocity, base, passed_velocity)

    @wp.func(module=module, inline=True)
    def step_adjoint(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        parameters: Parameters,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        """Carry the adjoint of a world from the slot after `slot` to it."""
        if wp.static(TIMED):
            constants = at_time(constants, step)
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        impulse_at = DIMENSION * (model.mass_start[world] * segment + slot * masses)
        actuation = followed_at(constants, model, world, slot)
        centre = centre_of(model, tape, world, at)
        effort = real(0.0)
        if wp.static(uses_effort):
            effort = effort_of(model, tape, world, actuation)
        seen = observe(constants, model, tape, ground, parameters, world, lane, at, step, centre, effort)
        d_state, d_seen, _parameters, _cotangent = wp.grad(update_product)(
            tape.task_state[world * (segment + 1) + slot], seen, parameters, adjoint.task_state[world]
        )
        if wp.static(MATERIALS):
            constants = push_of_step(constants, step)
        integrate_adjoint(constants, model, tape, adjoint, ground, world, lane, at, impulse_at)
        synchronise()
        if lane == 0:
            adjoint.task_state[world] = d_state
        per_effort = per_effort_of(d_seen) / real(model.springs[world])
        spring_adjoint(constants, model, tape, adjoint, world, lane, at, actuation, per_effort, step)
        synchronise()
        gather_adjoint(model, tape, adjoint, world, lane, per_mass(d_seen, model.masses[world]))
        if wp.static(MATERIALS and CENTRE):
            pass_on(model, adjoint.position, world, lane, DIMENSION * model.mass_start[world], d_seen.centre)
            pass_to_masses(model, adjoint, tape.position, world, lane, at, centre, d_seen.centre)
        if wp.static(DRIFT):
            synchronise()
            drift_adjoint(constants, model, tape, adjoint, world, lane, at, actuation, step)
            synchronise()
            gather_drift(model, tape, adjoint, world, lane)
        if wp.static(visits_masses):
            observe_adjoint(constants, model, tape, adjoint, world, lane, at, step, centre, seen, d_seen)
        if wp.static(touching_adjoint is not None):
            d_share = scalar(d_seen.contact_share)
            touching_adjoint(model, tape, adjoint, ground, parameters, world, lane, at, d_share)
        if wp.static(own_adjoint is not None):
            own_adjoint(model, tape, adjoint, ground, parameters, world, lane, at, d_seen.means)
        control_reverse(constants, model, control, tape, adjoint, world, lane, step, slot)
        synchronise()
        if wp.static(SENSES > 0):
            sense_adjoint(constants, model, tape, adjoint, ground, world, lane, at)
            synchronise()
        if wp.static(WINDOWED):
            add_given(model, adjoint, world, lane, at)
            synchronise()

    return step_adjoint
