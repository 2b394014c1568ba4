"""The quantities that the functions of one spring may take, by name, and where the numbers of each lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOTIONS = ("strain", "strain_rate")
"""Inputs that say how a spring moves: length over rest length minus one, and its rate of change [1/s]."""

ENDS = ("first", "second", "mean")
"""What of a sense of the two masses at the ends of a spring an input may be."""


@dataclass(frozen=True)
class Quantity:
    """Something that a function of one spring may take by its name: a number, or a vector of `width` numbers."""

    name: str
    width: int = 1


@dataclass(frozen=True)
class Source:
    """Where a function finds one of its arguments.

    Attributes:
        kind: the field of `SpringQuantities` that it is in.
        first: place of its first number among those of that kind.
        width: how many numbers it has.
    """

    kind: str
    first: int
    width: int


@dataclass(frozen=True)
class SpringQuantities:
    """What there is of every spring.

    Attributes:
        learned: parameters that every spring has of its own.
        shared: parameters that all springs of a body share.
        stepwise: parameters that every spring has of its own for every step.
        constants: numbers of every spring that do not change.
        clock: numbers of every step that are the same for all springs.
        inputs: what springs sense: "strain", "strain_rate", and, with a key of `SENSES` in front, "_first", "_second"
            or "_mean" for one end, the other, or the mean of both.
    """

    learned: tuple[Quantity, ...] = ()
    shared: tuple[Quantity, ...] = ()
    stepwise: tuple[Quantity, ...] = ()
    constants: tuple[Quantity, ...] = ()
    clock: tuple[Quantity, ...] = ()
    inputs: tuple[str, ...] = ()

    def width(self, kind: str) -> int:
        """Return how many numbers there are of a kind."""
        return sum(quantity.width for quantity in self._of(kind))

    def sources(self) -> dict[str, Source]:
        """Return where every quantity is, by name.

        Raises:
            ValueError: two quantities have one name.
        """
        found: dict[str, Source] = {}
        for kind in ("learned", "shared", "stepwise", "constants", "clock", "inputs"):
            first = 0
            for quantity in self._of(kind):
                if quantity.name in found:
                    raise ValueError(f"two quantities of a spring are called {quantity.name}; rename one")
                found[quantity.name] = Source(kind, first, quantity.width)
                first += quantity.width
        return found

    def _of(self, kind: str) -> Iterable[Quantity]:
        values = getattr(self, kind)
        return map(Quantity, values) if kind == "inputs" else values


@dataclass(frozen=True)
class SpringFunctions:
    """A controller of one spring as functions of values. Arguments are told by their names.

    Attributes:
        drive: (any quantities) -> vector of one real: what the spring is driven by; its tanh is the actuation.
        prepare: (any learned, shared and constant quantities) -> vector: what is computed once per episode and not at
            every step; None for nothing.
        prepared: names by which `drive` takes the numbers of that vector.
    """

    drive: Any
    prepare: Any = None
    prepared: tuple[str, ...] = ()


def senses_used(inputs: Iterable[str], senses: Iterable[str]) -> tuple[str, ...]:
    """Return which senses some inputs need, in the order of `senses`.

    Args:
        inputs: names of inputs.
        senses: names of all senses.

    Raises:
        ValueError: an input that does not exist.
    """
    known = {f"{sense}_{end}": sense for sense in senses for end in ENDS}
    for name in inputs:
        if name not in known and name not in MOTIONS:
            raise ValueError(f"expected inputs among {', '.join((*MOTIONS, *known))}; got {name}")
    used = {known[name] for name in inputs if name in known}
    return tuple(sense for sense in senses if sense in used)
