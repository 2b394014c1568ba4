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
from codesign.sim.kernels.locomotion import build_conduct
from codesign.sim.kernels.physics import PhysicsFunctions
from codesign.sim.kernels.reverse import build_reverse
from codesign.sim.kernels.senses import SenseFunctions, build_senses
from codesign.sim.kernels.staging import build_staging
from codesign.sim.kernels.step import build_sweep
from codesign.sim.kernels.step_adjoint import build_step_back
from codesign.sim.kernels.types import Dialect
from codesign.sim.kernels.world_parameters import build_surroundings


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
        kernels.append(build_forward(dialect, controller, task, around, sweep, staging, write_down))
        kernels.append(
            build_reverse(
                dialect, controller, task, around, sweep, step_back, staging, physical_gradients=physical_gradients
            )
        )
    _keep_adjoints(dialect, physics, terrain, task, felt)
    return RolloutKernels(*kernels, *(None,) * (4 - len(kernels)))


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
