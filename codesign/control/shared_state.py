"""What the network that all muscles share passes back: from what springs sensed to the masses at their ends."""

from typing import Any

import warp as wp

from codesign.control.shared_sensing import SensingFunctions
from codesign.control.shared_sizes import SharedSizes
from codesign.sim.kernels import (
    SHORTEST,
    KernelTypes,
    build_centre,
    build_gather,
    build_gather_senses,
    synchronise,
)


def build_to_state(types: KernelTypes, sizes: SharedSizes, sensing: SensingFunctions, Controller: Any) -> Any:
    """Return the function that carries the adjoint of what springs sensed to the masses at their ends.

    It goes the way that forces go: springs write what they pass to both ends, masses gather it; once for positions,
    once for velocities and once for what masses feel.
    """
    real, vector, row_vector, rows = types.real, types.vector, types.row_vector, types.rows
    Model, Tape, Adjoint = types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    at_of = sizes.offsets
    POSITION, VELOCITY = at_of.get("position", 0), at_of.get("velocity", 0)
    MEANS, LIGHTS, SENSES, PARTS = sizes.means, sizes.lights, sizes.senses, -(-sizes.senses // types.dimension)
    gather_to, gather_senses = build_gather(types), build_gather_senses(types, sizes.senses)
    functions = types.row_functions
    load, store, load_coordinates, store_coordinates = (
        functions.load,
        functions.store,
        functions.load_coordinates,
        functions.store_coordinates,
    )
    difference_of_ends, gather = functions.difference, functions.gather
    lengths_of, stride_of, larger = sensing.lengths_of, sensing.stride_of, types.larger
    PHYSICAL, MATERIALS, by_mass = types.physical_gradients, types.material_properties, build_centre(types)
    mean_by_mass, pass_on, pass_to_masses = by_mass.mean, by_mass.pass_on, by_mass.pass_to_masses

    @wp.func(module=module, inline=True)
    def pass_positions(
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        at: int,
        spring: int,
        own: int,
        stride: int,
        to_second: int,
        to_first: int,
    ):
        """Write what a row of springs passes to the positions of its ends, and to rest lengths."""
        difference = difference_of_ends(tape.position, at, model.first, model.second, spring)
        lengths = lengths_of(difference)
        rest = load(model.rest, spring)
        d_strain = load(control.input_rows, own)
        apart = rows()
        together = rows()
        # Along the spring and, of what its direction passes on, across it.
        along = row_vector()
        for entry in range(ROW):
            along[entry] = d_strain[entry] / larger(rest[entry], real(SHORTEST))
        if wp.static(PHYSICAL):
            d_rest = row_vector()
            for entry in range(ROW):
                d_rest[entry] = along[entry] * lengths[entry] / larger(rest[entry], real(SHORTEST))
            store(adjoint.rest_rows, spring, load(adjoint.rest_rows, spring) - d_rest)
        if wp.static(POSITION > 0):
            for axis in range(DIMENSION):
                d_place = load(control.input_rows, own + (POSITION + axis) * stride)
                d_direction = load(control.input_rows, own + (POSITION + DIMENSION + axis) * stride)
                for entry in range(ROW):
                    inverse = real(1.0) / lengths[entry]
                    along[entry] = along[entry] - d_direction[entry] * difference[axis, entry] * inverse * inverse
                    apart[axis, entry] = d_direction[entry] * inverse
                    together[axis, entry] = d_place[entry] * real(0.5) * control.position_scale
        for axis in range(DIMENSION):
            for entry in range(ROW):
                apart[axis, entry] = apart[axis, entry] + along[entry] * difference[axis, entry] / lengths[entry]
        store_coordinates(tape.force, to_second, together - apart)
        store_coordinates(tape.force, to_first, together + apart)

    @wp.func(module=module, inline=True)
    def centre_of(control: Controller, own: int, stride: int, springs: int) -> vector:
        """Return what all springs pass to the centre of mass."""
        passed = vector()
        if wp.static(POSITION > 0):
            for axis in range(DIMENSION):
                sums = row_vector()
                for row in range(springs):
                    sums += load(control.input_rows, own + (POSITION + axis) * stride + row)
                whole = real(0.0)
                for entry in range(ROW):
                    whole += sums[entry]
                passed[axis] = -whole * control.position_scale
        return passed

    @wp.func(module=module, inline=True)
    def pass_velocities(control: Controller, tape: Tape, own: int, stride: int, to_second: int, to_first: int):
        ends = rows()
        for axis in range(DIMENSION):
            d_velocity = load(control.input_rows, own + (VELOCITY + axis) * stride)
            for entry in range(ROW):
                ends[axis, entry] = d_velocity[entry] * real(0.5) * control.velocity_scale
        store_coordinates(tape.force, to_second, ends)
        store_coordinates(tape.force, to_first, ends)

    @wp.func(module=module, inline=True)
    def pass_senses(control: Controller, tape: Tape, own: int, stride: int, to_second: int, to_first: int, begin: int):
        """Write what a row of springs passes to what its ends feel, one sense on each axis, from `begin` on."""
        first = rows()
        second = rows()
        for axis in range(DIMENSION):
            kind = wp.min(begin + axis, SENSES - 1)
            at = MEANS + kind + LIGHTS * wp.min(kind, 1)
            mean = load(control.input_rows, own + at * stride)
            brighter = row_vector()
            if kind < LIGHTS:
                brighter = load(control.input_rows, own + (at + 1) * stride)
            for entry in range(ROW):
                first[axis, entry] = mean[entry] * real(0.5) + brighter[entry]
                second[axis, entry] = mean[entry] * real(0.5) - brighter[entry]
        store_coordinates(tape.force, to_second, second)
        store_coordinates(tape.force, to_first, first)

    @wp.func(module=module, inline=True)
    def gathered_by(model: Model, tape: Tape, force: int, row: int) -> rows:
        """Return what a row of masses gathers from its springs."""
        return gather(tape.force, force, model.incidence, model.incidence_start[row], model.incidence_start[row + 1])

    @wp.func(module=module, inline=True)
    def to_state(
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        inputs: int,
        springs: int,
    ):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        first = model.spring_start[world] // ROW
        stride = stride_of(springs)
        force = DIMENSION * (2 * model.spring_start[world] + ROW * world)
        other = springs * ROW * DIMENSION
        for row in range(lane, springs, wp.block_dim()):
            to = force + row * ROW * DIMENSION
            pass_positions(model, control, tape, adjoint, at, first + row, inputs + row, stride, to, to + other)
        synchronise()
        if wp.static(MATERIALS):
            whole = centre_of(control, inputs, stride, springs)
            place = mean_by_mass(model, tape.position, world, at)
            pass_on(model, adjoint.position, world, lane, DIMENSION * model.mass_start[world], whole)
            pass_to_masses(model, adjoint, tape.position, world, lane, at, place, whole)
        else:
            centre = centre_of(control, inputs, stride, springs) / real(model.masses[world])
        for row in range(lane, count, wp.block_dim()):
            base = DIMENSION * (start + row) * ROW
            passed = load_coordinates(adjoint.position, base) + gathered_by(model, tape, force, start + row)
            if wp.static(not MATERIALS):
                for axis in range(DIMENSION):
                    for entry in range(ROW):
                        passed[axis, entry] = passed[axis, entry] + centre[axis]
            store_coordinates(adjoint.position, base, passed)
        if wp.static(VELOCITY > 0):
            synchronise()
            for row in range(lane, springs, wp.block_dim()):
                to = force + row * ROW * DIMENSION
                pass_velocities(control, tape, inputs + row, stride, to, to + other)
            synchronise()
            gather_to(model, tape, adjoint.velocity, force, start, count, lane)
        if wp.static(SENSES > 0):
            for part in range(PARTS):
                synchronise()
                for row in range(lane, springs, wp.block_dim()):
                    to = force + row * ROW * DIMENSION
                    pass_senses(control, tape, inputs + row, stride, to, to + other, part * DIMENSION)
                synchronise()
                gather_senses(model, tape, adjoint, force, start, count, lane, part * DIMENSION)

    return to_state
