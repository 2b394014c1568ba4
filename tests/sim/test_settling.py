"""Bodies that settle with muscles at rest before a task counts: motion, loss, measures, gradients, forward mode."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.errors import ConfigError
from codesign.sim import Conditions, Physics, compile_for_gpu, compile_tangents_for_gpu
from codesign.sim.launching.program import build_program
from codesign.tasks import TASKS, TERRAINS
from codesign.testing.gradients import gradient_error, standing
from tests.evaluate.fakes import spec
from tests.sim.bodies import strip
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.test_tangents import ROUNDING, transposition_error
from tests.sim.worlds import Case

STEPS, SETTLE = 60, 25
BODY = strip(5, 3)


def settling(task: str = "walk", settle: int = SETTLE) -> Case:
    """Return a case whose bodies settle for so many steps; `cpg` moves them, which needs no senses."""
    case = Case.of(task=task, controller="cpg", steps=STEPS)
    return replace(case, physics=replace(case.physics, settle=settle * case.physics.dt))


def simulated(case: Case, bodies: Bodies, **settings):
    """Return a simulator that holds the episode of bodies, raised a little above the ground."""
    simulator = case.left().simulator(bodies, segment_steps=STEPS, **settings)
    simulator.load(case.weights(bodies))
    simulator.forward(measure=True)
    return simulator


def fallen(case: Case) -> Bodies:
    return Bodies.of([standing(case, BODY, gap=0.02)])


def test_muscles_rest_and_then_move():
    case = settling()
    bodies = fallen(case)
    moved, actuation = simulated(case, bodies).motion()
    still, _ = simulated(case, replace(bodies, swings=np.zeros_like(bodies.swings))).motion()
    assert np.array_equal(moved[: SETTLE + 1], still[: SETTLE + 1])
    assert not np.array_equal(moved[SETTLE + 2], still[SETTLE + 2])
    assert not actuation[:SETTLE].any()
    assert actuation[SETTLE:].any()


def test_the_task_counts_from_where_the_body_stands_then():
    case = settling()
    bodies = fallen(case)
    simulator = simulated(case, bodies, velocities=np.tile([0.3, 0.0], (len(bodies.positions), 1)))
    centres = simulator.motion()[0].mean(axis=1)
    way = centres[STEPS, 0] - centres[SETTLE, 0]
    assert abs(centres[SETTLE, 0] - centres[0, 0]) > 1e-6
    np.testing.assert_allclose(simulator.loss.numpy(), [-way], rtol=1e-9)
    measures = simulator.measures()
    np.testing.assert_allclose(measures["displacement"], [way], rtol=1e-9)
    np.testing.assert_allclose(measures["distance"], [abs(way)], rtol=1e-9)
    path = np.abs(np.diff(centres[SETTLE:, 0])).sum()
    np.testing.assert_allclose(measures["straightness"], [abs(way) / path], rtol=1e-9)
    own = simulator.motion()[1][SETTLE:] * (bodies.swings != 0.0)
    np.testing.assert_allclose(measures["effort"], [(own**2).mean()], rtol=1e-9)


def test_means_are_those_of_the_steps_that_count():
    case = settling("climb")
    simulator = simulated(case, fallen(case))
    heights = simulator.motion()[0].mean(axis=1)[:, 1]
    counted = STEPS - SETTLE
    first = (3 * counted + 3) // 4
    gained = heights[SETTLE + first :].mean() - heights[SETTLE]
    np.testing.assert_allclose(simulator.measures()["height_gained"], [gained], rtol=1e-9)


@pytest.mark.parametrize("quantity", ["weights", "positions", "velocities", "rest_lengths", "stiffness"])
def test_gradients_are_those_of_differences(quantity):
    case = settling()
    for seed in (0, 1):
        assert gradient_error(case, standing(case, BODY), quantity, seed=seed) < DIFFERENCES


@pytest.mark.slow
@pytest.mark.parametrize("task", ["walk_efficiently", "walk_level", "light", "reach", "climb"])
def test_gradients_of_tasks_are_those_of_differences(task):
    case = settling(task)
    for quantity in ("weights", "rest_lengths"):
        assert gradient_error(case, standing(case, BODY), quantity) < DIFFERENCES


def test_forward_mode_is_reverse_mode():
    case = settling()
    left = case.left()
    bodies = Bodies.of([standing(case, BODY)])
    simulator = left.simulator(
        bodies, segment_steps=STEPS, conditions=[Conditions(left.terrain, left.task)], physical_gradients=True
    )
    simulator.load(case.weights(bodies))
    simulator.forward()
    assert max(transposition_error(simulator).values()) < ROUNDING


def test_without_settling_kernels_are_as_they_were():
    parts = TERRAINS["flat"](), CONTROLLERS["cpg"](), TASKS["walk"]()
    plain, none, some = (
        build_program(2, "float32", Physics(settle=settle), *parts, row=1) for settle in (0.0, 0.001, 0.4)
    )
    assert plain is none
    assert plain is not some
    assert "settle" not in plain.types.Constants.vars
    other = build_program(2, "float32", Physics(settle=0.8), *parts, row=1)
    assert other is some


def test_it_compiles_for_gpus(tmp_path):
    parts = Physics(settle=0.4), TERRAINS["flat"](), CONTROLLERS["cpg"](), TASKS["walk_efficiently"]()
    for windowed in (False, True):
        file = compile_for_gpu(2, *parts, tmp_path, noisy=True, delayed=True, windowed=windowed)
        assert file.stat().st_size > 1000
    assert compile_tangents_for_gpu(2, *parts, tmp_path, noisy=True).stat().st_size > 1000


def test_settling_that_leaves_nothing_or_means_nothing_is_refused():
    plain = spec()
    with pytest.raises(ConfigError, match="less than an episode"):
        replace(plain, physics=Physics(steps=50, settle=0.2))
    replace(plain, physics=Physics(steps=50, settle=0.196))
    with pytest.raises(ConfigError, match="settle"):
        Physics(settle=-0.1)
