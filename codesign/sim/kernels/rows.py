"""What kernels do with whole rows: reading, writing and gathering, as native functions.

Coordinates of masses lie mass by mass (x, y, x, y, ... in 2D), so that all coordinates of a mass are gathered by one
load; physics takes them apart into one row per axis. Warp's own indexing multiplies by strides that it reads from
memory at run time, which costs more than what is read; and what the compiler makes of a loop over a row of masses is
single numbers put together one by one, so the vectors are written out. In 3D a mass is loaded as four numbers, the last
of which belongs to the next mass and is not used: arrays end with `SLACK` numbers that nothing is stored in.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

REAL_NAMES = {"float32": "float", "float64": "double"}
"""What a number of a precision is called in native code."""

REAL_BYTES = {"float32": 4, "float64": 8}

SLACK = 1
"""Numbers behind the last mass of an array that are read, but not used."""


@dataclass(frozen=True)
class RowFunctions:
    """Native functions on contiguous arrays; `at` counts reals, `index` counts rows.

    Attributes:
        read: (reals, at) -> real.
        load: (rows, index) -> row vector.
        store: (rows, index, row vector).
        load_coordinates: (reals, at) -> coordinates of a row of masses, by axis.
        store_coordinates: (reals, at, coordinates by axis).
        difference, sum_of_ends: (reals, at, firsts, seconds, index) -> by axis, coordinates of the first masses minus
            those of the second, or plus them, for the row of springs `index`.
        gather: (reals, at, places, start, stop) -> by axis, the sum over rows `start` to `stop` of places: what a row
            of masses collects from places behind `at`.
        at_ends: (rows, at, places, index) -> numbers: of every mass there is one number; those of one end of the row
            of springs `index`, `places` being the masses at that end and `at` the first row of masses.
        total: (reals, at, count) -> vector: the sum over `count` rows of masses.
        weighted_total: (reals, at, weights, index, count) -> vector: the same, each mass times its weight; the weights
            are in `count` rows from row `index` on.
        coordinate: (vector, index) -> real: what number `index` of the coordinates of masses is in, if all masses are
            at one place; chosen without an index at run time, which would put the vector into a GPU's local memory.
    """

    read: Any
    load: Any
    store: Any
    load_coordinates: Any
    store_coordinates: Any
    difference: Any
    sum_of_ends: Any
    gather: Any
    at_ends: Any
    total: Any
    weighted_total: Any
    coordinate: Any


def build_rows(dimension: int, precision: str, row: int, types: dict[str, Any]) -> RowFunctions:
    """Return the functions for rows of `row` numbers; `types` are the kernel types."""
    real, vector, row_vector, rows = types["real"], types["vector"], types["row_vector"], types["rows"]
    reals, row_array, index_rows = wp.array(dtype=real), wp.array(dtype=row_vector), wp.array(dtype=types["indices"])
    name, width = REAL_NAMES[precision], dimension * row
    code = _loops(dimension, precision, row)
    if row > 1:
        code = _pairs(precision, row) if dimension == 2 else _quads(precision, row)

    @wp.func_native("return values.data[at];")
    def read(values: reals, at: int) -> real: ...

    @wp.func_native("return values.data[index];")
    def load(values: row_array, index: int) -> row_vector: ...

    @wp.func_native("values.data[index] = value;")
    def store(values: row_array, index: int, value: row_vector): ...

    @wp.func_native(code["take"])
    def load_coordinates(values: reals, at: int) -> rows: ...

    @wp.func_native(code["put"])
    def store_coordinates(values: reals, at: int, value: rows): ...

    @wp.func_native(code["difference"])
    def difference(values: reals, at: int, firsts: index_rows, seconds: index_rows, index: int) -> rows: ...

    @wp.func_native(code["both"])
    def sum_of_ends(values: reals, at: int, firsts: index_rows, seconds: index_rows, index: int) -> rows: ...

    @wp.func_native(code["gather"])
    def gather(values: reals, at: int, places: index_rows, start: int, stop: int) -> rows: ...

    @wp.func_native(f"""const {name}* p = (const {name}*)(values.data + at);
    const int* own = (const int*)(places.data + index);
    wp::vec_t<{row}, {name}> out;
    for (int e = 0; e < {row}; ++e) out[e] = p[own[e]];
    return out;""")
    def at_ends(values: row_array, at: int, places: index_rows, index: int) -> row_vector: ...

    @wp.func_native(f"""wp::vec_t<{dimension}, {name}> out;
    {name} sums[{width}] = {{}};
    const {name}* p = values.data + at;
    for (int r = 0; r < count; ++r, p += {width})
        for (int i = 0; i < {width}; ++i) sums[i] += p[i];
    for (int i = 0; i < {width}; ++i) out[i % {dimension}] += sums[i];
    return out;""")
    def total(values: reals, at: int, count: int) -> vector: ...

    @wp.func_native(f"""wp::vec_t<{dimension}, {name}> out;
    {name} sums[{width}] = {{}};
    const {name}* p = values.data + at;
    const {name}* w = (const {name}*)(weights.data + index);
    for (int r = 0; r < count; ++r, p += {width}, w += {row})
        for (int i = 0; i < {width}; ++i) sums[i] += p[i] * w[i / {dimension}];
    for (int i = 0; i < {width}; ++i) out[i % {dimension}] += sums[i];
    return out;""")
    def weighted_total(values: reals, at: int, weights: row_array, index: int, count: int) -> vector: ...

    chosen = "".join(f" if (axis == {axis}) out = place[{axis}];" for axis in range(1, dimension))

    @wp.func_native(f"const int axis = index % {dimension}; {name} out = place[0];{chosen} return out;")
    def coordinate(place: vector, index: int) -> real: ...

    return RowFunctions(
        read,
        load,
        store,
        load_coordinates,
        store_coordinates,
        difference,
        sum_of_ends,
        gather,
        at_ends,
        total,
        weighted_total,
        coordinate,
    )


def _loops(dimension: int, precision: str, row: int) -> dict[str, str]:
    """Return the functions that depend on how coordinates lie, for any dimension and row."""
    name = REAL_NAMES[precision]
    matrix = f"wp::mat_t<{dimension}, {row}, {name}> out;"
    each = f"for (int e = 0; e < {row}; ++e) for (int x = 0; x < {dimension}; ++x)"

    def ends(sign: str) -> str:
        return f"""{matrix}
    const {name}* p = values.data + at;
    const int* a = (const int*)(firsts.data + index);
    const int* b = (const int*)(seconds.data + index);
    {each} out.data[x][e] = p[{dimension} * a[e] + x] {sign} p[{dimension} * b[e] + x];
    return out;"""

    return {
        "take": f"""{matrix}
    const {name}* p = values.data + at;
    {each} out.data[x][e] = p[{dimension} * e + x];
    return out;""",
        "put": f"""{name}* p = values.data + at;
    {each} p[{dimension} * e + x] = value.data[x][e];""",
        "difference": ends("-"),
        "both": ends("+"),
        "gather": f"""{matrix}
    const {name}* p = values.data + at;
    {each} out.data[x][e] = 0;
    for (int i = start; i < stop; ++i) {{
        const int* own = (const int*)(places.data + i);
        {each} out.data[x][e] += p[{dimension} * own[e] + x];
    }}
    return out;""",
    }


def _pairs(precision: str, row: int) -> dict[str, str]:
    """Return the same for two dimensions and rows that are vector registers: two registers hold a row of masses."""
    name, size = REAL_NAMES[precision], REAL_BYTES[precision]
    attributes = f"aligned({size}), may_alias"
    types = f"""typedef {name} Vector __attribute__((vector_size({row * size}), {attributes}));
    typedef {name} Pair __attribute__((vector_size({2 * size}), {attributes}));"""
    apart = f"""wp::mat_t<2, {row}, {name}> out;
    *(Vector*)out.data[0] = __builtin_shufflevector(low, high, {_sequence(0, row, 2)});
    *(Vector*)out.data[1] = __builtin_shufflevector(low, high, {_sequence(1, row, 2)});
    return out;"""

    def halves(pair: str) -> tuple[str, str]:
        """Return expressions for the first and the last masses of a row, each a register, from one for every mass."""
        pairs = [pair.format(e=entry) for entry in range(row)]
        return _joined(pairs[: row // 2], 2), _joined(pairs[row // 2 :], 2)

    first, last = halves("p[a[{e}]]"), halves("p[b[{e}]]")

    def ends(sign: str) -> str:
        return f"""{types}
    const Pair* p = (const Pair*)(values.data + at);
    const int* a = (const int*)(firsts.data + index);
    const int* b = (const int*)(seconds.data + index);
    const Vector low = {first[0]} {sign} {last[0]}, high = {first[1]} {sign} {last[1]};
    {apart}"""

    own = halves("p[own[{e}]]")
    interleaved = [index // 2 + (index % 2) * row for index in range(2 * row)]
    low, high = (", ".join(map(str, half)) for half in (interleaved[:row], interleaved[row:]))
    return {
        "take": f"""{types}
    const Vector low = *(const Vector*)(values.data + at), high = *(const Vector*)(values.data + at + {row});
    {apart}""",
        "put": f"""{types}
    const Vector x = *(const Vector*)value.data[0], y = *(const Vector*)value.data[1];
    *(Vector*)(values.data + at) = __builtin_shufflevector(x, y, {low});
    *(Vector*)(values.data + at + {row}) = __builtin_shufflevector(x, y, {high});""",
        "difference": ends("-"),
        "both": ends("+"),
        "gather": f"""{types}
    const Pair* p = (const Pair*)(values.data + at);
    Vector low = {{}}, high = {{}};
    for (int i = start; i < stop; ++i) {{
        const int* own = (const int*)(places.data + i);
        low += {own[0]};
        high += {own[1]};
    }}
    {apart}""",
    }


def _quads(precision: str, row: int) -> dict[str, str]:
    """Return the same for three dimensions: as many vectors of four as there are masses in a row, then transposed."""
    name, size = REAL_NAMES[precision], REAL_BYTES[precision]
    attributes = f"aligned({size}), may_alias"
    types = f"""typedef {name} Vector __attribute__((vector_size({row * size}), {attributes}));
    typedef {name} Quad __attribute__((vector_size({4 * size}), {attributes}));"""
    apart = f"""{_transposed(row)}
    wp::mat_t<3, {row}, {name}> out;
    *(Vector*)out.data[0] = x;
    *(Vector*)out.data[1] = y;
    *(Vector*)out.data[2] = z;
    return out;"""

    def each(code: str) -> str:
        return " ".join(code.format(e=entry) for entry in range(row))

    def ends(sign: str) -> str:
        return f"""{types}
    const {name}* p = values.data + at;
    const int* a = (const int*)(firsts.data + index);
    const int* b = (const int*)(seconds.data + index);
    {each(f"const Quad q{{e}} = *(const Quad*)(p + 3 * a[{{e}}]) {sign} *(const Quad*)(p + 3 * b[{{e}}]);")}
    {apart}"""

    # One coordinate after the other: x and y are put together first, then z is put between them.
    places = [(index % 3, index // 3) for index in range(3 * row)]
    stores = []
    for part in range(3):
        own = places[part * row : (part + 1) * row]
        level = ", ".join(str(entry + axis * row) if axis < 2 else "-1" for axis, entry in own)
        whole = ", ".join(str(row + entry) if axis == 2 else str(index) for index, (axis, entry) in enumerate(own))
        stores.append(
            f"const Vector level{part} = __builtin_shufflevector(x, y, {level});"
            f" *(Vector*)(p + {part * row}) = __builtin_shufflevector(level{part}, z, {whole});"
        )
    return {
        "take": f"""{types}
    const {name}* p = values.data + at;
    {each("const Quad q{e} = *(const Quad*)(p + 3 * {e});")}
    {apart}""",
        "put": f"""{types}
    {name}* p = values.data + at;
    const Vector x = *(const Vector*)value.data[0], y = *(const Vector*)value.data[1];
    const Vector z = *(const Vector*)value.data[2];
    {" ".join(stores)}""",
        "difference": ends("-"),
        "both": ends("+"),
        "gather": f"""{types}
    const {name}* p = values.data + at;
    {each("Quad q{e} = {{}};")}
    for (int i = start; i < stop; ++i) {{
        const int* own = (const int*)(places.data + i);
        {each("q{e} += *(const Quad*)(p + 3 * own[{e}]);")}
    }}
    {apart}""",
    }


def _transposed(row: int) -> str:
    """Return code that turns vectors q0, q1, ... of four numbers into rows x, y and z.

    Vectors four apart are joined to registers, so that the rest is shuffling within their quarters of four.
    """
    lines = [f"const Vector j{first} = {_joined([f'q{e}' for e in range(first, row, 4)], 4)};" for first in range(4)]
    for target, indices in (("low", (0, 4, 1, 5)), ("high", (2, 6, 3, 7))):
        for one in (0, 2):
            picks = _quarters(row, indices)
            lines.append(f"const Vector {target}{one} = __builtin_shufflevector(j{one}, j{one + 1}, {picks});")
    for axis, source, indices in (("x", "low", (0, 1, 4, 5)), ("y", "low", (2, 3, 6, 7)), ("z", "high", (0, 1, 4, 5))):
        picks = _quarters(row, indices)
        lines.append(f"const Vector {axis} = __builtin_shufflevector({source}0, {source}2, {picks});")
    return "\n    ".join(lines)


def _quarters(row: int, indices: tuple[int, ...]) -> str:
    """Return picks from two vectors of `row` numbers: in every block of four, those of two blocks of four."""
    return ", ".join(str(block + index % 4 + row * (index // 4)) for block in range(0, row, 4) for index in indices)


def _sequence(first: int, count: int, step: int = 1) -> str:
    return ", ".join(str(first + step * index) for index in range(count))


def _joined(vectors: list[str], width: int) -> str:
    """Return an expression that puts vectors of `width` numbers, as many as a power of two, one behind the other."""
    if len(vectors) == 1:
        return vectors[0]
    half = len(vectors) // 2
    one, other = _joined(vectors[:half], width), _joined(vectors[half:], width)
    return f"__builtin_shufflevector({one}, {other}, {_sequence(0, len(vectors) * width)})"
