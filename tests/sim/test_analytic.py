"""Motions whose course is known on paper, in the discrete time that is simulated."""

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.sim import CONTACTS
from codesign.sim.kernels import Smooth
from codesign.sim.kernels.contact import SLIP
from tests.oracle import SOFTENING
from tests.sim.bodies import lifted, lone_mass, pair, strip
from tests.sim.worlds import Case

HIGH = 5.0  # [m], too high to come down to the ground
AT_THE_GROUND = sorted(set(CONTACTS) - {"smooth"})  # contacts that do nothing to what does not touch


def positions_of(case: Case, *bodies, velocities: np.ndarray | None = None) -> np.ndarray:
    """Return the masses' positions after every step, shape (steps + 1, masses, 2)."""
    packed = Bodies.of(list(bodies))
    simulator = case.left().simulator(packed, velocities=velocities, segment_steps=case.physics.steps)
    simulator.load(case.weights(packed))
    simulator.forward()
    return simulator.motion()[0]


@pytest.mark.parametrize("contact", AT_THE_GROUND)
def test_free_fall_with_drag(contact: str) -> None:
    """v_n = q^n v_0 + dt g (1 - q^n) / (1 - q), and x_n = x_0 + dt (v_1 + ... + v_n)."""
    case = Case.of(contact=contact, steps=100)
    start = np.array([[0.3, 0.8], [-0.2, 0.1]])
    found = positions_of(case, lifted(lone_mass(), HIGH), velocities=start)
    dt, q = case.physics.dt, case.physics.drag
    powers = q ** np.arange(1, 101)[:, None, None]
    fall = np.array([0.0, case.physics.gravity]) * dt * (1.0 - powers) / (1.0 - q)
    travelled = dt * np.cumsum(powers * start + fall, axis=0)
    np.testing.assert_allclose(found[1:], found[0] + travelled, rtol=0, atol=1e-13)


def test_terminal_speed() -> None:
    """Where drag and gravity balance: v = dt g / (1 - q), which is g / damping for short steps."""
    case = Case.of(steps=400)
    found = positions_of(case, lifted(lone_mass(), HIGH))
    speed = (found[-1] - found[-2])[0, 1] / case.physics.dt
    expected = case.physics.dt * case.physics.gravity / (1.0 - case.physics.drag)
    np.testing.assert_allclose(speed, expected, rtol=1e-9)
    np.testing.assert_allclose(speed, case.physics.gravity / case.physics.damping, rtol=0.04)


def test_period_of_a_spring() -> None:
    """Two masses on a spring: cos(w dt) = 1 - 2 k' dt^2 / 2 in steps that move with the new velocity.

    The softening shortens the spring's rest to rest - 1e-4 and its stiffness to k' = k (rest - 1e-4) / rest.
    """
    case = Case.of(steps=500, gravity=0.0, damping=0.0)
    body = lifted(pair(length=0.05, stiffness=300.0), HIGH)
    rest = 0.05 - SOFTENING
    amplitude = 1e-7  # so small that the spring is linear to 1e-6 of it
    body.positions[1, 0] = rest + amplitude
    found = positions_of(case, body)
    stretch = (found[:, 1, 0] - found[:, 0, 0] - rest) / amplitude
    stiffness = 2.0 * 300.0 * rest / 0.05
    turn = np.arccos(1.0 - stiffness * case.physics.dt**2 / 2.0)
    # At rest one step before the start would be: the first step is half a turn behind.
    phase = turn * (np.arange(501) + 0.5)
    np.testing.assert_allclose(stretch, np.cos(phase) / np.cos(0.5 * turn), rtol=0, atol=2e-4)
    # It returns to where it was at the rate of the discrete period, not of the continuous one.
    returns = np.flatnonzero((stretch[:-1] > 0.0) & (stretch[1:] <= 0.0))
    np.testing.assert_allclose(np.diff(returns).mean(), 2.0 * np.pi / turn, rtol=5e-3)


@pytest.mark.parametrize("contact", AT_THE_GROUND)
def test_momentum_and_spin_are_conserved(contact: str) -> None:
    """Without gravity, drag and ground, springs cannot move the centre of mass nor turn the body, however they pull."""
    case = Case.of(contact=contact, steps=300, gravity=0.0, damping=0.0)
    body = lifted(strip(7, 2), HIGH)
    start = np.random.default_rng(1).normal(size=body.positions.shape) * 0.1
    found = positions_of(case, body, velocities=start)
    velocities = np.diff(found, axis=0) / case.physics.dt
    momentum = velocities.sum(axis=1)
    np.testing.assert_allclose(momentum, np.broadcast_to(start.sum(axis=0), momentum.shape), rtol=0, atol=1e-10)
    x, y = np.moveaxis(found[1:], -1, 0)
    spin = (x * velocities[..., 1] - y * velocities[..., 0]).sum(axis=1)
    first = (found[0, :, 0] * start[:, 1] - found[0, :, 1] * start[:, 0]).sum()
    np.testing.assert_allclose(spin, np.full_like(spin, first), rtol=0, atol=1e-9)
    assert np.ptp(velocities[:, 0, 0]) > 0.1


def test_no_slip_holds_what_falls_on_it() -> None:
    """A mass that comes down on level ground stays where it touched, however it slid before."""
    case = Case.of(contact="no_slip", steps=200)
    found = positions_of(case, lifted(lone_mass(), 0.12), velocities=np.array([[0.5, 0.0], [0.5, 0.0]]))
    resting = found[-1]
    np.testing.assert_allclose(resting[:, 1], 0.1, rtol=0, atol=1e-15)
    down = np.flatnonzero(found[:, 0, 1] == found[-1, 0, 1])[0]
    assert 5 < down < 100
    np.testing.assert_array_equal(found[down:, :, 0], np.broadcast_to(resting[:, 0], found[down:, :, 0].shape))


@pytest.mark.parametrize(("friction", "slides"), [(0.0, True), (1.0, False)])
def test_friction_stops_a_sliding_mass(friction: float, slides: bool) -> None:
    """Without friction only drag slows a mass; with it, the weight's share is lost in every step."""
    case = Case.of(contact="coulomb", steps=60, friction=friction)
    speed = 0.2
    found = positions_of(case, lifted(lone_mass(), 0.1), velocities=np.array([[speed, 0.0], [speed, 0.0]]))
    steps = np.diff(found[:, 0, 0]) / case.physics.dt
    drag, dt = case.physics.drag, case.physics.dt
    expected, now = [], speed
    for _ in range(60):
        now = drag * now
        now -= friction * min(-dt * case.physics.gravity, now)
        expected.append(now)
    np.testing.assert_allclose(steps, expected, rtol=0, atol=1e-12)
    assert (steps[-1] > 0.0) == slides


def test_smooth_contact_holds_a_mass_at_a_distance() -> None:
    """It comes to rest where (p + sqrt(p^2 + d^2)) / 2 is its weight w = g dt^2, for p = w - h: at h = d^2 / (4 w)."""
    case = Case.of(contact="smooth", steps=2000)
    found = positions_of(case, lifted(lone_mass(), 0.102))
    weight, softness = -case.physics.gravity * case.physics.dt**2, Smooth().softness
    np.testing.assert_allclose(found[-1, :, 1] - 0.1, softness**2 / (4.0 * weight), rtol=0, atol=1e-12)


def test_smooth_friction_takes_the_share_that_it_says() -> None:
    case = Case.of(contact="smooth", steps=1, friction=0.7, grip=0.6, damping=0.0)
    speed, height = 0.2, 5e-4
    found = positions_of(case, lifted(lone_mass(), 0.1 + height), velocities=np.array([[speed, 0.0], [speed, 0.0]]))
    fall, softness = -case.physics.gravity * case.physics.dt**2, Smooth().softness
    push = (fall - height + np.hypot(fall - height, softness)) / (2.0 * case.physics.dt)
    share = 0.7 * push / np.hypot(speed, SLIP)
    taken = share * 0.6 / np.hypot(share, 0.6)
    np.testing.assert_allclose((found[1, :, 0] - found[0, :, 0]) / case.physics.dt, speed * (1.0 - taken), rtol=1e-12)
