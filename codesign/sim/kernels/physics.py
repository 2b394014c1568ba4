"""Local physics: what a spring does to its ends, and what one step does to a mass.

With the contact and the forces that are chosen, these are all the physics there is. They work on values alone and know
nothing of arrays or bodies, in any dimension and precision; Warp differentiates them. A function that is dotted with a
cotangent turns `wp.grad` into a vector-Jacobian product. They build vectors whole: Warp's adjoint of an assignment to
one component is wrong.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.forces import SumOfForces
from codesign.sim.kernels.functions import Contact, TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class PhysicsFunctions:
    """The physics of one set of kernel types, contact and terrain.

    Attributes:
        spring_impulse: (constants, along, drift, rest, stiffness, strain) -> impulse [kg m/s] on the second end of a
            spring whose first end lies `along` from it and moves with `drift` relative to it.
        advance: (constants, patch, position, velocity, impulse) -> position and velocity after the step.
        spring_product: `spring_impulse` dotted with a cotangent.
        advance_product: `advance` dotted with a cotangent.
        uses_time: whether a force may read the time.
        uses_drift: whether springs read `drift`, and pass an adjoint to the velocities of their ends.
    """

    spring_impulse: Any
    advance: Any
    spring_product: Any
    advance_product: Any
    uses_time: bool
    uses_drift: bool


def build_physics(
    types: KernelTypes, contact: Contact, terrain: TerrainFunctions, forces: SumOfForces | None = None
) -> PhysicsFunctions:
    """Return the physics functions in given kernel types.

    Args:
        types: the types and module of the functions.
        contact: how the ground acts.
        terrain: the terrain's functions.
        forces: what else acts.
    """
    real, vector, state, scalar = types.real, types.vector, types.state, types.scalar
    Constants = types.Constants
    upward = wp.constant(types.upward)
    respond = contact.function(types, terrain)
    length_of = types.length_of
    Patch = terrain.Patch
    found = forces or SumOfForces()
    at_mass, along_spring = found.at_mass, found.along_spring
    AT_MASS, ALONG_SPRING, WEIGHED = at_mass is not None, along_spring is not None, types.weighed

    @wp.func(module=types.module, inline=True)
    def spring_impulse(
        constants: Constants, along: vector, drift: vector, rest: real, stiffness: real, strain: real
    ) -> vector:
        length = length_of(along) + constants.regularisation
        impulse = along * (constants.dt * stiffness * (length - rest * (real(1.0) + strain)) / length)
        if wp.static(ALONG_SPRING):
            rate = wp.dot(along, drift) / length
            tension = along_spring(constants, length, rate, rest * (real(1.0) + strain), stiffness)
            impulse = impulse + along * (constants.dt * tension / length)
        return impulse

    @wp.func(module=types.module, inline=True)
    def advance(constants: Constants, patch: Patch, position: vector, velocity: vector, impulse: vector) -> state:
        if wp.static(WEIGHED):
            impulse = impulse * constants.per_mass
        free = velocity * constants.drag + impulse + upward * (constants.dt * constants.gravity)
        if wp.static(AT_MASS):
            pushed = constants.dt * at_mass(constants, patch, position, velocity)
            if wp.static(WEIGHED):
                pushed = pushed * constants.per_mass
            free = free + pushed
        return respond(constants, patch, position, free)

    @wp.func(module=types.module, inline=True)
    def spring_product(
        constants: Constants,
        along: vector,
        drift: vector,
        rest: real,
        stiffness: real,
        strain: real,
        cotangent: vector,
    ) -> scalar:
        return scalar(wp.dot(spring_impulse(constants, along, drift, rest, stiffness, strain), cotangent))

    @wp.func(module=types.module, inline=True)
    def advance_product(
        constants: Constants, patch: Patch, position: vector, velocity: vector, impulse: vector, cotangent: state
    ) -> scalar:
        return scalar(wp.dot(advance(constants, patch, position, velocity, impulse), cotangent))

    uses_time = AT_MASS or ALONG_SPRING
    return PhysicsFunctions(spring_impulse, advance, spring_product, advance_product, uses_time, ALONG_SPRING)
