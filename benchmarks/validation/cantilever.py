"""Cantilevers under their own weight and under a load at the tip, as two back to back."""

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.validation import beam_theory
from benchmarks.validation.lattices import SIDE, STIFFNESS, Beam
from benchmarks.validation.loads import Loads
from benchmarks.validation.network import displacements
from benchmarks.validation.simulation import physics_of, settled

MIDDLE, END = 0.3 * SIDE, 0.6 * SIDE
"""Masses so near to the middle bear its load, and those so near to an end the load of the tip [m]."""

STEP = 0.4 / math.sqrt(STIFFNESS)
"""Length of a step, stable on every lattice [s]."""


@dataclass(frozen=True, eq=False)
class Cantilever:
    """Two beams back to back, with what loads them.

    Attributes:
        beam: the body.
        kind: "tip" for a load at both ends, "weight" for gravity.
        force: on every loaded mass, downwards [N]; as masses are 1 kg, also the acceleration of gravity.
    """

    beam: Beam
    kind: str
    force: float

    @classmethod
    def of(cls, beam: Beam, kind: str, deflection: float = 1e-3) -> "Cantilever":
        """Return a cantilever with loads that bend it by about this share of its length."""
        unit = cls(beam, kind, 1.0)
        return cls(beam, kind, deflection * beam.half_length / unit.theory(beam.stiffness))

    @property
    def at_end(self) -> np.ndarray:
        """Which masses are at one of the ends, shape (masses,)."""
        return np.abs(self.beam.body.positions[:, 0]) > self.beam.half_length - END

    @property
    def in_middle(self) -> np.ndarray:
        """Which masses are in the middle, shape (masses,)."""
        return np.abs(self.beam.body.positions[:, 0]) < MIDDLE

    @property
    def loaded(self) -> np.ndarray:
        """Which masses a force pulls down, shape (masses,)."""
        return self.at_end if self.kind == "tip" else np.ones(len(self.beam.body.positions), np.bool_)

    @property
    def support(self) -> float:
        """The upward force on each mass in the middle that balances the loads [N]."""
        return self.force * np.count_nonzero(self.loaded) / np.count_nonzero(self.in_middle)

    def sinking(self, moved: np.ndarray) -> float:
        """Return how far the ends are below the middle [m], from displacements, shape (masses, dim)."""
        return float(moved[self.in_middle, -1].mean() - moved[self.at_end, -1].mean())

    def simulated(self, tolerance: float = 1e-9) -> np.ndarray:
        """Return where all masses come to rest [m]."""
        beam = self.beam
        slowest = 22.3733 * math.sqrt(beam.stiffness / beam.line_mass) / (2 * beam.half_length) ** 2
        kind = self.kind == "tip"
        loads = Loads(
            middle_width=MIDDLE,
            middle=self.support,
            end_from=beam.half_length - END if kind else 1e6,
            end=-self.force if kind else 0.0,
        )
        gravity = 0.0 if kind else -self.force
        physics = physics_of(STEP, forces=(loads,), gravity=gravity, damping=2.0 * slowest)
        return settled(beam.body, physics, int(6.0 / slowest / STEP), tolerance=tolerance)

    def solved(self) -> float:
        """Return the deflection of the springs as a linear system [m]."""
        body = self.beam.body
        forces = np.zeros_like(body.positions)
        forces[self.loaded, -1] -= self.force
        forces[self.in_middle, -1] += self.support
        return self.sinking(displacements(body, forces))

    def theory(self, bending: float, shear: float = np.inf) -> float:
        """Return the deflection on paper [m], from `beam_theory.deflection`, with the loads where the masses are."""
        places = self.beam.body.positions[:, 0]
        chosen = self.loaded & (places > MIDDLE)
        ends = places[self.at_end & (places > 0.0)]
        loads = np.full(np.count_nonzero(chosen), self.force)
        found = [beam_theory.deflection(places[chosen], loads, at, bending, shear) for at in np.unique(ends)]
        counts = np.unique(ends, return_counts=True)[1]
        return float(np.average(found, weights=counts))
