"""Cases of few masses: free fall, pendulum, incline, steps of time, damping, stability."""

import math

import numpy as np

from benchmarks.validation import incline, motions
from benchmarks.validation.case import Finding, Row
from benchmarks.validation.limits import bodies_of_stability, stability

FRICTION = 0.4
"""Coefficient of friction on the incline: its angle of friction is 21.8 degrees."""

ROUNDING = 1e-12
"""Of a few thousand double-precision steps [m]."""


def free_fall() -> Finding:
    """Throw a mass, with and without the papers' drag; equations in `motions.fall`.

    Bounds are for the continuous solution: half a step of the acceleration, dt |g| t / 2, the local errors of a
    first-order method added up, and with drag dt (|v0| + |g| / c) / 2 more.
    """
    rows, curves = [], {}
    for damping in (0.0, 15.0):
        for dt in (0.008, 0.004, 0.002, 0.001):
            found = motions.fall(dt, 1.0, damping, np.array([1.0, 3.0]))
            error = float(np.abs(found["simulated"] - found["continuous"]).max())
            # With drag the sum of q^n v_0 dt is off by half a step of v_0 as well, and of the terminal speed.
            speeds = math.hypot(1.0, 3.0) - motions.GRAVITY / damping if damping else 0.0
            rows.append(
                {
                    "drag [1/s]": damping,
                    "dt [ms]": 1e3 * dt,
                    "discrete solution [m]": float(np.abs(found["simulated"] - found["discrete"]).max()),
                    "error": error,
                    "bound": dt / 2.0 * (speeds - motions.GRAVITY) + ROUNDING,
                }
            )
            if dt == 0.008:
                for name in ("simulated", "continuous"):
                    curves[f"{name}, drag {damping:g}"] = (found["times"], found[name][:, 1])
    return Finding("free_fall", rows, curves)


def pendulum() -> Finding:
    """Let go a mass on a stiff spring at angles up to 170 degrees; theory and bound in `motions`."""
    rows: list[Row] = []
    for degrees in (1, 30, 60, 90, 120, 150, 170):
        angle = math.radians(degrees)
        theory, found = motions.pendulum_theory(angle), motions.pendulum_period(angle)
        rows.append(
            {
                "angle [degrees]": degrees,
                "period [s]": found,
                "theory [s]": theory,
                "error": found / theory - 1.0,
                "bound": motions.pendulum_bound(angle),
            }
        )
    fine = np.radians(np.linspace(0.5, 175.0, 120))
    curves = {
        "theory": (np.degrees(fine), np.array([motions.pendulum_theory(each) for each in fine])),
        "simulated": tuple(np.array([[row["angle [degrees]"], row["period [s]"]] for row in rows], float).T),
    }
    return Finding("pendulum", rows, curves)  # pyright: ignore[reportArgumentType]


def sliding_block() -> Finding:
    """Blocks on inclines below and above the angle of friction, with a grip of 1.

    A point mass obeys Coulomb's law in every step: bound, rounding. A block of springs with dashpots does once it has
    stopped swinging: bound, what swings after a second. One without swings on, and no theory says how much friction
    contacts transmit that come and go: it has no bound.
    """
    rows, curves = [], {}
    angles = (5, 10, 15, 20, 23, 30, 45)
    fine = np.linspace(0.0, 50.0, 101)
    accelerations = [incline.acceleration_theory(math.radians(each), FRICTION) for each in fine]
    curves["theory"] = (fine, np.array(accelerations))
    kinds = {"point masses": (False, 0.0), "block, dashpots": (True, 100.0), "block, undamped": (True, 0.0)}
    for kind, (lattice, dashpot) in kinds.items():
        found = []
        for degrees in angles:
            angle = math.radians(degrees)
            times, speeds = incline.sliding(angle, FRICTION, lattice=lattice, dashpot=dashpot, grip=1.0, duration=3.0)
            here, theory = incline.acceleration(times, speeds), incline.acceleration_theory(angle, FRICTION)
            found.append(here)
            bound = {"point masses": 1e-10, "block, dashpots": 1e-6}.get(kind)
            rows.append(
                {
                    "body": kind,
                    "angle [degrees]": degrees,
                    "acceleration [m/s^2]": here,
                    "theory [m/s^2]": theory,
                    "error": here - theory,
                    "bound": bound,
                }
            )
        curves[kind] = (np.array(angles, float), np.array(found))
    return Finding("incline", rows, curves)


def creep() -> Finding:
    """How fast bodies creep that friction should hold, with a grip below 1; theory in `incline.creep_theory`.

    In a block the masses on the ground hold all others: it creeps faster by the share of masses that touch.
    """
    rows = []
    for kind, lattice, share in (("point masses", False, 1.0), ("block, dashpots", True, 3.0)):
        for grip in (0.4, 0.95, 1.0):
            angle, dt = math.radians(10.0), 1e-3
            _, speeds = incline.sliding(angle, FRICTION, lattice=lattice, dashpot=100.0, grip=grip, duration=3.0)
            theory = share * incline.creep_theory(angle, grip, dt)
            rows.append(
                {
                    "body": kind,
                    "grip": grip,
                    "speed [mm/s]": 1e3 * speeds[-1],
                    "theory [mm/s]": 1e3 * theory,
                    "error": 1e3 * (speeds[-1] - theory),
                    "bound": 1e-3,
                }
            )
    return Finding("creep", rows)


def order() -> Finding:
    """Errors of positions by the length of a step, after a fixed time.

    Semi-implicit Euler is of first order (E. Hairer, C. Lubich and G. Wanner, Geometric Numerical Integration, 2006,
    section I.1.2). Its positions are those of the leapfrog, of second order (section I.1.4), from a start whose
    velocity is half a step of the first acceleration off: without one, the order is 2. Bounds: how far the measured
    order may be from 1 or 2 with terms of the next order, at the steps that were taken.
    """
    rows, curves = [], {}
    for which, duration, expected in (("pair", 1.0, 1.0), ("stretched", 0.2, 1.0), ("relaxed", 0.2, 2.0)):
        steps = np.array([2e-3, 1e-3, 5e-4, 2.5e-4, 1.25e-4])
        errors = np.array([motions.error_of_step(which, dt, duration) for dt in steps])
        orders = np.log2(errors[:-1] / errors[1:])
        rows += [
            {
                "body": which,
                "dt [ms]": 1e3 * dt,
                "distance [m]": each,
                "order": found,
                "error": found - expected,
                "bound": 0.5 * dt / steps[1],
            }
            for dt, each, found in zip(steps[1:], errors[1:], orders, strict=True)
        ]
        curves[which] = (steps, errors)
    return Finding("order", rows, curves)


def energy() -> Finding:
    """Energy of an undamped pair and of a tumbling body over 100,000 steps.

    A symplectic method keeps the energy within terms of its order for times exponentially long in 1/dt (Hairer, Lubich
    and Wanner 2006, theorem IX.8.1); of linear springs E - dt/2 k x v stays the same for ever. Since |k x v| is at most
    w E, with r = w dt / 2 the energy of a pair that starts at rest stays within r / (1 - r) of its start, and that of a
    body that moves within 2 r / (1 - r), w of its fastest motion.
    """
    rows, curves = [], {}
    for which in ("pair", "body"):
        for dt in (0.002, 0.001, 0.0005):
            times, found = motions.energy_history(which, dt, 100_000, every=7)
            ratio = dt / 2.0 * motions.fastest_of(which)
            half = len(found) // 2
            rows.append(
                {
                    "body": which,
                    "dt [ms]": 1e3 * dt,
                    "w dt": 2.0 * ratio,
                    "drift, second half less first": float(found[half:].mean() - found[:half].mean()),
                    "error": float(np.abs(found).max()),
                    "bound": (1.0 + ROUNDING) * (1.0 if which == "pair" else 2.0) * ratio / (1.0 - ratio),
                }
            )
            if which == "body":
                curves[f"dt = {1e3 * dt:g} ms"] = (times[::20], found[::20])
    return Finding("energy", rows, curves)


def damping() -> Finding:
    """How fast a pair stops swinging, by dashpots and by the papers' drag; theory in `motions.decay`.

    Bounds are for the exact discrete solution: the stretch of 1e-6 that it starts with, and rounding. What the
    continuous equation says differs by c dt.
    """
    rows = []
    for kind, drag in (("dashpot", False), ("drag", True)):
        for rate in (0.5, 2.0, 8.0):
            for dt in (0.004, 0.001):
                found, discrete, continuous = motions.decay(rate, dt, drag=drag)
                rows.append(
                    {
                        "damper": kind,
                        "c": rate,
                        "dt [ms]": 1e3 * dt,
                        "decay [1/s]": found,
                        "continuous [1/s]": continuous,
                        "error": found / discrete - 1.0,
                        "bound": 1e-6,
                    }
                )
    return Finding("damping", rows)


def longest_step() -> Finding:
    """Stability by the length of a step: 0.99 of the limit holds, 1.01 of it does not; theory in `limits.stability`.

    The error is the logarithm of the growth at 0.99, bounded by that of 1 / sqrt(1 - 0.99^2) = 7.1, which is what the
    amplitude of a motion near the limit may become; at 1.01 it must be more.
    """
    rows = []
    for name, (body, endless) in bodies_of_stability().items():
        for drag in (0.0, 15.0):
            longest, below, above = stability(body, drag)
            bound = math.log10(1.0 / math.sqrt(1.0 - 0.99**2))
            rows.append(
                {
                    "body": name,
                    "drag [1/s]": drag,
                    "longest dt [ms]": 1e3 * longest,
                    "k dt^2 / m": float(body.stiffness[0]) * longest**2,
                    "endless lattice": 2.0 * (1.0 + math.exp(-drag * longest)) / endless,
                    "grows at 1.01": above,
                    "error": max(math.log10(below), 0.0) if above > 10.0**bound else math.inf,
                    "bound": bound,
                }
            )
    return Finding("stability", rows)


CASES = {
    "free_fall": free_fall,
    "pendulum": pendulum,
    "incline": sliding_block,
    "creep": creep,
    "order": order,
    "energy": energy,
    "damping": damping,
    "stability": longest_step,
}
"""What computes each case."""
