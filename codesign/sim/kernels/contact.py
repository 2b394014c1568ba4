"""What the ground does to a mass: each contact is a settings class with one function of values, differentiated by Warp.

A contact takes a mass at `position` with the velocity `free` that it would have without ground, and returns its state
after the step. In `NoSlip` and `Coulomb` the mass moves on until it touches the ground (time of impact, clamped to the
step); what follows is the contact's. Both outcomes are computed and one is selected: without branches a row of masses
becomes vector code, its adjoint too.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

import warp as wp

from codesign.checks import require_number
from codesign.sim.kernels.functions import Contact, TerrainFunctions
from codesign.sim.kernels.types import NEGLIGIBLE, KernelTypes

APPROACH = 1.0e-4
"""Speed towards the ground [m/s] from which the no-slip contact acts (2024 paper)."""

SLIP = 0.01
"""Tangential speed [m/s] below which smooth friction fades out."""


@dataclass(frozen=True)
class NoSlip(Contact):
    """The contact of the 2024 paper: what moves into the ground stands still for the rest of the step.

    A mass that comes down with the velocity v stops where it touches, position + time v, and the derivative of that
    time in its height is 1 / speed, with the speed v has towards the ground. So a landing at a shallow angle multiplies
    derivatives by the ratio of the level speed to that speed. `grazing_speed` bounds that ratio in the gradient.

    Attributes:
        name: the name of the choice.
        grazing_speed: least speed towards the ground [m/s] that the gradient assumes where a mass lands; it bounds the
            gradient of landings at shallow angles and changes no motion; 0 for the exact gradient.

    Raises:
        ConfigError: a number out of range.
    """

    name: str = "no_slip"
    grazing_speed: float = 0.0

    def __post_init__(self) -> None:
        require_number(self, "grazing_speed", at_least=0.0, unit="m/s", example=0.1)

    @property
    def structure(self) -> Hashable:
        """Whether the gradient is bounded: else the kernels have nothing of it."""
        return (self.grazing_speed > 0.0,)

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the speed that bounds the gradient, if it is bounded."""
        del friction
        return (self.grazing_speed,) if self.grazing_speed > 0.0 else ()

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return the state of a mass after a step."""
        real, vector, state, Constants = types.real, types.vector, types.state, types.Constants
        up, upward, join = types.dimension - 1, wp.constant(types.upward), types.join
        larger, smaller, choose = types.larger, types.smaller, types.choose
        height, normal, impact, Patch = terrain.height, terrain.normal, terrain.impact, terrain.Patch
        bounded = self.grazing_speed > 0.0

        @wp.func_native("return value;", adj_snippet="adj_value += adj_ret * share;")
        def pass_back(value: real, share: real) -> real: ...

        @wp.func(module=types.module, inline=True)
        def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            reached = position + constants.dt * free
            time = smaller(larger(impact(constants, patch, position, reached, free), real(0.0)), constants.dt)
            touch = position + time * free
            if wp.static(bounded):
                across = normal(patch, touch)
                share = smaller(larger(-wp.dot(free, across), real(0.0)) / constants.contact[0], real(1.0))
                # In value both are one place. Along the normal the exact derivative stays: a mass that touches is on
                # the ground wherever it came from.
                attenuated = position + pass_back(time, share) * free
                touch = attenuated + across * wp.dot(touch - attenuated, across)
            stopped = touch + upward * larger(height(patch, touch) - touch[up], real(0.0))
            below = reached[up] < height(patch, reached)
            approaching = wp.dot(free, normal(patch, touch)) < -real(APPROACH)
            going_on = join(reached, free)
            # Two choices, because `and` is a branch.
            return choose(below, choose(approaching, join(stopped, vector()), going_on), going_on)

        return respond


@dataclass(frozen=True)
class Coulomb(Contact):
    """Coulomb contact: the normal part of the velocity vanishes, friction takes its share of the rest.

    The tangential speed shrinks by min(friction * normal speed, grip * tangential speed). At speed zero, where its
    direction is not defined, there is nothing to shrink and the derivative is taken as zero. Where the time of impact
    is bracketed only, a mass is put on the ground at that time (2026 paper).

    Attributes:
        name: the name of the choice.
        friction: share of the normal speed that is taken from the tangential speed, the coefficient of friction.
        grip: largest share of the tangential speed that is taken in a step, at most 1: more would turn a sliding mass
            round. None for the coefficient of friction, at most 1 (2024 code; it is 0.95 in the 2026 code).

    Raises:
        ConfigError: a number out of range.
    """

    has_friction: ClassVar[bool] = True

    name: str = "coulomb"
    friction: float = 0.9
    grip: float | None = None

    def __post_init__(self) -> None:
        require_number(self, "friction", at_least=0.0, example=0.9)
        require_number(self, "grip", at_least=0.0, at_most=1.0, optional=True, example=0.95)

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the coefficient of friction in a world and the largest share."""
        return _friction_and_grip(self.friction * friction, self.grip)

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return the state of a mass after a step."""
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
            lost = smaller(constants.contact[0] * larger(into, -into), constants.contact[1] * speed)
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


@dataclass(frozen=True)
class Smooth(Contact):
    """Coulomb contact without kinks: the ground pushes by a smooth function of how deep a mass would come.

    With depth p after a step without ground and softness d, the impulse along the normal is (p + sqrt(p^2 + d^2)) / 2
    per step: as d goes to zero it just keeps the mass out of the ground, without a time of impact. A mass at rest
    hovers d^2 / (4 g dt^2) above the ground. The share r of the tangential velocity that friction would take is softly
    limited, r grip / sqrt(r^2 + grip^2), and speeds are at least `SLIP` where it is computed.

    Attributes:
        name: the name of the choice.
        friction: share of the normal speed that is taken from the tangential speed, the coefficient of friction.
        grip: largest share of the tangential speed that is taken in a step, at most 1; None for the coefficient of
            friction, at most 1.
        softness: how deep the ground begins to push [m].

    Raises:
        ConfigError: a number out of range.
    """

    has_friction: ClassVar[bool] = True

    name: str = "smooth"
    friction: float = 0.9
    grip: float | None = None
    softness: float = 5.0e-4

    def __post_init__(self) -> None:
        require_number(self, "friction", at_least=0.0, example=0.9)
        require_number(self, "grip", at_least=0.0, at_most=1.0, optional=True, example=0.95)
        require_number(self, "softness", above=0.0, at_most=0.1, unit="m", example=5.0e-4)

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the coefficient of friction in a world, the largest share, and the softness."""
        return (*_friction_and_grip(self.friction * friction, self.grip), self.softness)

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return the state of a mass after a step."""
        real, vector, state, Constants = types.real, types.vector, types.state, types.Constants
        up, join = types.dimension - 1, types.join
        height, normal, Patch = terrain.height, terrain.normal, terrain.Patch
        slowest = wp.constant(real(SLIP * SLIP))

        @wp.func(module=types.module, inline=True)
        def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            grip = constants.contact[1]
            softness = constants.contact[2]
            reached = position + constants.dt * free
            across = normal(patch, reached)
            depth = (height(patch, reached) - reached[up]) * across[up]
            pushed = real(0.5) * (depth + wp.sqrt(depth * depth + softness * softness)) / constants.dt
            into = wp.dot(free, across)
            tangential = free - across * into
            share = constants.contact[0] * pushed / wp.sqrt(wp.dot(tangential, tangential) + slowest)
            taken = share * grip / wp.sqrt(share * share + grip * grip + real(NEGLIGIBLE))
            velocity = tangential * (real(1.0) - taken) + across * (into + pushed)
            return join(position + constants.dt * velocity, velocity)

        return respond


def _friction_and_grip(friction: float, grip: float | None) -> tuple[float, float]:
    return friction, min(friction, 1.0) if grip is None else grip


CONTACTS: dict[str, type[Contact]] = {"no_slip": NoSlip, "coulomb": Coulomb, "smooth": Smooth}
