"""Whole episodes in one kernel: the forward sweep, and the reverse sweep that differentiates it.

A block of lanes simulates one world from the first step to the last: one lane on a CPU, where the work is done in rows
that vectorise, a warp or two on a GPU. Lanes never share an accumulator (forces are gathered by masses, not scattered
by springs), so no world's numbers depend on the number of lanes, on its neighbours in the batch or on the number of
threads.

Memory does not grow with the number of steps: the forward sweep keeps the state at the start of some segments of steps,
and the reverse sweep computes a segment again before it goes through it backwards
(`codesign.sim.layout.snapshot_schedule`). Warp differentiates what happens at a spring or a mass; the order of time,
springs and masses is an adjoint written by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.forward import build_forward
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.locomotion import build_locomotion
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.reverse import build_reverse
from codesign.sim.kernels.senses import SenseFunctions, build_senses
from codesign.sim.kernels.staging import build_staging
from codesign.sim.kernels.step import build_step
from codesign.sim.kernels.step_adjoint import build_step_adjoint
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.world_parameters import build_world_parameters


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
    types: KernelTypes,
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
        types: the types and module.
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
    felt = build_senses(types, terrain, senses)
    around = build_world_parameters(types, task.Values)
    step_functions = build_step(
        types, physics, terrain, controller, task, felt, around.noise_of, uses_effort=uses_effort, noisy=noisy
    )
    step_adjoint = build_step_adjoint(
        types,
        physics,
        terrain,
        controller,
        task,
        felt,
        step_functions,
        uses_effort=uses_effort,
        physical_gradients=physical_gradients,
    )
    record_locomotion = build_locomotion(types, terrain, step_functions)
    kernels: list[Any] = []
    for claimed in (0, shared)[: 1 + (shared > 0)]:
        staging = build_staging(types, felt.count, claimed)
        kernels.append(build_forward(types, controller, task, around, step_functions, staging, record_locomotion))
        kernels.append(
            build_reverse(
                types,
                controller,
                task,
                around,
                step_functions,
                step_adjoint,
                staging,
                physical_gradients=physical_gradients,
            )
        )
    _keep_adjoints(types, physics, terrain, task, felt)
    return RolloutKernels(*kernels, *(None,) * (4 - len(kernels)))


def _keep_adjoints(
    types: KernelTypes,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    task: TaskFunctions,
    senses: SenseFunctions,
) -> None:
    """Register a differentiated kernel that calls every function whose adjoint is needed.

    `wp.grad` makes the adjoint of the function it is given, not of those that one calls: without this kernel in the
    same module gradients are silently zero.
    """
    vector, state, scalar, task_state, real = types.vector, types.state, types.scalar, types.task_state, types.real
    Constants, Patch, Values = types.Constants, terrain.Patch, task.Values
    spring_impulse, advance, observe, loss = physics.spring_impulse, physics.advance, task.observe, task.loss
    sense_product, Sensed = senses.product, senses.Sensed

    @wp.kernel(module=types.module, enable_backward=True)
    def keep_adjoints(
        constants: Constants,
        patch: Patch,
        values: Values,
        positions: wp.array(dtype=vector),
        states: wp.array(dtype=state),
        memories: wp.array(dtype=task_state),
        results: wp.array(dtype=scalar),
        sensed: wp.array(dtype=Sensed),
    ):
        position = positions[0]
        results[1] = sense_product(constants, patch, position, position, sensed[0])
        impulse = spring_impulse(constants, position, position, real(0.0), real(0.0), real(0.0))
        states[0] = advance(constants, patch, position, position, impulse)
        memory = observe(values, memories[0], 0, 0, position, real(0.0))
        memories[1] = memory
        results[0] = loss(values, memory)
