"""Friction only ever brakes: whatever its coefficient, the speeds and the slope of the ground."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.body import Bodies
from codesign.sim import Conditions
from codesign.tasks import Segments, Walk
from tests import oracle
from tests.sim.bodies import lone_mass
from tests.sim.worlds import Case

SPEED = st.floats(-5.0, 5.0, allow_subnormal=False)


def velocities_after(
    contact: str, angle: float, factor: float, velocities: np.ndarray, **physics: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return the tangential velocity of masses before and after a step that they begin on a slope [m/s].

    Args:
        contact: how the ground acts.
        angle: of the slope [degrees].
        factor: on friction, in this world.
        velocities: speed into the ground and tangential velocity before the step [m/s], shape (2, 2).
        physics: settings.
    """
    slope = math.tan(math.radians(angle))
    normal = np.array([-slope, 1.0]) / math.hypot(slope, 1.0)
    along = np.array([normal[1], -normal[0]])
    ground = Segments(corners=(-10.0, 0.1 - 10.0 * slope, 10.0, 0.1 + 10.0 * slope))
    body = lone_mass()
    body.positions[:, 1] = 0.1 + slope * body.positions[:, 0]
    case = Case.of(contact=contact, steps=1, gravity=0.0, damping=0.0, **physics)
    left = Case(case.physics, case.controller, case.task, ground).left()
    start = -velocities[:, :1] * normal + velocities[:, 1:] * along
    world = Conditions(left.terrain, Walk(), friction=factor)
    made = left.simulator(Bodies.of([body]), conditions=[world], velocities=start, segment_steps=1)
    made.load(case.weights(Bodies.of([body])))
    made.forward()
    moved = np.diff(made.motion()[0], axis=0)[0] / case.physics.dt
    return start @ along, moved @ along


@pytest.mark.parametrize("contact", ["coulomb", "smooth"])
@given(
    angle=st.floats(-50.0, 50.0),
    friction=st.floats(0.0, 20.0),
    factor=st.floats(0.0, 2.0),
    grip=st.none() | st.floats(0.0, 1.0),
    into=st.floats(0.01, 5.0),
    speeds=st.tuples(SPEED, SPEED),
)
@settings(max_examples=40, deadline=None)
def test_friction_never_reverses_nor_speeds_up(
    contact: str,
    angle: float,
    friction: float,
    factor: float,
    grip: float | None,
    into: float,
    speeds: tuple[float, float],
) -> None:
    velocities = np.array([[into, speeds[0]], [0.3 * into, speeds[1]]])
    before, after = velocities_after(contact, angle, factor, velocities, friction=friction, grip=grip)
    rounding = 1e-9
    assert (np.abs(after) <= np.abs(before) + rounding).all()
    assert (after * np.sign(before) >= -rounding).all()


@given(
    angle=st.floats(-50.0, 50.0),
    friction=st.floats(0.0, 5.0),
    into=st.floats(0.01, 5.0),
    speeds=st.tuples(SPEED, SPEED),
)
@settings(max_examples=40, deadline=None)
def test_coulomb_contact_is_coulombs_law(
    angle: float, friction: float, into: float, speeds: tuple[float, float]
) -> None:
    """With nothing else that limits it, friction is the textbook's impulse: at most what stops the mass."""
    velocities = np.array([[into, speeds[0]], [0.3 * into, speeds[1]]])
    before, after = velocities_after("coulomb", angle, 1.0, velocities, friction=friction, grip=1.0)
    expected = oracle.coulomb_impulse(friction, -velocities[:, 0], before)
    np.testing.assert_allclose(after - before, expected, rtol=0, atol=1e-9)
