"""First natural frequencies of beams that are free at both ends, or clamped at one."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.validation import beam_theory, network
from benchmarks.validation.cantilever import MIDDLE, STEP
from benchmarks.validation.lattices import SIDE, Beam
from benchmarks.validation.simulation import physics_of, simulate
from codesign.body import Body

FREE = (4.7300407449, 7.8532046241)
"""Roots beta L of cosh(b) cos(b) = 1: the first modes of an Euler-Bernoulli beam that is free at both ends."""

CLAMPED = (1.8751040687, 4.6940911330)
"""Roots beta L of cosh(b) cos(b) = -1: the first modes of one that is clamped at one end."""

HEAVY = 1.0e9
"""Of each mass that clamps a beam [kg]; the others are 1 kg."""

PERIODS = 6
"""Of the mode that are simulated."""


@dataclass(frozen=True, eq=False)
class Vibration:
    """A beam that floats, and is set in motion as one of its modes moves.

    Clamped, its middle section is heavy (`Body.masses`), and each half is a cantilever.

    Attributes:
        beam: the body.
        mode: 0 for the first mode.
        clamped: whether the middle is heavy.
    """

    beam: Beam
    mode: int
    clamped: bool = False

    @property
    def body(self) -> Body:
        """The masses and springs that are simulated."""
        body = self.beam.body
        heavy = np.where(self._middle, HEAVY, 1.0)
        return replace(body, masses=heavy) if self.clamped else body

    @property
    def length(self) -> float:
        """Length of the beam, or of each half [m]."""
        return (1.0 if self.clamped else 2.0) * self.beam.half_length

    @property
    def end(self) -> float:
        """Length of the beam that each free end has mass for beyond it [m]: half a cell where it is a full section."""
        return len(self.beam.body.positions) / self.beam.line_mass / 2.0 - self.beam.half_length

    def euler(self, stiffness: float) -> float:
        """Return the angular frequency of an Euler-Bernoulli beam as long as its mass asks for [rad/s]."""
        return self._root**2 * math.sqrt(stiffness / self.beam.line_mass) / self._whole_length**2

    def timoshenko(self, stiffness: float) -> float:
        """Return that of a Timoshenko beam, with the rotary inertia of the masses [rad/s]."""
        beam = self.beam
        section = beam.section(0.0, SIDE)
        inertia = (beam.body.positions[section, -1] ** 2).sum() / SIDE
        shear, count = beam.shear_stiffness, self.mode + 1
        found = beam_theory.frequencies(
            self.length, stiffness, shear, beam.line_mass, inertia, count, end=self.end, clamped=self.clamped
        )
        return float(found[self.mode])

    def solved(self) -> float:
        """Return that of the springs as a linear system [rad/s]."""
        # Both halves of a clamped beam have every mode, and a square cross-section has it in two directions.
        each = (2 if self.clamped else 1) * (2 if self.beam.lattice == "cube" else 1)
        found = network.frequencies(self.beam.body, (self.mode + 1) * each, self._middle if self.clamped else None)
        return float(found[self.mode * each])

    def simulated(self, amplitude: float = 1e-5) -> float:
        """Return the angular frequency of the simulated mode [rad/s]."""
        expected, length = self.euler(self.beam.stiffness), self._whole_length
        places = self.beam.body.positions
        x = places[:, 0] / length
        along = np.abs(x) if self.clamped else 0.5 + x
        shape, slope = beam_theory.mode_of_beam(along, self._root, clamped=self.clamped)
        start = np.zeros_like(places)
        start[:, -1] = shape
        start[:, 0] = -places[:, -1] * slope / length * (np.sign(x) if self.clamped else 1.0)
        start *= amplitude * length * expected
        steps = int(PERIODS * 2.0 * math.pi / expected / STEP)
        motion = simulate(self.body, physics_of(STEP), steps, start, every=max(1, steps // 4000))
        signal = (motion.positions[..., -1] - places[:, -1]) @ shape / (shape @ shape)
        return frequency_of(motion.times, signal, expected)

    @property
    def _middle(self) -> np.ndarray:
        return np.abs(self.beam.body.positions[:, 0]) < MIDDLE

    @property
    def _root(self) -> float:
        return (CLAMPED if self.clamped else FREE)[self.mode]

    @property
    def _whole_length(self) -> float:
        return self.length + (1.0 if self.clamped else 2.0) * self.end


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
