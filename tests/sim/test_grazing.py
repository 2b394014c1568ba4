"""Landings at shallow angles under no-slip contact: what their gradient is, and what bounds it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import Simulator
from codesign.sim.kernels import NoSlip
from codesign.tasks import Flat, Heightfield, Segments
from tests.sim.bodies import lifted, lone_mass, strip
from tests.sim.worlds import Case

SLOPE = 0.2
GROUNDS: dict[str, Any] = {
    "flat": Flat(),
    "segments": Segments(corners=(-2.0, 0.1 - 2.0 * SLOPE, 2.0, 0.1 + 2.0 * SLOPE)),
    "heightfield": Heightfield(heights=((0.1 - 2.0 * SLOPE, 0.1 + 2.0 * SLOPE),), low=(-2.0, 0.0), size=(4.0, 1.0)),
}
LEVEL_SPEED = 0.7
TIME = 0.4
"""Part of the step after which the mass touches."""


def landing(terrain: str, approach: float, grazing_speed: float) -> tuple[Case, Simulator, np.ndarray]:
    """Return a step in which a mass lands that comes down with `approach` [m/s], and that mass's velocity.

    A second mass rests high above; no spring, no gravity and no drag act on either.
    """
    physics = {"steps": 1, "gravity": 0.0, "damping": 0.0, "grazing_speed": grazing_speed}
    case = replace(Case.of(contact="no_slip", **physics), terrain=GROUNDS[terrain]).left()
    normal = normal_of(terrain)
    along = np.array([normal[1], -normal[0]])
    velocity = LEVEL_SPEED * along - approach * normal
    body = lone_mass()
    body.positions[0] = [0.3, case.terrain.height(np.array([[0.3]]))[0]]
    body.positions[0] += TIME * case.physics.dt * approach * normal
    body.positions[1] = [0.3, 5.0]
    bodies = Bodies.of([body])
    made = case.simulator(bodies, velocities=np.array([velocity, [0.0, 0.0]]), segment_steps=1)
    made.load(case.weights(bodies))
    return case, made, velocity


def normal_of(terrain: str) -> np.ndarray:
    slope = 0.0 if terrain == "flat" else SLOPE
    return np.array([-slope, 1.0]) / np.hypot(slope, 1.0)


@pytest.mark.parametrize("grazing_speed", [0.0, 0.1])
@pytest.mark.parametrize("approach", [2e-4, 0.02, 0.3])
@pytest.mark.parametrize("terrain", sorted(GROUNDS))
def test_gradient_of_a_landing(terrain: str, approach: float, grazing_speed: float) -> None:
    """A mass at x with velocity v touches at x + v t, and dt = -n dx / (n v) = -t n dv / (n v) for the normal n.

    So the place moves along the ground alone: for the unit vector s along it by s (s dx + (s v) n dx / approach). With
    a grazing speed the approach that divides is at least that. The loss is minus half of the mass's way along x.
    """
    case, made, velocity = landing(terrain, approach, grazing_speed)
    made.forward()
    made.reverse()
    found = made.physical_gradients()
    time = TIME * case.physics.dt
    normal = normal_of(terrain)
    along = np.array([normal[1], -normal[0]])
    in_place = along[0] * (along + (along @ velocity) * normal / max(approach, grazing_speed))
    # Level ground and segments add 1e-10 m/s to speeds that divide.
    rounding = 1e-6 * np.abs(in_place).max()
    in_start = in_place - np.array([1.0, 0.0])
    np.testing.assert_allclose(found["positions"][0], -0.5 * in_start, rtol=0, atol=rounding)
    np.testing.assert_allclose(found["velocities"][0], -0.5 * time * in_place, rtol=0, atol=rounding * time)


@pytest.mark.parametrize("terrain", sorted(GROUNDS))
def test_a_bound_changes_no_motion(terrain: str) -> None:
    positions = []
    for grazing_speed in (0.0, 0.1):
        _case, made, _velocity = landing(terrain, 0.02, grazing_speed)
        made.forward()
        positions.append(made.motion()[0])
    np.testing.assert_array_equal(positions[0], positions[1])


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_bound_changes_the_gradient_of_a_robot_alone(precision: str) -> None:
    """Losses stay to the bit; a bound that nothing falls below leaves the gradient, and a high one changes it."""
    bodies = Bodies.of([lifted(strip(5, 3), 0.105)])
    losses: list[np.ndarray] = []
    gradients: list[np.ndarray] = []
    for grazing_speed in (0.0, 1e-6, 0.1):
        case = Case.of(contact="no_slip", grazing_speed=grazing_speed).left()
        made = case.simulator(bodies, precision=precision)
        made.load(case.weights(bodies))
        made.forward()
        losses.append(made.loss.numpy())
        made.reverse()
        gradients.append(made.weights(made.gradient))
    np.testing.assert_array_equal(losses[1:], [losses[0]] * 2)
    length = float(np.linalg.norm(gradients[0]))
    rounding = {"float32": 1e-4, "float64": 1e-12}[precision]
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=0, atol=rounding * length)
    assert np.linalg.norm(gradients[2] - gradients[0]) > 0.01 * length


def test_a_negative_bound_is_refused() -> None:
    with pytest.raises(ConfigError, match="grazing_speed to be a number of at least 0"):
        NoSlip(grazing_speed=-0.1)
