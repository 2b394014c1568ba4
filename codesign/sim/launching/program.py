"""From settings to compiled kernels: one Warp module per configuration, built once per process."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.contracts import Controller, Terrain
from codesign.sim.kernel_key import kernel_key, stable_name
from codesign.sim.kernels.cpu import CPU_FLAGS, ROWS
from codesign.sim.kernels.forces import build_forces, count_parameters
from codesign.sim.kernels.functions import ControllerFunctions
from codesign.sim.kernels.objective import Objective, build_objective
from codesign.sim.kernels.physics import build_physics
from codesign.sim.kernels.rollout import RolloutKernels, build_rollout
from codesign.sim.kernels.senses import SENSES
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.block_memory import claimable
from codesign.sim.settings import Physics
from codesign.sim.task import Task

GPU_LANES = 64
"""Threads of a GPU that simulate one world."""


@dataclass(frozen=True, eq=False)
class Program:
    """The kernels of one configuration and the types that they are called with."""

    types: KernelTypes
    kernels: RolloutKernels
    controller: ControllerFunctions
    objective: Objective


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
    weighed: bool = False,
    delayed: bool = False,
    windowed: bool = False,
    material_properties: bool = False,
    shared: int = 0,
) -> Program:
    """Return the kernels for a configuration; they are compiled when first launched, and kept on disk by Warp.

    Args:
        dimension: of space.
        precision: "float32" or "float64".
        physics: contact and forces, and whether bodies settle. Of these and the next three only what `kernel_key` says
            goes into the kernels.
        terrain: the ground.
        controller: what moves the bodies.
        task: what they are to do.
        row: masses or springs in a row, 1 for a GPU.
        noisy: whether motors have noise.
        physical_gradients: whether bodies are differentiated too.
        weighed: whether worlds have a factor on masses.
        delayed: whether motors have a latency.
        windowed: whether windows of episodes are simulated, see `KernelTypes`.
        material_properties: whether bodies have masses, damping and force limits of their own.
        shared: memory of a block that staged kernels claim [bytes], 0 for none.
    """
    parts = _Parts(physics, terrain, controller, task)
    flags = noisy, physical_gradients, weighed, delayed, windowed, material_properties
    return _built(dimension, precision, parts, row, *flags, physics.settle_steps > 0, shared)


class _Parts:
    """Contact, forces, terrain, controller and task, equal where their kernels are."""

    def __init__(self, physics: Physics, terrain: Terrain, controller: Controller, task: Task) -> None:
        self.contact, self.forces = physics.contact, physics.forces
        self.terrain, self.controller, self.task = terrain, controller, task
        senses = tuple(SENSES[sense] for sense in controller.senses)
        keys = map(kernel_key, (self.contact, *self.forces, terrain, controller, task))
        self.key = (*keys, senses)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Parts) and self.key == other.key


_modules: set[str] = set()
"""Names of the Warp modules that this process has made."""


def module_name(key: Hashable) -> str:
    """Return a name for the Warp module of a configuration, one that no other configuration of this process has.

    It is the same in every process, so that Warp finds on disk what it compiled before. Classes that share a qualified
    name, as a class has that is defined anew in a notebook, get numbered names. Should another process number them in
    another order, Warp still tells their kernels apart, because it keeps them by the content of all functions.
    """
    name = f"codesign_{hashlib.sha256(stable_name(key).encode()).hexdigest()[:16]}"
    number, found = 1, name
    while found in _modules:
        number += 1
        found = f"{name}_{number}"
    _modules.add(found)
    return found


@cache
def _built(
    dimension: int,
    precision: str,
    parts: _Parts,
    row: int,
    noisy: bool,
    physical_gradients: bool,
    weighed: bool,
    delayed: bool,
    windowed: bool,
    material_properties: bool,
    settling: bool,
    shared: int,
) -> Program:
    more = (
        *("weighed",) * (weighed and not material_properties),
        *("delayed",) * delayed,
        *("windowed",) * windowed,
        *("materials",) * material_properties,
        *("settling",) * settling,
    )
    module = module_name((dimension, precision, parts.key, row, noisy, physical_gradients, shared, *more))
    terrain, controller, task = parts.terrain, parts.controller, parts.task
    numbers = len(parts.contact.parameters(1.0)), count_parameters(parts.forces)
    types = KernelTypes(
        dimension,
        precision,
        row,
        task.state_size,
        module,
        physical_gradients,
        task.contributions,
        *numbers,
        weighed=weighed or material_properties,
        delayed=delayed,
        windowed=windowed,
        material_properties=material_properties,
        settling=settling,
    )
    wp.set_module_options(
        {"cpu_compiler_flags": CPU_FLAGS, "optimization_level": 3, "max_unroll": 3},
        module=wp.get_module(module),
    )
    ground, control = terrain.functions(types), controller.functions(types)
    objective = build_objective(types, task.functions(types), task.uses, task.parameters(dimension))
    kernels = build_rollout(
        types,
        build_physics(types, parts.contact, ground, build_forces(types, ground, parts.forces)),
        ground,
        control,
        objective,
        senses=controller.senses,
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
