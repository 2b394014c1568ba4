"""Free fall, pendulum, and spring pairs: motions of one or two masses whose course is known in closed form."""

import math
from dataclasses import replace

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import ellipk

from benchmarks.validation.lattices import beam
from benchmarks.validation.loads import Loads
from benchmarks.validation.network import fastest
from benchmarks.validation.simulation import physics_of, simulate
from codesign.body import Body
from codesign.sim import Physics
from codesign.sim.kernels import Dashpot

GRAVITY = -9.81
"""[m/s^2]."""

PAIR_STIFFNESS, PAIR_LENGTH = 200.0, 1.0
"""Of the spring between two masses of 1 kg [N/m], [m]."""


def pair(stiffness: float = PAIR_STIFFNESS, length: float = PAIR_LENGTH, stretch: float = 0.0, dim: int = 2) -> Body:
    """Return two masses on a level line, their spring stretched by a share of its length."""
    positions = np.zeros((2, dim))
    positions[:, 0] = np.array([-0.5, 0.5]) * length * (1.0 + stretch)
    return Body(positions, np.array([[0, 1]]), np.array([length]), np.array([stiffness]), np.zeros(1))


def fall(dt: float, duration: float, damping: float, speed: np.ndarray) -> dict[str, np.ndarray]:
    """Return a free fall by time: times [s], and simulated, exact discrete and continuous positions [m].

    Continuous: v' = g - c v, so x = x0 + (v0 - u)(1 - exp(-c t)) / c + u t with u = g / c, and x0 + v0 t + g t^2 / 2
    without drag. Discrete, as semi-implicit Euler does it: v_n = q^n v_0 + dt g (1 - q^n) / (1 - q) with q =
    exp(-c dt), and x_n = x_0 + dt (v_1 + ... + v_n); without drag x_n - x(t_n) = dt g t_n / 2, exactly.

    Args:
        dt: length of a step [s].
        duration: [s].
        damping: c [1/s].
        speed: velocity at the start [m/s], shape (2,).
    """
    steps = round(duration / dt)
    physics = physics_of(dt, gravity=GRAVITY, damping=damping)
    motion = simulate(pair(), physics, steps, np.tile(speed, (2, 1)))
    times, pull = motion.times[:, None], np.array([0.0, GRAVITY])
    start = motion.positions[0, 0]
    if damping:
        ending = pull / damping
        continuous = start + (speed - ending) * (1.0 - np.exp(-damping * times)) / damping + ending * times
        share = np.exp(-damping * dt * np.arange(1, steps + 1))[:, None]
        velocities = share * speed + dt * pull * (1.0 - share) / (1.0 - math.exp(-damping * dt))
    else:
        continuous = start + speed * times + pull * times**2 / 2.0
        velocities = speed + dt * pull * np.arange(1, steps + 1)[:, None]
    discrete = np.concatenate([start[None], start + dt * np.cumsum(velocities, axis=0)])
    return {
        "times": motion.times,
        "simulated": motion.positions[:, 0],
        "discrete": discrete,
        "continuous": continuous,
    }


def pendulum_period(angle: float, *, stiffness: float = 1e6, length: float = 1.0, dt: float = 5e-4) -> float:
    """Return the period of a pendulum that is let go at an angle [s].

    A mass hangs from another one by a stiff spring; that one is held at the origin by an anchor as stiff.

    Args:
        angle: from the vertical [rad].
        stiffness: of spring and anchor [N/m].
        length: [m].
        dt: length of a step [s].
    """
    positions = np.array([[0.0, 0.0], [length * math.sin(angle), -length * math.cos(angle)]])
    body = Body(positions, np.array([[0, 1]]), np.array([length]), np.array([stiffness]), np.zeros(1))
    anchor = Loads(anchor=stiffness, anchor_radius=0.1 * length)
    steps = int(1.3 * pendulum_theory(angle, length) / dt)
    motion = simulate(body, physics_of(dt, gravity=GRAVITY, forces=(anchor,)), steps)
    x = motion.positions[:, 1, 0]
    before = np.flatnonzero(x[:-1] * x[1:] <= 0.0)[:2]
    crossings = motion.times[before] + dt * x[before] / (x[before] - x[before + 1])
    return 2.0 * float(crossings[1] - crossings[0])


def pendulum_theory(angle: float, length: float = 1.0) -> float:
    """Return 4 sqrt(L / g) K(sin(angle / 2)) [s] (L. D. Landau and E. M. Lifshitz, Mechanics, section 11)."""
    return 4.0 * math.sqrt(length / -GRAVITY) * float(ellipk(math.sin(angle / 2.0) ** 2))


def pendulum_bound(angle: float, *, stiffness: float = 1e6, length: float = 1.0, dt: float = 5e-4) -> float:
    """Return the relative error that a stretched pendulum in discrete time may have.

    The bob stretches its spring by at most m g (3 - 2 cos(angle)) / k, and both masses the anchor by m g more; since
    they start unstretched, by up to twice as much for a moment. The period grows by half of the share. The integrator
    adds (w dt)^2 / 24 of the slow motion, and reading a crossing from a line between two steps about as much again.
    """
    stretch = -GRAVITY * (2.0 * (3.0 - 2.0 * math.cos(angle)) + 1.0) / stiffness / length
    return stretch + -GRAVITY / length * dt**2 / 12.0


def decay(damping: float, dt: float, *, drag: bool = False) -> tuple[float, float, float]:
    """Return the rate at which a stretched pair's oscillation decays [1/s]: simulated, discrete and continuous.

    For the distance r of two masses m on a spring k with a dashpot c, m r'' = -2 k r - 2 c r', so amplitudes decay at c
    / m; a drag of rate c makes it c / 2 (logarithmic decrement: S. S. Rao, Mechanical Vibrations, section 2.6.3). In
    discrete time the matrix of a step has the determinant 1 - 2 c dt / m with a dashpot and exp(-c dt) with drag; its
    root is the factor of the amplitude in a step.

    Args:
        damping: c, of the dashpot [N s/m] or of the drag [1/s].
        dt: length of a step [s].
        drag: whether the drag of the papers damps, not a dashpot.
    """
    forces = () if drag else (Dashpot(damping=damping),)
    physics = physics_of(dt, damping=damping if drag else 0.0, forces=forces)
    steps = int(3.0 / damping / dt)
    motion = simulate(pair(stretch=1e-6), physics, steps)
    stretch = motion.positions[:, 1, 0] - motion.positions[:, 0, 0] - PAIR_LENGTH
    # A linear recurrence s_{n+1} = p s_n - d s_{n-1} has these roots' product as d.
    base = np.stack([stretch[1:-1], -stretch[:-2]], axis=1)
    product = np.linalg.lstsq(base, stretch[2:], rcond=None)[0][1]
    discrete = damping / 2.0 if drag else -math.log(1.0 - 2.0 * damping * dt) / (2.0 * dt)
    return -math.log(product) / (2.0 * dt), discrete, damping / 2.0 if drag else damping


def energy(body: Body, positions: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    """Return kinetic and elastic energy of frames [J], shape (frames,)."""
    ends = positions[:, body.springs]
    lengths = np.linalg.norm(ends[:, :, 1] - ends[:, :, 0], axis=-1)
    elastic = 0.5 * (body.stiffness * (lengths - body.rest_lengths) ** 2).sum(axis=1)
    return 0.5 * (velocities**2).sum(axis=(1, 2)) + elastic


def tumbling_body(stretch: float = 0.0) -> tuple[Body, np.ndarray]:
    """Return a body of squares, stretched along x, and velocities with which it turns and swings [m/s]."""
    body = beam("square", 2, 4).body
    body = replace(body, positions=body.positions * [1.0 + stretch, 1.0])
    x, y = body.positions.T
    spin = 4.0 * np.stack([-y, x], axis=1)
    return body, spin + 0.8 * np.stack([x, -y], axis=1) + 0.3 * np.stack([np.sin(20.0 * y), np.cos(15.0 * x)], axis=1)


def error_of_step(which: str, dt: float, duration: float) -> float:
    """Return how far masses are from where the equation of motion takes them [m], root of the mean square.

    Args:
        which: "pair", whose course is known, or a body that starts "relaxed" or "stretched", whose course an integrator
            of order 8 (DOP853) computes.
        dt: length of a step [s].
        duration: [s].
    """
    if which == "pair":
        body = pair(stretch=0.1)
        start = np.zeros_like(body.positions)
        swing = 0.05 * PAIR_LENGTH * math.cos(math.sqrt(2.0 * PAIR_STIFFNESS) * duration)
        exact = np.array([[-0.5 * PAIR_LENGTH - swing, 0.0], [0.5 * PAIR_LENGTH + swing, 0.0]])
    else:
        body, start = tumbling_body(0.1 if which == "stretched" else 0.0)
        exact = _reference(body, start, duration)
    found = simulate(body, physics_of(dt), round(duration / dt), start).positions[-1]
    return float(np.sqrt(((found - exact) ** 2).sum(axis=1).mean()))


def energy_history(which: str, dt: float, steps: int, *, every: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return times [s] and the change of energy relative to its start, of the pair or of the stretched body."""
    body, start = (pair(stretch=0.1), np.zeros((2, 2))) if which == "pair" else tumbling_body(0.1)
    motion = simulate(body, physics_of(dt), steps, start, every=every)
    found = energy(body, motion.positions, motion.velocities)
    return motion.times, found / found[0] - 1.0


def fastest_of(which: str) -> float:
    """Return the largest angular frequency of the pair or of the body of `energy_history` [rad/s]."""
    return fastest(pair() if which == "pair" else tumbling_body()[0])


def growth(body: Body, physics: Physics, steps: int = 120, size: float = 1e-9) -> float:
    """Return by how much the speeds of a body grow over so many steps, from small random ones; infinite if beyond.

    Near the longest stable step speeds become several times as large and stay so; beyond it they grow without end.

    Args:
        body: at rest.
        physics: without gravity.
        steps: so few that what grows is still small.
        size: of the first displacements, relative to a length of 1 m.
    """
    start = np.random.default_rng(0).normal(size=body.positions.shape) * size * fastest(body)
    motion = simulate(body, physics, steps, start)
    fastest_speed = np.abs(motion.velocities).max(axis=(1, 2))
    found = float(fastest_speed[-10:].max() / fastest_speed[:10].max())
    return found if math.isfinite(found) else math.inf


def _reference(body: Body, start: np.ndarray, duration: float) -> np.ndarray:
    springs, shape = body.springs, body.positions.shape

    def slopes(_: float, state: np.ndarray) -> np.ndarray:
        positions, velocities = state.reshape(2, *shape)
        along = positions[springs[:, 1]] - positions[springs[:, 0]]
        lengths = np.linalg.norm(along, axis=1)
        pull = (body.stiffness * (lengths - body.rest_lengths) / lengths)[:, None] * along
        forces = np.zeros(shape)
        np.add.at(forces, springs[:, 0], pull)
        np.add.at(forces, springs[:, 1], -pull)
        return np.stack([velocities, forces]).ravel()

    state = np.stack([body.positions, start]).ravel()
    found = solve_ivp(slopes, (0.0, duration), state, method="DOP853", rtol=1e-12, atol=1e-13)
    return found.y[:, -1].reshape(2, *shape)[0]
