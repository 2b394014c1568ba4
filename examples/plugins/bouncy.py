"""Contact `bouncy`: slippery ground that throws masses back.

Try it in this folder:

    from bouncy import Bouncy
    from codesign.testing import check_contact

    check_contact(Bouncy())
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.checks import require_number
from codesign.sim import CONTACTS
from codesign.sim.kernels import Contact, KernelTypes, TerrainFunctions


@dataclass(frozen=True)
class Bouncy(Contact):
    """A mass that comes down on the ground leaves it with a share of its normal speed, and keeps its tangential speed.

    Attributes:
        restitution: share of the normal speed, from 0 for ice to 1 for a ball that never stops.
    """

    name: str = "bouncy"
    restitution: float = 0.5

    def __post_init__(self) -> None:
        require_number(self, "restitution", at_least=0.0, at_most=1.0, example=0.5)

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the restitution; there is no friction that a world could change."""
        return (self.restitution,)

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return the state of a mass after a step."""
        real, vector, state, Constants, Patch = types.real, types.vector, types.state, types.Constants, terrain.Patch
        height, normal, impact, join, choose = terrain.height, terrain.normal, terrain.impact, types.join, types.choose
        larger, smaller, up, upward = types.larger, types.smaller, types.dimension - 1, wp.constant(types.upward)

        @wp.func(module=types.module, inline=True)
        def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            reached = position + constants.dt * free
            time = smaller(larger(impact(constants, patch, position, reached, free), real(0.0)), constants.dt)
            touch = position + time * free
            across = normal(patch, touch)
            into = smaller(wp.dot(free, across), real(0.0))
            bounced = free - across * (into * (real(1.0) + constants.contact[0]))
            left = touch + (constants.dt - time) * bounced
            raised = left + upward * larger(height(patch, left) - left[up], real(0.0))
            return choose(reached[up] < height(patch, reached), join(raised, bounced), join(reached, free))

        return respond


CONTACTS["bouncy"] = Bouncy
