"""Sums over a controller's parameters, lane by lane, as native functions.

On a GPU every lane is a thread and goes through its own parameters. On a CPU one thread goes through the parameters in
the order in which they lie and keeps the sums of all lanes: same sums, same bits, and the compiler makes vector code.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.train.batch import LANES


@dataclass(frozen=True)
class LaneFunctions:
    """Functions of (gradient, first, last, lane, threads, ..., controller); its parameters are `first` to `last`.

    Attributes:
        largest: (..., largest, controller): writes the largest size of a component per lane, not finite if one is not.
        squares: (..., largest, squares, controller): writes the sum of squares per lane, relative to its largest.
    """

    largest: Any
    squares: Any


@cache
def lane_functions(real: Any) -> LaneFunctions:
    """Return the functions for gradients of type `real`, `wp.float32` or `wp.float64`."""
    reals, table, sums = wp.array(dtype=real), wp.array2d(dtype=real), wp.array2d(dtype=wp.float64)
    # Comparisons with NaN are false, so that NaN stays once it is found.
    larger = "const auto size = g[i] < 0 ? -g[i] : g[i]; if (size > sum || size != size) sum = size;"
    square = "const double part = scale > 0 ? double(g[i]) / scale : 0.0; sum += part * part;"

    @wp.func_native(_sums("largest", "const auto scale = 0;", larger))
    def largest(gradient: reals, first: int, last: int, lane: int, threads: int, largest: table, controller: int): ...

    @wp.func_native(_sums("squares", f"const double scale = double(largest.data[controller * {LANES} + l]);", square))
    def squares(
        gradient: reals,
        first: int,
        last: int,
        lane: int,
        threads: int,
        largest: table,
        squares: sums,
        controller: int,
    ): ...

    return LaneFunctions(largest, squares)


def _sums(result: str, prepare: str, add: str) -> str:
    """Return code that starts a sum per lane and adds every parameter i of lane l to it."""
    return f"""const auto* g = gradient.data;
    auto* out = {result}.data + controller * {LANES};
    if (threads > 1) {{
        const int l = lane;
        {prepare}
        auto sum = *out;
        sum = 0;
        for (int i = first + l; i < last; i += {LANES}) {{ {add} }}
        (void)scale;
        out[l] = sum;
        return;
    }}
    for (int l = 0; l < {LANES}; ++l) out[l] = 0;
    for (int row = first; row < last; row += {LANES}) {{
        const int count = last - row < {LANES} ? last - row : {LANES};
        for (int l = 0; l < count; ++l) {{
            {prepare}
            auto& sum = out[l];
            const int i = row + l;
            {add}
            (void)scale;
        }}
    }}"""
