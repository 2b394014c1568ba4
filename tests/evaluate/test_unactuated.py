"""What a design owes to its fall: one more episode with its muscles at rest, after which all else is as without it."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import develop
from codesign.errors import ConfigError
from codesign.evaluate import Request, evaluate_designs, learned_bodies
from codesign.evaluate.worlds import Worlds
from codesign.sim import UNACTUATED, Physics
from codesign.tasks import TASKS
from codesign.tasks.walk import Walk
from codesign.train import BodyLearning
from tests.evaluate.fakes import ITERATIONS, assert_same, designs, spec

STEPS = 60


def short(**changes):
    return replace(spec(), physics=Physics(steps=STEPS), **changes)


def at_rest(made, bodies, weights):
    """Return what bodies without any muscle are worth."""
    simulator = made.simulator(replace(bodies, swings=np.zeros_like(bodies.swings)))
    simulator.load(weights)
    simulator.forward()
    return -simulator.loss.numpy().astype(np.float64)


@pytest.mark.parametrize("task", ["walk", "walk_efficiently"])
def test_it_is_what_the_body_does_without_muscles(task):
    made = short(task=TASKS[task]())
    genomes, identities = designs(6)
    found = evaluate_designs(made, Request(genomes, identities))
    bodies = develop(made.lattice.build(), genomes, made.tissue)
    valid = np.isfinite(found.fitness)
    assert valid.sum() >= 4
    expected = at_rest(made, bodies, found.weights.astype(np.float64))
    assert np.array_equal(found.measures[UNACTUATED][valid], expected[valid])
    assert (np.abs(found.measures[UNACTUATED][valid]) < np.abs(found.fitness[valid])).any()
    assert made.units[UNACTUATED] == made.units.get("fitness")


def test_bodies_are_as_they_learned_to_be():
    made = short(learner=replace(spec().learner, body=BodyLearning(rest_lengths=0.2, swings=0.3)))
    genomes, identities = designs(4)
    found = evaluate_designs(made, Request(genomes, identities))
    drawn = develop(made.lattice.build(), genomes, made.tissue)
    own = [found.weights_of(index) for index in range(4)]
    bodies = learned_bodies(made, drawn, own)
    plain = made.with_bodies_as_given
    valid = np.isfinite(found.fitness)
    expected = at_rest(plain, bodies, plain.first_weights(bodies, identities))  # no weight matters to muscles at rest
    assert np.array_equal(found.measures[UNACTUATED][valid], expected[valid])
    assert not np.array_equal(expected, at_rest(plain, drawn, plain.first_weights(drawn, identities)))


@pytest.mark.parametrize("iterations", [2, 0])
def test_nothing_else_depends_on_it(iterations):
    worlds = Worlds(count=2, motor_noise=0.1, latency=0.02)
    learner = replace(spec().learner, iterations=iterations)
    on = short(worlds=worlds, learner=learner)
    off = replace(on, worlds=replace(worlds, unactuated=False))
    found, plain = (evaluate_designs(each, Request(*designs(4))) for each in (on, off))
    assert found.robot_steps - plain.robot_steps == 4 * 2 * STEPS
    assert UNACTUATED not in plain.measures
    measures = {name: values for name, values in found.measures.items() if name != UNACTUATED}
    assert_same(replace(found, measures=measures, robot_steps=0), replace(plain, robot_steps=0))


def test_a_simulator_moves_again_afterwards():
    made = short()
    genomes, identities = designs(2)
    simulator = made.simulator(develop(made.lattice.build(), genomes, made.tissue))
    made.begin(simulator, identities)
    simulator.forward()
    moved = simulator.loss.numpy().copy()
    simulator.forward(differentiable=False, actuated=False)
    assert not np.array_equal(simulator.loss.numpy(), moved)
    simulator.forward()
    assert np.array_equal(simulator.loss.numpy(), moved)
    with pytest.raises(ValueError, match="muscles that follow"):
        simulator.forward(actuated=False)


def test_smoothed_learning_has_it_too():
    made = short(learner=replace(spec().learner, estimator="smoothed", samples=2))
    genomes, identities = designs(3)
    found = evaluate_designs(made, Request(genomes, identities))
    bodies = develop(made.lattice.build(), genomes, made.tissue)
    expected = at_rest(made, bodies, found.weights.astype(np.float64))
    valid = np.isfinite(found.fitness)
    assert np.array_equal(found.measures[UNACTUATED][valid], expected[valid])
    assert found.robot_steps == 3 * (3 * ITERATIONS + 3) * STEPS


def test_bad_settings_and_names_are_refused():
    with pytest.raises(ConfigError, match="true or false"):
        Worlds(unactuated=1)  # pyright: ignore[reportArgumentType]

    class Named(Walk):
        def measures(self, states):
            return {UNACTUATED: states["place"]}

    with pytest.raises(ConfigError, match="names of their own"):
        short(task=Named())
