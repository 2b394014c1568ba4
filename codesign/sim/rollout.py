"""Whole episodes in one kernel: the forward sweep, and the reverse sweep that differentiates it.

A block of lanes simulates one world from the first step to the last: one lane on a CPU, where the work is done in rows
that vectorise, a warp or two on a GPU. Lanes never share an accumulator (forces are gathered by masses, not scattered
by springs), so no world's numbers depend on the number of lanes, on its neighbours in the batch or on the number of
threads.

Memory does not grow with the number of steps: the forward sweep keeps the state at the start of some segments of steps,
and the reverse sweep computes a segment again before it goes through it backwards (`codesign.sim.schedule`). The order
of time, springs and masses is the only adjoint written by hand; what happens at a spring or a mass is differentiated by
Warp.
"""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
# pyright: reportPossiblyUnboundVariable=false
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.conduct import build_conduct
from codesign.sim.dialect import Dialect
from codesign.sim.physics import PhysicsFunctions
from codesign.sim.plugins import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.reverse import build_reverse
from codesign.sim.senses import SenseFunctions, build_senses
from codesign.sim.staging import Staging, build_staging
from codesign.sim.surroundings import SurroundingFunctions, build_surroundings
from codesign.sim.sweep import Sweep, build_sweep, synchronise
from codesign.sim.sweep_back import build_step_back


@dataclass(frozen=True)
class RolloutKernels:
    """The two sweeps, launched with `wp.launch_tiled`: one block for each entry of `order` from `offset` on.

    Attributes:
        forward, reverse: for worlds of any size.
        staged_forward, staged_reverse: the same in shared memory; None where none is claimed.
    """

    forward: Any
    reverse: Any
    staged_forward: Any
    staged_reverse: Any


def build_rollout(
    dialect: Dialect,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    controller: ControllerFunctions,
    task: TaskFunctions,
    *,
    senses: Sequence[str],
    uses_effort: bool,
    noisy: bool,
    physical_gradients: bool,
    shared: int = 0,
) -> RolloutKernels:
    """Return the kernels of one configuration.

    Args:
        dialect: types and module.
        physics: what happens at a spring and at a mass.
        terrain: the ground.
        controller: what actuates the springs.
        task: what is remembered of an episode, and its loss.
        senses: what masses sense for the controller.
        uses_effort: whether the task reads the effort of the actuation.
        noisy: whether motors have noise.
        physical_gradients: whether to differentiate rest lengths and stiffness too.
        shared: memory of a block that staged kernels claim [bytes], 0 for none.
    """
    felt = build_senses(dialect, terrain, senses)
    around = build_surroundings(dialect, task.Values)
    sweep = build_sweep(
        dialect, physics, terrain, controller, task, felt, around.noise_of, uses_effort=uses_effort, noisy=noisy
    )
    step_back = build_step_back(
        dialect,
        physics,
        terrain,
        controller,
        task,
        felt,
        sweep,
        uses_effort=uses_effort,
        physical_gradients=physical_gradients,
    )
    write_down = build_conduct(dialect, terrain, sweep)
    kernels: list[Any] = []
    for claimed in (0, shared)[: 1 + (shared > 0)]:
        staging = build_staging(dialect, felt.count, claimed)
        kernels.append(_build_forward(dialect, controller, task, around, sweep, staging, write_down))
        kernels.append(
            build_reverse(
                dialect, controller, task, around, sweep, step_back, staging, physical_gradients=physical_gradients
            )
        )
    _keep_adjoints(dialect, physics, terrain, task, felt)
    return RolloutKernels(*kernels, *(None,) * (4 - len(kernels)))


def _build_forward(
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


def _keep_adjoints(
    dialect: Dialect,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    task: TaskFunctions,
    senses: SenseFunctions,
) -> None:
    """Register a differentiated kernel that calls every function whose adjoint is needed.

    `wp.grad` makes the adjoint of the function it is given, not of those that one calls: without this kernel in the
    same module gradients are silently zero.
    """
    vector, state, scalar, recall, real = dialect.vector, dialect.state, dialect.scalar, dialect.recall, dialect.real
    Constants, Patch, Values = dialect.Constants, terrain.Patch, task.Values
    spring_impulse, advance, observe, loss = physics.spring_impulse, physics.advance, task.observe, task.loss
    sense, Sensed = senses.sense, senses.Sensed

    @wp.kernel(module=dialect.module, enable_backward=True)
    def keep_adjoints(
        constants: Constants,
        patch: Patch,
        values: Values,
        positions: wp.array(dtype=vector),
        states: wp.array(dtype=state),
        memories: wp.array(dtype=recall),
        results: wp.array(dtype=scalar),
        sensed: wp.array(dtype=Sensed),
    ):
        position = positions[0]
        sensed[0] = sense(constants, patch, position)
        impulse = spring_impulse(constants, position, real(0.0), real(0.0), real(0.0))
        states[0] = advance(constants, patch, position, position, impulse)
        memory = observe(values, memories[0], 0, 0, position, real(0.0))
        memories[1] = memory
        results[0] = loss(values, memory)
