"""What one small network does for many springs at once: native functions of rows, with the same weights for all.

Numbers of springs lie as (number, row of springs), a `stride` of rows from one number to the next. On a CPU a weight is
spread over a vector register and as many sums are kept in registers as its vector units need; on a GPU a row is one
spring and a lane does what a register does.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.control.layer import transposed_sums
from codesign.sim.kernels import REAL_BYTES, REAL_NAMES, KernelTypes

SUMS = 8
"""Sums that are kept apart on a CPU."""

PARTS = 4
"""Sums that one lane adds up apart where a row is one number."""


@dataclass(frozen=True)
class BroadcastFunctions:
    """A network of `units` hidden units and `inputs` inputs at rows of springs; all positions count rows.

    Attributes:
        hidden_layer: (weights, at, begins, begins_at, inputs, inputs_at, hidden, hidden_at, stride): writes the units
            of one row of springs: what they begin with, and weights times inputs.
        output_layer: (weights, at, hidden, hidden_at, stride) -> numbers: the sum of one row's units times their
            weights.
        tanh_adjoint: (weights, at, passed, passed_at, hidden, hidden_at, stride): turns tanh units of one row into the
            adjoint of what went into them, given that of the output.
        input_adjoint: (weights, at, hidden, hidden_at, inputs, inputs_at, stride): writes the adjoint of one row's
            inputs.
        outer: (sums, at, hidden, hidden_at, inputs, inputs_at, stride, count, tile): adds products of units and inputs,
            summed over `count` rows, to a tile of sums that lie as (unit, input).
        outer_output: (sums, at, hidden, hidden_at, passed, passed_at, stride, count, tile): the same for a single
            input.
        total: (hidden, hidden_at, stride, count, passed, passed_at, row): writes the sums over all springs of as many
            units as a row has numbers.
        tiles, output_tiles: of `outer` and `outer_output`.
    """

    hidden_layer: Any
    output_layer: Any
    tanh_adjoint: Any
    input_adjoint: Any
    outer: Any
    outer_output: Any
    total: Any
    tiles: int
    output_tiles: int


def build_broadcast(types: KernelTypes, units: int, inputs: int) -> BroadcastFunctions:
    """Return the functions of a network with padded numbers of units and inputs."""
    rows, row_vector = wp.array(dtype=types.row_vector), types.row_vector
    group_units, group_inputs = (1, 1) if types.row == 1 else (SUMS // 2, 2)
    code = _Code(types, units, inputs)

    @wp.func_native(code.mix(units, inputs, inputs, 1, "inputs", "hidden", "begins"))
    def hidden_layer(
        weights: rows,
        at: int,
        begins: rows,
        begins_at: int,
        inputs: rows,
        inputs_at: int,
        hidden: rows,
        hidden_at: int,
        stride: int,
    ): ...

    @wp.func_native(code.output_layer())
    def output_layer(weights: rows, at: int, hidden: rows, hidden_at: int, stride: int) -> row_vector: ...

    @wp.func_native(code.tanh_adjoint())
    def tanh_adjoint(
        weights: rows, at: int, passed: rows, passed_at: int, hidden: rows, hidden_at: int, stride: int
    ): ...

    @wp.func_native(code.mix(inputs, units, 1, inputs, "hidden", "inputs"))
    def input_adjoint(
        weights: rows, at: int, hidden: rows, hidden_at: int, inputs: rows, inputs_at: int, stride: int
    ): ...

    @wp.func_native(code.outer("inputs", inputs, group_units, group_inputs))
    def outer(
        sums: rows,
        at: int,
        hidden: rows,
        hidden_at: int,
        inputs: rows,
        inputs_at: int,
        stride: int,
        count: int,
        tile: int,
    ): ...

    @wp.func_native(code.outer("passed", 1, group_units, 1))
    def outer_output(
        sums: rows,
        at: int,
        hidden: rows,
        hidden_at: int,
        passed: rows,
        passed_at: int,
        stride: int,
        count: int,
        tile: int,
    ): ...

    @wp.func_native(code.total())
    def total(hidden: rows, hidden_at: int, stride: int, count: int, passed: rows, passed_at: int, row: int): ...

    tiles = units // group_units * (inputs // group_inputs)
    functions = hidden_layer, output_layer, tanh_adjoint, input_adjoint, outer, outer_output, total
    return BroadcastFunctions(*functions, tiles, units // group_units)


class _Code:
    """The functions' code; where a row is one number, a vector is one too."""

    def __init__(self, types: KernelTypes, units: int, inputs: int) -> None:
        self.row, self.units, self.inputs = types.row, units, inputs
        self.real, self.size = REAL_NAMES[types.precision], REAL_BYTES[types.precision]
        vector = f"typedef Real Vector __attribute__((vector_size({self.row * self.size}), aligned({self.size})"
        self.begin = f"typedef {self.real} Real; "
        self.begin += "typedef Real Vector;" if self.row == 1 else f"{vector}, may_alias));"

    def rows(self, name: str, *, constant: bool = True) -> str:
        """Return code that lets `name`_p point to an argument's first row."""
        kind = "const Vector" if constant else "Vector"
        return f"{kind}* {name}_p = ({kind}*)({name}.data + {name}_at);"

    def returned(self, vector: str) -> str:
        return f"wp::vec_t<{self.row}, Real> out; *(Vector*)&out = {vector}; return out;"

    def mix(self, outs: int, ins: int, out_step: int, in_step: int, source: str, target: str, begins: str = "") -> str:
        """Return the product of a matrix of weights with a column of rows, a few of its rows at a time."""
        parts = -(-outs // SUMS)
        while outs % parts:
            parts += 1
        many = outs // parts
        first = f"const Real* b = (const Real*)({begins}.data + {begins}_at);" if begins else ""
        zero = "Vector s{c} = Vector{{}} + b[out + {c}];" if begins else "Vector s{c} = {{}};"
        return f"""{self.begin}
    const Real* w = (const Real*)(weights.data + at);
    {first} {self.rows(source)} {self.rows(target, constant=False)}
    for (int out = 0; out < {outs}; out += {many}, w += {many * out_step}) {{
        {_each(zero, many)}
        for (int in = 0; in < {ins}; ++in) {{
            const Vector v = {source}_p[in * stride];
            {_each(f"s{{c}} += w[{{c}} * {out_step} + in * {in_step}] * v;", many)}
        }}
        {_each(f"{target}_p[(out + {{c}}) * stride] = s{{c}};", many)}
    }}"""

    def output_layer(self) -> str:
        return f"""{self.begin}
    const Real* w = (const Real*)(weights.data + at);
    {self.rows("hidden")}
    {_each("Vector s{c} = {{}};", PARTS)}
    for (int u = 0; u < {self.units}; u += {PARTS}) {{
        {_each("s{c} += w[u + {c}] * hidden_p[(u + {c}) * stride];", PARTS)}
    }}
    {self.returned("(s0 + s1) + (s2 + s3)")}"""

    def tanh_adjoint(self) -> str:
        return f"""{self.begin}
    const Real* w = (const Real*)(weights.data + at);
    {self.rows("hidden", constant=False)}
    const Vector p = *(const Vector*)(passed.data + passed_at);
    for (int u = 0; u < {self.units}; ++u) {{
        const Vector h = hidden_p[u * stride];
        hidden_p[u * stride] = w[u] * p * ((Real)1 - h * h);
    }}"""

    def outer(self, source: str, inputs: int, units: int, many: int) -> str:
        across = inputs // many
        pairs = [(unit, number) for unit in range(units) for number in range(many)]
        loads = " ".join(f"Vector s{u}{i} = g[{u * inputs + i}];" for u, i in pairs)
        values = _each(f"const Vector x{{c}} = {source}_p[{{c}} * stride + r];", many)
        adds = " ".join(
            f"const Vector h{u} = hidden_p[{u} * stride + r]; {_each(f's{u}{{c}} += h{u} * x{{c}};', many)}"
            for u in range(units)
        )
        stores = " ".join(f"g[{u * inputs + i}] = s{u}{i};" for u, i in pairs)
        loop = f"{loads} for (int r = 0; r < count; ++r) {{ {values} {adds} }} {stores}"
        if self.row == 1:
            # Loads of several springs are under way together.
            step = " ".join(f"s{p} += hidden_p[r + {p}] * {source}_p[r + {p}];" for p in range(PARTS))
            loop = f"""{_each("Real s{c} = 0;", PARTS)}
    int r = 0;
    for (; r + {PARTS} <= count; r += {PARTS}) {{ {step} }}
    for (; r < count; ++r) s0 += hidden_p[r] * {source}_p[r];
    g[0] += (s0 + s1) + (s2 + s3);"""
        return f"""{self.begin}
    {self.rows("hidden")} {self.rows(source)}
    const int u = tile / {across} * {units}, i = tile % {across} * {many};
    hidden_p += u * stride; {source}_p += i * stride;
    Vector* g = (Vector*)(sums.data + at) + u * {inputs} + i;
    {loop}"""

    def total(self) -> str:
        if self.row == 1:
            step = " ".join(f"s{p} += h[r + {p}];" for p in range(PARTS))
            return f"""{self.begin}
    const Real* h = (const Real*)(hidden.data + hidden_at) + row * stride;
    {_each("Real s{c} = 0;", PARTS)}
    int r = 0;
    for (; r + {PARTS} <= count; r += {PARTS}) {{ {step} }}
    for (; r < count; ++r) s0 += h[r];
    *(Real*)(passed.data + passed_at + row) = (s0 + s1) + (s2 + s3);"""
        return f"""{self.begin}
    const Vector* h = (const Vector*)(hidden.data + hidden_at) + row * {self.row} * stride;
    {_each("Vector s{c} = {{}};", self.row)}
    for (int r = 0; r < count; ++r) {{ {_each("s{c} += h[{c} * stride + r];", self.row)} }}
    {transposed_sums(self.row, 16 // self.size)}
    *(Vector*)(passed.data + passed_at + row) = t;"""


def _each(code: str, count: int) -> str:
    return " ".join(code.format(c=c) for c in range(count))
