"""The oracle reproduces the published simulators, so it may judge the kernels."""

import numpy as np
import pytest

from tests.oracle import Scene, coulomb, displacement_loss, mlp, rollout, sequence
from tests.reference import PLANAR, Reference, robots, voxel_robots

EXACT = 1e-14  # accumulated rounding of float64 over 1000 steps stays below
# The published 3D code adds 1e-8 to what it divides by, and does not say where; measured after 150 steps: 5e-8 m.
NEARLY = 1e-7


@pytest.mark.parametrize("robot", [robot for name in PLANAR for robot in robots(name)], ids=lambda robot: robot.name)
def test_motion_of_the_published_simulators(robot: Reference) -> None:
    controller = mlp(robot.weights, robot.physics.dt)
    episode = rollout(robot.body, Scene(robot.physics, robot.ground, coulomb), controller)
    every = robot.physics.steps // (len(robot.arrays["x"]) - 1)
    np.testing.assert_allclose(episode.positions[::every], robot.arrays["x"], rtol=0, atol=10 * EXACT)
    np.testing.assert_allclose(displacement_loss(episode), robot.arrays["loss"], rtol=0, atol=EXACT)
    np.testing.assert_allclose(episode.actuation[0], robot.arrays["act_first"], rtol=0, atol=EXACT)


@pytest.mark.parametrize("robot", voxel_robots(), ids=lambda robot: robot.name)
def test_motion_of_the_published_voxel_robots(robot: Reference) -> None:
    arrays, physics = robot.arrays, robot.physics
    actuation = np.sin(physics.frequency * physics.dt * np.arange(physics.steps)[:, None] + arrays["phase"])
    episode = rollout(robot.body, Scene(physics, robot.ground, coulomb), sequence(actuation))
    every = physics.steps // (len(arrays["x"]) - 1)
    np.testing.assert_allclose(episode.positions[::every], arrays["x"], rtol=0, atol=NEARLY)
    centre = episode.positions.mean(axis=1)[:, :2] - arrays["target"]
    distance = np.linalg.norm(centre, axis=1)
    np.testing.assert_allclose(distance[-1] / distance[0], arrays["loss"], rtol=0, atol=NEARLY)
