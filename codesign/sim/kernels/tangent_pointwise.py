"""Forward mode at a controller of one spring: its functions' gradients times tangents, written as text.

Which values are loaded and passed depends on the arguments of the controller's functions, as in `pointwise_rows`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.pointwise_rows import _components, _lines, _motion, _product
from codesign.sim.kernels.quantities import MOTIONS, Source, SpringFunctions, SpringQuantities
from codesign.sim.kernels.source import compiled
from codesign.sim.kernels.spring_arguments import SpringArguments, built
from codesign.sim.kernels.tangent_types import TangentFunctions, TangentTypes


@dataclass(frozen=True)
class LearnedQuantity:
    """A parameter as weights hold it.

    Attributes:
        name: of the argument.
        per: "spring", "body" or "step".
        width: how many numbers it has.
    """

    name: str
    per: str
    width: int


def build_pointwise_tangent(
    types: TangentTypes,
    quantities: SpringQuantities,
    functions: SpringFunctions,
    senses: Sequence[str],
    learned: Sequence[LearnedQuantity],
) -> TangentFunctions:
    """Return the tangents of a controller of one spring.

    Args:
        types: the types and module.
        quantities: what there is of a spring.
        functions: the controller's, of values.
        senses: names of the senses that its inputs need, in the order in which masses have them.
        learned: its parameters in the order of the weights.
    """
    return _Writer(types, quantities, functions, senses, learned).build()


class _Writer(SpringArguments):
    """Writes the functions for one controller; takes what `build_pointwise_tangent` takes."""

    def __init__(
        self,
        types: TangentTypes,
        quantities: SpringQuantities,
        functions: SpringFunctions,
        senses: Sequence[str],
        learned: Sequence[LearnedQuantity],
    ) -> None:
        super().__init__(types.kernel, quantities, functions, senses)
        self._tangent_types = types
        self._places = _places_of(learned, quantities.sources())

    def build(self) -> TangentFunctions:
        """Return the functions, and register a kernel that keeps the adjoints of what they differentiate."""
        types = self.types
        reals = wp.array(dtype=types.real)
        Control = types.record("SpringControl", dict.fromkeys(("clock", "constants", "prepared", "d_prepared"), reals))
        parts = [_product("drive", self.at_drive, "scalar"), self._act(), self._kept()]
        if self.functions.prepare:
            parts.insert(0, _product("prepare_of_values", self.at_prepare, "Prepared"))
        if self.sizes.moving:
            motion = {"along": Source("", 0, types.dimension), "speed": Source("", 0, types.dimension)}
            parts.insert(0, _product("motion", motion | {"rest": Source("", 0, 1)}, "Motion"))
        parts.append(self._prepare())
        made = compiled("\n\n".join(parts), self._namespace() | {"Control": Control})
        return TangentFunctions(Control, made["prepare"], made["act"])

    def _namespace(self) -> dict[str, Any]:
        types, own = self.types, self._tangent_types
        arguments = [*self.at_prepare.values(), *self.at_drive.values()]
        vectors = {types.dimension, *(source.width for source in arguments)}
        named = {f"vector_of_{width}": wp.types.vector(width, types.real) for width in vectors}
        named |= {name: getattr(types, name) for name in ("real", "scalar", "vector")}
        readers = ("position", "velocity", "sense", "actuation", "moved", "sped", "felt", "put_actuation")
        named |= {name: getattr(own, name) for name in ("Trajectory", "Tangent", *readers)}
        return named | {
            "wp": wp,
            "MODULE": types.module,
            "Prepared": wp.types.vector(max(self.sizes.prepared, 1), types.real),
            "Motion": wp.types.vector(2, types.real),
            "motion": _motion(types),
            "drive": self.functions.drive,
            "prepare_of_values": self.functions.prepare,
        }

    def scalar_loads(self, arguments: dict[str, Source]) -> list[str]:
        """Return lines that load the numbers of some arguments of a spring, and their tangents."""
        lines: list[str] = []
        for kind, number in self.parts({name: own for name, own in arguments.items() if own.kind != "inputs"}):
            name = f"{kind}_of_{number}"
            if kind in ("learned", "shared", "stepwise"):
                place = self._places[kind, number]
                lines.append(f"{name} = trajectory.weights[weights + {place}]")
                lines.append(f"d_{name} = tangent.weights[d_weights + {place}]")
            elif kind == "prepared":
                lines.append(f"{name} = control.prepared[at * {self.sizes.prepared} + {number}]")
                lines.append(f"d_{name} = control.d_prepared[at * {self.sizes.prepared} + {number}]")
            elif kind == "constants":
                lines.append(f"{name} = control.constants[spring * {self.sizes.constants} + {number}]")
            else:
                lines.append(f"{name} = control.clock[step * {self.sizes.clock} + {number}]")
        if self.sizes.moving and any(name in arguments for name in MOTIONS):
            lines += self._motion_loads()
        for number, sense in enumerate(self.senses):
            for end in ("first", "second"):
                if {f"{sense}_{end}", f"{sense}_mean"} & set(arguments):
                    lines.append(f"{end}_{sense} = sense(trajectory, world, step, {number}, {end})")
                    lines.append(f"d_{end}_{sense} = felt(trajectory, tangent, world, direction, {number}, {end})")
        return lines

    def _motion_loads(self) -> list[str]:
        """Return lines that compute how a spring moves, and the tangents of that."""
        lines = [
            "along = position(trajectory, world, step, first) - position(trajectory, world, step, second)",
            "speed = velocity(trajectory, world, step, first) - velocity(trajectory, world, step, second)",
            "d_along = moved(trajectory, tangent, world, direction, step, first)"
            " - moved(trajectory, tangent, world, direction, step, second)",
            "d_speed = sped(trajectory, tangent, world, direction, step, first)"
            " - sped(trajectory, tangent, world, direction, step, second)",
            "rest = trajectory.rest[spring]",
            "motion_now = motion(along, speed, rest)",
        ]
        for place, unit in enumerate(("real(1.0), real(0.0)", "real(0.0), real(1.0)")):
            lines += [
                f"to_along_{place}, to_speed_{place}, to_rest_{place}, to_motion_{place} = wp.grad(motion_product)"
                f"(along, speed, rest, Motion({unit}))",
                f"d_motion_{place} = wp.dot(to_along_{place}, d_along) + wp.dot(to_speed_{place}, d_speed)"
                f" + to_rest_{place} * tangent.rest[at]",
            ]
        return lines

    def scalar_values(self, arguments: dict[str, Source]) -> str:
        """Return code for the arguments of a call."""
        return ", ".join(self._value(name, source) for name, source in arguments.items())

    def _value(self, name: str, source: Source) -> str:
        if source.kind == "inputs":
            if name in MOTIONS:
                return f"motion_now[{MOTIONS.index(name)}]"
            sense, end = name.rsplit("_", 1)
            return f"(first_{sense} + second_{sense}) * real(0.5)" if end == "mean" else f"{end}_{sense}"
        return built(source, [f"{source.kind}_of_{source.first + part}" for part in range(source.width)])

    def _contraction(self, arguments: dict[str, Source]) -> list[str]:
        """Return the products of gradients `to_NAME` with tangents."""
        terms: list[str] = []
        for name, source in arguments.items():
            for part, gradient in enumerate(_components(source, f"to_{name}")):
                if source.kind in ("learned", "shared", "stepwise", "prepared"):
                    terms.append(f"{gradient} * d_{source.kind}_of_{source.first + part}")
                elif name in MOTIONS:
                    terms.append(f"{gradient} * d_motion_{MOTIONS.index(name)}")
                elif source.kind == "inputs":
                    sense, end = name.rsplit("_", 1)
                    mean = f"(d_first_{sense} + d_second_{sense}) * real(0.5)"
                    terms.append(f"{gradient} * {mean if end == 'mean' else f'd_{end}_{sense}'}")
        return terms

    def _begin(self) -> str:
        return """own = trajectory.spring_start[world]
    springs = trajectory.spring_start[world + 1] - own
    weights = trajectory.weight_start[world]
    d_weights = direction * tangent.weights_of_all + weights
    for number in range(springs):
        spring = own + number
        at = direction * tangent.springs + spring
        first = trajectory.first[spring]
        second = trajectory.second[spring]"""

    def _prepare(self) -> str:
        head = """
@wp.func(module=MODULE)
def prepare(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int):
    """
        if not self.functions.prepare:
            return f"{head}pass\n"
        count, inside = self.sizes.prepared, list[str]()
        gradients = ", ".join(f"to_{name}" for name in self.at_prepare)
        for place in range(count):
            unit = ", ".join(f"real({float(place == each)})" for each in range(count))
            values = f"{self.scalar_values(self.at_prepare)}, Prepared({unit})"
            inside += [
                f"control.prepared[at * {count} + {place}] = made[{place}]",
                f"{gradients}, to_cotangent = wp.grad(prepare_of_values_product)({values})",
                f"control.d_prepared[at * {count} + {place}] = {' + '.join(self._contraction(self.at_prepare))}",
            ]
        return f"""{head}step = int(0)
    {self._begin()}
        {_lines(self.scalar_loads(self.at_prepare), 8)}
        made = prepare_of_values({self.scalar_values(self.at_prepare)})
        {_lines(inside, 8)}
"""

    def _act(self) -> str:
        gradients = ", ".join(f"to_{name}" for name in self.at_drive)
        return f"""
@wp.func(module=MODULE)
def act(trajectory: Trajectory, tangent: Tangent, control: Control, world: int, direction: int, step: int):
    {self._begin()}
        {_lines(self.scalar_loads(self.at_drive), 8)}
        {gradients}, to_cotangent = wp.grad(drive_product)({self.scalar_values(self.at_drive)}, scalar(real(1.0)))
        driven = {" + ".join(self._contraction(self.at_drive)) or "real(0.0)"}
        answered = actuation(trajectory, world, step, number)
        passed = driven * (real(1.0) - answered * answered)
        put_actuation(trajectory, tangent, world, direction, step, number, passed)
"""

    def _kept(self) -> str:
        """Return a kernel that is differentiated: without one, what differentiated functions call has no adjoint."""
        number = "reals[0]"

        def anything(arguments: dict[str, Source]) -> str:
            return ", ".join(built(source, [number] * source.width) for source in arguments.values())

        calls = [f"driven = drive({anything(self.at_drive)})", "reals[1] = driven[0]"]
        if self.functions.prepare:
            calls += [f"made = prepare_of_values({anything(self.at_prepare)})", "reals[2] = made[0]"]
        if self.sizes.moving:
            along = f"vector({', '.join([number] * self.types.dimension)})"
            calls += [f"moving = motion({along}, {along}, {number})", "reals[3] = moving[0]"]
        return f"""
@wp.kernel(module=MODULE, enable_backward=True)
def keep_adjoints_of_controller_tangent(reals: wp.array(dtype=real)):
    {_lines(calls, 4)}
"""


def _places_of(learned: Sequence[LearnedQuantity], sources: dict[str, Source]) -> dict[tuple[str, int], str]:
    """Return code for the place of every learned number of a spring among the weights of a body."""
    found: dict[tuple[str, int], str] = {}
    per_spring, fixed, per_step = 0, 0, 0
    for each in learned:
        source = sources[each.name]
        begin = f"{per_spring} * springs + {fixed} + {per_step} * trajectory.steps * springs"
        for part in range(each.width):
            own = {"spring": f"number * {each.width} + {part}", "body": f"{part}", "step": "step * springs + number"}
            found[source.kind, source.first + part] = f"{begin} + {own[each.per]}"
        per_spring += each.width * (each.per == "spring")
        fixed += each.width * (each.per == "body")
        per_step += each.per == "step"
    return found
