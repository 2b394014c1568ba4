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

from codesign.sim.kernels.actuation_queue import build_queue
from codesign.sim.kernels.forward import build_forward
from codesign.sim.kernels.functions import ControllerFunctions, TerrainFunctions
from codesign.sim.kernels.locomotion import build_locomotion
from codesign.sim.kernels.objective import Objective
from codesign.sim.kernels.observation import build_observation
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.reverse import build_reverse
from codesign.sim.kernels.senses import SenseFunctions, build_senses
from codesign.sim.kernels.staging import build_staging
from codesign.sim.kernels.step import build_step
from codesign.sim.kernels.step_adjoint import build_step_adjoint
from codesign.sim.kernels.terrain_query import build_terrain_query
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
    objective: Objective,
    *,
    senses: Sequence[str],
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
        objective: what the task keeps of an episode, and its loss.
        senses: what masses sense for the controller.
        noisy: whether motors have noise.
        physical_gradients: whether to differentiate rest lengths and stiffness too.
        shared: memory of a block that staged kernels claim [bytes], 0 for none.
    """
    felt, queue = build_senses(types, terrain, senses), build_queue(types)
    around = build_world_parameters(types, objective.Parameters)
    query_terrain = build_terrain_query(types, terrain)
    observation = build_observation(types, terrain, query_terrain, objective)
    step_functions = build_step(
        types,
        physics,
        terrain,
        controller,
        objective,
        observation,
        felt,
        query_terrain,
        around.noise_of,
        queue,
        noisy=noisy,
    )
    step_adjoint = build_step_adjoint(
        types,
        physics,
        terrain,
        controller,
        objective,
        observation,
        felt,
        query_terrain,
        step_functions,
        queue,
        physical_gradients=physical_gradients,
    )
    record_locomotion = build_locomotion(types, terrain, step_functions, queue)
    kernels: list[Any] = []
    for claimed in (0, shared)[: 1 + (shared > 0)]:
        staging = build_staging(types, felt.count, claimed)
        kernels.append(
            build_forward(types, controller, objective, observation, around, step_functions, staging, record_locomotion)
        )
        kernels.append(
            build_reverse(
                types,
                controller,
                objective,
                observation,
                around,
                step_functions,
                step_adjoint,
                staging,
                queue,
                physical_gradients=physical_gradients,
            )
        )
    _keep_adjoints(types, physics, terrain, objective, felt)
    return RolloutKernels(*kernels, *(None,) * (4 - len(kernels)))


def _keep_adjoints(
    types: KernelTypes,
    physics: PhysicsFunctions,
    terrain: TerrainFunctions,
    objective: Objective,
    senses: SenseFunctions,
) -> None:
    """Register a differentiated kernel that calls every function whose adjoint is needed.

    `wp.grad` makes the adjoint of the function it is given, not of those that one calls: without this kernel in the
    same module gradients are silently zero.
    """
    vector, state, scalar, task_state, real = types.vector, types.state, types.scalar, types.task_state, types.real
    Constants, Patch, Parameters = types.Constants, terrain.Patch, objective.Parameters
    Observation, final_loss = objective.Observation, objective.final_loss
    spring_impulse, advance = physics.spring_impulse, physics.advance
    sense_product, Sensed, MATERIALS = senses.product, senses.Sensed, types.material_properties
    WINDOWED, final_product = types.windowed, objective.final_product

    @wp.kernel(module=types.module, enable_backward=True)
    def keep_adjoints(
        constants: Constants,
        patch: Patch,
        all_parameters: wp.array(dtype=Parameters),
        observations: wp.array(dtype=Observation),
        positions: wp.array(dtype=vector),
        states: wp.array(dtype=state),
        task_states: wp.array(dtype=task_state),
        results: wp.array(dtype=scalar),
        sensed: wp.array(dtype=Sensed),
    ):
        position = positions[0]
        results[1] = sense_product(constants, patch, position, position, sensed[0])
        if wp.static(MATERIALS):
            zero = real(0.0)
            impulse = spring_impulse(constants, position, position, zero, zero, zero, zero, real(1.0))
        else:
            impulse = spring_impulse(constants, position, position, real(0.0), real(0.0), real(0.0))
        states[0] = advance(constants, patch, position, position, impulse)
        results[0] = final_loss(task_states[0], observations[0], all_parameters[0])
        if wp.static(WINDOWED):
            results[0] = final_product(task_states[0], observations[0], all_parameters[0], real(1.0))
