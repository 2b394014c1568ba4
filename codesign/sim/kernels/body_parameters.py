"""Kernels between the weights of bodies and what the simulator reads of them, such as rest lengths, and back.

Weights of a group of springs (or masses) are averaged, one thread for each group, in the order of the springs; all else
is done spring by spring. So no two threads add to one number, and every device gives the same bits.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.kernels.cpu import EXACT_FLAGS
from codesign.sim.kernels.types import PRECISIONS

LARGEST = 1.0e8
"""Size of a weight, times the rate, from which on it makes no difference; its square fits into any number."""


@dataclass(frozen=True)
class BodyParameterKernels:
    """Kernels over groups or over worlds; each takes the first of its share before its other arguments.

    Attributes:
        average: (first member of each group, members: places among values, values; out: mean of each group, float64);
            over groups.
        spread: (place of each member among values, group of each, means; out: values); over members.
        write: (lanes, copies, first part of each body, padded first part of each world, group of each part, means,
            drawn, reach, rate, factor of each copy; out: values of parts); over (worlds, lanes). World w has body
            w // copies.
        write_shares: as `write`, but writes the share of each value in the sum of those of its world.
        differentiate: (lanes, copies, first part, padded first part, group, means, reach, rate, factors, adjoint of the
            values, first place of each world in the gradients; out: gradients of worlds); over (worlds, lanes).
    """

    average: Any
    spread: Any
    write: Any
    write_shares: Any
    differentiate: Any


@cache
def body_parameter_kernels(precision: str) -> BodyParameterKernels:
    """Return the kernels for parameters and values of a precision; what is between them is float64."""
    module, real = f"codesign.sim.body_parameters_{precision}", PRECISIONS[precision]
    wp.set_module_options(
        {"cpu_compiler_flags": EXACT_FLAGS, "fuse_fp": False, "enable_backward": False, "max_unroll": 3}, module=module
    )
    reals, doubles, integers = wp.array(dtype=real), wp.array(dtype=wp.float64), wp.array(dtype=wp.int32)
    largest, one = wp.constant(wp.float64(LARGEST)), wp.constant(wp.float64(1.0))

    @wp.func(module=module, inline=True)
    def limited(along: wp.float64) -> wp.float64:
        return wp.min(largest, wp.max(-largest, along))

    @wp.func(module=module, inline=True)
    def value_of(
        part: int, groups: integers, means: doubles, drawn: doubles, reach: doubles, rate: wp.float64
    ) -> wp.float64:
        along = limited(rate * means[groups[part]])
        return drawn[part] + reach[part] * (along / wp.sqrt(one + along * along))

    @wp.kernel(module=module)
    def average(
        # In:
        first: int,
        group_start: integers,
        members: integers,
        values: reals,
        # Out:
        means: doubles,
    ):
        index, _lane = wp.tid()
        group = first + index
        total = wp.float64(0.0)
        for place in range(group_start[group], group_start[group + 1]):
            total += wp.float64(values[members[place]])
        means[group] = total / wp.float64(group_start[group + 1] - group_start[group])

    @wp.kernel(module=module)
    def spread(
        # In:
        first: int,
        places: integers,
        groups: integers,
        means: doubles,
        # Out:
        values: reals,
    ):
        index, _lane = wp.tid()
        values[places[first + index]] = real(means[groups[first + index]])

    @wp.kernel(module=module)
    def write(
        # In:
        first: int,
        lanes: int,
        copies: int,
        part_start: integers,
        padded_start: integers,
        groups: integers,
        means: doubles,
        drawn: doubles,
        reach: doubles,
        rate: wp.float64,
        factors: doubles,
        # Out:
        values: reals,
    ):
        index, lane = wp.tid()
        world = first + index
        start = part_start[world // copies]
        to = padded_start[world]
        factor = factors[world % copies]
        for part in range(lane, part_start[world // copies + 1] - start, lanes):
            values[to + part] = real(factor * value_of(start + part, groups, means, drawn, reach, rate))

    @wp.kernel(module=module)
    def write_shares(
        # In:
        first: int,
        lanes: int,
        copies: int,
        part_start: integers,
        padded_start: integers,
        groups: integers,
        means: doubles,
        drawn: doubles,
        reach: doubles,
        rate: wp.float64,
        factors: doubles,
        # Out:
        shares: reals,
    ):
        index, lane = wp.tid()
        world = first + index
        start = part_start[world // copies]
        count = part_start[world // copies + 1] - start
        to = padded_start[world]
        factor = factors[world % copies]
        # Every lane adds up all, in the same order, instead of waiting for others.
        whole = wp.float64(0.0)
        for part in range(count):
            whole += factor * value_of(start + part, groups, means, drawn, reach, rate)
        for part in range(lane, count, lanes):
            shares[to + part] = real(factor * value_of(start + part, groups, means, drawn, reach, rate) / whole)

    @wp.kernel(module=module)
    def differentiate(
        # In:
        first: int,
        lanes: int,
        copies: int,
        part_start: integers,
        padded_start: integers,
        groups: integers,
        means: doubles,
        reach: doubles,
        rate: wp.float64,
        factors: doubles,
        adjoint: reals,
        gradient_place: integers,
        # Out:
        gradient: reals,
    ):
        index, lane = wp.tid()
        world = first + index
        start = part_start[world // copies]
        at = padded_start[world]
        to = gradient_place[world]
        factor = factors[world % copies]
        for part in range(lane, part_start[world // copies + 1] - start, lanes):
            along = limited(rate * means[groups[start + part]])
            square = one + along * along
            per_weight = factor * reach[start + part] * (rate / (square * wp.sqrt(square)))
            gradient[to + part] = real(per_weight * wp.float64(adjoint[at + part]))

    return BodyParameterKernels(average, spread, write, write_shares, differentiate)
