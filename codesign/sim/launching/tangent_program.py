"""From settings to compiled kernels of forward mode: a Warp module of their own for each configuration."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import warp as wp

from codesign.errors import ConfigError
from codesign.sim.contracts import Controller, Terrain
from codesign.sim.kernels.cpu import CPU_FLAGS
from codesign.sim.kernels.forces import build_forces, count_parameters
from codesign.sim.kernels.objective import Objective, build_objective
from codesign.sim.kernels.physics import build_physics
from codesign.sim.kernels.senses import build_senses
from codesign.sim.kernels.tangent import TangentKernels, build_tangent
from codesign.sim.kernels.tangent_types import TangentFunctions, TangentTypes
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.world_parameters import build_world_parameters
from codesign.sim.launching.gpu_compilation import compile_module
from codesign.sim.launching.program import _Parts, module_name
from codesign.sim.settings import Physics
from codesign.sim.task import Task


@dataclass(frozen=True, eq=False)
class TangentProgram:
    """The kernels of forward mode in one configuration, and the types that they are called with."""

    types: TangentTypes
    kernels: TangentKernels
    controller: TangentFunctions | None
    objective: Objective


def has_tangent(controller: Controller) -> bool:
    """Return whether forward mode knows a controller: one of one spring, or one that has `tangent_functions`."""
    return hasattr(controller, "tangent_functions")


def build_tangent_program(
    dimension: int,
    precision: str,
    physics: Physics,
    terrain: Terrain,
    controller: Controller,
    task: Task,
    *,
    noisy: bool = False,
    weighed: bool = False,
    delayed: bool = False,
    material_properties: bool = False,
    controlled: bool = True,
) -> TangentProgram:
    """Return the kernels for a configuration; they are compiled when first launched.

    Args:
        dimension: of space.
        precision: "float32" or "float64".
        physics: contact and forces.
        terrain: the ground.
        controller: what moves the bodies.
        task: what they are to do.
        noisy: whether motors have noise.
        weighed: whether worlds have a factor on masses.
        delayed: whether motors have a latency.
        material_properties: whether bodies have masses, damping and force limits of their own.
        controlled: whether actuation depends on state and weights through the controller, or is what it is.

    Raises:
        ConfigError: a controller that forward mode does not know.
    """
    if controlled and not has_tangent(controller):
        raise ConfigError(
            "a controller with tangents, such as one of one spring",
            f"{controller.name}",
            "use reverse mode, or give it tangent_functions and bind_tangent (docs/sensitivity.md)",
        )
    parts = _Parts(physics, terrain, controller, task)
    settling = physics.settle_steps > 0
    return _built(dimension, precision, parts, noisy, weighed, delayed, material_properties, controlled, settling)


@cache
def _built(
    dimension: int,
    precision: str,
    parts: _Parts,
    noisy: bool,
    weighed: bool,
    delayed: bool,
    material_properties: bool,
    controlled: bool,
    settling: bool,
) -> TangentProgram:
    flags = noisy, weighed, delayed, material_properties, controlled, *("settling",) * settling
    module = module_name(("tangent", dimension, precision, parts.key, *flags))
    terrain, controller, task = parts.terrain, parts.controller, parts.task
    numbers = len(parts.contact.parameters(1.0)), count_parameters(parts.forces)
    kernel = KernelTypes(
        dimension,
        precision,
        1,
        task.state_size,
        module,
        False,
        task.contributions,
        *numbers,
        weighed=weighed or material_properties,
        delayed=delayed,
        material_properties=material_properties,
        settling=settling,
    )
    wp.set_module_options(
        {"cpu_compiler_flags": CPU_FLAGS, "optimization_level": 3, "max_unroll": 3}, module=wp.get_module(module)
    )
    ground, types = terrain.functions(kernel), TangentTypes(kernel, len(controller.senses))
    own: Any = controller
    functions = own.tangent_functions(types) if controlled else None
    objective = build_objective(kernel, task.functions(kernel), task.uses, task.parameters(dimension))
    kernels = build_tangent(
        types,
        build_physics(kernel, parts.contact, ground, build_forces(kernel, ground, parts.forces)),
        ground,
        functions,
        objective,
        build_senses(kernel, ground, controller.senses),
        build_world_parameters(kernel, objective.Parameters),
        noisy=noisy,
    )
    return TangentProgram(types, kernels, functions, objective)


def compile_tangents_for_gpu(
    dimension: int,
    physics: Physics,
    terrain: Terrain,
    controller: Controller,
    task: Task,
    folder: Path,
    *,
    precision: str = "float32",
    noisy: bool = False,
    weighed: bool = False,
    delayed: bool = False,
    material_properties: bool = False,
    architecture: int = 90,
) -> Path:
    """Compile the kernels of forward mode that a GPU would run, and return the file of machine code.

    For the arguments see `compile_for_gpu`.
    """
    parts = physics, terrain, controller, task
    flags = {"noisy": noisy, "weighed": weighed, "delayed": delayed, "material_properties": material_properties}
    program = build_tangent_program(dimension, precision, *parts, **flags)
    return compile_module(program.kernels.advance.module, architecture, folder, 64)
