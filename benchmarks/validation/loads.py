"""Loads: the forces on a body that textbooks ask for, as a plug-in force of the simulator."""

from dataclasses import dataclass

import warp as wp

from codesign.sim.kernels import Force, ForceFunctions, KernelTypes, TerrainFunctions


@dataclass(frozen=True)
class Loads(Force):
    """Dead loads in the middle and at the two ends of a body that lies along x around 0, and an anchor at the origin.

    The simulator has no clamps. A beam that is symmetric about x = 0 is two cantilevers back to back: what holds it
    there is a load in the middle that balances all others, and by symmetry its middle section neither turns nor moves
    along x. The anchor is a spring from the origin of the world to whatever mass is near it, as a pivot.

    Attributes:
        name: the name of the choice.
        middle_width: masses within this distance from the middle along x bear the load there [m].
        middle: upward force on each of them [N].
        end_from: masses farther than this from the middle along x bear the loads of the ends [m].
        end: upward force on each of them [N].
        pull: force on each of them along x, away from the middle [N].
        anchor: stiffness of the anchor [N/m].
        anchor_radius: distance from the origin within which masses are anchored [m].
        anchor_damping: force of the anchor per speed [N s/m].
    """

    name: str = "loads"
    middle_width: float = 0.0
    middle: float = 0.0
    end_from: float = 1.0e6
    end: float = 0.0
    pull: float = 0.0
    anchor: float = 0.0
    anchor_radius: float = 0.0
    anchor_damping: float = 0.0

    def parameters(self) -> tuple[float, ...]:
        """Return all settings in the order of the attributes."""
        ends = self.end_from, self.end, self.pull
        return (self.middle_width, self.middle, *ends, self.anchor, self.anchor_radius, self.anchor_damping)

    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return the force at a mass."""
        real, vector, Constants, Patch = types.real, types.vector, types.Constants, terrain.Patch
        Numbers, length_of, larger, pick = types.numbers(8), types.length_of, types.larger, types.pick
        upward = wp.constant(types.upward)
        along = wp.constant(vector(*(float(axis == 0) for axis in range(types.dimension))))

        @wp.func(module=types.module, inline=True)
        def load_at_mass(
            constants: Constants, patch: Patch, position: vector, velocity: vector, numbers: Numbers
        ) -> vector:
            distance = larger(position[0], -position[0])
            outward = pick(position[0] > real(0.0), numbers[4], -numbers[4])
            middle = pick(distance < numbers[0], numbers[1], real(0.0))
            end = pick(distance > numbers[2], real(1.0), real(0.0))
            held = pick(length_of(position) < numbers[6], real(1.0), real(0.0))
            load = upward * (middle + end * numbers[3]) + along * (end * outward)
            return load - held * (numbers[5] * position + numbers[7] * velocity)

        return ForceFunctions(at_mass=load_at_mass)
