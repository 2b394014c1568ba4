"""First natural frequencies of beams that are free at both ends."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.validation import beam_theory, network
from benchmarks.validation.cantilever import STEP
from benchmarks.validation.lattices import SIDE, Beam
from benchmarks.validation.simulation import physics_of, simulate

FREE = (4.7300407449, 7.8532046241)
"""Roots beta L of cosh(b) cos(b) = 1: the first modes of an Euler-Bernoulli beam that is free at both ends."""

PERIODS = 6
"""Of the mode that are simulated."""


@dataclass(frozen=True, eq=False)
class FreeBeam:
    """A beam that floats, and is set in motion as one of its modes moves.

    Attributes:
        beam: the body.
        mode: 0 for the first mode.
    """

    beam: Beam
    mode: int

    @property
    def length(self) -> float:
        """Length of the beam [m]."""
        return 2.0 * self.beam.half_length

    @property
    def end(self) -> float:
        """Length of the beam that each end has mass for beyond it [m]: half a cell where it ends in a full section."""
        return (len(self.beam.body.positions) / self.beam.line_mass - self.length) / 2.0

    def euler(self, stiffness: float) -> float:
        """Return the angular frequency of an Euler-Bernoulli beam as long as its mass asks for [rad/s]."""
        return FREE[self.mode] ** 2 * math.sqrt(stiffness / self.beam.line_mass) / (self.length + 2.0 * self.end) ** 2

    def timoshenko(self, stiffness: float) -> float:
        """Return that of a Timoshenko beam, with the rotary inertia of the masses [rad/s]."""
        beam = self.beam
        section = beam.section(0.0, SIDE)
        inertia = (beam.body.positions[section, -1] ** 2).sum() / SIDE
        found = beam_theory.frequencies(
            self.length, stiffness, beam.shear_stiffness, beam.line_mass, inertia, self.mode + 1, end=self.end
        )
        return float(found[self.mode])

    def solved(self) -> float:
        """Return that of the springs as a linear system [rad/s]: the one of the lowest that bends along z."""
        # A square cross-section in 3D has every mode twice.
        each = 2 if self.beam.lattice == "cube" else 1
        return float(network.frequencies(self.beam.body, (self.mode + 1) * each)[-1])

    def simulated(self, amplitude: float = 1e-5) -> float:
        """Return the angular frequency of the simulated mode [rad/s]."""
        beam, expected = self.beam, self.euler(self.beam.stiffness)
        places = beam.body.positions
        length = self.length + 2.0 * self.end
        shape, slope = beam_theory.modes_of_free_beam(0.5 + places[:, 0] / length, FREE[self.mode])
        start = np.zeros_like(places)
        start[:, -1] = shape
        start[:, 0] = -places[:, -1] * slope / length
        start *= amplitude * length * expected
        steps = int(PERIODS * 2.0 * math.pi / expected / STEP)
        motion = simulate(beam.body, physics_of(STEP), steps, start, every=max(1, steps // 4000))
        signal = (motion.positions[..., -1] - places[:, -1]) @ shape / (shape @ shape)
        return frequency_of(motion.times, signal, expected)


def frequency_of(times: np.ndarray, signal: np.ndarray, expected: float) -> float:
    """Return the angular frequency whose sine and cosine, and a line, leave least of a signal [rad/s].

    Args:
        times: of the samples [s], shape (n,).
        signal: shape (n,).
        expected: it is looked for within 15 % of this [rad/s].
    """

    def rest(frequency: float) -> float:
        angles = frequency * times
        base = np.stack([np.cos(angles), np.sin(angles), np.ones_like(times), times / times[-1]], axis=1)
        return float(np.linalg.norm(signal - base @ np.linalg.lstsq(base, signal, rcond=None)[0]))

    grid = expected * np.linspace(0.85, 1.15, 121)
    best = int(np.argmin([rest(each) for each in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(rest, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * expected})
    return float(found.x)
