"""Compiling kernels for a GPU on a machine that has none."""

from pathlib import Path

import warp as wp

from codesign.sim.contracts import Controller, Terrain
from codesign.sim.launching.program import GPU_LANES, build_program
from codesign.sim.settings import Physics
from codesign.sim.task import Task

COMMON_SHARED = 99 * 1024
"""Shared memory of a block that every GPU has [bytes]."""


def compile_for_gpu(
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
    windowed: bool = False,
    material_properties: bool = False,
    architecture: int = 90,
) -> Path:
    """Compile the kernels that a GPU would run for a configuration, and return the file of machine code.

    Args:
        dimension: of space.
        physics: contact and forces.
        terrain: the ground.
        controller: what moves the bodies.
        task: what they are to do.
        folder: where the file goes.
        precision: "float32" or "float64".
        noisy: whether motors have noise.
        weighed: whether worlds have a factor on masses.
        delayed: whether motors have a latency.
        windowed: whether windows of episodes are simulated.
        material_properties: whether bodies have masses, damping and force limits of their own.
        architecture: of the GPU, as 90 for Hopper.
    """
    parts = physics, terrain, controller, task
    program = build_program(
        dimension,
        precision,
        *parts,
        row=1,
        noisy=noisy,
        physical_gradients=True,
        weighed=weighed,
        delayed=delayed,
        windowed=windowed,
        material_properties=material_properties,
        shared=COMMON_SHARED,
    )
    return compile_module(program.kernels.forward.module, architecture, folder, GPU_LANES)


def compile_module(module: wp.Module, architecture: int, folder: Path, lanes: int) -> Path:
    """Compile a Warp module for blocks of so many lanes, and return the file of machine code."""
    usual = module.options["block_dim"]
    module.options["block_dim"] = lanes
    try:
        (file,) = wp.compile_aot_module(module, arch=architecture, module_dir=folder, use_ptx=False)
    finally:
        module.options["block_dim"] = usual
    return Path(file)
