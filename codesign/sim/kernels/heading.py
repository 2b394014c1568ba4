"""The heading of a body in 3D: by how much it is turned about the vertical since the episode began.

It is the angle of the rotation about the vertical that brings the horizontal places of the masses at the start, from
their centre, nearest to those of now (least squares; the planar case of the orthogonal Procrustes problem): with places
r at the start and a now, atan2(sum(r x a), sum(r . a)), each term times the mass where masses differ. It lies between
-pi and pi, counterclockwise seen from above.
The places at the start are differentiated as well, by sums that are added to the adjoint of the first state.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.errors import ConfigError
from codesign.sim.kernels.types import NEGLIGIBLE, KernelTypes

MOMENTS = 2
"""Numbers of every mass besides its place at the start: its part in the cross and in the dot product."""


@dataclass(frozen=True)
class HeadingFunctions:
    """Functions that all lanes of a world call together; `at` is where the coordinates of its masses begin.

    Attributes:
        write: (model, tape, world, lane, at, step, centre): writes the parts of a lane's masses.
        heading: (model, tape, world) -> the heading [rad], from what all lanes have written.
        adjoint: (constants, model, tape, adjoint, world, lane, at, step, centre, adjoint of the heading): adds to the
            adjoint of the positions of a lane's masses.
    """

    write: Any
    heading: Any
    adjoint: Any


def build_heading(types: KernelTypes, first: int, per_mass: int) -> HeadingFunctions:
    """Return the functions.

    Args:
        types: the types and module, of three dimensions.
        first: place of the first of a mass's numbers among all those of it in the tape.
        per_mass: how many numbers of every mass are in the tape.

    Raises:
        ConfigError: two dimensions, where nothing turns about the vertical.
    """
    if types.dimension != 3:
        raise ConfigError("bodies in 3D for a task that uses the heading", "2D", "choose a lattice of voxels")
    real, vector, row_vector, module = types.real, types.vector, types.row_vector, types.module
    vector2 = wp.types.vector(2, real)
    rows, functions, larger = types.rows, types.row_functions, types.larger
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    ROW, CROSS, DOT, START, PER_MASS = types.row, first, first + 1, first + MOMENTS, per_mass
    load, store_row = functions.load, functions.store
    MATERIALS, PHYSICAL = types.material_properties, types.physical_gradients
    load_coordinates, store_coordinates = functions.load_coordinates, functions.store_coordinates

    @wp.func(module=module, inline=True)
    def keep_start(model: Model, tape: Tape, world: int, lane: int, at: int, centre: vector):
        """Keep where masses are from their centre; padding stays at zero and gets no part in anything."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        kept = ROW * (PER_MASS * start + START * count)
        for row in range(lane, count, wp.block_dim()):
            own = 3 * row * ROW
            places = load_coordinates(tape.position, at + own)
            for axis in range(3):
                for entry in range(ROW):
                    places[axis, entry] = places[axis, entry] - centre[axis]
            mask = load_coordinates(model.mask, 3 * start * ROW + own)
            store_coordinates(tape.observation, kept + own, wp.cw_mul(places, mask))

    @wp.func(module=module, inline=True)
    def write(model: Model, tape: Tape, world: int, lane: int, at: int, step: int, centre: vector):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        own = PER_MASS * start
        if step == 0:
            keep_start(model, tape, world, lane, at, centre)
        for row in range(lane, count, wp.block_dim()):
            places = load_coordinates(tape.position, at + 3 * row * ROW)
            starts = load_coordinates(tape.observation, ROW * (own + START * count) + 3 * row * ROW)
            crosses = row_vector()
            dots = row_vector()
            for entry in range(ROW):
                x = places[0, entry] - centre[0]
                y = places[1, entry] - centre[1]
                crosses[entry] = starts[0, entry] * y - starts[1, entry] * x
                dots[entry] = starts[0, entry] * x + starts[1, entry] * y
            if wp.static(MATERIALS):
                shares = load(model.mass_share, start + row)
                crosses = wp.cw_mul(crosses, shares)
                dots = wp.cw_mul(dots, shares)
            store_row(tape.observation_rows, own + CROSS * count + row, crosses)
            store_row(tape.observation_rows, own + DOT * count + row, dots)

    @wp.func(module=module, inline=True)
    def moments(model: Model, tape: Tape, world: int) -> vector2:
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        crosses = row_vector()
        dots = row_vector()
        for row in range(count):
            crosses += load(tape.observation_rows, PER_MASS * start + CROSS * count + row)
            dots += load(tape.observation_rows, PER_MASS * start + DOT * count + row)
        ones = row_vector(real(1.0))
        return vector2(wp.dot(crosses, ones), wp.dot(dots, ones))

    @wp.func(module=module, inline=True)
    def heading(model: Model, tape: Tape, world: int) -> real:
        sums = moments(model, tape, world)
        return wp.atan2(sums[0], sums[1])

    @wp.func(module=module, inline=True)
    def heading_adjoint(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        step: int,
        centre: vector,
        d_heading: real,
    ):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        sums = moments(model, tape, world)
        size = larger(real(NEGLIGIBLE), wp.dot(sums, sums))
        d_cross = d_heading * sums[1] / size
        d_dot = -d_heading * sums[0] / size
        for row in range(lane, count, wp.block_dim()):
            base = 3 * (start + row) * ROW
            places = load_coordinates(tape.position, at + 3 * row * ROW)
            starts = load_coordinates(tape.observation, ROW * (PER_MASS * start + START * count) + 3 * row * ROW)
            mask = load_coordinates(model.mask, base)
            passed = load_coordinates(adjoint.position, base)
            # Both sums over masses are zero, so that the centres get nothing.
            d_starts = rows()
            if wp.static(MATERIALS):
                # The moments as a whole get nothing: their derivatives in all weights together cancel out.
                shares = load(model.mass_share, start + row)
                masses = load(model.mass, start + row)
                d_masses = row_vector()
                for entry in range(ROW):
                    x = places[0, entry] - centre[0]
                    y = places[1, entry] - centre[1]
                    weight = shares[entry]
                    of_weight = d_dot * (starts[0, entry] * x + starts[1, entry] * y)
                    of_weight += d_cross * (starts[0, entry] * y - starts[1, entry] * x)
                    d_masses[entry] = of_weight * weight / masses[entry]
                    passed[0, entry] += weight * (d_dot * starts[0, entry] - d_cross * starts[1, entry])
                    passed[1, entry] += weight * (d_dot * starts[1, entry] + d_cross * starts[0, entry])
                    d_starts[0, entry] = weight * (d_dot * x + d_cross * y)
                    d_starts[1, entry] = weight * (d_dot * y - d_cross * x)
                if wp.static(PHYSICAL):
                    store_row(adjoint.mass_rows, start + row, load(adjoint.mass_rows, start + row) + d_masses)
            else:
                for entry in range(ROW):
                    x = places[0, entry] - centre[0]
                    y = places[1, entry] - centre[1]
                    passed[0, entry] += d_dot * starts[0, entry] - d_cross * starts[1, entry]
                    passed[1, entry] += d_dot * starts[1, entry] + d_cross * starts[0, entry]
                    d_starts[0, entry] = (d_dot * x + d_cross * y) * mask[0, entry]
                    d_starts[1, entry] = (d_dot * y - d_cross * x) * mask[1, entry]
            if step < constants.steps:  # the sweep begins with the last observation
                d_starts += load_coordinates(adjoint.observation, base)
            store_coordinates(adjoint.observation, base, d_starts)
            if step == 0:
                passed += d_starts
            store_coordinates(adjoint.position, base, passed)

    return HeadingFunctions(write, heading, heading_adjoint)
