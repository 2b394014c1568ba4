"""Forces beside springs, gravity and the papers' drag: any number at a time, added up at masses and along springs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.dashpot import Dashpot
from codesign.sim.kernels.functions import Force, TerrainFunctions
from codesign.sim.kernels.rows import REAL_NAMES
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.kernels.water import Water
from codesign.sim.kernels.wind import Wind

FORCES: dict[str, type[Force]] = {"wind": Wind, "water": Water, "dashpot": Dashpot}


@dataclass(frozen=True)
class SumOfForces:
    """The forces of a configuration, added up.

    Attributes:
        at_mass: (constants, patch, position, velocity) -> force [N]; None where there is none.
        along_spring: (constants, length, rate, rest, stiffness) -> tension [N]; None where there is none.
    """

    at_mass: Any = None
    along_spring: Any = None


def count_parameters(forces: Sequence[Force]) -> int:
    """Return how many numbers forces have together in the constants of a kernel."""
    return sum(len(force.parameters()) for force in forces)


def build_forces(types: KernelTypes, terrain: TerrainFunctions, forces: Sequence[Force]) -> SumOfForces:
    """Return the sums of forces; the numbers of each follow those of the ones before it in `Constants.forces`."""
    at_mass, along_spring, start = None, None, 0
    for force in forces:
        count = len(force.parameters())
        functions, own = force.functions(types, terrain), _numbers(types, start, count)
        if functions.at_mass is not None:
            at_mass = _at_mass(types, terrain, at_mass, functions.at_mass, own, start)
        if functions.along_spring is not None:
            along_spring = _along_spring(types, along_spring, functions.along_spring, own, start)
        start += count
    return SumOfForces(at_mass, along_spring)


def _numbers(types: KernelTypes, start: int, count: int) -> Any:
    """Return the function that takes a force's own numbers out of those of all forces.

    It is native and has no adjoint: nothing is differentiated in the numbers of forces.
    """
    All, Own = types.numbers(types.force_numbers), types.numbers(count)
    real = REAL_NAMES[types.precision]
    copies = " ".join(f"out[{index}] = numbers[{start + index}];" for index in range(count))
    named = _Named(f"numbers_of_force_{types.precision}_{types.force_numbers}_{start}_{count}")

    @named.func_native(f"wp::vec_t<{Own._length_}, {real}> out; {copies} return out;")
    def numbers_of_force(numbers: All) -> Own: ...

    return numbers_of_force


class _Named:
    """A name for a native function: two of one name and signature would replace each other, and Warp takes no name.

    Warp tells a native function by its decorator, which must be an attribute `func_native`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def func_native(self, snippet: str) -> Callable[[Any], Any]:
        """Return the decorator that makes a native function of the name."""

        def decorate(function: Any) -> Any:
            function.__qualname__ = self._name
            return wp.func_native(snippet)(function)

        return decorate


def _at_mass(types: KernelTypes, terrain: TerrainFunctions, before: Any, function: Any, own: Any, start: int) -> Any:
    """Return the sum of the forces before and one more; each sum needs a name of its own in the Warp module."""
    vector, Constants, Patch = types.vector, types.Constants, terrain.Patch

    if before is None:

        def forces_at_mass(constants: Constants, patch: Patch, position: vector, velocity: vector) -> vector:
            return function(constants, patch, position, velocity, own(constants.forces))

    else:

        def forces_at_mass(constants: Constants, patch: Patch, position: vector, velocity: vector) -> vector:
            return before(constants, patch, position, velocity) + function(
                constants, patch, position, velocity, own(constants.forces)
            )

    return wp.func(forces_at_mass, name=f"forces_at_mass_{start}", module=types.module, inline=True)


def _along_spring(types: KernelTypes, before: Any, function: Any, own: Any, start: int) -> Any:
    """Return the sum of the tensions before and one more."""
    real, Constants = types.real, types.Constants

    if before is None:

        def forces_along_spring(constants: Constants, length: real, rate: real, rest: real, stiffness: real) -> real:
            return function(constants, length, rate, rest, stiffness, own(constants.forces))

    else:

        def forces_along_spring(constants: Constants, length: real, rate: real, rest: real, stiffness: real) -> real:
            return before(constants, length, rate, rest, stiffness) + function(
                constants, length, rate, rest, stiffness, own(constants.forces)
            )

    return wp.func(forces_along_spring, name=f"forces_along_spring_{start}", module=types.module, inline=True)
