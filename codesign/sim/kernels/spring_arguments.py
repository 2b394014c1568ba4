"""The arguments of the functions of one spring: where each is, and the text that loads rows and passes their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codesign.sim.kernels.quantities import MOTIONS, Source, SpringFunctions, SpringQuantities
from codesign.sim.kernels.types import KernelTypes

_DIFFERENTIATED = ("learned", "shared", "prepared")
"""Kinds of which gradients are summed over steps."""


@dataclass(frozen=True)
class RowSizes:
    """How many numbers of each kind there are for a spring, or for a body where they are shared.

    Attributes:
        learned, shared, stepwise, constants, clock, prepared: of each kind.
        summed: sums over steps of a spring; those of the shared parameters are the last.
        senses: of the masses.
        rate: whether the rate of strain is sensed.
        moving: whether strain or its rate is.
    """

    learned: int
    shared: int
    stepwise: int
    constants: int
    clock: int
    prepared: int
    summed: int
    senses: int
    rate: bool
    moving: bool

    @property
    def shared_sums(self) -> int:
        """Place of the sums of the shared parameters among those of a spring."""
        return self.summed - self.shared

    def passed(self, dimension: int) -> int:
        """Return how many numbers a spring passes on to its ends besides those for their positions."""
        return dimension * self.rate + 2 * self.senses


class SpringArguments:
    """What the functions of a controller take, and text that loads it.

    Args:
        types: the types and module.
        quantities: what there is of a spring.
        functions: the controller's.
        senses: names of the senses that its inputs need.

    Attributes:
        at_prepare, at_drive: where the arguments of each function are, by name.
        summed: place of each number whose gradient is summed over steps, by its kind and its place among that kind.
        sizes: how many numbers of each kind there are.

    Raises:
        ValueError: an argument of a function that names no quantity or is of another width, a quantity that no function
            takes, or a prepared number that has the name of another quantity.
    """

    def __init__(
        self, types: KernelTypes, quantities: SpringQuantities, functions: SpringFunctions, senses: Sequence[str]
    ) -> None:
        self.types, self.functions, self.senses = types, functions, tuple(senses)
        known = quantities.sources()
        before = {name: source for name, source in known.items() if source.kind in ("learned", "shared", "constants")}
        prepared = {name: Source("prepared", place, 1) for place, name in enumerate(functions.prepared)}
        twice = sorted(set(prepared) & set(known))
        if twice:
            raise ValueError(f"prepared numbers have names of other quantities: {', '.join(twice)}; rename them")
        self.at_prepare = _arguments(functions.prepare, before, "prepare") if functions.prepare else {}
        self.at_drive = _arguments(functions.drive, known | prepared, "drive")
        unused = set(known) - set(self.at_prepare) - set(self.at_drive)
        if unused:
            raise ValueError(f"neither drive nor prepare takes {', '.join(sorted(unused))}; take it or leave it out")
        self.summed = {
            (source.kind, source.first + part): None
            for source in self.at_drive.values()
            if source.kind in _DIFFERENTIATED and source.kind != "shared"
            for part in range(source.width)
        }
        self.summed = {key: place for place, key in enumerate(self.summed)}
        shared = quantities.width("shared")
        for part in range(shared):
            self.summed["shared", part] = len(self.summed)
        widths = {kind: quantities.width(kind) for kind in ("learned", "stepwise", "constants", "clock")}
        self.sizes = RowSizes(
            **widths,
            shared=shared,
            prepared=len(functions.prepared),
            summed=len(self.summed),
            senses=len(self.senses),
            rate="strain_rate" in self.at_drive,
            moving=any(name in self.at_drive for name in MOTIONS),
        )

    def parts(self, arguments: dict[str, Source]) -> list[tuple[str, int]]:
        return [(own.kind, own.first + part) for own in arguments.values() for part in range(own.width)]

    def place(self, kind: str, number: str | int) -> str:
        """Return code for the row of scratch that holds a number of a kind for a row of springs."""
        many = self.sizes.passed(self.types.dimension) if kind == "passed" else getattr(self.sizes, kind)
        return f"{many} * at.start + {number} * at.count + row"

    def loads(self, arguments: dict[str, Source]) -> list[str]:
        """Return lines that load the rows of some arguments."""
        lines: list[str] = []
        for kind, number in self.parts({name: own for name, own in arguments.items() if own.kind != "inputs"}):
            code = {
                "learned": f"load(control.parameter_rows, at.learned + {number} * at.count + row)",
                "shared": f"load(control.parameter_rows, at.learned + {self.sizes.learned} * at.count + {number})",
                "stepwise": f"load(control.stepwise_rows, at.stepwise + {number} * at.count + row)",
                "prepared": f"load(control.prepared_rows, {self.place('prepared', number)})",
                "constants": f"load(control.constant_rows, {self.place('constants', number)})",
                "clock": f"read(control.clock, at.step * {self.sizes.clock} + {number})",
            }[kind]
            lines.append(f"{kind}_of_{number} = {code}")
        if any(name in arguments for name in MOTIONS):
            lines.append("rest = load(model.rest, at.start + row)")
            ends = "model.first, model.second, at.start + row"
            lines.append(f"differences = difference(tape.position, at.positions, {ends})")
            if self.sizes.rate:
                lines.append(f"speeds = difference(tape.velocity, at.positions, {ends})")
        for number, sense in enumerate(self.senses):
            for end in ("first", "second"):
                if {f"{sense}_{end}", f"{sense}_mean"} & set(arguments):
                    place = f"at.sensed + {number} * at.masses, model.{end}, at.start + row"
                    lines.append(f"{end}_{sense} = at_ends(tape.sense_rows, {place})")
        return lines

    def moved(self) -> list[str]:
        """Return lines that compute how a spring moves."""
        if not self.sizes.moving:
            return []
        axes = range(self.types.dimension)
        speed = ", ".join(f"speeds[{axis}, entry]" for axis in axes) if self.sizes.rate else ""
        return [
            f"along = vector({', '.join(f'differences[{axis}, entry]' for axis in axes)})",
            f"speed = vector({speed})",
            "moved = motion(along, speed, rest[entry])",
        ]

    def values(self, arguments: dict[str, Source]) -> str:
        """Return code for the arguments of a call."""
        values = []
        for name, source in arguments.items():
            if source.kind == "inputs":
                values.append(self._input(name))
                continue
            suffix = {"clock": "", "shared": "[0]"}.get(source.kind, "[entry]")
            parts = [f"{source.kind}_of_{source.first + part}{suffix}" for part in range(source.width)]
            values.append(built(source, parts))
        return ", ".join(values)

    def _input(self, name: str) -> str:
        if name in MOTIONS:
            return f"moved[{MOTIONS.index(name)}]"
        sense, end = name.rsplit("_", 1)
        if end == "mean":
            return f"(first_{sense}[entry] + second_{sense}[entry]) * real(0.5)"
        return f"{end}_{sense}[entry]"


def _arguments(function: Any, known: dict[str, Source], title: str) -> dict[str, Source]:
    """Return where the arguments of a function are.

    Raises:
        ValueError: one that is not known, or of another width.
    """
    found: dict[str, Source] = {}
    for name, kind in function.input_types.items():
        if name not in known:
            raise ValueError(f"{title} takes {name}; it may take {', '.join(known) or 'nothing'}")
        width = getattr(kind, "_length_", 1)
        if width != known[name].width:
            raise ValueError(f"{title} takes {name} with {width} numbers; it has {known[name].width}")
        found[name] = known[name]
    return found


def built(source: Source, parts: list[str]) -> str:
    """Return code for one argument from its numbers; vectors are built whole, as differentiation asks for."""
    return parts[0] if source.width == 1 else f"vector_of_{source.width}({', '.join(parts)})"
