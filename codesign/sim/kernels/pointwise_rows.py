"""What a controller of one spring does with a row of springs: loops over the entries of a row, written as text.

Which rows are loaded, passed on as values and stored depends on the arguments of the controller's functions. The text
names them all, because every other way (vectors filled in loops, tuples of any length) keeps a row from becoming vector
code or is differentiated wrongly by Warp.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.quantities import MOTIONS, Source
from codesign.sim.kernels.source import compiled
from codesign.sim.kernels.spring_arguments import SpringArguments, built
from codesign.sim.kernels.tanh import build_tanh
from codesign.sim.kernels.types import KernelTypes

SHORTEST = 1.0e-6
"""Length [m] that is added in quadrature to those of springs, and least rest length: padding has neither."""


@dataclass(frozen=True)
class SpringRowFunctions:
    """Functions of one row of springs, and those of lanes that differentiate such.

    Warp puts functions that call `wp.grad` behind all others, whatever calls them. So the two that do so are not called
    by functions that do not, and take what `ControllerFunctions.reverse` and `accumulate` take.

    Attributes:
        prepare: (model, control, places, row): writes what is prepared for an episode; None for nothing.
        drive: (model, control, tape, places, row) -> actuation.
        reverse: adds a step to the sums over steps, and carries the adjoint of the actuation to the ends of springs: to
            their positions by way of `tape.force`, the rest by way of `control.passed_rows`.
        finish: at the episode's start, writes the gradient from the sums.
    """

    prepare: Any
    drive: Any
    reverse: Any
    finish: Any


class Writer(SpringArguments):
    """Writes the functions of rows for one controller; takes what `SpringArguments` takes."""

    def build(self, others: dict[str, Any]) -> SpringRowFunctions:
        """Return the functions, and register a kernel that keeps the adjoints of what they differentiate.

        Args:
            others: `Controller`, `Places`, and the functions of lanes that these call: `places_of`, `pass_to_ends`,
                `add_up_shared` and `synchronise`.
        """
        parts = [self._products(), self._drive(), self._reverse(), self._finish(), self._kept()]
        if self.functions.prepare:
            parts.append(self._prepare())
        made = compiled("\n\n".join(parts), self._namespace() | others)
        return SpringRowFunctions(made.get("prepare_row"), made["drive_row"], made["reverse_rows"], made["finish_rows"])

    def _namespace(self) -> dict[str, Any]:
        types, prepare = self.types, self.functions.prepare
        named = {name: getattr(types, name) for name in ("real", "scalar", "vector", "rows", "row_vector")}
        named |= {name: getattr(types, name) for name in ("Constants", "Model", "Tape", "Adjoint")}
        own = types.row_functions
        named |= {
            name: getattr(own, name) for name in ("load", "store", "read", "store_coordinates", "difference", "at_ends")
        }
        arguments = [*self.at_prepare.values(), *self.at_drive.values()]
        vectors = {types.dimension, *(source.width for source in arguments)}
        named |= {f"vector_of_{width}": wp.types.vector(width, types.real) for width in vectors}
        named["Prepared"] = wp.types.vector(max(self.sizes.prepared, 1), types.real)
        named["motion"] = _motion(types)
        named["Motion"] = wp.types.vector(2, types.real)
        return named | {
            "wp": wp,
            "MODULE": types.module,
            "ROW": types.row,
            "tanh": build_tanh(types),
            "drive": self.functions.drive,
            "prepare": prepare,
        }

    def _products(self) -> str:
        """Return the functions that `wp.grad` is asked about: each is a function dotted with a cotangent."""
        written = [_product("drive", self.at_drive, "scalar")]
        if self.functions.prepare:
            written.append(_product("prepare", self.at_prepare, "Prepared"))
        motion = {"along": Source("", 0, self.types.dimension), "speed": Source("", 0, self.types.dimension)}
        if self.sizes.moving:
            written.append(_product("motion", motion | {"rest": Source("", 0, 1)}, "Motion"))
        return "\n\n".join(written)

    def _kept(self) -> str:
        """Return a kernel that is differentiated: without one, what differentiated functions call has no adjoint."""
        number = "reals[0]"

        def anything(arguments: dict[str, Source]) -> str:
            return ", ".join(built(source, [number] * source.width) for source in arguments.values())

        calls = [f"driven = drive({anything(self.at_drive)})", "reals[1] = driven[0]"]
        if self.functions.prepare:
            calls += [f"made = prepare({anything(self.at_prepare)})", "reals[2] = made[0]"]
        if self.sizes.moving:
            along = f"vector({', '.join([number] * self.types.dimension)})"
            calls += [f"moved = motion({along}, {along}, {number})", "reals[3] = moved[0]"]
        return f"""
@wp.kernel(module=MODULE, enable_backward=True)
def keep_adjoints_of_controller(reals: wp.array(dtype=real)):
    {_lines(calls, 4)}
"""

    def _prepare(self) -> str:
        place = self.place
        outs = range(self.sizes.prepared)
        stores = [f"store(control.prepared_rows, {place('prepared', number)}, out_{number})" for number in outs]
        return f"""
@wp.func(module=MODULE, inline=True)
def prepare_row(model: Model, control: Controller, at: Places, row: int):
    {_lines(self.loads(self.at_prepare), 4)}
    {_lines([f"out_{place} = row_vector()" for place in outs], 4)}
    for entry in range(ROW):
        made = prepare({self.values(self.at_prepare)})
        {_lines([f"out_{place}[entry] = made[{place}]" for place in outs], 8)}
    {_lines(stores, 4)}
"""

    def _drive(self) -> str:
        return f"""
@wp.func(module=MODULE, inline=True)
def drive_row(model: Model, control: Controller, tape: Tape, at: Places, row: int) -> row_vector:
    {_lines(self.loads(self.at_drive), 4)}
    actuation = row_vector()
    for entry in range(ROW):
        {_lines(self.moved(), 8)}
        driven = drive({self.values(self.at_drive)})
        actuation[entry] = tanh(driven[0])
    return actuation
"""

    def _reverse(self) -> str:
        sums = {key: place for key, place in self.summed.items() if key in set(self.parts(self.at_drive))}
        before = [f"sum_{place} = load(control.sum_rows, {self.place('summed', place)})" for place in sums.values()]
        after = [f"store(control.sum_rows, {self.place('summed', place)}, sum_{place})" for place in sums.values()]
        inside: list[str] = []
        for name, source in self.at_drive.items():
            for part, value in enumerate(_components(source, f"d_{name}")):
                key = source.kind, source.first + part
                if key in sums:
                    inside.append(f"sum_{sums[key]}[entry] = sum_{sums[key]}[entry] + {value}")
                elif source.kind == "stepwise":
                    own = f"own_{key[1]}"
                    before.append(f"{own} = row_vector()")
                    inside.append(f"{own}[entry] = {value}")
                    after.append(
                        f"store(control.gradient_rows, at.gradient_stepwise + {key[1]} * at.count + row, {own})"
                    )
        for own in (self._motion_adjoint(), self._sense_adjoint()):
            for written, more in zip((before, inside, after), own, strict=True):
                written.extend(more)
        adjoints = ", ".join(f"d_{name}" for name in self.at_drive)
        return f"""
@wp.func(module=MODULE, inline=True)
def reverse_rows(
    constants: Constants, model: Model, control: Controller, tape: Tape, adjoint: Adjoint,
    world: int, lane: int, step: int, slot: int,
):
    at = places_of(constants, model, world, step, slot)
    {"synchronise()  # masses may still be gathering forces" if self.sizes.moving else "pass"}
    for row in range(lane, at.count, wp.block_dim()):
        actuated = load(tape.actuation_rows, at.actuation + row)
        passed = load(adjoint.actuation_rows, at.start + row)
        passed -= wp.cw_mul(passed, wp.cw_mul(actuated, actuated))
        {_lines(self.loads(self.at_drive), 8)}
        {_lines(before, 8)}
        for entry in range(ROW):
            {_lines(self.moved(), 12)}
            {adjoints}, to_cotangent = wp.grad(drive_product)({self.values(self.at_drive)}, scalar(passed[entry]))
            {_lines(inside, 12)}
        {_lines(after, 8)}
    pass_to_ends(model, control, tape, adjoint, at, world, lane)
"""

    def _finish(self) -> str:
        """Return the function that carries the sums through `prepare` backwards and writes the gradient."""
        before, inside, after = [], [], []
        for part in range(self.sizes.learned):
            place = self.summed.get(("learned", part))
            made = "row_vector()" if place is None else f"load(control.sum_rows, {self.place('summed', place)})"
            before.append(f"learned_{part} = {made}")
            after.append(f"store(control.gradient_rows, at.gradient + {part} * at.count + row, learned_{part})")
        if self.functions.prepare:
            before += self.loads(self.at_prepare)
            cotangents = []
            for place in range(self.sizes.prepared):
                own = self.summed.get(("prepared", place))
                made = "row_vector()" if own is None else f"load(control.sum_rows, {self.place('summed', own)})"
                before.append(f"cotangent_{place} = {made}")
                cotangents.append(f"cotangent_{place}[entry]")
            adjoints = ", ".join(f"d_{name}" for name in self.at_prepare)
            values = f"{self.values(self.at_prepare)}, Prepared({', '.join(cotangents)})"
            inside.append(f"{adjoints}, to_cotangent = wp.grad(prepare_product)({values})")
            for name, source in self.at_prepare.items():
                for part, value in enumerate(_components(source, f"d_{name}")):
                    number = source.first + part
                    if source.kind == "learned":
                        inside.append(f"learned_{number}[entry] = learned_{number}[entry] + {value}")
                    elif source.kind == "shared":
                        place = self.place("summed", self.summed["shared", number])
                        before.append(f"shared_{number} = load(control.sum_rows, {place})")
                        inside.append(f"shared_{number}[entry] = shared_{number}[entry] + {value}")
                        after.append(f"store(control.sum_rows, {place}, shared_{number})")
        loop = f"for entry in range(ROW):\n                {_lines(inside, 16)}" if inside else "pass"
        return f"""
@wp.func(module=MODULE, inline=True)
def finish_rows(
    constants: Constants, model: Model, control: Controller, tape: Tape, adjoint: Adjoint,
    world: int, lane: int, begin: int, steps: int,
):
    if begin == 0:
        at = places_of(constants, model, world, 0, 0)
        for row in range(lane, at.count, wp.block_dim()):
            {_lines(before, 12)}
            {loop}
            {_lines(after, 12)}
        add_up_shared(control, at, lane)
"""

    def _motion_adjoint(self) -> tuple[list[str], list[str], list[str]]:
        """Return lines that carry the adjoint of strain and its rate to the ends of springs and their rest lengths."""
        if not self.sizes.moving:
            return [], [], []
        axes = range(self.types.dimension)
        strain, rate = (f"d_{name}" if name in self.at_drive else "real(0.0)" for name in MOTIONS)
        before = ["apart = rows()", "d_rests = row_vector()"]
        inside = [
            "to_along, to_speed, to_rest, to_motion = wp.grad(motion_product)"
            f"(along, speed, rest[entry], Motion({strain}, {rate}))",
            *(f"apart[{axis}, entry] = to_along[{axis}]" for axis in axes),
            "d_rests[entry] = to_rest",
        ]
        after = [
            "store_coordinates(tape.force, at.force + row * ROW * DIMENSION, -apart)",
            "store_coordinates(tape.force, at.force + (at.count + row) * ROW * DIMENSION, apart)",
        ]
        if self.types.physical_gradients:
            after.append("store(adjoint.rest_rows, at.start + row, load(adjoint.rest_rows, at.start + row) + d_rests)")
        if self.sizes.rate:
            before += [f"speed_{axis} = row_vector()" for axis in axes]
            inside += [f"speed_{axis}[entry] = to_speed[{axis}]" for axis in axes]
            after += [f"store(control.passed_rows, {self.place('passed', axis)}, speed_{axis})" for axis in axes]
        return before, inside, [line.replace("DIMENSION", str(self.types.dimension)) for line in after]

    def _sense_adjoint(self) -> tuple[list[str], list[str], list[str]]:
        """Return lines that write what springs pass to the senses of their ends."""
        before, inside, after = [], [], []
        first = self.types.dimension * self.sizes.rate
        for number, sense in enumerate(self.senses):
            for place, end in enumerate(("first", "second")):
                terms = [f"d_{sense}_{end}"] if f"{sense}_{end}" in self.at_drive else []
                terms += [f"d_{sense}_mean * real(0.5)"] if f"{sense}_mean" in self.at_drive else []
                own = f"to_{end}_{sense}"
                before.append(f"{own} = row_vector()")
                inside.append(f"{own}[entry] = {' + '.join(terms) or 'real(0.0)'}")
                after.append(f"store(control.passed_rows, {self.place('passed', first + 2 * number + place)}, {own})")
        return before, inside, after


def _motion(types: KernelTypes) -> Any:
    """Return the function that says how a spring moves, from the differences of its ends in place and velocity."""
    real, vector, larger = types.real, types.vector, types.larger
    Motion = wp.types.vector(2, real)

    @wp.func(module=types.module, inline=True)
    def motion(along: vector, speed: vector, rest: real) -> Motion:
        length = wp.sqrt(wp.dot(along, along) + real(SHORTEST * SHORTEST))
        usual = larger(rest, real(SHORTEST))
        return Motion(length / usual - real(1.0), wp.dot(along, speed) / (length * usual))

    return motion


def _product(name: str, arguments: dict[str, Source], cotangent: str) -> str:
    """Return the text of a function dotted with a cotangent."""
    kinds = ["real" if source.width == 1 else f"vector_of_{source.width}" for source in arguments.values()]
    typed = "".join(f"value_{place}: {kind}, " for place, kind in enumerate(kinds))
    values = ", ".join(f"value_{place}" for place in range(len(kinds)))
    return f"""
@wp.func(module=MODULE, inline=True)
def {name}_product({typed}cotangent: {cotangent}) -> scalar:
    return scalar(wp.dot({name}({values}), cotangent))
"""


def _components(source: Source, name: str) -> list[str]:
    return [name] if source.width == 1 else [f"{name}[{part}]" for part in range(source.width)]


def _lines(lines: list[str], indent: int) -> str:
    return f"\n{' ' * indent}".join(lines) if lines else "pass"
