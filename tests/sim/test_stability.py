"""How stiff a body may be for its time step."""

import numpy as np
import pytest

from codesign.body import Bodies
from tests.sim.bodies import lifted, pair
from tests.sim.worlds import Case


@pytest.mark.parametrize(("share", "stable"), [(0.99, True), (1.01, False)])
def test_explicit_steps_are_stable_up_to_a_stiffness(share: float, stable: bool) -> None:
    """An oscillation of w rad/s grows from dt^2 w^2 = 2 (1 + q) on, with the drag factor q of a step.

    Its steps are v' = q v - dt w^2 x and x' = x + dt v'; two masses of 1 kg on a spring have w^2 = 2 k.
    """
    case = Case.of(steps=600, gravity=0.0, regularisation=1e-12)
    limit = (1.0 + case.physics.drag) / case.physics.dt**2
    body = lifted(pair(length=0.05, stiffness=share * limit), 5.0)
    body.positions[1, 0] += 1e-8  # [m], so little that a growing oscillation stays linear for long
    bodies = Bodies.of([body])
    made = case.left().simulator(bodies, segment_steps=case.physics.steps)
    made.load(np.zeros(made.weights().shape))
    made.forward()
    positions = made.motion()[0][:, :, 0]
    stretch = np.abs(positions[:, 1] - positions[:, 0] - 0.05)
    assert (stretch[-20:].max() < 1e-9) == stable
    assert (stretch[-20:].max() > 1e-6) != stable
