"""A layer of a network as three functions of rows: what it computes, what it passes back, and its weights' gradient.

A layer joins units to numbers that lie in rows. Its weights are laid out as (row, unit, number in the row), so that one
layout serves in both directions: `matvec` goes from units to a row, `transposed_matvec` from rows to units. On a CPU
both are loops over whole vector registers, written out with the compiler's vector types: left to itself it neither
keeps the partial sums in registers nor adds up across them together.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels import REAL_BYTES, REAL_NAMES, KernelTypes

SCALAR_UNITS = 4
"""Units whose weights one lane adds up together where a row is one number."""

CHAINS = 8
"""Sums that are kept apart on a CPU: as many additions as its vector units have under way at a time.

Half of them belong to one row and half to another one, so that a unit is read once for both."""


@dataclass(frozen=True)
class LayerFunctions:
    """A layer between `units` numbers and rows; all arrays are arrays of rows, all positions count rows.

    Attributes:
        matvec: (weights, at, units, units_at, rows, rows_at, first, last, stride): writes rows `first`, `first` +
            `stride` and so on up to `last`: the sums over units of weights times units.
        transposed_matvec: (weights, at, rows, rows_at, count, others, others_at, others_count) -> as many units as a
            row has numbers: the sum of weights times numbers over `count` rows and then over some of another array, for
            the units whose weights in the first row start at `at`.
        outer: (gradient, at, units, units_at, units_stride, rows, rows_at, rows_stride, steps): adds the products of
            units and a row to the gradient of `group` units, summed over steps from the last to the first.
        outer_relative: (..., steps, centres, centres_at, centres_stride, mask, scale): the same with
            (row - mask centre) scale in place of a row, where `mask` is a row and `centres` has one a step.
        group: units that they take at a time.
    """

    matvec: Any
    transposed_matvec: Any
    outer: Any
    outer_relative: Any
    group: int


def padded_units(units: int, row: int) -> int:
    """Return the number of units with padding to whole groups; what is padded has zero weights and no gradient."""
    group = _group(row)
    return -(-units // group) * group


def weights_of_a_row(units: int, row: int) -> int:
    """Return the distance from the weights of a row to those of the next one, counted in rows.

    Where a row is one number, one weight more than there are units: lanes that go through the units of neighbouring
    rows together then read from different banks of a GPU's shared memory.
    """
    return units + 1 if row == 1 else units


def build_layer(types: KernelTypes, units: int) -> LayerFunctions:
    """Return the functions of a layer with a padded number of units."""
    rows = wp.array(dtype=types.row_vector)
    row_vector = types.row_vector
    code = _scalar(types, units) if types.row == 1 else _vectors(types, units)

    @wp.func_native(code["matvec"])
    def matvec(
        weights: rows,
        at: int,
        units: rows,
        units_at: int,
        values: rows,
        values_at: int,
        first: int,
        last: int,
        stride: int,
    ): ...

    @wp.func_native(code["transposed_matvec"])
    def transposed_matvec(
        weights: rows,
        at: int,
        values: rows,
        values_at: int,
        count: int,
        others: rows,
        others_at: int,
        others_count: int,
    ) -> row_vector: ...

    @wp.func_native(code["outer"])
    def outer(
        gradient: rows,
        at: int,
        units: rows,
        units_at: int,
        units_stride: int,
        values: rows,
        values_at: int,
        values_stride: int,
        steps: int,
    ): ...

    @wp.func_native(code["outer_relative"])
    def outer_relative(
        gradient: rows,
        at: int,
        units: rows,
        units_at: int,
        units_stride: int,
        values: rows,
        values_at: int,
        values_stride: int,
        steps: int,
        centres: rows,
        centres_at: int,
        centres_stride: int,
        mask: row_vector,
        scale: types.real,
    ): ...

    return LayerFunctions(matvec, transposed_matvec, outer, outer_relative, _group(types.row))


def _group(row: int) -> int:
    return SCALAR_UNITS if row == 1 else row


def _scalar(types: KernelTypes, units: int) -> dict[str, str]:
    """Return the functions where a row is one number; four sums hide the latency of an addition."""
    stride = weights_of_a_row(units, 1)
    begin = f"typedef {REAL_NAMES[types.precision]} Real;"

    def folded(values: str, count: str) -> str:
        return f"""for (; i + 4 <= {count}; i += 4, w += {4 * stride}) {{
        s0 += w[0] * {values}[i];
        s1 += w[{stride}] * {values}[i + 1];
        s2 += w[{2 * stride}] * {values}[i + 2];
        s3 += w[{3 * stride}] * {values}[i + 3];
    }}
    for (; i < {count}; ++i, w += {stride}) s0 += w[0] * {values}[i];"""

    def outer(value: str, centres: str = "") -> str:
        return f"""{begin}
    Real* g = (Real*)(gradient.data + at);
    const Real* u = (const Real*)(units.data + units_at);
    const Real* x = (const Real*)(values.data + values_at);
    {centres}
    Real g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];
    for (int step = steps - 1; step >= 0; --step) {{
        const Real v = {value};
        const Real* p = u + step * units_stride;
        g0 += v * p[0];
        g1 += v * p[1];
        g2 += v * p[2];
        g3 += v * p[3];
    }}
    g[0] = g0; g[1] = g1; g[2] = g2; g[3] = g3;"""

    return {
        "matvec": f"""{begin}
    const Real* x = (const Real*)(units.data + units_at);
    for (int row = first; row < last; row += stride) {{
        const Real* w = (const Real*)(weights.data + at) + row * {stride};
        Real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (int u = 0; u < {units}; u += 4) {{
            s0 += w[u] * x[u];
            s1 += w[u + 1] * x[u + 1];
            s2 += w[u + 2] * x[u + 2];
            s3 += w[u + 3] * x[u + 3];
        }}
        values.data[values_at + row] = wp::vec_t<1, Real>((s0 + s1) + (s2 + s3));
    }}""",
        "transposed_matvec": f"""{begin}
    const Real* w = (const Real*)(weights.data + at);
    const Real* x = (const Real*)(values.data + values_at);
    const Real* y = (const Real*)(others.data + others_at);
    Real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int i = 0;
    {folded("x", "count")}
    i = 0;
    {folded("y", "others_count")}
    return wp::vec_t<1, Real>((s0 + s1) + (s2 + s3));""",
        "outer": outer("x[step * values_stride]"),
        "outer_relative": outer(
            "(x[step * values_stride] - mask[0] * c[step * centres_stride]) * scale",
            "const Real* c = (const Real*)(centres.data + centres_at);",
        ),
    }


def _vectors(types: KernelTypes, units: int) -> dict[str, str]:
    """Return the functions where a row is a vector register."""
    row = types.row
    real, size = REAL_NAMES[types.precision], REAL_BYTES[types.precision]
    begin = f"""typedef {real} Real;
    typedef Real Vector __attribute__((vector_size({row * size}), aligned({size}), may_alias));"""

    def returned(vector: str) -> str:
        return f"wp::vec_t<{row}, Real> out; *(Vector*)&out = {vector}; return out;"

    def each(code: str, count: int) -> str:
        return " ".join(code.format(c=c) for c in range(count))

    def outer(value: str, centres: str = "") -> str:
        return f"""{begin}
    Vector* g = (Vector*)(gradient.data + at);
    const Real* u = (const Real*)(units.data + units_at) + (steps - 1) * units_stride * {row};
    const Vector* x = (const Vector*)(values.data + values_at) + (steps - 1) * values_stride;
    {centres}
    {each("Vector g{c} = g[{c}];", row)}
    for (int step = steps - 1; step >= 0; --step, u -= units_stride * {row}, x -= values_stride) {{
        const Vector v = {value};
        {each("g{c} += v * u[{c}];", row)}
    }}
    {each("g[{c}] = g{c};", row)}"""

    chains = CHAINS // 2
    sums = f"({_tree([f'{{row}}{c}' for c in range(chains)])})"
    return {
        "matvec": f"""{begin}
    const Real* x = (const Real*)(units.data + units_at);
    const Vector* w = (const Vector*)(weights.data + at);
    Vector* y = (Vector*)(values.data + values_at);
    int row = first;
    for (; row + stride < last; row += 2 * stride) {{
        const Vector* a = w + row * {units};
        const Vector* b = a + stride * {units};
        {each("Vector a{c} = {{}}, b{c} = {{}};", chains)}
        for (int u = 0; u < {units}; u += {chains}) {{
            {each("a{c} += a[u + {c}] * x[u + {c}]; b{c} += b[u + {c}] * x[u + {c}];", chains)}
        }}
        y[row] = {sums.format(row="a")};
        y[row + stride] = {sums.format(row="b")};
    }}
    if (row < last) {{
        const Vector* a = w + row * {units};
        {each("Vector a{c} = {{}};", chains)}
        for (int u = 0; u < {units}; u += {chains}) {{ {each("a{c} += a[u + {c}] * x[u + {c}];", chains)} }}
        y[row] = {sums.format(row="a")};
    }}""",
        "transposed_matvec": f"""{begin}
    const Vector* w = (const Vector*)(weights.data + at);
    const Vector* x = (const Vector*)(values.data + values_at);
    const Vector* y = (const Vector*)(others.data + others_at);
    {each("Vector s{c} = {{}};", row)}
    for (int b = 0; b < count; ++b, w += {units}) {{ const Vector v = x[b]; {each("s{c} += w[{c}] * v;", row)} }}
    for (int b = 0; b < others_count; ++b, w += {units}) {{ const Vector v = y[b]; {each("s{c} += w[{c}] * v;", row)} }}
    {transposed_sums(row, 16 // size)}
    {returned("t")}""",
        "outer": outer("*x"),
        "outer_relative": outer(
            "(*x - here * c[step * centres_stride]) * scale",
            "const Vector here = *(const Vector*)&mask; const Vector* c = (const Vector*)(centres.data + centres_at);",
        ),
    }


def _tree(terms: list[str]) -> str:
    """Return the sum of terms as a balanced tree."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({_tree(terms[:half])} + {_tree(terms[half:])})"


def transposed_sums(row: int, lane: int) -> str:
    """Return code that puts the sum over vector s0 into the first number of t, that over s1 into the second, and so on.

    Each round adds neighbours in two vectors and puts the sums into one, so that all is done after log2(row) rounds:
    first neighbouring numbers, which stay in their `lane` (the 128 bits that a processor shuffles fastest), and then
    neighbouring lanes.
    """
    lines, names, level = [], [f"s{index}" for index in range(row)], 0
    while len(names) > 1:
        inside = 2**level < lane
        even, odd = (_neighbours(row, lane if inside else row, 1 if inside else lane, offset) for offset in (0, 1))
        level += 1
        merged = [f"t{level}_{index}" for index in range(len(names) // 2)]
        for index, name in enumerate(merged):
            pair = f"{names[2 * index]}, {names[2 * index + 1]}"
            lines.append(
                f"const Vector {name} = __builtin_shufflevector({pair}, {even})"
                f" + __builtin_shufflevector({pair}, {odd});"
            )
        names = merged
    return "\n    ".join([*lines, f"const Vector t = {names[0]};"])


def _neighbours(row: int, within: int, size: int, offset: int) -> str:
    """Return where every other block of `size` numbers is in two vectors, both taken `within` numbers at a time."""
    places = [
        vector * row + start + 2 * size * block + size * offset + number
        for start in range(0, row, within)
        for vector in (0, 1)
        for block in range(within // size // 2)
        for number in range(size)
    ]
    return ", ".join(map(str, places))
