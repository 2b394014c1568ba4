"""How perturbations of a motion grow: tangents over time, and finite-time Lyapunov exponents.

Both are properties of the motion, not of the loss: a tangent that grows by a factor of a thousand makes gradients a
thousand times as long, and what a step of learning foretells is true for a step a thousand times as short. Exponents
of chaotic motion are above zero however long the time; a single landing makes a jump in the growth and no exponent.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.sensitivity.derivatives import WINDOW, Sensitivities
from codesign.sim import Tangents

Numbers = npt.NDArray[Any]

TIME_SCALE = 0.006
"""Velocities [m/s] times this [s] count beside positions [m]: the time in which a mass of 1 kg at a spring of 3e4 N/m
goes through a radian, so that the norm is that of the energy of such springs."""


@dataclass(frozen=True, eq=False)
class Growth:
    """How far perturbed motions are from the unperturbed one, relative to where they began.

    Attributes:
        times: [s], shape (steps + 1,).
        ratios: of the norm of each perturbation to that at the start, shape (perturbations, steps + 1).
    """

    times: Numbers
    ratios: Numbers

    @property
    def largest(self) -> float:
        """The largest ratio of all perturbations and times."""
        return float(np.max(self.ratios))

    @property
    def final(self) -> float:
        """The median ratio at the end."""
        return float(np.median(self.ratios[:, -1]))


@dataclass(frozen=True, eq=False)
class Lyapunov:
    """Finite-time Lyapunov exponents: rates at which the volumes of perturbations grow [1/s].

    Attributes:
        times: ends of the windows [s], shape (windows,).
        windows: rates in each window in the order of its tangents, shape (windows, exponents); over short times another
            than the first may be the largest.
    """

    times: Numbers
    windows: Numbers

    @property
    def exponents(self) -> Numbers:
        """Exponents over the whole time, the largest first, shape (exponents,); none of a motion without a window."""
        return np.sort(self._means[-1])[::-1] if len(self.times) else np.zeros(0)

    @property
    def leading(self) -> Numbers:
        """The largest exponent from the start to the end of each window, shape (windows,)."""
        return self._means.max(axis=1)

    @property
    def _means(self) -> Numbers:
        """Rates from the start to the end of each window, shape (windows, exponents)."""
        lengths = np.diff(np.concatenate([[0.0], self.times]))
        return np.cumsum(lengths[:, None] * self.windows, axis=0) / self.times[:, None]


def growth(motion: Sensitivities, perturbations: int = 8, *, seed: int = 0, time_scale: float = TIME_SCALE) -> Growth:
    """Return how random perturbations of where a body starts, and how fast, grow along its episode.

    Args:
        motion: the body with its controller.
        perturbations: how many.
        seed: of these.
        time_scale: what velocities count beside positions [s].
    """
    tangents = _begun(motion, perturbations, seed, time_scale)
    ratios = [np.ones((perturbations, 1))]
    while tangents.step < motion.steps:
        positions, velocities = tangents.advance(min(WINDOW, motion.steps - tangents.step))
        states = _scaled(positions, velocities, time_scale)
        ratios.append(_lengths(states[:, 1:]))
    return Growth(motion.dt * np.arange(motion.steps + 1), np.concatenate(ratios, axis=1))


def lyapunov(
    motion: Sensitivities, count: int = 1, *, window: int = 25, seed: int = 0, time_scale: float = TIME_SCALE
) -> Lyapunov:
    """Return the leading exponents of a motion by tangents that are made orthonormal after every window of steps.

    The tangents of a window are its linear map of as many directions; the diagonal of the triangle of their QR
    decomposition says by how much they have grown (Benettin et al. 1980; Shimada & Nagashima 1979). A motion that is
    driven, as by a controller with a clock, has exponents along its own way; they say nothing of other starts.

    Args:
        motion: the body with its controller.
        count: exponents, at most two for each coordinate.
        window: steps after which tangents are made orthonormal.
        seed: of the first tangents.
        time_scale: what velocities count beside positions [s]; over long times it makes no difference.

    Raises:
        ValueError: more exponents than coordinates of positions and velocities.
    """
    size = 2 * motion.inputs["positions"].size
    if not 0 < count <= size:
        raise ValueError(f"expected 1 to {size} exponents; got {count}; ask for as many as the state has numbers")
    tangents = _begun(motion, count, seed, time_scale)
    ends, rates = list[float](), list[Numbers]()
    states = _scaled(*tangents.state(), time_scale)
    tangents.combine(np.linalg.inv(np.linalg.qr(states.T.astype(np.float64))[1]).T)
    while tangents.step < motion.steps:
        begin = tangents.step
        positions, velocities = (each[:, None] for each in tangents.state())
        while tangents.step < min(begin + window, motion.steps):
            left = min(begin + window, motion.steps) - tangents.step
            positions, velocities = tangents.advance(min(WINDOW, left))
        states = _scaled(positions[:, -1:], velocities[:, -1:], time_scale)[:, 0].astype(np.float64)
        if not np.isfinite(states).all():
            break
        triangle = np.linalg.qr(states.T)[1]
        grown = np.abs(np.diag(triangle))
        rates.append(np.log(np.maximum(grown, np.finfo(float).tiny)) / ((tangents.step - begin) * motion.dt))
        ends.append(tangents.step * motion.dt)
        if not grown.all():
            break
        tangents.combine(np.linalg.inv(triangle).T)
    return Lyapunov(np.array(ends), np.array(rates).reshape(-1, count))


def _begun(motion: Sensitivities, count: int, seed: int, time_scale: float) -> Tangents:
    """Return tangents along random perturbations of positions and velocities, each of length one."""
    tangents = motion.forward_mode(count)
    drawn = np.random.default_rng(np.random.SeedSequence(seed)).normal(size=(2, *tangents.shapes["positions"]))
    positions, velocities = drawn[0], drawn[1] / time_scale
    lengths = np.linalg.norm(_scaled(positions, velocities, time_scale), axis=-1).reshape(-1, 1, 1)
    tangents.begin({"positions": positions / lengths, "velocities": velocities / lengths})
    return tangents


def _scaled(positions: Numbers, velocities: Numbers, time_scale: float) -> Numbers:
    """Return the state of all masses as one vector in metres, shape (..., 2 * masses * dimension)."""
    flat = [each.reshape(*each.shape[:-2], -1) for each in (positions, velocities * time_scale)]
    return np.concatenate(flat, axis=-1)


def _lengths(states: Numbers) -> Numbers:
    """Return the lengths of vectors, however large they are."""
    largest = np.abs(states).max(axis=-1)
    with np.errstate(all="ignore"):
        lengths = largest * np.linalg.norm(states / largest[..., None], axis=-1)
    return np.where(largest == 0.0, 0.0, lengths)
