"""Forces: textbook cases, whole episodes against the oracle, gradients, and the same bits alone and among many."""

import math
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.sim import FORCES
from codesign.sim.kernels import Dashpot, Water, Wind
from codesign.testing.gradients import SIZES, gradient_error, standing
from tests import oracle
from tests.sim.bodies import ASSORTED, SOLIDS, cubes, lifted, lone_mass, pair, strip
from tests.sim.test_analytic import HIGH, positions_of
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.worlds import DIMENSIONS, FELT, Case

EACH = [pytest.param((force,), id=force.name) for force in FELT] + [pytest.param(FELT, id="all")]


def case_with(*forces: Any, **settings: Any) -> Case:
    return Case.of(**{"gravity": 0.0, "damping": 0.0} | settings, forces=forces)


def speeds_of(case: Case, positions: np.ndarray) -> np.ndarray:
    return np.diff(positions, axis=0) / case.physics.dt


def test_falling_through_water_reaches_the_terminal_speed() -> None:
    """Weight less buoyancy is the drag: (1 - density volume) g = c v^2 / (1 + dt c v), c = density drag_area / 2."""
    water = Water(level=100.0, volume=0.4e-3)
    case = case_with(water, gravity=-4.8, steps=1000)
    found = positions_of(case, lifted(lone_mass(), HIGH))
    speed = -speeds_of(case, found)[-1, :, 1]
    factor, pull, dt = 0.5 * 1000.0 * water.drag_area, 0.6 * 4.8, case.physics.dt
    exact = (dt * factor * pull + math.sqrt((dt * factor * pull) ** 2 + 4.0 * factor * pull)) / (2.0 * factor)
    np.testing.assert_allclose(speed, exact, rtol=1e-9)
    np.testing.assert_allclose(speed, math.sqrt(pull / factor), rtol=0.01)


@pytest.mark.parametrize("volume", [1.25e-3, 2.0e-3, 5.0e-3])
def test_floating_at_the_right_depth(volume: float) -> None:
    """Archimedes: of a mass of 1 kg the share 1 / (density volume) is below the surface."""
    case = case_with(Water(level=5.0, volume=volume, size=0.2), gravity=-4.8, damping=3.0, steps=4000)
    found = positions_of(case, lifted(lone_mass(), HIGH))
    below = (5.0 - (found[-1, :, 1] - 0.1)) / 0.2
    np.testing.assert_allclose(below, 1.0 / (1000.0 * volume), rtol=0, atol=1e-9)


def test_water_neither_acts_above_nor_reverses_what_is_fast() -> None:
    dry = case_with(Water(level=1.0), steps=50)
    np.testing.assert_array_equal(
        positions_of(dry, lifted(lone_mass(), HIGH)), positions_of(case_with(steps=50), lifted(lone_mass(), HIGH))
    )
    wet = case_with(Water(level=100.0, drag_area=10.0), steps=50)
    fast = np.array([[300.0, 0.0], [-300.0, 5.0]])
    speeds = speeds_of(wet, positions_of(wet, lifted(lone_mass(), HIGH), velocities=fast))
    assert (speeds * np.sign(fast) >= 0.0).all()
    assert (np.abs(speeds) <= np.abs(fast)).all()


def test_what_floats_in_a_wind_drifts_with_it() -> None:
    """By linear drag alone: v_n = w (1 - (1 - dt c)^n)."""
    case = case_with(Wind(speed=3.0, gusts=0.0, linear=2.0, quadratic=0.0), steps=1500)
    speeds = speeds_of(case, positions_of(case, lifted(lone_mass(), HIGH)))
    powers = (1.0 - 2.0 * case.physics.dt) ** np.arange(1, 1501)
    expected = np.stack([3.0 * (1.0 - powers), np.zeros(1500)], axis=1)
    np.testing.assert_allclose(speeds, np.repeat(expected[:, None], 2, axis=1), rtol=0, atol=1e-11)


def test_quadratic_drag_comes_close_to_the_wind_as_one_over_time() -> None:
    """With c |u| u the wind is 1 / (1 / w + c t) faster than a mass that began at rest, for short steps."""
    case = case_with(Wind(speed=3.0, gusts=0.0, linear=0.0, quadratic=0.5), steps=1000, dt=0.001)
    speeds = speeds_of(case, positions_of(case, lifted(lone_mass(), HIGH)))
    np.testing.assert_allclose(3.0 - speeds[-1, :, 0], 1.0 / (1.0 / 3.0 + 0.5), rtol=1e-3)


def test_gusts_come_and_go() -> None:
    """Over whole periods of weak drag the mean wind remains, and within them velocity is minus a cosine."""
    case = case_with(Wind(speed=1.0, gusts=2.0, period=0.4, linear=1e-6, quadratic=0.0), steps=200)
    speeds = speeds_of(case, positions_of(case, lifted(lone_mass(), HIGH)))[:, 0, 0] / 1e-6
    time = case.physics.dt * np.arange(1, 201)
    wave = 2.0 * np.pi / 0.4
    np.testing.assert_allclose(speeds, time + 2.0 * (1.0 - np.cos(wave * time)) / wave, rtol=0, atol=5e-3)


def test_the_wind_turns_in_3d() -> None:
    case = case_with(Wind(speed=2.0, direction=30.0, gusts=0.0, linear=50.0, quadratic=0.0), dimension=3, steps=200)
    speeds = speeds_of(case, positions_of(case, lifted(cubes(1), HIGH)))
    expected = 2.0 * np.array([math.cos(math.radians(30.0)), 0.5, 0.0])
    np.testing.assert_allclose(speeds[-1].mean(axis=0), expected, rtol=0, atol=1e-9)


def test_a_dashpot_damps_a_pair_at_the_rate_on_paper() -> None:
    """Two masses, relative motion u: u'' = -2 k u - 2 c u', so the swing shrinks as exp(-c t).

    In discrete time u_(n+1) = (2 - 2 dt^2 k' - 2 dt c) u_n - (1 - 2 dt c) u_(n-1), k' = k (rest - s) / rest with the
    length s that is added to springs.
    """
    stiffness, damping, steps = 300.0, 1.5, 250
    case = case_with(Dashpot(damping=damping), steps=steps)
    body = lifted(pair(length=0.05, stiffness=stiffness), HIGH)
    rest, amplitude, dt = 0.05 - oracle.SOFTENING, 1e-7, case.physics.dt
    body.positions[1, 0] = rest + amplitude
    found = positions_of(case, body)
    swing = (found[:, 1, 0] - found[:, 0, 0] - rest) / amplitude
    linear = stiffness * rest / 0.05
    share = (rest / 0.05) ** 2  # of the rate that a spring of the added length sees, and of its tension along it
    expected = [1.0, 1.0 - 2.0 * dt**2 * linear]
    for _ in range(steps - 1):
        decay = 2.0 * dt * damping * share
        expected.append((2.0 - 2.0 * dt**2 * linear - decay) * expected[-1] - (1.0 - decay) * expected[-2])
    np.testing.assert_allclose(swing, expected, rtol=0, atol=5e-4)
    peaks = [index for index in range(1, steps) if swing[index - 1] < swing[index] > swing[index + 1] and index > 3]
    rate = -np.log(swing[peaks[-1]] / swing[peaks[0]]) / ((peaks[-1] - peaks[0]) * dt)
    np.testing.assert_allclose(rate, damping, rtol=0.05)


@pytest.mark.parametrize("forces", EACH)
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_motion(forces: tuple[Any, ...], dimension: int) -> None:
    case = Case.of(forces=forces, dimension=dimension, steps=40)
    assorted = ASSORTED if dimension == 2 else SOLIDS
    packed = Bodies.of(assorted)
    simulator = case.simulator(packed, segment_steps=case.physics.steps)
    simulator.load(case.weights(packed))
    simulator.forward()
    positions, _ = simulator.motion()
    weights = np.split(simulator.weights(), simulator.weight_start[1:-1])
    for world, body in enumerate(assorted):
        masses = slice(packed.mass_start[world], packed.mass_start[world + 1])
        expected = case.episode(body, weights[world]).positions
        np.testing.assert_allclose(positions[:, masses], expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("forces", EACH)
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_gradients(forces: tuple[Any, ...], dimension: int) -> None:
    case = Case.of(forces=forces, dimension=dimension)
    body = standing(case, strip(5, 3) if dimension == 2 else cubes(2, 2))
    for quantity in sorted(SIZES):
        assert gradient_error(case, body, quantity) < DIFFERENCES, quantity


@pytest.mark.parametrize("precision", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
def test_alone_and_among_many(precision: str) -> None:
    case = Case.of(forces=FELT)

    def learned(bodies: list[Any]) -> tuple[np.ndarray, list[np.ndarray]]:
        simulator = case.simulator(Bodies.of(bodies), precision=precision)
        simulator.load(np.concatenate([case.weights(Bodies.of([body])) for body in bodies]))
        simulator.forward()
        simulator.reverse()
        return simulator.loss.numpy(), np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])

    losses, gradients = learned(ASSORTED)
    for index, body in enumerate(ASSORTED):
        loss, (gradient,) = learned([body])
        np.testing.assert_array_equal(loss[0], losses[index])
        np.testing.assert_array_equal(gradient, gradients[index])


def test_the_oracle_knows_every_force() -> None:
    assert set(FORCES) == {*oracle.FORCES, "dashpot"} == {force.name for force in FELT}
