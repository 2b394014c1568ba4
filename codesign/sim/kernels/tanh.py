"""tanh for kernels: exact in double precision, a rational function that vectorises in single precision."""

from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes

TANH_ERROR = 1.0e-6
"""Largest absolute error of the single-precision tanh; a test measures it."""

# The coefficients are those of `generic_fast_tanh_float` of Eigen (eigen.tuxfamily.org, MPL-2.0).
_SATURATION = 7.9
_NUMERATOR = (
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
)
_DENOMINATOR = (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)


def build_tanh(types: KernelTypes) -> Any:
    """Return tanh as a function of one real.

    In single precision it is an odd rational function of degree 13 over 6 (Eigen's minimax approximation) of the
    argument clamped to where tanh is one to within rounding: no branch and no table, so that a loop over a row of them
    becomes vector code.
    """
    real = types.real

    if types.precision == "float64":

        @wp.func(module=types.module, inline=True)
        def tanh(argument: real) -> real:
            return wp.tanh(argument)

        return tanh

    a1, a3, a5, a7, a9, a11, a13 = (wp.constant(real(value)) for value in _NUMERATOR)
    b0, b2, b4, b6 = (wp.constant(real(value)) for value in _DENOMINATOR)
    bound = wp.constant(real(_SATURATION))
    larger, smaller = types.larger, types.smaller

    @wp.func(module=types.module, inline=True)
    def tanh(argument: real) -> real:
        x = smaller(bound, larger(-bound, argument))  # in this order NaN stays NaN
        z = x * x
        numerator = ((((((a13 * z + a11) * z + a9) * z + a7) * z + a5) * z + a3) * z + a1) * x
        denominator = ((b6 * z + b4) * z + b2) * z + b0
        return numerator / denominator

    return tanh
