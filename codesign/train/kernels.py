"""Kernels that every learner shares: judging a loss, keeping the best parameters, measuring a gradient.

Lanes never share an accumulator, and a controller's sums are added up in an order that depends on nothing but its own
number of parameters: neither its neighbours nor the device change a bit.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import LANES
from codesign.train.lanes import lane_functions
from codesign.train.status import LearningStatus

_OK = wp.constant(int(LearningStatus.OK))
_DIVERGED = wp.constant(int(LearningStatus.DIVERGED))
_NO_GRADIENT = wp.constant(int(LearningStatus.NO_GRADIENT))
_STOPPED = wp.constant(int(LearningStatus.STOPPED))
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
        keep: copies the parameters of controllers that have a new best loss.
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
        weigh: length per controller, and whether there is a way to go.
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
        controller = wp.tid()
        iteration = iterations[0]
        now = loss[controller]
        improved[controller] = 0
        if status[controller] == _DIVERGED or status[controller] == _STOPPED:
            return
        believable = wp.isfinite(now) and wp.abs(now) <= loss_limit
        if believable and iteration > 0:
            believable = wp.abs(now - curves[iteration - 1, controller]) <= jump_limit
        if not believable:
            status[controller] = _DIVERGED
            return
        curves[iteration, controller] = now
        if now < best_loss[controller]:
            best_loss[controller] = now
            best_iteration[controller] = iteration
            improved[controller] = 1

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
        controller, lane = wp.tid()
        if improved[controller] != 0:
            for index in range(offsets[controller] + lane, offsets[controller + 1], threads):
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
        controller, lane = wp.tid()
        lanes.largest(gradient, offsets[controller], offsets[controller + 1], lane, threads, largest, controller)

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
        controller, lane = wp.tid()
        lanes.squares(
            gradient, offsets[controller], offsets[controller + 1], lane, threads, largest, squares, controller
        )

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
        controller = wp.tid()
        scale = wp.float64(0.0)
        for lane in range(_LANES):
            size = wp.float64(largest[controller, lane])
            if size > scale or wp.isnan(size):
                scale = size
        total = wp.float64(0.0)
        if scale > wp.float64(0.0):
            for lane in range(_LANES):
                share = wp.float64(largest[controller, lane]) / scale
                total += squares[controller, lane] * share * share
        length = scale * wp.sqrt(total)
        norm[controller] = length
        usable = wp.isfinite(length) and length > wp.float64(0.0)
        if status[controller] == _OK and offsets[controller] < offsets[controller + 1] and not usable:
            status[controller] = _NO_GRADIENT

    return GradientKernels(find_largest, add_squares, weigh)
