"""Kernels that every learner shares: judging a loss, keeping the best parameters, measuring a gradient.

Lanes never share an accumulator, and a world's sums are added up in an order that depends on nothing but its own number
of parameters: neither its neighbours nor the device change a bit.
"""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false, reportGeneralTypeIssues=false

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import LANES
from codesign.train.lanes import lane_functions
from codesign.train.status import WorldStatus

_OK = wp.constant(int(WorldStatus.OK))
_DIVERGED = wp.constant(int(WorldStatus.DIVERGED))
_NO_GRADIENT = wp.constant(int(WorldStatus.NO_GRADIENT))
_STOPPED = wp.constant(int(WorldStatus.STOPPED))
_LANES = wp.constant(LANES)


def exact_module(name: str, real: Any) -> str:
    """Return the name of a Warp module whose kernels do arithmetic as it is written.

    The simulator's kernels may be compiled with fast maths, under which tests for NaN are optimised away. Learning has
    little to compute and must see every NaN; without fused multiply-adds it also gives the same bits on every device.
    """
    module = f"{name}_{real.__name__}"
    wp.set_module_options({"cpu_compiler_flags": "", "fuse_fp": False, "enable_backward": False}, module=module)
    return module


@dataclass(frozen=True)
class LossKernels:
    """What becomes of a new loss.

    Attributes:
        judge: enters it into the learning curve, or finds that it is not to be believed.
        keep: copies the parameters of worlds that have a new best loss.
        count: counts an iteration.
    """

    judge: Any
    keep: Any
    count: Any


@dataclass(frozen=True)
class GradientKernels:
    """The length of a gradient, in three steps that neither overflow nor underflow.

    Attributes:
        find_largest: largest size of a component per lane; not finite if one of them is not.
        add_squares: sum of squares per lane, relative to the lane's largest.
        weigh: length per world, and whether there is a way to go.
    """

    find_largest: Any
    add_squares: Any
    weigh: Any


@cache
def loss_kernels(real: Any) -> LossKernels:
    """Return the kernels for losses of type `real`, `wp.float32` or `wp.float64`."""
    module = exact_module("codesign.train.loss", real)

    @wp.kernel(module=module)
    def judge(
        # In:
        iterations: wp.array(dtype=wp.int32),
        loss_limit: real,
        jump_limit: real,
        loss: wp.array(dtype=real),
        # Out:
        status: wp.array(dtype=wp.int32),
        improved: wp.array(dtype=wp.int32),
        best_loss: wp.array(dtype=real),
        best_iteration: wp.array(dtype=wp.int32),
        curves: wp.array2d(dtype=real),
    ):
        world = wp.tid()
        iteration = iterations[0]
        now = loss[world]
        improved[world] = 0
        if status[world] == _DIVERGED or status[world] == _STOPPED:
            return
        believable = wp.isfinite(now) and wp.abs(now) <= loss_limit
        if believable and iteration > 0:
            believable = wp.abs(now - curves[iteration - 1, world]) <= jump_limit
        if not believable:
            status[world] = _DIVERGED
            return
        curves[iteration, world] = now
        if now < best_loss[world]:
            best_loss[world] = now
            best_iteration[world] = iteration
            improved[world] = 1

    @wp.kernel(module=module)
    def keep(
        # In:
        threads: int,
        offsets: wp.array(dtype=wp.int32),
        improved: wp.array(dtype=wp.int32),
        parameters: wp.array(dtype=real),
        # Out:
        best_parameters: wp.array(dtype=real),
    ):
        world, lane = wp.tid()
        if improved[world] != 0:
            for index in range(offsets[world] + lane, offsets[world + 1], threads):
                best_parameters[index] = parameters[index]

    @wp.kernel(module=module)
    def count(iterations: wp.array(dtype=wp.int32)):
        iterations[0] = iterations[0] + 1

    return LossKernels(judge, keep, count)


@cache
def gradient_kernels(real: Any) -> GradientKernels:
    """Return the kernels for gradients of type `real`, `wp.float32` or `wp.float64`."""
    module = exact_module("codesign.train.gradient", real)
    lanes = lane_functions(real)

    @wp.kernel(module=module)
    def find_largest(
        # In:
        threads: int,
        offsets: wp.array(dtype=wp.int32),
        gradient: wp.array(dtype=real),
        # Out:
        largest: wp.array2d(dtype=real),
    ):
        world, lane = wp.tid()
        lanes.largest(gradient, offsets[world], offsets[world + 1], lane, threads, largest, world)

    @wp.kernel(module=module)
    def add_squares(
        # In:
        threads: int,
        offsets: wp.array(dtype=wp.int32),
        gradient: wp.array(dtype=real),
        largest: wp.array2d(dtype=real),
        # Out:
        squares: wp.array2d(dtype=wp.float64),
    ):
        world, lane = wp.tid()
        lanes.squares(gradient, offsets[world], offsets[world + 1], lane, threads, largest, squares, world)

    @wp.kernel(module=module)
    def weigh(
        # In:
        offsets: wp.array(dtype=wp.int32),
        largest: wp.array2d(dtype=real),
        squares: wp.array2d(dtype=wp.float64),
        # Out:
        norm: wp.array(dtype=wp.float64),
        status: wp.array(dtype=wp.int32),
    ):
        world = wp.tid()
        scale = wp.float64(0.0)
        for lane in range(_LANES):
            size = wp.float64(largest[world, lane])
            if size > scale or wp.isnan(size):
                scale = size
        total = wp.float64(0.0)
        if scale > wp.float64(0.0):
            for lane in range(_LANES):
                share = wp.float64(largest[world, lane]) / scale
                total += squares[world, lane] * share * share
        length = scale * wp.sqrt(total)
        norm[world] = length
        usable = wp.isfinite(length) and length > wp.float64(0.0)
        if status[world] == _OK and offsets[world] < offsets[world + 1] and not usable:
            status[world] = _NO_GRADIENT

    return GradientKernels(find_largest, add_squares, weigh)
