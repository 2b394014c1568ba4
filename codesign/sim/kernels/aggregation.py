"""Several worlds of one controller taken together: one loss, and one gradient."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp


@dataclass(frozen=True)
class AggregationKernels:
    """Kernels over controllers; sums are added up in the order of the worlds, in double precision.

    A place of 0 stands for the lowest loss of a controller's worlds, 1 for the highest, and places between two worlds
    for the linear combination of both; a place below 0 stands for the mean of all. Of equal losses, that of the world
    with the lower index comes first.

    Attributes:
        losses: (place, world_start, losses of worlds, order (scratch), shares of worlds, losses of controllers); writes
            the shares too, with which the losses of worlds go into the aggregated one, unless that is the mean.
        gradients: (place, threads, world_start, gradient_start, parameter_start, shares of worlds, gradients of worlds,
            gradient); reads no share where the place is below 0.
    """

    losses: Any
    gradients: Any


@cache
def aggregation_kernels(real: Any) -> AggregationKernels:
    """Return the kernels for losses and gradients of type `real`."""
    module = f"codesign.sim.aggregation_{real.__name__}"
    # Without fused multiply-adds and reordering every device gives the same bits, and NaN stays NaN.
    wp.set_module_options({"cpu_compiler_flags": "", "fuse_fp": False, "enable_backward": False}, module=module)

    @wp.kernel(module=module)
    def losses(
        # In:
        place: float,
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
        if place < 0.0 or wp.isnan(mean):
            for index in range(count):
                shares[first + index] = wp.float64(1.0) / wp.float64(count)
            aggregated[controller] = real(mean)
            return
        wanted = wp.float64(place) * wp.float64(count - 1)
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
        place: float,
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
            if place < 0.0:
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
