"""Sums over a controller's parameters, made of partial sums whose order is fixed, as native functions.

On a GPU every partial sum has a thread, which goes through its own parameters. On a CPU one thread goes through the
parameters in the order in which they lie and keeps all partial sums: same sums, same bits, and vector code.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import PARTIAL_SUMS


@dataclass(frozen=True)
class PartialSumFunctions:
    """Functions of (gradient, first, last, thread, threads, ..., controller); its parameters are `first` to `last`.

    Attributes:
        largest: (..., largest, controller): writes the largest size among the parameters of each partial sum, not
            finite if one of them is not.
        squares: (..., largest, squares, controller): writes the partial sums of squares, each relative to its largest.
    """

    largest: Any
    squares: Any


@cache
def partial_sum_functions(real: Any) -> PartialSumFunctions:
    """Return the functions for gradients of type `real`, `wp.float32` or `wp.float64`."""
    reals, table, sums = wp.array(dtype=real), wp.array2d(dtype=real), wp.array2d(dtype=wp.float64)
    # Comparisons with NaN are false, so that NaN stays once it is found.
    larger = "const auto size = g[i] < 0 ? -g[i] : g[i]; if (size > sum || size != size) sum = size;"
    square = "const double part = scale > 0 ? double(g[i]) / scale : 0.0; sum += part * part;"
    scale = f"const double scale = double(largest.data[controller * {PARTIAL_SUMS} + p]);"

    @wp.func_native(_partial_sums("largest", "const auto scale = 0;", larger))
    def largest(gradient: reals, first: int, last: int, thread: int, threads: int, largest: table, controller: int): ...

    @wp.func_native(_partial_sums("squares", scale, square))
    def squares(
        gradient: reals,
        first: int,
        last: int,
        thread: int,
        threads: int,
        largest: table,
        squares: sums,
        controller: int,
    ): ...

    return PartialSumFunctions(largest, squares)


def _partial_sums(result: str, prepare: str, add: str) -> str:
    """Return code that sets the partial sums to 0 and adds every parameter i to its partial sum p."""
    return f"""const auto* g = gradient.data;
    auto* out = {result}.data + controller * {PARTIAL_SUMS};
    if (threads > 1) {{
        const int p = thread;
        {prepare}
        auto sum = *out;
        sum = 0;
        for (int i = first + p; i < last; i += {PARTIAL_SUMS}) {{ {add} }}
        (void)scale;
        out[p] = sum;
        return;
    }}
    for (int p = 0; p < {PARTIAL_SUMS}; ++p) out[p] = 0;
    for (int row = first; row < last; row += {PARTIAL_SUMS}) {{
        const int count = last - row < {PARTIAL_SUMS} ? last - row : {PARTIAL_SUMS};
        for (int p = 0; p < count; ++p) {{
            {prepare}
            auto& sum = out[p];
            const int i = row + p;
            {add}
            (void)scale;
        }}
    }}"""
