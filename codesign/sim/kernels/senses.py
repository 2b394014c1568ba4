"""What a mass senses besides its own motion: each sense builds one function of values, differentiated by Warp."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.types import KernelTypes

SenseBuilder = Callable[[KernelTypes, TerrainFunctions], Any]

NEAREST = 1.0e-6
"""Added to the distance from the light [m], where its brightness would be infinite."""

TOUCH = 0.01
"""Height above the ground [m] at which contact is felt half as much as on it."""


def light(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the brightness at a mass: 1 / sqrt(distance to the light in metres) (2026 paper)."""
    real, vector, Constants = types.real, types.vector, types.Constants
    length_of, Patch = types.length_of, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def brightness(constants: Constants, patch: Patch, position: vector) -> real:
        return real(1.0) / wp.sqrt(length_of(constants.light - position) + real(NEAREST))

    return brightness


def contact(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return how much a mass feels the ground: 1 on it, 1 / (1 + (height / 1 cm)^2) above it, which has a gradient."""
    real, vector, Constants = types.real, types.vector, types.Constants
    up, height, Patch = types.dimension - 1, terrain.height, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def pressure(constants: Constants, patch: Patch, position: vector) -> real:
        gap = (position[up] - height(patch, position)) / real(TOUCH)
        return real(1.0) / (real(1.0) + gap * gap)

    return pressure


SENSES: dict[str, SenseBuilder] = {"light": light, "contact": contact}


@dataclass(frozen=True)
class SenseFunctions:
    """The senses that a controller uses, together.

    Attributes:
        count: how many there are.
        Sensed: type of their values, a vector with one number each (one number that is not used if there are none).
        sense: (constants, patch, position) -> values.
        product: `sense` dotted with a cotangent.
    """

    count: int
    Sensed: Any
    sense: Any
    product: Any


def build_senses(types: KernelTypes, terrain: TerrainFunctions, names: Sequence[str]) -> SenseFunctions:
    """Return the functions of at most two senses, in the order of their names."""
    real, vector, scalar, Constants = types.real, types.vector, types.scalar, types.Constants
    Patch, module = terrain.Patch, types.module
    Sensed = wp.types.vector(max(len(names), 1), real)
    found = [SENSES[name](types, terrain) for name in names]

    # Vectors are built whole: Warp's adjoint of an assignment to one component is wrong.
    if len(found) == 2:
        first, second = found

        @wp.func(module=module, inline=True)
        def sense(constants: Constants, patch: Patch, position: vector) -> Sensed:
            return Sensed(first(constants, patch, position), second(constants, patch, position))

    elif len(found) == 1:
        (only,) = found

        @wp.func(module=module, inline=True)
        def sense(constants: Constants, patch: Patch, position: vector) -> Sensed:
            return Sensed(only(constants, patch, position))

    else:

        @wp.func(module=module, inline=True)
        def sense(constants: Constants, patch: Patch, position: vector) -> Sensed:
            return Sensed(real(0.0))

    @wp.func(module=module, inline=True)
    def product(constants: Constants, patch: Patch, position: vector, cotangent: Sensed) -> scalar:
        return scalar(wp.dot(sense(constants, patch, position), cotangent))

    return SenseFunctions(len(found), Sensed, sense, product)
