"""What tasks see of a body: against NumPy, against differences, and to the bit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.sim import Task, simulator
from codesign.testing.gradients import gradient_error, standing
from tests.sim.bodies import cubes, strip, uneven
from tests.sim.observing import Lean, Watch, WatchHeading, seen
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.test_invariance import assert_same_bits, everything
from tests.sim.worlds import Case

WATCHED = [(Watch(), 2), (Lean(), 2), (WatchHeading(), 3), (Lean(), 3)]
IDS = [f"{task.name}-{dimension}" for task, dimension in WATCHED]
QUICK = {("watch", "segments"), ("lean", "segments"), ("watch_heading", "rough")}


def watching(task: Task, dimension: int, terrain: str) -> Case:
    return replace(Case.of(terrain=terrain, dimension=dimension), task=task)


def on_grounds() -> list[Any]:
    """Return tasks, dimensions and grounds; those that meet nothing new are slow."""
    return [
        pytest.param(
            task,
            dimension,
            terrain,
            marks=[] if (task.name, terrain) in QUICK and dimension == task.dimensions[0] else [pytest.mark.slow],
            id=f"{task.name}-{dimension}-{terrain}",
        )
        for task, dimension in WATCHED
        for terrain in ("flat", "rough", "segments")
        if terrain != "segments" or dimension == 2
    ]


@pytest.mark.parametrize(("task", "dimension", "terrain"), on_grounds())
def test_gradients(task: Task, dimension: int, terrain: str) -> None:
    case = watching(task, dimension, terrain)
    body = standing(case, uneven(strip(5, 3) if dimension == 2 else cubes(2, 2)))
    for quantity in ("weights", "positions", "velocities"):
        assert gradient_error(case, body, quantity) < DIFFERENCES


@pytest.mark.parametrize(("task", "dimension"), WATCHED, ids=IDS)
def test_alone_and_among_many(task: Task, dimension: int) -> None:
    case = watching(task, dimension, "rough")
    together = everything(case, list(range(9)), "float32")
    for index in (0, 3, 8):
        assert_same_bits(everything(case, [index], "float32")[0], together[index])
    exact = everything(case, [3], "float64")[0]
    np.testing.assert_allclose(together[3]["loss"], exact["loss"], rtol=1e-4)
    one, other = together[3]["weights"], exact["weights"]
    assert one @ other > 0.9999 * np.linalg.norm(one) * np.linalg.norm(other)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "dimension"), WATCHED, ids=IDS)
def test_lanes_change_no_bit(task: Task, dimension: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form that a GPU runs, on a CPU."""
    monkeypatch.setattr(wp.config, "enable_cpu_blocks", True)
    monkeypatch.setattr(simulator, "row_of", lambda _device, _precision: 1)
    case = watching(task, dimension, "rough")
    alone = everything(case, [0, 1, 2], "float64")
    monkeypatch.setattr(simulator, "lanes_of", lambda _device: 16)
    for one, many in zip(alone, everything(case, [0, 1, 2], "float64"), strict=True):
        assert_same_bits(one, many)
        assert np.abs(one["weights"]).max() > 0.0


@pytest.mark.parametrize("dimension", [2, 3])
def test_what_is_seen(dimension: int) -> None:
    task = Watch() if dimension == 2 else WatchHeading()
    case = watching(task, dimension, "rough")
    bodies = Bodies.of(case.assorted)
    made = case.simulator(bodies)
    weights = case.weights(bodies)
    made.load(weights)
    made.forward()
    states = made._final_task_state.numpy()
    for world, body in enumerate(case.assorted):
        episode = case.episode(body, weights[made.weight_start[world] : made.weight_start[world + 1]])
        ground = case.ground.under(episode.positions)
        found = seen(episode.positions, episode.velocities, ground)
        effort = ((episode.actuation * (body.swings != 0)) ** 2).mean(axis=1)
        steps = case.physics.steps
        time = case.physics.dt * np.arange(steps + 1)
        share = (0.3 + time) / (steps + 1)
        expected = {
            "centre": share @ (found["centre"][:, 0] * found["centre"][:, -1]),
            "velocity": share @ (found["velocity"][:, 0] * found["velocity"][:, -1]),
            "lowest": share @ found["lowest"] ** 2,
            "highest": share @ found["highest"] ** 2,
            "contact_share": share @ found["contact_share"] ** 2,
            "effort": share[:-1] @ effort**2,
            "time": time[-1],
        }
        if dimension == 3:
            expected["heading"] = share @ (found["heading"] + found["heading"] ** 2)
        np.testing.assert_allclose(states[world], [expected[name] for name in task.state], rtol=0, atol=1e-11)
