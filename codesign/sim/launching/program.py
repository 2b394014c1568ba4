"""From settings to compiled kernels: one Warp module per configuration, built once per process."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.machine import vector_bytes
from codesign.sim.contracts import Controller, Task, Terrain
from codesign.sim.kernels.forces import build_forces, count_parameters
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions
from codesign.sim.kernels.physics import build_physics
from codesign.sim.kernels.rollout import RolloutKernels, build_rollout
from codesign.sim.kernels.rows import REAL_BYTES
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.block_memory import claimable
from codesign.sim.settings import Physics

CPU_FLAGS = (
    "-march=native -funsafe-math-optimizations -mreassociate -freciprocal-math -fno-signed-zeros -fapprox-func"
    " -ffp-contract=fast -mllvm=-unroll-threshold=30 -mllvm=-inline-threshold=9000"
)
"""Flags of the CPU compiler: sums may be reordered, so that rows vectorise; NaN and infinity stay what they are. Loops
over a row must not be unrolled, by the compiler or by Warp, because it is as loops that they become vector code."""

ROWS = {precision: vector_bytes() // size for precision, size in REAL_BYTES.items()}
"""Masses or springs in a row on a CPU: as many as a vector register holds."""


GPU_LANES = 64
"""Threads of a GPU that simulate one world."""


@dataclass(frozen=True, eq=False)
class Program:
    """The kernels of one configuration and the types that they are called with."""

    types: KernelTypes
    kernels: RolloutKernels
    controller: ControllerFunctions
    task: TaskFunctions


def build_program(
    dimension: int,
    precision: str,
    physics: Physics,
    terrain: Terrain,
    controller: Controller,
    task: Task,
    *,
    row: int,
    noisy: bool = False,
    physical_gradients: bool = False,
    shared: int = 0,
) -> Program:
    """Return the kernels for a configuration; they are compiled when first launched, and kept on disk by Warp.

    Args:
        dimension: of space.
        precision: "float32" or "float64".
        physics: contact and forces. Of these and the next three only the structure goes into the kernels, their numbers
            do not.
        terrain: the ground.
        controller: what moves the bodies.
        task: what they are to do.
        row: masses or springs in a row, 1 for a GPU.
        noisy: whether motors have noise.
        physical_gradients: whether rest lengths and stiffness are differentiated too.
        shared: memory of a block that staged kernels claim [bytes], 0 for none.
    """
    structures = _Structures(physics, terrain, controller, task)
    return _built(dimension, precision, structures, row, noisy, physical_gradients, shared)


class _Structures:
    """Contact, forces, terrain, controller and task, equal where their kernels are."""

    def __init__(self, physics: Physics, terrain: Terrain, controller: Controller, task: Task) -> None:
        self.terrain, self.controller, self.task = terrain, controller, task
        self.contact, self.forces = physics.contact, physics.forces
        acting = (self.contact.structure, *(force.structure for force in self.forces))
        self.key = (acting, terrain.structure, controller.structure, task.structure)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Structures) and self.key == other.key


@cache
def _built(
    dimension: int,
    precision: str,
    structures: _Structures,
    row: int,
    noisy: bool,
    physical_gradients: bool,
    shared: int,
) -> Program:
    key = (dimension, precision, structures.key, row, noisy, physical_gradients, shared)
    module = f"codesign_{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}"
    terrain, controller, task = structures.terrain, structures.controller, structures.task
    numbers = len(structures.contact.parameters(1.0)), count_parameters(structures.forces)
    types = KernelTypes(dimension, precision, row, task.state_size, module, physical_gradients, *numbers)
    wp.set_module_options(
        {"cpu_compiler_flags": CPU_FLAGS, "optimization_level": 3, "max_unroll": 3},
        module=wp.get_module(module),
    )
    ground, control, objective = terrain.functions(types), controller.functions(types), task.functions(types)
    kernels = build_rollout(
        types,
        build_physics(types, structures.contact, ground, build_forces(types, ground, structures.forces)),
        ground,
        control,
        objective,
        senses=controller.senses,
        uses_effort=task.uses_effort,
        noisy=noisy,
        physical_gradients=physical_gradients,
        shared=shared,
    )
    return Program(types, kernels, control, objective)


def row_of(device: Any, precision: str) -> int:
    """Return the row width for a device: on a GPU lanes do what rows do on a CPU."""
    return 1 if device.is_cuda else ROWS[precision]


def lanes_of(device: Any) -> int:
    """Return the lanes that simulate one world together: one on a CPU, two warps on a GPU."""
    return GPU_LANES if device.is_cuda else 1


def shared_of(device: Any) -> int:
    """Return the shared memory that staged kernels claim on a device [bytes]: none on a CPU."""
    return claimable(device.max_shared_memory_per_block) if device.is_cuda else 0
