"""The heights of the lowest and of the highest mass, and their adjoints."""

from typing import Any

import warp as wp

from codesign.sim.kernels.rows import REAL_NAMES
from codesign.sim.kernels.types import KernelTypes


def build_extremes(types: KernelTypes) -> tuple[Any, Any, Any]:
    """Return three functions of the coordinates of masses; `at` is where those of a world begin.

    Returns:
        lowest_of: (reals, at, masses) -> height of the lowest mass [m]; not a number if one of the heights is not.
        highest_of: likewise.
        extreme_adjoint: (reals, at, adjoint, base, masses, extreme, its adjoint, lane, lanes): adds to the adjoint of
            the mass that has the extreme height, from `base` on. Several masses of one height share it equally: there
            the extreme has a kink, and this is one of its subgradients.
    """
    real, reals, name = types.real, wp.array(dtype=types.real), REAL_NAMES[types.precision]
    height = f"[{types.dimension} * i + {types.dimension - 1}]"

    def first_in(order: str) -> str:
        return f"""const {name}* p = values.data + at;
    int i = 0;
    {name} found = p{height};
    for (i = 1; i < masses; ++i) {{
        const {name} other = p{height};
        found = (other {order} found || found != found) ? found : other;
    }}
    return found;"""

    @wp.func_native(first_in(">="))
    def lowest_of(values: reals, at: int, masses: int) -> real: ...

    @wp.func_native(first_in("<="))
    def highest_of(values: reals, at: int, masses: int) -> real: ...

    @wp.func_native(f"""const {name}* p = values.data + at;
    {name}* to = adjoint.data + base;
    int sharing = 0;
    for (int i = 0; i < masses; ++i) sharing += p{height} == extreme;
    const {name} share = d_extreme / ({name})sharing;
    for (int i = lane; i < masses; i += lanes) if (p{height} == extreme) to{height} += share;""")
    def extreme_adjoint(
        values: reals,
        at: int,
        adjoint: reals,
        base: int,
        masses: int,
        extreme: real,
        d_extreme: real,
        lane: int,
        lanes: int,
    ): ...

    return lowest_of, highest_of, extreme_adjoint
