"""One step of a world forwards: what both sweeps over time call."""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.actuation_queue import QueueFunctions
from codesign.sim.kernels.centre import build_centre
from codesign.sim.kernels.functions import ControllerFunctions, TerrainFunctions
from codesign.sim.kernels.lanes import synchronise
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.observation import ObservationFunctions
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.senses import SenseFunctions
from codesign.sim.kernels.terrain_query import short_loops
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.windows import build_awake, build_counting


@dataclass(frozen=True)
class StepFunctions:
    """Functions that both sweeps call."""

    advance_world: Any
    centre_of: Any
    load_state: Any
    effort_of: Any
    force_at: Any
    save_snapshot: Any
    commanded_strain: Any
    at_time: Any
    push_of_step: Any


def build_step(
    types: KernelTypes,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: ControllerFunctions,
    objective: Objective,
    observation: ObservationFunctions,
    senses: SenseFunctions,
    query_terrain: Any,
    noise_of: Any,
    queue: QueueFunctions,
    *,
    noisy: bool,
) -> StepFunctions:
    """Return one step of a world, and what it is made of."""
    real, vector, rows, row_vector = types.real, types.vector, types.rows, types.row_vector
    SENSES, sense = senses.count, senses.sense
    Sensed = wp.types.matrix((max(senses.count, 1), types.row), real)
    reals = wp.array(dtype=real)
    Constants, Model, Tape = types.Constants, types.Model, types.Tape
    Controller, Parameters, update = controller.Controller, objective.Parameters, objective.update
    observe, uses_effort = observation.observe, objective.uses("effort")
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    Patch, PATCH = terrain.Patch, terrain.Patch._length_
    (OUTER, MIDDLE, INNER), LAST = short_loops(PATCH), PATCH - 1
    spring_impulse, advance, act = physics.spring_impulse, physics.advance, controller.act
    DRIFT, TIMED = physics.uses_drift, physics.uses_time or senses.count > 0
    DELAYED, followed, followed_at = types.delayed, queue.followed, queue.followed_at
    counted, _episode_steps = build_counting(types)
    SETTLING = types.settling
    awake: Any = build_awake(types) if SETTLING else None
    MATERIALS, mean_by_mass = types.material_properties, build_centre(types).mean
    put_in_queue, load_queue, save_queue = queue.put, queue.load, queue.save
    functions = types.row_functions
    load, store_row, load_coordinates, store_coordinates = (
        functions.load,
        functions.store,
        functions.load_coordinates,
        functions.store_coordinates,
    )
    difference_of_ends, gather, total = functions.difference, functions.gather, functions.total

    @wp.func(module=module, inline=True)
    def centre_of(model: Model, tape: Tape, world: int, at: int) -> vector:
        if wp.static(MATERIALS):
            return mean_by_mass(model, tape.position, world, at)
        count = (model.mass_start[world + 1] - model.mass_start[world]) // ROW
        return total(tape.position, at, count) / real(model.masses[world])

    @wp.func(module=module, inline=True)
    def effort_of(model: Model, tape: Tape, world: int, at: int) -> real:
        start = model.spring_start[world] // ROW
        effort = real(0.0)
        for row in range(model.spring_start[world + 1] // ROW - start):
            actuation = wp.cw_mul(followed(tape, at + row), load(model.muscle, start + row))
            effort += wp.dot(actuation, actuation)
        return effort / real(model.springs[world])

    @wp.func(module=module, inline=True)
    def force_at(model: Model, world: int) -> int:
        """Return where the forces of a world start; behind those of its springs are some that stay zero."""
        return DIMENSION * (2 * model.spring_start[world] + ROW * world)

    @wp.func(module=module, inline=True)
    def at_time(constants: Constants, step: int) -> Constants:
        """Return the constants with the time of a step, which forces and senses may read."""
        now = constants
        now.time = real(counted(constants, step)) * constants.dt
        return now

    @wp.func(module=module, inline=True)
    def push_of_step(constants: Constants, step: int) -> Constants:
        """Return the constants with no push, unless it comes in this step."""
        now = constants
        if step != constants.push_step:
            now.push = vector()
        return now

    @wp.func(module=module, inline=True)
    def compute_senses(
        constants: Constants, model: Model, tape: Tape, ground: reals, world: int, lane: int, at: int, slot: int
    ):
        """Write what every mass senses at a step."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        own = SENSES * (start * constants.segment + slot * count)
        for row in range(lane, count, wp.block_dim()):
            positions = load_coordinates(tape.position, at + row * ROW * DIMENSION)
            velocities = load_coordinates(tape.velocity, at + row * ROW * DIMENSION)
            mask = load(model.mass_mask, start + row)
            patches = query_terrain(ground, positions)
            sensed = Sensed()
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
                values = sense(constants, patch, position, velocity)
                for kind in range(SENSES):
                    sensed[kind, entry] = values[kind] * mask[entry]
            for kind in range(SENSES):
                values_of_kind = row_vector()
                for entry in range(ROW):
                    values_of_kind[entry] = sensed[kind, entry]
                store_row(tape.sense_rows, own + kind * count + row, values_of_kind)

    @wp.func(module=module, inline=True)
    def commanded_strain(
        constants: Constants, swing: row_vector, actuation: row_vector, step: int, row: int
    ) -> row_vector:
        """Return by how much springs of a row are asked to change, with the noise of their motors."""
        if wp.static(SETTLING and noisy):
            noise = noise_of(constants, counted(constants, step), row * ROW)
            return awake(constants, step) * wp.cw_mul(swing, actuation + noise)
        if wp.static(SETTLING):
            return awake(constants, step) * wp.cw_mul(swing, actuation)
        if wp.static(noisy):
            return wp.cw_mul(swing, actuation + noise_of(constants, counted(constants, step), row * ROW))
        return wp.cw_mul(swing, actuation)

    @wp.func(module=module, inline=True)
    def apply_springs(
        constants: Constants, model: Model, tape: Tape, world: int, lane: int, at: int, actuation: int, step: int
    ):
        """Write the impulse of every spring on its ends, with both signs."""
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            rest = load(model.rest, start + row)
            stiffness = load(model.stiffness, start + row)
            actuated = followed(tape, actuation + row)
            strain = commanded_strain(constants, load(model.swing, start + row), actuated, step, row)
            difference = difference_of_ends(tape.position, at, model.first, model.second, start + row)
            drifts = rows()
            if wp.static(DRIFT):
                drifts = difference_of_ends(tape.velocity, at, model.first, model.second, start + row)
            if wp.static(MATERIALS):
                damping = load(model.damping, start + row)
                force_limit = load(model.force_limit, start + row)
            impulses = rows()
            for entry in range(ROW):
                along = vector()
                drift = vector()
                for axis in range(DIMENSION):
                    along[axis] = difference[axis, entry]
                    drift[axis] = drifts[axis, entry]
                if wp.static(MATERIALS):
                    impulse = spring_impulse(
                        constants,
                        along,
                        drift,
                        rest[entry],
                        stiffness[entry],
                        strain[entry],
                        damping[entry],
                        force_limit[entry],
                    )
                else:
                    impulse = spring_impulse(constants, along, drift, rest[entry], stiffness[entry], strain[entry])
                for axis in range(DIMENSION):
                    impulses[axis, entry] = impulse[axis]
            store_coordinates(tape.force, force + row * ROW * DIMENSION, impulses)
            store_coordinates(tape.force, force + (count + row) * ROW * DIMENSION, -impulses)

    @wp.func(module=module, inline=True)
    def integrate(
        constants: Constants,
        model: Model,
        tape: Tape,
        ground: reals,
        world: int,
        lane: int,
        at: int,
        impulse_at: int,
        push: vector,
    ):
        """Gather the impulses of every mass and take it through the step."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            own = row * ROW * DIMENSION
            first = model.incidence_start[start + row]
            last = model.incidence_start[start + row + 1]
            gathered = gather(tape.force, force, model.incidence, first, last)
            for axis in range(DIMENSION):
                for entry in range(ROW):
                    gathered[axis, entry] = gathered[axis, entry] + push[axis]
            if wp.static(MATERIALS):
                masses = load(model.mass, start + row)
            store_coordinates(tape.impulse, impulse_at + own, gathered)
            positions = load_coordinates(tape.position, at + own)
            velocities = load_coordinates(tape.velocity, at + own)
            patches = query_terrain(ground, positions)
            for entry in range(ROW):
                position = vector()
                velocity = vector()
                impulse = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                    velocity[axis] = velocities[axis, entry]
                    impulse[axis] = gathered[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                if wp.static(MATERIALS):
                    of_mass = constants
                    of_mass.per_mass = constants.per_mass / masses[entry]
                    moved = advance(of_mass, patch, position, velocity, impulse)
                else:
                    moved = advance(constants, patch, position, velocity, impulse)
                for axis in range(DIMENSION):
                    positions[axis, entry] = moved[axis]
                    velocities[axis, entry] = moved[DIMENSION + axis]
            mask = load_coordinates(model.mask, DIMENSION * start * ROW + own)
            after = at + own + DIMENSION * count * ROW
            store_coordinates(tape.position, after, wp.cw_mul(positions, mask))
            store_coordinates(tape.velocity, after, wp.cw_mul(velocities, mask))

    @wp.func(module=module, inline=True)
    def advance_world(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        ground: reals,
        parameters: Parameters,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        """Take a world from `slot` to the next one of its segment."""
        if wp.static(TIMED):
            constants = at_time(constants, step)
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        impulse_at = DIMENSION * (model.mass_start[world] * segment + slot * masses)
        actuation = followed_at(constants, model, world, slot)
        centre = centre_of(model, tape, world, at)
        if wp.static(SENSES > 0):
            compute_senses(constants, model, tape, ground, world, lane, at, slot)
            synchronise()
        act(constants, model, control, tape, world, lane, step, slot, centre)
        synchronise()
        if wp.static(DELAYED):
            put_in_queue(constants, model, tape, world, lane, slot)
            synchronise()
        effort = real(0.0)
        if wp.static(uses_effort):
            effort = effort_of(model, tape, world, actuation)
        seen = observe(constants, model, tape, ground, parameters, world, lane, at, step, centre, effort)
        if lane == 0:
            before = world * (segment + 1) + slot
            tape.task_state[before + 1] = update(tape.task_state[before], seen, parameters)
        apply_springs(constants, model, tape, world, lane, at, actuation, step)
        synchronise()
        push = vector()  # as an impulse; masses that differ get it as a velocity
        if wp.static(MATERIALS):
            constants = push_of_step(constants, step)
        elif step == constants.push_step:
            push = constants.push
        integrate(constants, model, tape, ground, world, lane, at, impulse_at, push)
        synchronise()

    @wp.func(module=module, inline=True)
    def load_state(constants: Constants, model: Model, tape: Tape, world: int, lane: int, snapshot: int, slot: int):
        """Put one of the world's snapshots into the first slot of the segment, or, if it is -1, the state in `slot`."""
        start = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - start
        first = start * (constants.segment + 1)
        kept = DIMENSION * tape.snapshot_mass_start[world] // ROW + snapshot * count
        for row in range(lane, count, wp.block_dim()):
            if snapshot < 0:
                store_row(tape.position_rows, first + row, load(tape.position_rows, first + slot * count + row))
                store_row(tape.velocity_rows, first + row, load(tape.velocity_rows, first + slot * count + row))
            else:
                store_row(tape.position_rows, first + row, load(tape.snapshot_position_rows, kept + row))
                store_row(tape.velocity_rows, first + row, load(tape.snapshot_velocity_rows, kept + row))
        if lane == 0:
            remembered = world * (constants.segment + 1)
            if snapshot < 0:
                tape.task_state[remembered] = tape.task_state[remembered + slot]
            else:
                tape.task_state[remembered] = tape.snapshot_task_state[tape.snapshot_start[world] + snapshot]
        if wp.static(DELAYED):
            load_queue(constants, model, tape, world, lane, snapshot)
        synchronise()

    @wp.func(module=module, inline=True)
    def save_snapshot(constants: Constants, model: Model, tape: Tape, world: int, lane: int, snapshot: int):
        """Keep the state at the end of the segment as one of the world's snapshots."""
        start = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - start
        last = start * (constants.segment + 1) + constants.segment * count
        kept = DIMENSION * tape.snapshot_mass_start[world] // ROW + snapshot * count
        for row in range(lane, count, wp.block_dim()):
            store_row(tape.snapshot_position_rows, kept + row, load(tape.position_rows, last + row))
            store_row(tape.snapshot_velocity_rows, kept + row, load(tape.velocity_rows, last + row))
        if lane == 0:
            remembered = world * (constants.segment + 1) + constants.segment
            tape.snapshot_task_state[tape.snapshot_start[world] + snapshot] = tape.task_state[remembered]
        if wp.static(DELAYED):
            save_queue(constants, model, tape, world, lane, snapshot)
        synchronise()

    return StepFunctions(
        advance_world,
        centre_of,
        load_state,
        effort_of,
        force_at,
        save_snapshot,
        commanded_strain,
        at_time,
        push_of_step,
    )
