"""Where the equations divide by what may be zero, whole episodes still give numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from tests.sim.bodies import body, lifted, lone_mass, strip
from tests.sim.worlds import Case, choices

PRECISIONS = ("float32", "float64")


def assert_numbers(case: Case, made, precision: str, velocities: np.ndarray | None = None) -> np.ndarray:
    """Return the positions of an episode, after checking that they and all gradients are numbers."""
    bodies = Bodies.of([made])
    simulator = case.left().simulator(
        bodies, precision=precision, velocities=velocities, segment_steps=case.physics.steps
    )
    simulator.load(case.weights(bodies))
    simulator.forward()
    simulator.reverse()
    positions = simulator.motion()[0]
    assert np.isfinite(positions).all()
    assert np.isfinite(simulator.loss.numpy()).all()
    assert np.isfinite(simulator.weights(simulator.gradient)).all()
    for name, values in simulator.physical_gradients().items():
        assert np.isfinite(values).all(), name
    return positions


@pytest.mark.parametrize("precision", PRECISIONS)
def test_two_masses_in_one_place(precision: str) -> None:
    corners = [[0.0, 0.0], [0.0, 0.0], [0.05, 0.0], [0.02, 0.05]]
    folded = body(corners, [[0, 1], [0, 2], [1, 3], [2, 3], [0, 3]], rest=0.05)
    case = Case.of(steps=10)
    found = assert_numbers(case, lifted(folded, 0.2), precision)
    episode = case.left().episode(lifted(folded, 0.2), case.weights(Bodies.of([folded])))
    np.testing.assert_allclose(found, episode.positions, rtol=0, atol={"float32": 1e-4, "float64": 1e-12}[precision])


def rounding_of_ground(terrain: Any, precision: str) -> float:
    """Return how far [m] the height of ground on a grid may be off in a kernel.

    A kernel counts nodes from the first one, so that their places round as the farthest one does; on a slope that moves
    the ground up or down. Where the ground is no grid, a mass that lies on it stays where it is to the bit.
    """
    if not hasattr(terrain, "grid"):
        return 0.0
    grid = terrain.grid(2)
    steepest = np.abs(np.diff(grid.heights) / grid.spacing).max()
    return steepest * float(np.spacing(np.abs([grid.low, grid.high]).max().astype(precision)))


@choices("contact", "terrain", "precision", together=("contact", "terrain"))
def test_masses_that_fall_straight_down(contact: str, terrain: str, precision: str) -> None:
    """What touches level ground without sliding has a friction of no direction."""
    case = Case.of(contact=contact, terrain=terrain, steps=80)
    assert_numbers(case, lifted(lone_mass(), 0.13), precision)


@choices("contact", "terrain", "precision", together=("contact", "terrain"))
def test_masses_that_lie_on_the_ground(contact: str, terrain: str, precision: str) -> None:
    """Gap, speed and all: exactly zero at the start, without gravity for ever."""
    case = Case.of(contact=contact, terrain=terrain, steps=20, gravity=0.0)
    still = replace(lone_mass(), positions=case.terrain.place(Bodies.of([lone_mass()])))
    found = assert_numbers(case, still, precision)
    if contact != "smooth":  # which pushes up what touches
        np.testing.assert_allclose(found[1], found[0], rtol=0, atol=rounding_of_ground(case.terrain, precision))
        np.testing.assert_array_equal(found[1:], np.broadcast_to(found[1], found[1:].shape))
    lying = replace(strip(2, 2), positions=case.terrain.place(Bodies.of([strip(2, 2)])))
    assert_numbers(case, lying, precision)
