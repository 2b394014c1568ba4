"""Kernels that draw, load and read the weights of many controllers among their padded parameters.

A row of parameters is done at a time: which weights are in a row is worked out once, and is the same for all lines of a
block but for a constant. On a CPU one lane does a controller. On a GPU rows have one number, and lanes share lines
where these lie next to each other, and else rows, so that they write next to each other.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp

from codesign.sim.kernels.cpu import EXACT_FLAGS
from codesign.sim.kernels.random_weights import GOLDEN, build_random
from codesign.sim.kernels.types import PRECISIONS

WARP = wp.constant(32)
"""Lanes of a GPU that write together."""

CONSTANT, NORMAL, UNIFORM = range(3)
KINDS = {"constant": CONSTANT, "normal": NORMAL, "uniform": UNIFORM}
"""Numbers of the kinds of `Distribution`."""

PLACES = ("count", "lines", "weight", "weight_step", "place", "place_step", "row_step", "group", "group_step", "kind")
"""Fields of a block on the device, int32; those that `WeightBlock` has mean the same."""


@dataclass(frozen=True)
class WeightKernels:
    """Kernels over controllers; they are launched with (controllers, lanes) threads.

    Each takes the first controller of its share, the number of lanes, the controllers, where the parameters of each
    begin, the blocks of each and how many those are; then

    - draw: keys, parameters (out). One lane alone sets padding to zero too; for several it must be zero before.
    - load: first weight of each chosen controller, weights, parameters (out). As above.
    - read: first weight of each chosen controller, parameters, weights (out).

    Attributes:
        Block: struct of a block.
    """

    Block: Any
    draw: Any
    load: Any
    read: Any


@cache
def weight_kernels(precision: str, row: int) -> WeightKernels:
    """Return the kernels for parameters of a precision that lie in rows of so many."""
    module = f"codesign.sim.weights_{precision}_{row}"
    wp.set_module_options(
        {
            "cpu_compiler_flags": EXACT_FLAGS,
            "fuse_fp": False,
            "enable_backward": False,
            "optimization_level": 3,
            "max_unroll": 3,
        },
        module=module,
    )
    fields = dict.fromkeys(PLACES, wp.int32) | {"location": wp.float32, "scale": wp.float32}
    Block = wp.struct(type("Block", (), {"__annotations__": fields, "__module__": __name__}), module=module)
    return WeightKernels(Block, *_build(precision, row, module, Block))


def _build(precision: str, row: int, module: str, Block: Any) -> tuple[Any, Any, Any]:
    real, ROW = PRECISIONS[precision], row
    name = {"float32": "float", "float64": "double"}[precision]
    reals, doubles, integers = wp.array(dtype=real), wp.array(dtype=wp.float64), wp.array(dtype=wp.int32)
    row_vector, States, Numbers = (wp.types.vector(row, kind) for kind in (real, wp.uint64, wp.int32))
    golden = wp.constant(wp.uint64(GOLDEN))
    random = build_random(module)
    mixed, normal, uniform = random.mixed, random.normal, random.uniform
    blocks_of = wp.array(dtype=Block)

    @wp.func_native("for (int i = start; i < stop; ++i) values.data[i] = 0;")
    def clear(values: reals, start: int, stop: int): ...

    @wp.func_native(f"{name}* p = values.data + at; for (int e = 0; e < {row}; ++e) p[e] = own[e];")
    def store_whole(values: reals, at: int, own: row_vector, left: int): ...

    @wp.func_native(f"{name}* p = values.data + at; for (int e = 0; e < left; ++e) p[e] = own[e];")
    def store_part(values: reals, at: int, own: row_vector, left: int): ...

    @wp.func_native(f"""wp::vec_t<{row}, int> out;
    int groups = chunk * {row} / block.group, rest = chunk * {row} % block.group;
    for (int e = 0; e < {row}; ++e) {{
        out[e] = block.weight + groups * block.group_step + rest;
        if (++rest == block.group) {{ rest = 0; ++groups; }}
    }}
    return out;""")
    def numbers_of(block: Block, chunk: int) -> Numbers: ...

    @wp.func_native(f"""const double* p = weights.data + at;
    wp::vec_t<{row}, {name}> out;
    for (int e = 0; e < left; ++e) out[e] = ({name})p[numbers[e]];
    return out;""")
    def gathered(weights: doubles, at: int, numbers: Numbers, left: int) -> row_vector: ...

    @wp.func_native(f"""double* p = weights.data + to;
    const {name}* q = values.data + at;
    for (int e = 0; e < left; ++e) p[numbers[e]] = (double)q[e];""")
    def scatter(values: reals, at: int, weights: doubles, to: int, numbers: Numbers, left: int): ...

    @wp.func(module=module, inline=True)
    def lanes_of_a_row(block: Block, lanes: int) -> int:
        """Return how many lanes share the lines of a row; the others take other rows."""
        if lanes >= WARP and block.place_step == 1:
            return WARP
        return 1

    def build_draw(name: str, number: Any, store: Any) -> Any:
        @wp.func(module=module, inline=True, name=name)
        def draw_row(
            block: Block,
            parameters: reals,
            key: wp.uint64,
            at: int,
            numbers: Numbers,
            left: int,
            own: int,
            shared: int,
        ):
            """Draw a row of every line that is the lane's own."""
            states = States()
            step = wp.uint64(shared * block.weight_step) * golden
            for entry in range(ROW):
                states[entry] = key + wp.uint64(numbers[entry] + own * block.weight_step + 1) * golden
            for line in range(own, block.lines, shared):
                values = row_vector()
                for entry in range(ROW):
                    values[entry] = real(block.location + block.scale * number(mixed(states[entry])))
                    states[entry] = states[entry] + step
                store(parameters, at + line * block.place_step, values, left)

        return draw_row

    # What is drawn, and whether rows are whole, is decided outside of the loops.
    draw_whole_normal, draw_part_normal, draw_whole, draw_part = (
        build_draw(f"draw_{size}_{kind}", number, store)
        for kind, number in (("normal", normal), ("uniform", uniform))
        for size, store in (("whole", store_whole), ("part", store_part))
    )

    @wp.kernel(module=module)
    def draw(
        # In:
        first: int,
        lanes: int,
        controllers: integers,
        starts: integers,
        table: blocks_of,
        blocks: int,
        keys: wp.array(dtype=wp.uint64),
        # Out:
        parameters: reals,
    ):
        index, lane = wp.tid()
        controller = controllers[first + index]
        key = keys[controller]
        start = starts[controller]
        if lanes == 1:
            clear(parameters, start, starts[controller + 1])
        for number in range(blocks):
            block = table[controller * blocks + number]
            shared = lanes_of_a_row(block, lanes)
            own = lane % shared
            if block.kind != CONSTANT or block.location != wp.float32(0.0):
                for chunk in range(lane // shared, (block.count + ROW - 1) // ROW, lanes // shared):
                    left = wp.min(ROW, block.count - chunk * ROW)
                    at = start + block.place + chunk * block.row_step
                    numbers = numbers_of(block, chunk)
                    if block.kind == NORMAL:
                        if left == ROW:
                            draw_whole_normal(block, parameters, key, at, numbers, left, own, shared)
                        else:
                            draw_part_normal(block, parameters, key, at, numbers, left, own, shared)
                    elif left == ROW:
                        draw_whole(block, parameters, key, at, numbers, left, own, shared)
                    else:
                        draw_part(block, parameters, key, at, numbers, left, own, shared)

    @wp.kernel(module=module)
    def load(
        # In:
        first: int,
        lanes: int,
        controllers: integers,
        starts: integers,
        table: blocks_of,
        blocks: int,
        weight_start: integers,
        weights: doubles,
        # Out:
        parameters: reals,
    ):
        index, lane = wp.tid()
        controller = controllers[first + index]
        start = starts[controller]
        source = weight_start[first + index]
        if lanes == 1:
            clear(parameters, start, starts[controller + 1])
        for number in range(blocks):
            block = table[controller * blocks + number]
            shared = lanes_of_a_row(block, lanes)
            own = lane % shared
            for chunk in range(lane // shared, (block.count + ROW - 1) // ROW, lanes // shared):
                left = wp.min(ROW, block.count - chunk * ROW)
                at = start + block.place + chunk * block.row_step
                numbers = numbers_of(block, chunk)
                for line in range(own, block.lines, shared):
                    values = gathered(weights, source + line * block.weight_step, numbers, left)
                    store_part(parameters, at + line * block.place_step, values, left)

    @wp.kernel(module=module)
    def read(
        # In:
        first: int,
        lanes: int,
        controllers: integers,
        starts: integers,
        table: blocks_of,
        blocks: int,
        weight_start: integers,
        parameters: reals,
        # Out:
        weights: doubles,
    ):
        index, lane = wp.tid()
        controller = controllers[first + index]
        start = starts[controller]
        target = weight_start[first + index]
        for number in range(blocks):
            block = table[controller * blocks + number]
            shared = lanes_of_a_row(block, lanes)
            own = lane % shared
            for chunk in range(lane // shared, (block.count + ROW - 1) // ROW, lanes // shared):
                left = wp.min(ROW, block.count - chunk * ROW)
                at = start + block.place + chunk * block.row_step
                numbers = numbers_of(block, chunk)
                for line in range(own, block.lines, shared):
                    to = target + line * block.weight_step
                    scatter(parameters, at + line * block.place_step, weights, to, numbers, left)

    return draw, load, read
