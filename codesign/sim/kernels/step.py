"""One step of a world forwards: what both sweeps over time call."""

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.senses import SenseFunctions
from codesign.sim.kernels.types import Dialect


@wp.func_native("WP_TILE_SYNC();")
def synchronise() -> None:
    """Wait for all lanes of the block."""


@dataclass(frozen=True)
class Sweep:
    """Functions that both sweeps call."""

    advance_world: Any
    centre_of: Any
    copy_state: Any
    effort_of: Any
    force_at: Any
    keep: Any
    stretch_of: Any
    survey: Any


def short_loops(count: int) -> tuple[int, int, int]:
    """Return lengths of three nested loops, short enough for Warp to write them out, that count at least so far."""
    lengths = product((1, 2, 3), repeat=3)
    return min((each for each in lengths if math.prod(each) >= count), key=math.prod)


def build_sweep(
    dialect: Dialect,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: ControllerFunctions,
    task: TaskFunctions,
    senses: SenseFunctions,
    noise_of: Any,
    *,
    uses_effort: bool,
    noisy: bool,
) -> Sweep:
    """Return one step of a world, and what it is made of."""
    real, vector, rows, numbers = dialect.real, dialect.vector, dialect.rows, dialect.numbers
    SENSES, sense = senses.count, senses.sense
    Sensed = wp.types.matrix((max(senses.count, 1), dialect.row), real)
    reals = wp.array(dtype=real)
    Constants, Model, Tape = dialect.Constants, dialect.Model, dialect.Tape
    Controller, Values, observe = controller.Controller, task.Values, task.observe
    DIMENSION, ROW, module = dialect.dimension, dialect.row, dialect.module
    Patch, PATCH = terrain.Patch, terrain.Patch._length_
    (OUTER, MIDDLE, INNER), LAST = short_loops(PATCH), PATCH - 1
    Patches = wp.types.matrix((PATCH, ROW), real)
    spring_impulse, advance, locate, act = physics.spring_impulse, physics.advance, terrain.locate, controller.act
    functions = dialect.row_functions
    load, store_row, take, put = functions.load, functions.store, functions.take, functions.put
    difference_of, gather, total = functions.difference, functions.gather, functions.total

    @wp.func(module=module, inline=True)
    def centre_of(model: Model, tape: Tape, world: int, at: int) -> vector:
        count = (model.mass_start[world + 1] - model.mass_start[world]) // ROW
        return total(tape.position, at, count) / real(model.masses[world])

    @wp.func(module=module, inline=True)
    def effort_of(model: Model, tape: Tape, world: int, at: int) -> real:
        start = model.spring_start[world] // ROW
        effort = real(0.0)
        for row in range(model.spring_start[world + 1] // ROW - start):
            actuation = wp.cw_mul(load(tape.actuation_rows, at + row), load(model.muscle, start + row))
            effort += wp.dot(actuation, actuation)
        return effort / real(model.springs[world])

    @wp.func(module=module, inline=True)
    def survey(ground: reals, positions: rows) -> Patches:
        """Find the ground around a row of masses, apart from their physics: the search would keep those scalar.

        Patches are put in and taken out in short loops, which Warp writes out: a longer loop inside that over a row
        keeps the row scalar, and so does a function that takes the whole row by value.
        """
        patches = Patches()
        for entry in range(ROW):
            position = vector()
            for axis in range(DIMENSION):
                position[axis] = positions[axis, entry]
            patch = locate(ground, position)
            for i in range(OUTER):
                for j in range(MIDDLE):
                    for k in range(INNER):
                        number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                        patches[number, entry] = patch[number]
        return patches

    @wp.func(module=module, inline=True)
    def force_at(model: Model, world: int) -> int:
        """Return where the forces of a world start; behind those of its springs are some that stay zero."""
        return DIMENSION * (2 * model.spring_start[world] + ROW * world)

    @wp.func(module=module, inline=True)
    def feel(constants: Constants, model: Model, tape: Tape, ground: reals, world: int, lane: int, at: int, slot: int):
        """Write what every mass senses at a step."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        own = SENSES * (start * constants.segment + slot * count)
        for row in range(lane, count, wp.block_dim()):
            positions = take(tape.position, at + row * ROW * DIMENSION)
            present = load(model.present_masses, start + row)
            patches = survey(ground, positions)
            sensed = Sensed()
            for entry in range(ROW):
                position = vector()
                for axis in range(DIMENSION):
                    position[axis] = positions[axis, entry]
                patch = Patch()
                for i in range(OUTER):
                    for j in range(MIDDLE):
                        for k in range(INNER):
                            number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                            patch[number] = patches[number, entry]
                values = sense(constants, patch, position)
                for kind in range(SENSES):
                    sensed[kind, entry] = values[kind] * present[entry]
            for kind in range(SENSES):
                values_of_kind = numbers()
                for entry in range(ROW):
                    values_of_kind[entry] = sensed[kind, entry]
                store_row(tape.sense_rows, own + kind * count + row, values_of_kind)

    @wp.func(module=module, inline=True)
    def stretch_of(constants: Constants, swing: numbers, actuation: numbers, step: int, row: int) -> numbers:
        """Return by how much springs of a row are asked to change, with the noise of their motors."""
        if wp.static(noisy):
            return wp.cw_mul(swing, actuation + noise_of(constants, step, row * ROW))
        return wp.cw_mul(swing, actuation)

    @wp.func(module=module, inline=True)
    def pull(constants: Constants, model: Model, tape: Tape, world: int, lane: int, at: int, actuation: int, step: int):
        """Write the impulse of every spring on its ends, with both signs."""
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            rest = load(model.rest, start + row)
            stiffness = load(model.stiffness, start + row)
            actuated = load(tape.actuation_rows, actuation + row)
            stretch = stretch_of(constants, load(model.swing, start + row), actuated, step, row)
            difference = difference_of(tape.position, at, model.first, model.second, start + row)
            impulses = rows()
            for entry in range(ROW):
                along = vector()
                for axis in range(DIMENSION):
                    along[axis] = difference[axis, entry]
                impulse = spring_impulse(constants, along, rest[entry], stiffness[entry], stretch[entry])
                for axis in range(DIMENSION):
                    impulses[axis, entry] = impulse[axis]
            put(tape.force, force + row * ROW * DIMENSION, impulses)
            put(tape.force, force + (count + row) * ROW * DIMENSION, -impulses)

    @wp.func(module=module, inline=True)
    def move(
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
            put(tape.impulse, impulse_at + own, gathered)
            positions = take(tape.position, at + own)
            velocities = take(tape.velocity, at + own)
            patches = survey(ground, positions)
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
                moved = advance(constants, patch, position, velocity, impulse)
                for axis in range(DIMENSION):
                    positions[axis, entry] = moved[axis]
                    velocities[axis, entry] = moved[DIMENSION + axis]
            present = take(model.present, DIMENSION * start * ROW + own)
            after = at + own + DIMENSION * count * ROW
            put(tape.position, after, wp.cw_mul(positions, present))
            put(tape.velocity, after, wp.cw_mul(velocities, present))

    @wp.func(module=module, inline=True)
    def advance_world(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        ground: reals,
        values: Values,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        """Take a world from `slot` to the next one of its segment."""
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        springs = model.spring_start[world + 1] - model.spring_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        impulse_at = DIMENSION * (model.mass_start[world] * segment + slot * masses)
        actuation = (model.spring_start[world] * segment + slot * springs) // ROW
        centre = centre_of(model, tape, world, at)
        if wp.static(SENSES > 0):
            feel(constants, model, tape, ground, world, lane, at, slot)
            synchronise()
        act(constants, model, control, tape, world, lane, step, slot, centre)
        synchronise()
        effort = real(0.0)
        if wp.static(uses_effort):
            effort = effort_of(model, tape, world, actuation)
        if lane == 0:
            remembered = world * (segment + 1) + slot
            tape.memory[remembered + 1] = observe(
                values, tape.memory[remembered], step, constants.steps, centre, effort
            )
        pull(constants, model, tape, world, lane, at, actuation, step)
        synchronise()
        push = vector()
        if step == constants.push_step:
            push = constants.push
        move(constants, model, tape, ground, world, lane, at, impulse_at, push)
        synchronise()

    @wp.func(module=module, inline=True)
    def copy_state(constants: Constants, model: Model, tape: Tape, world: int, lane: int, place: int, slot: int):
        """Put the state kept in a place into the first slot, or, with no place, that in a slot."""
        start = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - start
        first = start * (constants.segment + 1)
        kept = start * constants.places + place * count
        for row in range(lane, count, wp.block_dim()):
            if place < 0:
                store_row(tape.position_rows, first + row, load(tape.position_rows, first + slot * count + row))
                store_row(tape.velocity_rows, first + row, load(tape.velocity_rows, first + slot * count + row))
            else:
                store_row(tape.position_rows, first + row, load(tape.start_position_rows, kept + row))
                store_row(tape.velocity_rows, first + row, load(tape.start_velocity_rows, kept + row))
        if lane == 0:
            remembered = world * (constants.segment + 1)
            if place < 0:
                tape.memory[remembered] = tape.memory[remembered + slot]
            else:
                tape.memory[remembered] = tape.start_memory[world * constants.places + place]
        synchronise()

    @wp.func(module=module, inline=True)
    def keep(constants: Constants, model: Model, tape: Tape, world: int, lane: int, place: int):
        """Keep the state at the end of a segment in a place."""
        start = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - start
        last = start * (constants.segment + 1) + constants.segment * count
        kept = start * constants.places + place * count
        for row in range(lane, count, wp.block_dim()):
            store_row(tape.start_position_rows, kept + row, load(tape.position_rows, last + row))
            store_row(tape.start_velocity_rows, kept + row, load(tape.velocity_rows, last + row))
        if lane == 0:
            remembered = world * (constants.segment + 1) + constants.segment
            tape.start_memory[world * constants.places + place] = tape.memory[remembered]
        synchronise()

    return Sweep(advance_world, centre_of, copy_state, effort_of, force_at, keep, stretch_of, survey)
