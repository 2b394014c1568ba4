"""The adjoint of springs whose force depends on how fast their ends move apart, in the velocities of these ends.

It goes the way of the adjoint of positions: springs write what they pass on, masses gather it. It is a second pass over
the springs, because the memory for what springs pass on is there once; kernels without such forces do not have it.
"""

from typing import Any

import warp as wp

from codesign.sim.kernels.actuation_queue import QueueFunctions
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.step import StepFunctions
from codesign.sim.kernels.types import KernelTypes


def build_drift_adjoint(
    types: KernelTypes, physics: PhysicsFunctions, step_functions: StepFunctions, queue: QueueFunctions
) -> tuple[Any, Any]:
    """Return the functions of springs and of masses.

    They are (constants, model, tape, adjoint, world, lane, at, actuation, step), which writes what springs pass on, and
    (model, tape, adjoint, world, lane), which adds it to the adjoint of the velocity of every mass.
    """
    vector, rows = types.vector, types.rows
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module = types.dimension, types.row, types.module
    spring_product, force_at = physics.spring_product, step_functions.force_at
    commanded_strain, functions, followed = step_functions.commanded_strain, types.row_functions, queue.followed
    load, load_coordinates, store_coordinates = functions.load, functions.load_coordinates, functions.store_coordinates
    difference_of_ends, gather = functions.difference, functions.gather
    MATERIALS = types.material_properties

    @wp.func(module=module, inline=True)
    def drift_adjoint(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        actuation: int,
        step: int,
    ):
        """Write the adjoint of the velocity of every spring's ends, with both signs."""
        base = DIMENSION * model.mass_start[world]
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            rest = load(model.rest, start + row)
            stiffness = load(model.stiffness, start + row)
            actuated = followed(tape, actuation + row)
            strain = commanded_strain(constants, load(model.swing, start + row), actuated, step, row)
            if wp.static(MATERIALS):
                damping = load(model.damping, start + row)
                force_limit = load(model.force_limit, start + row)
            ends = rows()
            difference = difference_of_ends(tape.position, at, model.first, model.second, start + row)
            drifts = difference_of_ends(tape.velocity, at, model.first, model.second, start + row)
            d_difference = difference_of_ends(adjoint.impulse, base, model.second, model.first, start + row)
            for entry in range(ROW):
                along = vector()
                drift = vector()
                cotangent = vector()
                for axis in range(DIMENSION):
                    along[axis] = difference[axis, entry]
                    drift[axis] = drifts[axis, entry]
                    cotangent[axis] = d_difference[axis, entry]
                if wp.static(MATERIALS):
                    _constants, _along, d_drift, _rest, _stiffness, _strain, _damping, _limit, _cotangent = wp.grad(
                        spring_product
                    )(
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
                else:
                    _constants, _along, d_drift, _rest, _stiffness, _strain, _cotangent = wp.grad(spring_product)(
                        constants, along, drift, rest[entry], stiffness[entry], strain[entry], cotangent
                    )
                for axis in range(DIMENSION):
                    ends[axis, entry] = d_drift[axis]
            store_coordinates(tape.force, force + row * ROW * DIMENSION, -ends)
            store_coordinates(tape.force, force + (count + row) * ROW * DIMENSION, ends)

    @wp.func(module=module, inline=True)
    def gather_drift(model: Model, tape: Tape, adjoint: Adjoint, world: int, lane: int):
        """Add to the adjoint of every mass's velocity what its springs pass on."""
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        force = force_at(model, world)
        for row in range(lane, count, wp.block_dim()):
            at = DIMENSION * (start + row) * ROW
            first = model.incidence_start[start + row]
            last = model.incidence_start[start + row + 1]
            passed = load_coordinates(adjoint.velocity, at) + gather(tape.force, force, model.incidence, first, last)
            store_coordinates(adjoint.velocity, at, passed)

    return drift_adjoint, gather_drift
