"""First weights from counters: number i of a controller follows from the controller's key and i, wherever it is drawn.

The bits are those of SplitMix64 (Steele, Lea & Flood 2014), as in `codesign.streams.Draws`: number i is the i-th of the
key's stream. What is made of them is float32 arithmetic of operations that IEEE 754 rounds correctly (sums, products,
square roots), each written apart and compiled without fused multiply-adds, so that all devices give the same bits.
There is no branch, no table and no call, so that a loop over a row of them becomes vector code.
"""

import math
from dataclasses import dataclass
from typing import Any

import warp as wp

GOLDEN = 0x9E3779B97F4A7C15
"""Step between the states of SplitMix64, as in `codesign.streams`."""

LOGARITHM = (
    0.08533313125371933,
    -0.14269258081912994,
    0.14977401494979858,
    -0.1657799333333969,
    0.19955933094024658,
    -0.250013530254364,
    0.33334192633628845,
    -0.4999999701976776,
    1.0,
)
"""Coefficients of ln(1 + f) / f from the highest power on, interpolated in Chebyshev nodes of f from the root of a half
to that of two, less one each; its relative error is 6e-8."""

SINE = (0.00015167170204222202, -0.004674143623560667, 0.07968991994857788, -0.6459637880325317, 1.5707963705062866)
"""Coefficients of sin(pi v / 2) / v in v^2 from the highest power on, likewise for v^2 up to 1; its error is 6e-8."""

HALF_ROOT = 0x3F3504F3
"""Bits of the square root of a half in float32."""


@dataclass(frozen=True)
class RandomFunctions:
    """Functions of 64 random bits, all in float32.

    Attributes:
        mixed: (state) -> 64 random bits, uint64.
        normal: (bits) -> standard normal number; the product of a Rayleigh number, made of the upper 32 bits, and the
            sine of a uniform angle, made of the lower ones (Box & Muller 1958). None is larger than 6.7 in size.
        uniform: (bits) -> number from 0 to below 1, a multiple of 2**-24.
    """

    mixed: Any
    normal: Any
    uniform: Any


def build_random(module: str) -> RandomFunctions:
    """Return the functions in a Warp module, which must be compiled without fused multiply-adds."""
    first, second = wp.constant(wp.uint64(0xBF58476D1CE4E5B9)), wp.constant(wp.uint64(0x94D049BB133111EB))
    l8, l7, l6, l5, l4, l3, l2, l1, l0 = (wp.constant(wp.float32(each)) for each in LOGARITHM)
    s4, s3, s2, s1, s0 = (wp.constant(wp.float32(each)) for each in SINE)
    unit, tick = wp.constant(wp.float32(2.0**-31)), wp.constant(wp.float32(2.0**-24))
    log_of_4 = wp.constant(wp.float32(2.0 * math.log(2.0)))

    @wp.func(module=module, inline=True)
    def mixed(state: wp.uint64) -> wp.uint64:
        z = (state ^ (state >> wp.uint64(30))) * first
        z = (z ^ (z >> wp.uint64(27))) * second
        return z ^ (z >> wp.uint64(31))

    @wp.func(module=module, inline=True)
    def normal(bits: wp.uint64) -> wp.float32:
        # x is uniform from 0 to 2^31, and x = 2^power (1 + f) with 1 + f between the roots of a half and of two.
        x = wp.float32(wp.int32(bits >> wp.uint64(33))) + wp.float32(0.5)
        pattern = wp.cast(x, wp.int32)
        power = (pattern - HALF_ROOT) >> 23
        f = wp.cast(pattern - (power << 23), wp.float32) - wp.float32(1.0)
        log = ((((((((l8 * f + l7) * f + l6) * f + l5) * f + l4) * f + l3) * f + l2) * f + l1) * f + l0) * f
        radius = wp.sqrt(wp.float32(31 - power) * log_of_4 - (log + log))
        v = (wp.float32(wp.int32(bits)) + wp.float32(0.5)) * unit
        w = v * v
        return radius * (v * ((((s4 * w + s3) * w + s2) * w + s1) * w + s0))

    @wp.func(module=module, inline=True)
    def uniform(bits: wp.uint64) -> wp.float32:
        return wp.float32(wp.int32(bits >> wp.uint64(40))) * tick

    return RandomFunctions(mixed, normal, uniform)
