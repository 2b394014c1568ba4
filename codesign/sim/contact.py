"""What the ground does to a mass: each contact is a builder of one function of values, differentiated by Warp.

A contact takes a mass at `position` with the velocity `free` that it would have without ground, and returns its state
after the step. The mass moves on until it touches the ground (time of impact, clamped to the step); what follows is
the contact's. Both outcomes are computed and one is selected: without branches a row of masses becomes vector code,
its adjoint too.
"""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
from collections.abc import Callable
from typing import Any

import warp as wp

from codesign.sim.dialect import Dialect
from codesign.sim.plugins import TerrainFunctions

ContactBuilder = Callable[[Dialect, TerrainFunctions], Any]

APPROACH = 1.0e-4
"""Speed towards the ground [m/s] from which the no-slip contact acts (2024 paper)."""


def no_slip(dialect: Dialect, terrain: TerrainFunctions) -> Any:
    """Return the contact of the 2024 paper: what moves into the ground stands still for the rest of the step."""
    real, vector, state, Constants = dialect.real, dialect.vector, dialect.state, dialect.Constants
    up, upward, join = dialect.dimension - 1, wp.constant(dialect.upward), dialect.join
    larger, smaller, choose = dialect.larger, dialect.smaller, dialect.choose
    height, normal, impact, Patch = terrain.height, terrain.normal, terrain.impact, terrain.Patch

    @wp.func(module=dialect.module, inline=True)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        reached = position + constants.dt * free
        time = smaller(larger(impact(patch, position, reached, free), real(0.0)), constants.dt)
        touch = position + time * free
        stopped = touch + upward * larger(height(patch, touch) - touch[up], real(0.0))
        below = reached[up] < height(patch, reached)
        approaching = wp.dot(free, normal(patch, touch)) < -real(APPROACH)
        going_on = join(reached, free)
        # Two choices, because `and` is a branch.
        return choose(below, choose(approaching, join(stopped, vector()), going_on), going_on)

    return respond


def coulomb(dialect: Dialect, terrain: TerrainFunctions) -> Any:
    """Return Coulomb contact: the normal part of the velocity vanishes, friction takes its share of the rest.

    The tangential part shrinks by friction * min(normal, tangential speed). At speed zero, where its direction is not
    defined, there is nothing to shrink and the derivative is taken as zero.
    """
    real, vector, state, Constants = dialect.real, dialect.vector, dialect.state, dialect.Constants
    up, upward, join = dialect.dimension - 1, wp.constant(dialect.upward), dialect.join
    larger, smaller, choose = dialect.larger, dialect.smaller, dialect.choose
    height, normal, impact, Patch = terrain.height, terrain.normal, terrain.impact, terrain.Patch
    length_of = dialect.length_of

    @wp.func(module=dialect.module, inline=True)
    def slide(constants: Constants, free: vector, across: vector) -> vector:
        into = wp.dot(free, across)
        tangential = free - across * into
        speed = length_of(tangential)
        return tangential * (real(1.0) - constants.friction * smaller(larger(into, -into), speed) / speed)

    @wp.func(module=dialect.module, inline=True)
    def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
        reached = position + constants.dt * free
        time = smaller(larger(impact(patch, position, reached, free), real(0.0)), constants.dt)
        touch = position + time * free
        sliding = slide(constants, free, normal(patch, touch))
        slid = touch + (constants.dt - time) * sliding
        raised = slid + upward * larger(height(patch, slid) - slid[up], real(0.0))
        return choose(reached[up] < height(patch, reached), join(raised, sliding), join(reached, free))

    return respond


CONTACTS: dict[str, ContactBuilder] = {"no_slip": no_slip, "coulomb": coulomb}
