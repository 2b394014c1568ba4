"""One network for every muscle of every body."""

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import Shared
from codesign.sim import Conditions, Execution, Physics, Simulator, first_weights
from codesign.sim.kernels import Coulomb
from codesign.streams import Purpose, generation_keys
from codesign.tasks import Flat, Walk
from codesign.train import Adam, learn
from tests.sim.bodies import ASSORTED, strip

SEEN = Bodies.of([strip(cells, seed) for seed, cells in enumerate((5, 6, 7, 8, 9, 10) * 2)])
UNSEEN = Bodies.of([strip(cells, 100 + seed) for seed, cells in enumerate((5, 7, 8, 9, 11, 12))])


def walkers(bodies: Bodies) -> Simulator:
    physics, execution = Physics(steps=300, contact=Coulomb(friction=0.7)), Execution(device="cpu", threads=1)
    return Simulator(bodies, physics, Shared(), [Conditions(Flat(), Walk())], execution, together=True)


def drawn(simulator: Simulator, seed: int = 0) -> np.ndarray:
    """Return first weights, which the simulator has then."""
    simulator.draw(generation_keys(seed, 0, 1, Purpose.CONTROLLER))
    return simulator.weights()


def displacements(simulator: Simulator, weights: np.ndarray) -> np.ndarray:
    simulator.load(weights)
    simulator.forward()
    return -simulator.world_losses.numpy().copy()


@pytest.mark.parametrize("seed", [0, 2])
def test_what_some_bodies_learned_moves_others(seed: int) -> None:
    seen, unseen = walkers(SEEN), walkers(UNSEEN)
    first = drawn(seen, seed)
    learned = learn(seen, Adam(iterations=40, rate=0.03), first)
    gain = displacements(unseen, learned.best_weights) - displacements(unseen, first)
    # Measured: 0.02 and 0.04 m on average, in 0.3 s.
    assert gain.mean() > 0.01
    assert (gain > 0.0).sum() >= 5


def test_together_there_is_one_controller() -> None:
    seen, unseen = walkers(SEEN), walkers(UNSEEN)
    first = drawn(seen)
    np.testing.assert_array_equal(first, drawn(unseen))
    assert len(first) == sum(int(np.prod(shape)) for shape in Shared().weight_shapes(1, 1, 2, 1).values())


def test_first_weights_are_xavier_normal() -> None:
    controller, bodies = Shared(hidden=400, sines=93), Bodies.of(ASSORTED[:2])
    weights = first_weights(controller, bodies, 1, generation_keys(0, 0, 2, Purpose.CONTROLLER))
    one, other = np.split(weights, 2)
    assert not np.array_equal(one, other)
    inputs = 93 + 1 + 4 + 2
    first, biases, second, bias = np.split(one, np.cumsum([400 * inputs, 400, 400]))
    np.testing.assert_allclose(first.std(), 2.0 * np.sqrt(2.0 / (400 + inputs)), rtol=0.02)
    np.testing.assert_allclose(second.std(), 3.0 * np.sqrt(2.0 / 401), rtol=0.1)
    assert not biases.any()
    assert not bias.any()


def test_like_muscles_do_alike() -> None:
    """Nothing but what a muscle senses tells it from others: with their strain alone, all of a body at rest agree."""
    bodies = Bodies.of(ASSORTED[:3])
    controller = Shared(sensors=())
    execution = Execution(precision="float64", device="cpu", threads=1, segment_steps=1)
    conditions = [Conditions(Flat(), Walk())]
    simulator = Simulator(bodies, Physics(steps=1), controller, conditions, execution, together=True)
    drawn(simulator)
    simulator.forward()
    actuation = simulator.motion()[1]
    assert abs(actuation[0, 0]) > 1e-3
    np.testing.assert_allclose(actuation, actuation[0, 0], rtol=0, atol=1e-9)
