"""Several worlds of one controller taken together: one loss, and the mean of their gradients."""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.errors import ConfigError

POOLS = ("mean", "worst", "quantile")


@dataclass(frozen=True)
class Pooling:
    """What a controller is worth that does different things in different worlds.

    Attributes:
        fitness: "mean" of all worlds, the "worst" of them, or a "quantile" of what is done in them.
        quantile: share of the worlds in which less is done, from 0 (the worst) to 1; between two worlds linearly.

    Raises:
        ConfigError: an unknown choice, or a quantile out of range.
    """

    fitness: str = "mean"
    quantile: float = 0.25

    def __post_init__(self) -> None:
        if self.fitness not in POOLS:
            expected = f"conditions.fitness as one of {', '.join(POOLS)}"
            raise ConfigError(expected, repr(self.fitness), "set conditions.fitness=mean")
        if not 0.0 <= self.quantile <= 1.0:
            expected = "conditions.quantile from 0 to 1"
            raise ConfigError(expected, repr(self.quantile), "set conditions.quantile to a number such as 0.25")

    @property
    def place(self) -> float:
        """Where among the losses, from the lowest at 0 to the highest at 1, the pooled one is; -1 for their mean."""
        return {"mean": -1.0, "worst": 1.0, "quantile": 1.0 - self.quantile}[self.fitness]


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
