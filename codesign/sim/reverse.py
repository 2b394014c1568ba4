"""The reverse sweep: an episode backwards, segment by segment, each computed again before it is differentiated."""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
from typing import Any

import warp as wp

from codesign.sim.dialect import Dialect
from codesign.sim.physics import PhysicsFunctions
from codesign.sim.plugins import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.sweep import Sweep, synchronise


def build_reverse(
    dialect: Dialect,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: ControllerFunctions,
    task: TaskFunctions,
    sweep: Sweep,
    uses_effort: bool,
    physical_gradients: bool,
) -> Any:
    """Return the kernel that goes through episodes backwards and writes the gradient."""
    real, vector, numbers, rows = dialect.real, dialect.vector, dialect.numbers, dialect.rows
    reals = wp.array(dtype=real)
    Constants, Model, Tape, Adjoint = dialect.Constants, dialect.Model, dialect.Tape, dialect.Adjoint
    Controller, Values = controller.Controller, task.Values
    DIMENSION, ROW, module = dialect.dimension, dialect.row, dialect.module
    join = dialect.join
    Patch, PATCH, survey = terrain.Patch, terrain.Patch._length_, sweep.survey
    spring_product, advance_product = physics.spring_product, physics.advance_product
    observe_product, final_loss = _objective_products(dialect, task)
    prepare, control_reverse = controller.prepare, controller.reverse
    accumulate = controller.accumulate
    read = dialect.read
    advance_world, centre_of, effort_of = sweep.advance_world, sweep.centre_of, sweep.effort_of
    gather, restore = sweep.gather, sweep.restore

    @wp.func(module=module)
    def move_back(
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
        start = model.mass_start[world]
        count = (model.mass_start[world + 1] - start) // ROW
        base = DIMENSION * start // ROW
        for row in range(lane, count, wp.block_dim()):
            positions = rows()
            velocities = rows()
            impulses = rows()
            after_positions = rows()
            after_velocities = rows()
            present = model.present[start // ROW + row]
            for axis in range(DIMENSION):
                positions[axis] = tape.position_rows[at // ROW + axis * count + row]
                velocities[axis] = tape.velocity_rows[at // ROW + axis * count + row]
                impulses[axis] = tape.impulse_rows[impulse_at // ROW + axis * count + row]
                after_positions[axis] = wp.cw_mul(adjoint.position_rows[base + axis * count + row], present)
                after_velocities[axis] = wp.cw_mul(adjoint.velocity_rows[base + axis * count + row], present)
            patches = survey(ground, positions)
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
                for number in range(PATCH):
                    patch[number] = patches[number, entry]
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
            for axis in range(DIMENSION):
                adjoint.position_rows[base + axis * count + row] = after_positions[axis]
                adjoint.velocity_rows[base + axis * count + row] = after_velocities[axis]
                adjoint.impulse_rows[base + axis * count + row] = impulses[axis]

    @wp.func(module=module)
    def pull_back(
        constants: Constants,
        model: Model,
        tape: Tape,
        adjoint: Adjoint,
        world: int,
        lane: int,
        at: int,
        actuation: int,
        per_effort: real,
    ):
        """Carry the adjoint of the impulses to the ends of every spring and to its actuation."""
        masses = model.mass_start[world + 1] - model.mass_start[world]
        base = DIMENSION * model.mass_start[world]
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        force = 2 * DIMENSION * start
        for row in range(lane, count, wp.block_dim()):
            first = model.first[start + row]
            second = model.second[start + row]
            rest = model.rest[start + row]
            stiffness = model.stiffness[start + row]
            swing = model.swing[start + row]
            actuated = tape.actuation_rows[actuation // ROW + row]
            stretch = wp.cw_mul(swing, actuated)
            ends = rows()
            d_stretches = numbers()
            d_rests = numbers()
            d_stiffnesses = numbers()
            difference = rows()
            d_difference = rows()
            for entry in range(ROW):
                for axis in range(DIMENSION):
                    own = at + axis * masses
                    difference[axis, entry] = read(tape.position, own + first[entry]) - read(
                        tape.position, own + second[entry]
                    )
                    d_own = base + axis * masses
                    d_difference[axis, entry] = read(adjoint.impulse, d_own + second[entry]) - read(
                        adjoint.impulse, d_own + first[entry]
                    )
            for entry in range(ROW):
                along = vector()
                cotangent = vector()
                for axis in range(DIMENSION):
                    along[axis] = difference[axis, entry]
                    cotangent[axis] = d_difference[axis, entry]
                _constants, d_along, d_rest, d_stiffness, d_stretch, _cotangent = wp.grad(spring_product)(
                    constants, along, rest[entry], stiffness[entry], stretch[entry], cotangent
                )
                for axis in range(DIMENSION):
                    ends[axis, entry] = d_along[axis]
                d_stretches[entry] = d_stretch
                d_rests[entry] = d_rest
                d_stiffnesses[entry] = d_stiffness
            d_actuation = wp.cw_mul(d_stretches, swing)
            if wp.static(uses_effort):
                d_actuation += wp.cw_mul(actuated, model.muscle[start + row]) * (real(2.0) * per_effort)
            adjoint.actuation_rows[actuation // ROW + row] = d_actuation
            for axis in range(DIMENSION):
                tape.force_rows[force + 2 * axis * count + row] = -ends[axis]
                tape.force_rows[force + (2 * axis + 1) * count + row] = ends[axis]
            if wp.static(physical_gradients):
                adjoint.rest_rows[start + row] = adjoint.rest_rows[start + row] + d_rests
                adjoint.stiffness_rows[start + row] = adjoint.stiffness_rows[start + row] + d_stiffnesses

    @wp.func(module=module)
    def collect(model: Model, tape: Tape, adjoint: Adjoint, world: int, lane: int, per_centre: vector):
        """Add to every mass what its springs and the centre of the body pass on."""
        start = model.mass_start[world]
        masses = model.mass_start[world + 1] - start
        springs = model.spring_start[world + 1] - model.spring_start[world]
        force = 2 * DIMENSION * model.spring_start[world]
        for mass in range(lane, model.masses[world], wp.block_dim()):
            passed = per_centre + gather(
                tape.force,
                model.incidence,
                force,
                2 * springs,
                model.incidence_start[start + mass],
                model.incidence_start[start + mass + 1],
            )
            for axis in range(DIMENSION):
                at = DIMENSION * start + axis * masses + mass
                adjoint.position[at] = adjoint.position[at] + passed[axis]

    @wp.func(module=module)
    def clear(model: Model, adjoint: Adjoint, world: int, lane: int, per_centre: vector):
        """Start the adjoint of a world: the loss depends on the last state through the centre alone."""
        start = model.mass_start[world]
        count = (model.mass_start[world + 1] - start) // ROW
        base = DIMENSION * start // ROW
        for row in range(lane, count, wp.block_dim()):
            for axis in range(DIMENSION):
                adjoint.position_rows[base + axis * count + row] = model.present[start // ROW + row] * per_centre[axis]
                adjoint.velocity_rows[base + axis * count + row] = numbers()
        if wp.static(physical_gradients):
            for row in range(
                model.spring_start[world] // ROW + lane, model.spring_start[world + 1] // ROW, wp.block_dim()
            ):
                adjoint.rest_rows[row] = numbers()
                adjoint.stiffness_rows[row] = numbers()

    @wp.func(module=module)
    def step_back(
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        values: Values,
        world: int,
        lane: int,
        step: int,
        slot: int,
    ):
        """Carry the adjoint of a world from the slot after `slot` to it."""
        segment = constants.segment
        masses = model.mass_start[world + 1] - model.mass_start[world]
        springs = model.spring_start[world + 1] - model.spring_start[world]
        at = DIMENSION * (model.mass_start[world] * (segment + 1) + slot * masses)
        impulse_at = DIMENSION * (model.mass_start[world] * segment + slot * masses)
        actuation = model.spring_start[world] * segment + slot * springs
        centre = centre_of(model, tape, world, at)
        effort = real(0.0)
        if wp.static(uses_effort):
            effort = effort_of(model, tape, world, actuation)
        _values, d_memory, _step, _steps, d_centre, d_effort, _cotangent = wp.grad(observe_product)(
            values,
            tape.memory[world * (segment + 1) + slot],
            step,
            constants.steps,
            centre,
            effort,
            adjoint.memory[world],
        )
        move_back(constants, model, tape, adjoint, ground, world, lane, at, impulse_at)
        synchronise()
        if lane == 0:
            adjoint.memory[world] = d_memory
        per_effort = d_effort / real(model.springs[world])
        pull_back(constants, model, tape, adjoint, world, lane, at, actuation, per_effort)
        synchronise()
        collect(model, tape, adjoint, world, lane, d_centre / real(model.masses[world]))
        control_reverse(constants, model, control, tape, adjoint, world, lane, step, slot)
        synchronise()

    @wp.func(module=module)
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
        constants: Constants,
        model: Model,
        control: Controller,
        tape: Tape,
        adjoint: Adjoint,
        ground: reals,
        values: Values,
    ):
        block, lane = wp.tid()
        world = order[offset + block]
        segment = constants.segment
        parts = (constants.steps + segment - 1) // segment
        prepare(constants, model, control, tape, world, lane)
        synchronise()
        for passed in range(parts):
            part = parts - 1 - passed
            count = wp.min(segment, constants.steps - part * segment)
            if passed > 0:  # the forward sweep has left the last segment in the tape
                restore(constants, model, tape, world, lane, part)
                for slot in range(count):
                    advance_world(
                        constants, model, control, tape, ground, values, world, lane, part * segment + slot, slot
                    )
            if passed == 0:
                start_back(constants, model, tape, adjoint, values, world, lane, count)
            for back in range(count):
                slot = count - 1 - back
                step_back(
                    constants, model, control, tape, adjoint, ground, values, world, lane, part * segment + slot, slot
                )
            accumulate(constants, model, control, tape, adjoint, world, lane, part * segment, count)
            synchronise()

    return reverse


def _objective_products(dialect: Dialect, task: TaskFunctions) -> tuple[Any, Any]:
    """Return `observe` dotted with a cotangent, and the loss as a function of the last memory and centre."""
    real, vector, scalar, recall = dialect.real, dialect.vector, dialect.scalar, dialect.recall
    Values, observe, loss = task.Values, task.observe, task.loss

    @wp.func(module=dialect.module)
    def observe_product(
        values: Values, memory: recall, step: int, steps: int, centre: vector, effort: real, cotangent: recall
    ) -> scalar:
        return scalar(wp.dot(observe(values, memory, step, steps, centre, effort), cotangent))

    @wp.func(module=dialect.module)
    def final_loss(values: Values, memory: recall, steps: int, centre: vector) -> scalar:
        return loss(values, observe(values, memory, steps, steps, centre, real(0.0)))

    return observe_product, final_loss
