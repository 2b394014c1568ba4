"""Several worlds of one controller taken together: one loss, and one gradient."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.kernels.cpu import EXACT_FLAGS


@dataclass(frozen=True)
class AggregationKernels:
    """Kernels over controllers; sums are added up in the order of the worlds, in double precision.

    The aggregated loss is a quantile of the losses of a controller's worlds: 0 is the lowest, 1 the highest, and
    between two of them it is interpolated linearly; a quantile below 0 stands for the mean. Of equal losses, that of
    the world with the lower index comes first.

    Attributes:
        losses: (quantile, world_start, losses of worlds, order (scratch), shares of worlds, losses of controllers); it
            writes with which shares the losses of worlds make up the aggregated one.
        gradients: (quantile, threads, world_start, gradient_start, parameter_start, shares of worlds, gradients of
            worlds, gradient); it does not read the shares where the quantile is below 0.
    """

    losses: Any
    gradients: Any


@cache
def aggregation_kernels(real: Any) -> AggregationKernels:
    """Return the kernels for losses and gradients of type `real`."""
    module = f"codesign.sim.aggregation_{real.__name__}"
    # Without fused multiply-adds and reordering every device gives the same bits, and NaN stays NaN.
    wp.set_module_options(
        {"cpu_compiler_flags": EXACT_FLAGS, "fuse_fp": False, "enable_backward": False}, module=module
    )

    @wp.kernel(module=module)
    def losses(
        # In:
        quantile: float,
        world_start: wp.array(dtype=wp.int32),
        world_losses: wp.array(dtype=real),
        # Out:
        order: wp.array(dtype=wp.int32),
        shares: wp.array(dtype=wp.float64),
        aggregated: wp.array(dtype=real),
    ):
        controller = wp.tid()
        first = world_start[controller]
        count = world_start[controller + 1] - first
        total = wp.float64(0.0)
        for index in range(count):
            world = first + index
            loss = world_losses[world]
            total += wp.float64(loss)
            at = index
            while at > 0 and world_losses[order[first + at - 1]] > loss:
                order[first + at] = order[first + at - 1]
                at -= 1
            order[first + at] = world
        mean = total / wp.float64(count)
        if quantile < 0.0 or wp.isnan(mean):
            for index in range(count):
                shares[first + index] = wp.float64(1.0) / wp.float64(count)
            aggregated[controller] = real(mean)
            return
        wanted = wp.float64(quantile) * wp.float64(count - 1)
        below = wp.min(int(wanted), count - 1)
        above = wp.min(below + 1, count - 1)
        part = wanted - wp.float64(below)
        for index in range(count):
            shares[first + index] = wp.float64(0.0)
        shares[order[first + below]] = wp.float64(1.0) - part
        low = wp.float64(world_losses[order[first + below]])
        if part == wp.float64(0.0):
            aggregated[controller] = real(low)
            return
        shares[order[first + above]] = part
        aggregated[controller] = real(low + part * (wp.float64(world_losses[order[first + above]]) - low))

    @wp.kernel(module=module)
    def gradients(
        # In:
        quantile: float,
        threads: int,
        world_start: wp.array(dtype=wp.int32),
        gradient_start: wp.array(dtype=wp.int32),
        parameter_start: wp.array(dtype=wp.int32),
        shares: wp.array(dtype=wp.float64),
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
            if quantile < 0.0:
                for world in range(count):
                    total += wp.float64(world_gradients[gradient_start[first + world] + index])
                total /= wp.float64(count)
            else:
                for world in range(count):
                    share = shares[first + world]
                    # A world without a share may have a gradient that is not finite.
                    if share > wp.float64(0.0):
                        total += share * wp.float64(world_gradients[gradient_start[first + world] + index])
            gradient[start + index] = real(total)

    return AggregationKernels(losses, gradients)
