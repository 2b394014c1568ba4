"""Contact `springy`: ground that pushes back like a spring, and brakes what has sunk in.

Unlike the package's contacts it lets masses in: a body of 1 kg per mass sinks by 0.5 mm where it stands. There is no
moment of impact, so its gradient knows no sudden events.

Try it in this folder:

    from codesign.testing import check_contact
    from springy import Springy

    check_contact(Springy())
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.checks import require_number
from codesign.plugins import register
from codesign.sim.kernels import Contact, KernelTypes, TerrainFunctions


@dataclass(frozen=True)
class Springy(Contact):
    """A spring along the normal while a mass is in the ground, and a brake along the ground that grows with the depth.

    Attributes:
        stiffness: of the spring [N/m]; times the squared length of a step it must stay below 1 kg.
        brake: ratio by which a step divides the tangential velocity, less 1, per depth [1/m].
    """

    has_friction = True

    name: str = "springy"
    stiffness: float = 2.0e4
    brake: float = 1.0e3

    def __post_init__(self) -> None:
        require_number(self, "stiffness", above=0.0, unit="N/m", example=2.0e4)
        require_number(self, "brake", at_least=0.0, unit="1/m", example=1.0e3)

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the stiffness, and the brake in a world of some friction."""
        return (self.stiffness, self.brake * friction)

    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return the state of a mass after a step."""
        real, vector, state, Constants, Patch = types.real, types.vector, types.state, types.Constants, terrain.Patch
        height, normal, join, larger, up = terrain.height, terrain.normal, types.join, types.larger, types.dimension - 1

        @wp.func(module=types.module, inline=True)
        def respond(constants: Constants, patch: Patch, position: vector, free: vector) -> state:
            reached = position + constants.dt * free
            across = normal(patch, reached)
            depth = larger(height(patch, reached) - reached[up], real(0.0)) * across[up]
            upwards = across * wp.dot(free, across)
            along = (free - upwards) / (real(1.0) + constants.contact[1] * depth)
            velocity = along + upwards + across * (constants.dt * constants.contact[0] * depth)
            return join(position + constants.dt * velocity, velocity)

        return respond


register("contact", Springy)
