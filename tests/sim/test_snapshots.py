"""Kept states: how many there are changes no bit, and a body's share does not depend on what is beside it."""

from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.sim import Execution, Simulator
from codesign.sim.layout import buffers, bytes_per_world
from codesign.sim.layout.snapshot_schedule import schedule_of
from tests.sim.bodies import cubes, strip
from tests.sim.worlds import BODIES, Case

SEGMENT, STEPS = 4, 58  # 15 parts, the last of them shorter
PARTS = -(-STEPS // SEGMENT)
MIXED = {2: [strip(2), strip(12), strip(5)], 3: [cubes(1, 1), cubes(3, 2), cubes(2, 1)]}
"""Bodies of which one has room for far fewer states than the others."""


def made(case: Case, bodies: Bodies, weights: np.ndarray, **settings: Any) -> Simulator:
    """Return a simulator after an episode that was differentiated."""
    found = case.simulator(bodies, segment_steps=SEGMENT, **settings)
    found.load(weights)
    found.forward()
    found.reverse()
    return found


def results(simulator: Simulator) -> list[np.ndarray]:
    """Return losses and all gradients."""
    gradients = simulator.physical_gradients().values()
    return [simulator.loss.numpy(), simulator.weights(simulator.gradient), *gradients]


def simulated_again(simulator: Simulator) -> list[int]:
    """Return the parts that the reverse sweep simulates in each world, as the device is told."""
    plan = next(item for item in simulator._launches.inputs[1] if hasattr(item, "action_start"))
    start, actions = plan.action_start.numpy(), plan.actions.numpy().reshape(-1, 4)
    lengths = [(own[:, 2] - own[:, 1] + 1).sum() for own in np.split(actions, start[1:-1])]
    return [int(lengths[index]) for index in plan.of_world.numpy()]


@pytest.mark.parametrize(
    ("dimension", "terrain", "precision"),
    [
        (2, "flat", "float64"),
        (2, "rough", "float32"),
        pytest.param(2, "segments", "float64", marks=pytest.mark.slow),
        pytest.param(3, "flat", "float32", marks=pytest.mark.slow),
        (3, "rough", "float64"),
    ],
)
def test_few_kept_states_give_the_bits_of_all(dimension: int, terrain: str, precision: str) -> None:
    case = Case.of(terrain=terrain, dimension=dimension, steps=STEPS)
    bodies = Bodies.of(BODIES[dimension])
    weights = case.weights(bodies)
    every = made(case, bodies, weights, precision=precision)
    assert set(every.snapshots) == {PARTS}
    expected = results(every)
    assert all(np.abs(values).max() > 0.0 for values in expected[:4])
    for count in (1, 2, 3, 7, PARTS - 1):
        few = made(case, bodies, weights, precision=precision, checkpoints=count)
        assert set(few.snapshots) == {count}
        for one, other in zip(expected, results(few), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_small_body_beside_a_large_one_keeps_what_it_keeps_alone(
    dimension: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case.of(terrain="rough", dimension=dimension, steps=STEPS)
    bodies = Bodies.of(MIXED[dimension])
    weights = case.weights(bodies)
    expected = results(made(case, bodies, weights))
    monkeypatch.setattr(buffers, "FEWEST_SNAPSHOTS", 2)
    monkeypatch.setattr(buffers, "WORLD_NUMBERS", {2: 1_400, 3: 2_900})
    mixed = made(case, bodies, weights)
    assert len(set(mixed.snapshots)) > 1
    assert simulated_again(mixed) == [schedule_of(PARTS, count).repeated for count in mixed.snapshots.tolist()]
    for one, other in zip(expected, results(mixed), strict=True):
        np.testing.assert_array_equal(one, other)
    needed = bytes_per_world(mixed.layout, case.controller, STEPS, Execution(segment_steps=SEGMENT), 2, copies=0)
    for index, split in enumerate(np.split(weights, mixed.weight_start[1:-1])):
        alone = made(case, Bodies.of([MIXED[dimension][index]]), split)
        assert alone.snapshots.tolist() == mixed.snapshots[[index]].tolist()
        assert simulated_again(alone) == simulated_again(mixed)[index : index + 1]
        own = bytes_per_world(alone.layout, case.controller, STEPS, Execution(segment_steps=SEGMENT), 2, copies=0)
        assert own.tolist() == needed[[index]].tolist()
