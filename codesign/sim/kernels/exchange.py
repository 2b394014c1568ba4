"""Kernels that move numbers between packed arrays and arrays without padding, on the device where both are."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.kernels.cpu import EXACT_FLAGS
from codesign.sim.kernels.types import PRECISIONS


@dataclass(frozen=True)
class ExchangeKernels:
    """Kernels of one precision; the first two are launched over (frames of a share, numbers) and take its first frame.

    Number i of frame f is number `places[i] + f * strides[i]` of the packed array, and number `f * numbers + i` of the
    other one.

    Attributes:
        gather: (first, places, strides, factor, packed; out: values): values are packed numbers times the factor.
        scatter: (first, places, strides, factor, values; out: packed): the other way.
        mark: (owners, values; in and out: marks): launched over numbers; marks the owners of what is not finite.
        fill: (owners, marks, value; in and out: values): launched over numbers; what marked ones own becomes the value.
        share: (padded first mass of each world, masses of each world, masses; out: shares): launched over worlds; every
            mass over the mass of its body.
    """

    gather: Any
    scatter: Any
    mark: Any
    fill: Any
    share: Any


@cache
def exchange_kernels(precision: str) -> ExchangeKernels:
    """Return the kernels for arrays of a precision."""
    module, real = f"codesign.sim.exchange_{precision}", PRECISIONS[precision]
    wp.set_module_options(
        {"cpu_compiler_flags": EXACT_FLAGS, "fuse_fp": False, "enable_backward": False}, module=module
    )
    reals, integers = wp.array(dtype=real), wp.array(dtype=wp.int32)

    @wp.kernel(module=module)
    def gather(first: int, places: integers, strides: integers, factor: real, packed: reals, values: reals):
        index, number = wp.tid()
        frame = first + index
        values[frame * places.shape[0] + number] = factor * packed[places[number] + frame * strides[number]]

    @wp.kernel(module=module)
    def scatter(first: int, places: integers, strides: integers, factor: real, values: reals, packed: reals):
        index, number = wp.tid()
        frame = first + index
        packed[places[number] + frame * strides[number]] = factor * values[frame * places.shape[0] + number]

    @wp.kernel(module=module)
    def mark(owners: integers, values: reals, marks: integers):
        number = wp.tid()
        if not wp.isfinite(values[number]):
            marks[owners[number]] = 1

    @wp.kernel(module=module)
    def fill(owners: integers, marks: integers, value: real, values: reals):
        number = wp.tid()
        if marks[owners[number]] != 0:
            values[number] = value

    @wp.kernel(module=module)
    def share(start: integers, counts: integers, masses: reals, shares: reals):
        world = wp.tid()
        whole = real(0.0)
        for mass in range(counts[world]):
            whole += masses[start[world] + mass]
        for mass in range(counts[world]):
            shares[start[world] + mass] = masses[start[world] + mass] / whole

    return ExchangeKernels(gather, scatter, mark, fill, share)
