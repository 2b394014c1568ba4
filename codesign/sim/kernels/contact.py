"""What the ground does to a mass: each contact is a builder of one function of values, differentiated by Warp.

A contact takes a mass at `position` with the velocity `free` that it would have without ground, and returns its state
after the step. The mass moves on until it touches the ground (time of impact, clamped to the step); what follows is
the contact's. Both outcomes are computed and one is selected: without branches a row of masses becomes vector code,
its adjoint too.
"""

from collections.abc import Callable
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.types import NEGLIGIBLE, KernelTypes

ContactBuilder = Callable[[KernelTypes, TerrainFunctions], Any]

APPROACH = 1.0e-4
"""Speed towards the ground [m/s] from which the no-slip contact acts (2024 paper)."""

SLIP = 0.01
"""Tangential speed [m/s] below which smooth friction fades out."""


def no_slip(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the contact of the 2024 paper: what moves into the ground stands still for the rest of the step."""
    real, vector, state, Constants = types.real, types.vector, types.state, types.Constants
    up, upward, join = types.dimension - 1, wp.constant(types.upward), types.join
    larger, smaller, choose = types.larger, types.smaller, types.choose
    height, normal, impact, Patch = terrain.height, terrain.normal, terrain.impact, terrain.Patch

    @wp.func(module=types.module, inline=True)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        reached = position + constants.dt * free
        time = smaller(larger(impact(constants, patch, position, reached, free), real(0.0)), constants.dt)
        touch = position + time * free
        stopped = touch + upward * larger(height(patch, touch) - touch[up], real(0.0))
        below = reached[up] < height(patch, reached)
        approaching = wp.dot(free, normal(patch, touch)) < -real(APPROACH)
        going_on = join(reached, free)
        # Two choices, because `and` is a branch.
        return choose(below, choose(approaching, join(stopped, vector()), going_on), going_on)

    return respond


def coulomb(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return Coulomb contact: the normal part of the velocity vanishes, friction takes its share of the rest.

    The tangential speed shrinks by min(friction * normal speed, grip * tangential speed). At speed zero, where its
    direction is not defined, there is nothing to shrink and the derivative is taken as zero. Where the time of impact
    is bracketed only, a mass is put on the ground at that time (2026 paper).
    """
    real, vector, state, Constants = types.real, types.vector, types.state, types.Constants
    up, upward, join = types.dimension - 1, wp.constant(types.upward), types.join
    larger, smaller, choose = types.larger, types.smaller, types.choose
    height, normal, impact, Patch = terrain.height, terrain.normal, terrain.impact, terrain.Patch
    length_of, exact = types.length_of, terrain.exact

    @wp.func(module=types.module, inline=True)
    def slide(constants: Constants, free: vector, across: vector) -> vector:
        into = wp.dot(free, across)
        tangential = free - across * into
        speed = length_of(tangential)
        lost = smaller(constants.friction * larger(into, -into), constants.grip * speed)
        return tangential * (real(1.0) - lost / speed)

    @wp.func(module=types.module, inline=True)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        reached = position + constants.dt * free
        time = smaller(larger(impact(constants, patch, position, reached, free), real(0.0)), constants.dt)
        touch = position + time * free
        if wp.static(not exact):
            touch = touch + upward * (height(patch, touch) - touch[up])
        sliding = slide(constants, free, normal(patch, touch))
        slid = touch + (constants.dt - time) * sliding
        raised = slid + upward * larger(height(patch, slid) - slid[up], real(0.0))
        return choose(reached[up] < height(patch, reached), join(raised, sliding), join(reached, free))

    return respond


def smooth(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return Coulomb contact without kinks: the ground pushes by a smooth function of how deep a mass would come.

    With depth p after a step without ground and softness d, the impulse along the normal is (p + sqrt(p^2 + d^2)) / 2
    per step: as d goes to zero it just keeps the mass out of the ground, without a time of impact. A mass at rest
    hovers d^2 / (4 g dt^2) above the ground. The share r of the tangential velocity that friction would take is softly
    limited, r grip / sqrt(r^2 + grip^2), and speeds are at least `SLIP` where it is computed.
    """
    real, vector, state, Constants = types.real, types.vector, types.state, types.Constants
    up, join = types.dimension - 1, types.join
    height, normal, Patch = terrain.height, terrain.normal, terrain.Patch
    slowest = wp.constant(real(SLIP * SLIP))

    @wp.func(module=types.module, inline=True)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        reached = position + constants.dt * free
        across = normal(patch, reached)
        depth = (height(patch, reached) - reached[up]) * across[up]
        pushed = real(0.5) * (depth + wp.sqrt(depth * depth + constants.softness * constants.softness)) / constants.dt
        into = wp.dot(free, across)
        tangential = free - across * into
        share = constants.friction * pushed / wp.sqrt(wp.dot(tangential, tangential) + slowest)
        taken = share * constants.grip / wp.sqrt(share * share + constants.grip * constants.grip + real(NEGLIGIBLE))
        velocity = tangential * (real(1.0) - taken) + across * (into + pushed)
        return join(position + constants.dt * velocity, velocity)

    return respond


CONTACTS: dict[str, ContactBuilder] = {"no_slip": no_slip, "coulomb": coulomb, "smooth": smooth}
