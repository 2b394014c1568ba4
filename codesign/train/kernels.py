"""Kernels that every learner shares: recording a loss, keeping the best parameters, measuring a gradient.

Threads never share a partial sum, and the partial sums of a controller are added up in an order that depends on nothing
but its own number of parameters: neither its neighbours nor the device change a bit.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import PARTIAL_SUMS
from codesign.train.partial_sums import partial_sum_functions
from codesign.train.status import LearningStatus

_OK = wp.constant(int(LearningStatus.OK))
_NOT_FINITE = wp.constant(int(LearningStatus.NOT_FINITE))
_BEYOND_LIMIT = wp.constant(int(LearningStatus.BEYOND_LIMIT))
_JUMPED = wp.constant(int(LearningStatus.JUMPED))
_ZERO_GRADIENT = wp.constant(int(LearningStatus.ZERO_GRADIENT))
_NON_FINITE_GRADIENT = wp.constant(int(LearningStatus.NON_FINITE_GRADIENT))
_PARTIAL_SUMS = wp.constant(PARTIAL_SUMS)


def exact_module(name: str, real: Any) -> str:
    """Return the name of a Warp module whose kernels do arithmetic as it is written.

    The simulator's kernels may be compiled with fast maths, under which tests for NaN are optimised away. Learning has
    little to compute and must see every NaN; without fused multiply-adds it also gives the same bits on every device.
    """
    module = f"{name}_{real.__name__}"
    wp.set_module_options(
        {"cpu_compiler_flags": "-march=native", "fuse_fp": False, "enable_backward": False}, module=module
    )
    return module


@dataclass(frozen=True)
class LossKernels:
    """Kernels over the new losses.

    Attributes:
        record: enters a sound loss into the learning curve; at an unsound one, writes the status that ends learning.
        keep_best: copies the parameters of controllers that have a new best loss.
        count: counts an iteration.
    """

    record: Any
    keep_best: Any
    count: Any


@dataclass(frozen=True)
class GradientKernels:
    """The length of a gradient, in three steps that neither overflow nor underflow.

    Attributes:
        find_largest: largest size of a component per partial sum; not finite if one of them is not.
        add_squares: partial sums of squares, each relative to its largest.
        norm: length per controller; where it is zero or not finite, also the status that ends learning.
    """

    find_largest: Any
    add_squares: Any
    norm: Any


@cache
def loss_kernels(real: Any) -> LossKernels:
    """Return the kernels for losses of type `real`, `wp.float32` or `wp.float64`."""
    module = exact_module("codesign.train.loss", real)

    @wp.kernel(module=module)
    def record(
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
        so_far = status[controller]
        # A controller without a usable gradient stands still, but its curve goes on.
        if so_far != _OK and so_far != _ZERO_GRADIENT and so_far != _NON_FINITE_GRADIENT:  # noqa: PLR1714
            return
        if not wp.isfinite(now):
            status[controller] = _NOT_FINITE
            return
        if wp.abs(now) > loss_limit:
            status[controller] = _BEYOND_LIMIT
            return
        if iteration > 0:  # noqa: SIM102 - kernels read both sides of an `and`, whatever the first says
            if wp.abs(now - curves[iteration - 1, controller]) > jump_limit:
                status[controller] = _JUMPED
                return
        curves[iteration, controller] = now
        if now < best_loss[controller]:
            best_loss[controller] = now
            best_iteration[controller] = iteration
            improved[controller] = 1

    @wp.kernel(module=module)
    def keep_best(
        # In:
        threads: int,
        offsets: wp.array(dtype=wp.int32),
        improved: wp.array(dtype=wp.int32),
        parameters: wp.array(dtype=real),
        # Out:
        best_parameters: wp.array(dtype=real),
    ):
        controller, thread = wp.tid()
        if improved[controller] != 0:
            for index in range(offsets[controller] + thread, offsets[controller + 1], threads):
                best_parameters[index] = parameters[index]

    @wp.kernel(module=module)
    def count(iterations: wp.array(dtype=wp.int32)):
        iterations[0] = iterations[0] + 1

    return LossKernels(record, keep_best, count)


@cache
def gradient_kernels(real: Any) -> GradientKernels:
    """Return the kernels for gradients of type `real`, `wp.float32` or `wp.float64`."""
    module = exact_module("codesign.train.gradient", real)
    sums = partial_sum_functions(real)

    @wp.kernel(module=module)
    def find_largest(
        # In:
        threads: int,
        offsets: wp.array(dtype=wp.int32),
        gradient: wp.array(dtype=real),
        # Out:
        largest: wp.array2d(dtype=real),
    ):
        controller, thread = wp.tid()
        sums.largest(gradient, offsets[controller], offsets[controller + 1], thread, threads, largest, controller)

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
        controller, thread = wp.tid()
        sums.squares(
            gradient, offsets[controller], offsets[controller + 1], thread, threads, largest, squares, controller
        )

    @wp.kernel(module=module)
    def norm(
        # In:
        offsets: wp.array(dtype=wp.int32),
        largest: wp.array2d(dtype=real),
        squares: wp.array2d(dtype=wp.float64),
        # Out:
        norms: wp.array(dtype=wp.float64),
        status: wp.array(dtype=wp.int32),
    ):
        controller = wp.tid()
        scale = wp.float64(0.0)
        for part in range(_PARTIAL_SUMS):
            size = wp.float64(largest[controller, part])
            if size > scale or wp.isnan(size):
                scale = size
        total = wp.float64(0.0)
        if scale > wp.float64(0.0):
            for part in range(_PARTIAL_SUMS):
                share = wp.float64(largest[controller, part]) / scale
                total += squares[controller, part] * share * share
        length = scale * wp.sqrt(total)
        norms[controller] = length
        if status[controller] == _OK and offsets[controller] < offsets[controller + 1]:
            if not wp.isfinite(length):
                status[controller] = _NON_FINITE_GRADIENT
            elif length == wp.float64(0.0):
                status[controller] = _ZERO_GRADIENT

    return GradientKernels(find_largest, add_squares, norm)
