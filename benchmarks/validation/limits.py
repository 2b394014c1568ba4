"""Where a lattice stops being a good material: large strains, large rotations, long steps."""

import math
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.validation.beam_theory import heavy_elastica
from benchmarks.validation.cantilever import END, STEP, Cantilever
from benchmarks.validation.lattices import SIDE, STIFFNESS, Beam, axial_stiffness, beam, material_of
from benchmarks.validation.loads import Loads
from benchmarks.validation.motions import growth
from benchmarks.validation.network import fastest
from benchmarks.validation.simulation import physics_of, settled
from codesign.body import Body


@dataclass(frozen=True, eq=False)
class Pulled:
    """A bar that is pulled at both ends.

    Attributes:
        beam: the body.
        strain: that the theory of small strains gives the load for.
    """

    beam: Beam
    strain: float

    def simulated(self) -> tuple[float, float]:
        """Return strain along x of the middle half, and across it along the last axis.

        The load grows little by little, so that it can be told by its place which masses are at the ends.
        """
        beam, places = self.beam, self.beam.body.positions
        at_end = np.abs(places[:, 0]) > beam.half_length - END
        stiffness = axial_stiffness(beam.body)
        slowest = math.pi / 2 / beam.half_length * math.sqrt(stiffness / beam.line_mass)
        rest = places
        parts = math.ceil(abs(self.strain) * beam.half_length / (0.2 * SIDE))
        for part in range(1, parts + 1):
            force = stiffness * self.strain * part / parts / (np.count_nonzero(at_end) / 2)
            border = (np.abs(rest[at_end, 0]).min() + np.abs(rest[~at_end, 0]).max()) / 2
            physics = physics_of(STEP, forces=(Loads(end_from=border, pull=force),), damping=2.0 * slowest)
            rest = settled(replace(beam.body, positions=rest), physics, int(10.0 / slowest / STEP))
        at = np.round(beam.half_length / 2 / SIDE) * SIDE
        left, right = (np.abs(places[:, 0] - side * at) < 0.3 * SIDE for side in (-1, 1))
        along = (rest[right, 0].mean() - rest[left, 0].mean()) / (2 * at) - 1.0
        middle = np.abs(places[:, 0]) < 0.55 * SIDE
        top, bottom = middle & (places[:, -1] > 0.49 * beam.height), middle & (places[:, -1] < -0.49 * beam.height)
        across = (rest[top, -1].mean() - rest[bottom, -1].mean()) / beam.height - 1.0
        return float(along), float(across)


def hanging(beam_: Beam, load: float) -> tuple[float, float, float, float]:
    """Return how far the tip of a heavy cantilever sinks and is drawn in, over its length: simulated and on paper.

    Args:
        beam_: two cantilevers back to back.
        load: w L^3 / (E I).
    """
    weight = load * beam_.stiffness / beam_.half_length**3
    case = Cantilever(beam_, "weight", weight / beam_.line_mass)
    moved = case.simulated(tolerance=1e-7) - beam_.body.positions
    right = case.at_end & (beam_.body.positions[:, 0] > 0)
    drawn = -moved[right, 0].mean()
    length = beam_.body.positions[right, 0].mean()
    # The last section weighs as much as half a cell more than the length says.
    surplus = np.count_nonzero(beam_.body.positions[:, 0] > 0) + np.count_nonzero(case.in_middle) / 2
    sunk, short = heavy_elastica(load * (length / beam_.half_length) ** 3, surplus / beam_.line_mass / length - 1.0)
    return case.sinking(moved) / length, float(drawn) / length, sunk, short


def stability(body: Body, damping: float = 0.0) -> tuple[float, float, float]:
    """Return the longest stable step [s], and how much a small motion grows in steps of 0.99 and of 1.01 of it.

    Semi-implicit Euler with velocities that decay by q per step is stable while w^2 dt^2 <= 2 (1 + q) for the fastest
    angular frequency w (without drag dt <= 2 / w; E. Hairer, C. Lubich and G. Wanner, Geometric Numerical
    Integration, 2006, section I.5.2).

    Args:
        body: with 1 kg masses.
        damping: rate of drag [1/s].
    """
    fast, longest = fastest(body), 2.0 / fastest(body)
    for _ in range(50):
        longest = math.sqrt(2.0 * (1.0 + math.exp(-damping * longest))) / fast
    found = [growth(body, physics_of(share * longest, damping=damping)) for share in (0.99, 1.01)]
    return longest, found[0], found[1]


def bodies_of_stability() -> dict[str, tuple[Body, float]]:
    """Return bodies and w^2 / k of their lattices by name."""
    made = {lattice: (beam(lattice, 4, 8).body, material_of(lattice).fastest) for lattice in ("triangle", "square")}
    made["cube"] = (beam("cube", 3, 4).body, material_of("cube").fastest)
    two = Body(np.array([[0.0, 0.0], [SIDE, 0.0]]), np.array([[0, 1]]), np.array([SIDE]), np.ones(1), np.zeros(1))
    return {"spring pair": (replace(two, stiffness=np.array([STIFFNESS])), 2.0), **made}
