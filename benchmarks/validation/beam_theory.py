"""Beams on paper: Euler-Bernoulli and Timoshenko beams, and the heavy elastica."""

import numpy as np
from scipy.integrate import solve_bvp
from scipy.linalg import eigh

LARGEST_ORDER = 14
"""Of the polynomials of the Ritz method: the first modes have converged to ten digits by then."""


def deflection(places: np.ndarray, loads: np.ndarray, at: float, bending: float, shear: float = np.inf) -> float:
    """Return how far a cantilever that is clamped at 0 is bent [m].

    A load P at p moves the beam at m by P s^2 (3 l - s) / (6 E I) + P s / K, with s the smaller and l the larger of p
    and m (S. P. Timoshenko, Strength of Materials I, 1955, articles 32 and 39). At the tip that is P L^3 / (3 E I) +
    P L / K, and under a weight of w per length w L^4 / (8 E I) + w L^2 / (2 K). Without K: Euler and Bernoulli.

    Args:
        places: of the loads [m], shape (loads,).
        loads: in the direction of the deflection [N], shape (loads,).
        at: where the deflection is wanted [m].
        bending: E I.
        shear: K, 5/6 G A.
    """
    near, far = np.minimum(places, at), np.maximum(places, at)
    return float((loads * (near**2 * (3.0 * far - near) / (6.0 * bending) + near / shear)).sum())


def frequencies(
    length: float,
    bending: float,
    shear: float,
    mass: float,
    inertia: float,
    count: int,
    *,
    end: float = 0.0,
    clamped: bool = False,
) -> np.ndarray:
    """Return the lowest angular frequencies of a Timoshenko beam [rad/s], shape (count,).

    They make the energies 1/2 (E I phi'^2 + K (w' - phi)^2) and 1/2 (m w_t^2 + J phi_t^2), integrated along the beam,
    stationary (S. P. Timoshenko, Phil. Mag. 41, 1921), with w and phi polynomials (W. Ritz, 1909). An Euler-Bernoulli
    beam has (beta L)^2 sqrt(E I / m) / L^2 with beta L = 4.7300, 7.8532, ... free at both ends and 1.8751, 4.6941, ...
    clamped at one.

    Args:
        length: of the beam [m].
        bending: E I.
        shear: K, 5/6 G A.
        mass: per length, m.
        inertia: J, mass per length times the square of the section's radius of gyration.
        count: how many.
        end: length of the beam whose mass and inertia each free end bears besides [m]: it ends in whole masses.
        clamped: whether one end is clamped; else both are free.
    """
    points, weights = np.polynomial.legendre.leggauss(LARGEST_ORDER + 6)
    weights = weights * length / 2.0
    orders = LARGEST_ORDER + 1
    values = np.polynomial.legendre.legvander(points, LARGEST_ORDER)
    slopes = np.stack(
        [np.polynomial.legendre.Legendre.basis(n).deriv()(points) if n else 0.0 * points for n in range(orders)], axis=1
    )
    slopes = slopes * 2.0 / length
    ends = np.polynomial.legendre.legvander(np.array([-1.0, 1.0]), LARGEST_ORDER)
    if clamped:
        reach = ((points + 1.0) / 2.0)[:, None]
        values, slopes, ends = values * reach, values / length + slopes * reach, ends[1:]
    none = np.zeros_like(values)
    turn, bend = np.hstack([none, values]), np.hstack([none, slopes])
    slide, move = np.hstack([slopes, -values]), np.hstack([values, none])

    def product(each: np.ndarray) -> np.ndarray:
        return each.T @ (weights[:, None] * each)

    elastic = bending * product(bend) + shear * product(slide)
    at_ends = end * ends.T @ ends
    kinetic = mass * product(move) + inertia * product(turn)
    kinetic[:orders, :orders] += mass * at_ends
    kinetic[orders:, orders:] += inertia * at_ends
    rigid = 0 if clamped else 2
    return np.sqrt(eigh(elastic, kinetic, eigvals_only=True)[rigid : rigid + count])


def heavy_elastica(load: float, tip: float = 0.0) -> tuple[float, float]:
    """Return how far the tip of an inextensible clamped beam sinks and is drawn in under its own weight, over L.

    E I theta'' = -(w (L - s) + P) cos(theta), with theta(0) = 0 and theta'(L) = 0, theta downwards (F. V. Rohde, Large
    deflections of a cantilever beam with uniformly distributed load, Q. Appl. Math. 11, 1953).

    Args:
        load: w L^3 / (E I).
        tip: the weight at the tip, P / (w L).
    """
    places = np.linspace(0.0, 1.0, 41)

    def slopes(s: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([y[1], -load * (1.0 - s + tip) * np.cos(y[0]), np.sin(y[0]), np.cos(y[0])])

    def borders(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.array([start[0], end[1], start[2], start[3]])

    guess = np.stack([np.arctan(load / 6.0) * places, 0.0 * places, places * 0.5, places])
    found = solve_bvp(slopes, borders, places, guess, tol=1e-9, max_nodes=20000)
    return float(found.sol(1.0)[2]), float(1.0 - found.sol(1.0)[3])


def mode_of_beam(places: np.ndarray, beta: float, *, clamped: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return an Euler-Bernoulli beam's mode w and its slope times the length, free at 1 and free or clamped at 0.

    Free: w = cosh(b x) + cos(b x) - s (sinh(b x) + sin(b x)) with s = (cosh b - cos b) / (sinh b - sin b); clamped:
    the same with the other sign of every cosine and sine (W. Weaver, S. P. Timoshenko and D. H. Young, Vibration
    Problems in Engineering, 1990, section 5.11).

    Args:
        places: from 0 to 1, shape (n,).
        beta: b, 4.7300 for the first mode of a free beam, 1.8751 for that of a clamped one.
        clamped: whether it is clamped at 0.
    """
    sign = -1.0 if clamped else 1.0
    ratio = (np.cosh(beta) - sign * np.cos(beta)) / (np.sinh(beta) - sign * np.sin(beta))
    x = beta * places
    shape = np.cosh(x) + sign * np.cos(x) - ratio * (np.sinh(x) + sign * np.sin(x))
    slope = beta * (np.sinh(x) - sign * np.sin(x) - ratio * (np.cosh(x) + sign * np.cos(x)))
    return shape, slope
