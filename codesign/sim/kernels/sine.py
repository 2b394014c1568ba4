"""sine for kernels: exact in double precision, a polynomial that vectorises in single precision."""

import math
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes

SINE_ERROR = 1.0e-6
"""Largest absolute error of the single-precision sine near zero; a test measures it."""

SINE_ERROR_PER_RADIAN = 6.0e-8
"""What the error grows by with the argument: no more than a single-precision argument is rounded by itself."""

_COEFFICIENTS = (-1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362880.0, -2.50521083854e-08, 1.6059043836e-10)
"""Of the Taylor polynomial of degree 13, whose error at a quarter of a period is 1e-9."""


def build_sine(types: KernelTypes) -> Any:
    """Return the sine of a real as a function with a derivative.

    In single precision the argument is taken to within a quarter of a period of zero, and the sign follows the number
    of half periods: no branch, no table and no call, so that a loop over a row of them becomes vector code.
    """
    real = types.real

    if types.precision == "float64":

        @wp.func(module=types.module, inline=True)
        def sine(argument: real) -> real:
            return wp.sin(argument)

        return sine

    c3, c5, c7, c9, c11, c13 = (wp.constant(real(value)) for value in _COEFFICIENTS)
    half, inverse = (wp.constant(real(value)) for value in (math.pi, 1.0 / math.pi))

    @wp.func(module=types.module, inline=True)
    def sine(argument: real) -> real:
        turns = wp.floor(argument * inverse + real(0.5))
        x = argument - turns * half
        z = x * x
        sign = real(1.0) - real(2.0) * (turns - real(2.0) * wp.floor(turns * real(0.5)))
        return sign * (x + x * z * (((((c13 * z + c11) * z + c9) * z + c7) * z + c5) * z + c3))

    return sine
