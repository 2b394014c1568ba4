"""Windows of episodes: which step of the episode one is, and the cotangents of states that the reverse sweep takes up.

Cotangents lie as states lie in the tape, which holds a whole window: a state's are where its coordinates are.
"""

from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


def build_add_given(types: KernelTypes) -> Any:
    """Return the function (model, adjoint, world, lane, at) that adds the cotangents of the state at `at`.

    None for types without windows.
    """
    if not types.windowed:
        return None
    Model, Adjoint = types.Model, types.Adjoint
    DIMENSION, ROW = types.dimension, types.row
    load, store = types.row_functions.load_coordinates, types.row_functions.store_coordinates

    @wp.func(module=types.module, inline=True)
    def add_given(model: Model, adjoint: Adjoint, world: int, lane: int, at: int):
        start = model.mass_start[world] // ROW
        count = model.mass_start[world + 1] // ROW - start
        for row in range(lane, count, wp.block_dim()):
            own = DIMENSION * (start + row) * ROW
            given = at + DIMENSION * row * ROW
            store(adjoint.position, own, load(adjoint.position, own) + load(adjoint.given_position, given))
            store(adjoint.velocity, own, load(adjoint.velocity, own) + load(adjoint.given_velocity, given))

    return add_given


def build_counting(types: KernelTypes) -> tuple[Any, Any]:
    """Return the functions (constants, step) -> the step of the episode, and (constants) -> the episode's steps."""
    Constants, WINDOWED = types.Constants, types.windowed

    @wp.func(module=types.module, inline=True)
    def counted(constants: Constants, step: int) -> int:
        if wp.static(WINDOWED):
            return constants.first_step + step
        return step

    @wp.func(module=types.module, inline=True)
    def episode_steps(constants: Constants) -> int:
        if wp.static(WINDOWED):
            return constants.episode_steps
        return constants.steps

    return counted, episode_steps


def build_awake(types: KernelTypes) -> Any:
    """Return the function (constants, step) -> share of their commands that muscles follow: 0 while bodies settle.

    For types of bodies that settle.
    """
    Constants, real = types.Constants, types.real
    counted, _episode_steps = build_counting(types)

    @wp.func(module=types.module, inline=True)
    def awake(constants: Constants, step: int) -> real:
        share = real(1.0)
        if counted(constants, step) < constants.settle:
            share = real(0.0)
        return share

    return awake
