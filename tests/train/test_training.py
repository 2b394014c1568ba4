"""Learning with the simulator itself: robots learn to walk, and what is recorded is what they do."""

from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.train import LEARNERS, LearningResult, LearningStatus, Normalized, learn
from tests.sim.bodies import ASSORTED, body, strip
from tests.sim.worlds import Case, choices

BODIES = Bodies.of(ASSORTED[1:])


def train(case: Case, learner: Any, bodies: Bodies = BODIES, **settings: Any) -> tuple[Any, LearningResult]:
    simulator = case.simulator(bodies, **settings)
    return simulator, learn(simulator, learner, case.weights(bodies))


@choices("controller", "task")
@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_robots_learn(name: str, controller: str, task: str) -> None:
    # What stands on level ground has nothing to learn about balance.
    case = Case.of(controller=controller, task=task, terrain="pole" if task == "balance" else "flat", steps=150)
    _, learned = train(case, LEARNERS[name](iterations=12))
    # A body that never gets above its start has no gradient of its jump; the others learn, if only until they stay up.
    stays_up = (learned.best_loss == 0.0) & (task == "balance")
    assert ((learned.status == LearningStatus.OK) | stays_up).mean() > 0.8
    assert np.isfinite(learned.curves).all()
    assert (learned.best_iteration > 0).mean() > 0.8
    assert (learned.curves[:, 0] - learned.best_loss).mean() > 2e-4


def test_the_published_steps() -> None:
    """Fixed length along the own gradient, the norm over all weights and biases of the robot."""
    case = Case.of(steps=100)
    simulator, learned = train(case, Normalized(iterations=3))
    weights = case.weights(BODIES)
    for iteration in range(4):
        simulator.load(weights)
        simulator.forward()
        np.testing.assert_allclose(learned.curves[:, iteration], simulator.loss.numpy(), rtol=0, atol=1e-12)
        simulator.reverse()
        gradient = simulator.weights(simulator.gradient)
        for start, stop in zip(simulator.weight_start[:-1], simulator.weight_start[1:], strict=True):
            own = gradient[start:stop]
            weights[start:stop] -= 0.2 * own / (np.linalg.norm(own) + 1e-6)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_best_weights_do_what_the_curve_says(precision: str) -> None:
    case = Case.of(steps=120)
    simulator, learned = train(case, Normalized(iterations=8), precision=precision)
    np.testing.assert_array_equal(simulator.weights(), learned.best_weights)
    np.testing.assert_array_equal(simulator.loss.numpy(), learned.best_loss)
    np.testing.assert_array_equal(learned.best_loss, learned.curves.min(axis=1))
    np.testing.assert_allclose(learned.measures["displacement"], -learned.best_loss, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(learned.fitness, -learned.best_loss)
    again = case.simulator(BODIES, precision=precision)
    again.load(learned.best_weights)
    again.forward()
    np.testing.assert_array_equal(again.loss.numpy(), learned.best_loss)


def test_a_robot_alone_learns_the_same() -> None:
    case = Case.of(steps=100, terrain="segments")
    learner = Normalized(iterations=6)
    _, together = train(case, learner, precision="float32", threads=2)
    simulator = case.simulator(BODIES, precision="float32")
    weights = np.split(case.weights(BODIES), simulator.weight_start[1:-1])
    for world in range(len(BODIES)):
        alone = learn(case.simulator(BODIES.take([world]), precision="float32"), learner, weights[world])
        np.testing.assert_array_equal(alone.curves[0], together.curves[world])
        own = slice(simulator.weight_start[world], simulator.weight_start[world + 1])
        np.testing.assert_array_equal(alone.best_weights, together.best_weights[own])


def test_a_body_without_muscles_has_nothing_to_learn() -> None:
    passive = body([[0.0, 0.0], [0.05, 0.0], [0.02, 0.05]], [[0, 1], [0, 2], [1, 2]], swings=0.0)
    bodies = Bodies.of([strip(5, 3), passive])
    _, learned = train(Case.of(steps=60), Normalized(iterations=4), bodies)
    assert learned.status.tolist() == [LearningStatus.OK, LearningStatus.ZERO_GRADIENT]
    assert np.isfinite(learned.fitness).all()
    np.testing.assert_array_equal(learned.curves[1], np.full(5, learned.curves[1, 0]))


def test_a_body_that_flies_apart_is_invalid() -> None:
    wild = body([[0.0, 0.0], [0.05, 0.0], [0.02, 0.05]], [[0, 1], [0, 2], [1, 2]], stiffness=1e9)
    bodies = Bodies.of([strip(5, 3), wild])
    for precision in ("float32", "float64"):
        _, learned = train(Case.of(steps=60), Normalized(iterations=4), bodies, precision=precision)
        assert learned.status[0] == LearningStatus.OK
        assert LearningStatus(int(learned.status[1])).unsound
        assert learned.fitness[1] == -np.inf
        assert np.isfinite(learned.fitness[0])
