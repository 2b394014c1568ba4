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
            spring whose first end lies `along` from it and moves with `drift` relative to it. Where bodies have
            material properties, damping and force limit of the spring follow.
        advance: (constants, patch, position, velocity, impulse) -> position and velocity after the step. Where bodies
            have material properties, `constants.per_mass` is that of the mass, and `constants.push` the change of its
            velocity in this step.
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
    MATERIALS = types.material_properties

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
        if wp.static(MATERIALS):
            free = free + constants.push
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

    if MATERIALS:
        spring_impulse, spring_product = _springs_of_material_properties(types, along_spring)
    uses_time, uses_drift = AT_MASS or ALONG_SPRING, MATERIALS or ALONG_SPRING
    return PhysicsFunctions(spring_impulse, advance, spring_product, advance_product, uses_time, uses_drift)


def _springs_of_material_properties(types: KernelTypes, along_spring: Any) -> tuple[Any, Any]:
    """Return the impulse of springs that have damping and force limits, and its product with a cotangent.

    The active part a of a muscle's force becomes a / sqrt(1 + (a / limit)^2): it is a where it is small or the limit
    infinite, stays below the limit, and has derivatives everywhere.
    """
    real, vector, scalar = types.real, types.vector, types.scalar
    Constants, length_of, ALONG_SPRING = types.Constants, types.length_of, along_spring is not None

    @wp.func(module=types.module, inline=True)
    def impulse_of_material(
        constants: Constants,
        along: vector,
        drift: vector,
        rest: real,
        stiffness: real,
        strain: real,
        damping: real,
        force_limit: real,
    ) -> vector:
        length = length_of(along) + constants.regularisation
        rate = wp.dot(along, drift) / length
        active = stiffness * rest * strain
        share = active / force_limit
        tension = stiffness * (length - rest) - active / wp.sqrt(real(1.0) + share * share) + damping * rate
        if wp.static(ALONG_SPRING):
            tension = tension + along_spring(constants, length, rate, rest * (real(1.0) + strain), stiffness)
        return along * (constants.dt * tension / length)

    @wp.func(module=types.module, inline=True)
    def product_of_material(
        constants: Constants,
        along: vector,
        drift: vector,
        rest: real,
        stiffness: real,
        strain: real,
        damping: real,
        force_limit: real,
        cotangent: vector,
    ) -> scalar:
        impulse = impulse_of_material(constants, along, drift, rest, stiffness, strain, damping, force_limit)
        return scalar(wp.dot(impulse, cotangent))

    return impulse_of_material, product_of_material
