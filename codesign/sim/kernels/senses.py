"""What a mass senses besides its own motion: each sense builds one function of values, differentiated by Warp.

A sense is (constants, patch, position, velocity) -> number; `constants` hold the place of the beacon and the time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.types import KernelTypes

SenseBuilder = Callable[[KernelTypes, TerrainFunctions], Any]

NEAREST = 1.0e-6
"""Added to the distance from the beacon [m], where its brightness would be infinite."""

TOUCH = 0.01
"""Height above the ground [m] at which contact is felt half as much as on it."""


def light(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the brightness at a mass: 1 / sqrt(distance to the beacon in metres) (2026 paper)."""
    real, vector, Constants = types.real, types.vector, types.Constants
    length_of, Patch = types.length_of, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def brightness(constants: Constants, patch: Patch, position: vector, velocity: vector) -> real:
        return real(1.0) / wp.sqrt(length_of(constants.beacon - position) + real(NEAREST))

    return brightness


def contact(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return how much a mass feels the ground: 1 on it, 1 / (1 + (height / 1 cm)^2) above it, which has a gradient."""
    real, vector, Constants = types.real, types.vector, types.Constants
    up, height, Patch = types.dimension - 1, terrain.height, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def pressure(constants: Constants, patch: Patch, position: vector, velocity: vector) -> real:
        gap = (position[up] - height(patch, position)) / real(TOUCH)
        return real(1.0) / (real(1.0) + gap * gap)

    return pressure


def height(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the height of a mass above the ground [m]."""
    real, vector, Constants = types.real, types.vector, types.Constants
    up, ground, Patch = types.dimension - 1, terrain.height, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def height_of_mass(constants: Constants, patch: Patch, position: vector, velocity: vector) -> real:
        return position[up] - ground(patch, position)

    return height_of_mass


def speed(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the speed of a mass [m/s]."""
    real, vector, Constants = types.real, types.vector, types.Constants
    length_of, Patch = types.length_of, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def speed_of_mass(constants: Constants, patch: Patch, position: vector, velocity: vector) -> real:
        return length_of(velocity)

    return speed_of_mass


SENSES: dict[str, SenseBuilder] = {"light": light, "contact": contact, "height": height, "speed": speed}


@dataclass(frozen=True)
class SenseFunctions:
    """The senses that a controller uses, together.

    Attributes:
        count: how many there are.
        Sensed: type of their values, a vector with one number each (one number that is not used if there are none).
        sense: (constants, patch, position, velocity) -> values; not differentiated.
        product: the values dotted with a cotangent.
    """

    count: int
    Sensed: Any
    sense: Any
    product: Any


def build_senses(types: KernelTypes, terrain: TerrainFunctions, names: Sequence[str]) -> SenseFunctions:
    """Return the functions of any number of senses, in the order of their names."""
    real, vector, scalar, Constants = types.real, types.vector, types.scalar, types.Constants
    Patch, module = terrain.Patch, types.module
    Sensed = wp.types.vector(max(len(names), 1), real)

    @wp.func(module=module, inline=True)
    def sense(constants: Constants, patch: Patch, position: vector, velocity: vector) -> Sensed:
        return Sensed()

    @wp.func(module=module, inline=True)
    def weighted(constants: Constants, patch: Patch, position: vector, velocity: vector, cotangent: Sensed) -> real:
        return real(0.0)

    for number, name in enumerate(names):
        function = SENSES[name](types, terrain)
        sense = _sensing(types, terrain, Sensed, sense, function, number)
        weighted = _weighting(types, terrain, Sensed, weighted if number else None, function, number)

    @wp.func(module=module, inline=True)
    def product(constants: Constants, patch: Patch, position: vector, velocity: vector, cotangent: Sensed) -> scalar:
        return scalar(weighted(constants, patch, position, velocity, cotangent))

    return SenseFunctions(len(names), Sensed, sense, product)


def _sensing(
    types: KernelTypes, terrain: TerrainFunctions, Sensed: Any, before: Any, function: Any, number: int
) -> Any:
    """Return the values of the senses before and of one more; each needs a name of its own in the Warp module."""
    vector, Constants, Patch = types.vector, types.Constants, terrain.Patch

    def sense(constants: Constants, patch: Patch, position: vector, velocity: vector) -> Sensed:
        values = before(constants, patch, position, velocity)
        values[number] = function(constants, patch, position, velocity)
        return values

    return wp.func(sense, name=f"sense_{number}", module=types.module, inline=True)


def _weighting(
    types: KernelTypes, terrain: TerrainFunctions, Sensed: Any, before: Any, function: Any, number: int
) -> Any:
    """Return the values of the senses before and of one more, dotted with a cotangent."""
    real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch

    if before is None:

        def weighted(constants: Constants, patch: Patch, position: vector, velocity: vector, cotangent: Sensed) -> real:
            return function(constants, patch, position, velocity) * cotangent[number]

    else:

        def weighted(constants: Constants, patch: Patch, position: vector, velocity: vector, cotangent: Sensed) -> real:
            return (
                before(constants, patch, position, velocity, cotangent)
                + function(constants, patch, position, velocity) * cotangent[number]
            )

    return wp.func(weighted, name=f"weighted_senses_{number}", module=types.module, inline=True)
