"""Several worlds of one controller taken together: one loss, and the mean of their gradients."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp


@dataclass(frozen=True)
class PoolingKernels:
    """Kernels over controllers; sums are added up in the order of the worlds, in double precision.

    Attributes:
        losses: (place, world_start, losses of worlds, sorted (scratch), losses of controllers).
        gradients: (threads, world_start, gradient_start, parameter_start, gradients of worlds, gradient).
    """

    losses: Any
    gradients: Any


@cache
def pooling_kernels(real: Any) -> PoolingKernels:
    """Return the kernels for losses and gradients of type `real`."""
    module = f"codesign.sim.pooling_{real.__name__}"
    # Without fused multiply-adds and reordering every device gives the same bits, and NaN stays NaN.
    wp.set_module_options({"cpu_compiler_flags": "", "fuse_fp": False, "enable_backward": False}, module=module)

    @wp.kernel(module=module)
    def losses(
        # In:
        place: float,
        world_start: wp.array(dtype=wp.int32),
        world_losses: wp.array(dtype=real),
        # Out:
        ordered: wp.array(dtype=real),
        pooled: wp.array(dtype=real),
    ):
        controller = wp.tid()
        first = world_start[controller]
        count = world_start[controller + 1] - first
        total = wp.float64(0.0)
        for index in range(count):
            loss = world_losses[first + index]
            total += wp.float64(loss)
            at = index
            while at > 0 and ordered[first + at - 1] > loss:
                ordered[first + at] = ordered[first + at - 1]
                at -= 1
            ordered[first + at] = loss
        mean = total / wp.float64(count)
        if place < 0.0 or wp.isnan(mean):
            pooled[controller] = real(mean)
            return
        wanted = wp.float64(place) * wp.float64(count - 1)
        below = wp.min(int(wanted), count - 1)
        above = wp.min(below + 1, count - 1)
        part = wanted - wp.float64(below)
        low = wp.float64(ordered[first + below])
        if part == wp.float64(0.0):
            pooled[controller] = real(low)
            return
        pooled[controller] = real(low + part * (wp.float64(ordered[first + above]) - low))

    @wp.kernel(module=module)
    def gradients(
        # In:
        threads: int,
        world_start: wp.array(dtype=wp.int32),
        gradient_start: wp.array(dtype=wp.int32),
        parameter_start: wp.array(dtype=wp.int32),
        world_gradients: wp.array(dtype=real),
        # Out:
        gradient: wp.array(dtype=real),
    ):
        controller, lane = wp.tid()
        first = world_start[controller]
        count = world_start[controller + 1] - first
        start = parameter_start[controller]
        for index in range(lane, parameter_start[controller + 1] - start, threads):
            total = wp.float64(0.0)
            for world in range(count):
                total += wp.float64(world_gradients[gradient_start[first + world] + index])
            gradient[start + index] = real(total / wp.float64(count))

    return PoolingKernels(losses, gradients)
