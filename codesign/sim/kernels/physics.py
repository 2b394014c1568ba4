"""Local physics: what a spring does to its ends, and what one step does to a mass.

These are all the physics there is. They work on values alone and know nothing of arrays, bodies or time, in any
dimension and precision; Warp differentiates them. A function that is dotted with a cotangent turns `wp.grad` into a
vector-Jacobian product. They build vectors whole: Warp's adjoint of an assignment to one component is wrong.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class PhysicsFunctions:
    """The physics of one set of kernel types, contact and terrain.

    Attributes:
        spring_impulse: (constants, along, rest, stiffness, stretch) -> impulse [kg m/s] on the second end of a spring
            whose first end lies `along` from it.
        advance: (constants, patch, position, velocity, impulse) -> position and velocity after the step.
        spring_product: `spring_impulse` dotted with a cotangent.
        advance_product: `advance` dotted with a cotangent.
    """

    spring_impulse: Any
    advance: Any
    spring_product: Any
    advance_product: Any


def build_physics(types: KernelTypes, contact: Any, terrain: Any) -> PhysicsFunctions:
    """Return the physics functions in given kernel types.

    Args:
        types: the types and module of the functions.
        contact: builder of the contact function, see `codesign.sim.kernels.contact`.
        terrain: the terrain's functions, see `codesign.sim.plugins.TerrainFunctions`.
    """
    real, vector, state, scalar = types.real, types.vector, types.state, types.scalar
    Constants = types.Constants
    upward = wp.constant(types.upward)
    respond = contact(types, terrain)
    length_of = types.length_of
    Patch = terrain.Patch

    @wp.func(module=types.module, inline=True)
    def spring_impulse(constants: Constants, along: vector, rest: real, stiffness: real, strain: real) -> vector:
        length = length_of(along) + constants.regularisation
        return along * (constants.dt * stiffness * (length - rest * (real(1.0) + strain)) / length)

    @wp.func(module=types.module, inline=True)
    def advance(constants: Constants, patch: Patch, position: vector, velocity: vector, impulse: vector) -> state:
        free = velocity * constants.drag + impulse + upward * (constants.dt * constants.gravity)
        return respond(constants, patch, position, free)

    @wp.func(module=types.module, inline=True)
    def spring_product(
        constants: Constants, along: vector, rest: real, stiffness: real, strain: real, cotangent: vector
    ) -> scalar:
        return scalar(wp.dot(spring_impulse(constants, along, rest, stiffness, strain), cotangent))

    @wp.func(module=types.module, inline=True)
    def advance_product(
        constants: Constants, patch: Patch, position: vector, velocity: vector, impulse: vector, cotangent: state
    ) -> scalar:
        return scalar(wp.dot(advance(constants, patch, position, velocity, impulse), cotangent))

    return PhysicsFunctions(spring_impulse, advance, spring_product, advance_product)
