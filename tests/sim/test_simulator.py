"""What the simulator refuses: calls out of order, and weights of other bodies."""

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import Cpg
from codesign.sim import Conditions, Execution, Physics, Simulator
from codesign.streams import Purpose, generation_keys
from codesign.tasks import Flat, Walk
from tests.sim.bodies import ASSORTED


@pytest.fixture
def simulator() -> Simulator:
    bodies = Bodies.of(ASSORTED[:2])
    execution = Execution(device="cpu", threads=1, segment_steps=8)
    made = Simulator(bodies, Physics(steps=20), Cpg(), [Conditions(Flat(), Walk())], execution)
    made.draw(generation_keys(0, 0, 2, Purpose.CONTROLLER))
    return made


def test_an_episode_is_differentiated_once(simulator: Simulator) -> None:
    with pytest.raises(RuntimeError, match="call forward first"):
        simulator.reverse()
    simulator.forward()
    simulator.reverse()
    first = simulator.gradient.numpy().copy()
    with pytest.raises(RuntimeError, match="call forward first"):
        simulator.reverse()
    simulator.forward()
    simulator.reverse()
    np.testing.assert_array_equal(simulator.gradient.numpy(), first)
    assert first.any()


def test_weights_of_other_bodies_are_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="load those of these bodies"):
        simulator.load(np.zeros(simulator.weight_start[-1] + 1))
    with pytest.raises(ValueError, match="one a controller"):
        simulator.draw(generation_keys(0, 0, 3, Purpose.CONTROLLER))


def test_weights_come_back_as_they_were_loaded(simulator: Simulator) -> None:
    weights = np.random.default_rng(0).normal(size=simulator.weight_start[-1]).astype(np.float32)
    simulator.load(weights)
    np.testing.assert_array_equal(simulator.weights(), weights)
    assert np.count_nonzero(simulator.parameters.numpy()) == len(weights)
    assert simulator.parameters.size > len(weights)
    one, other = np.split(weights, simulator.weight_start[1:-1])
    np.testing.assert_array_equal(simulator.weights(controllers=np.array([1, 0])), np.concatenate([other, one]))
    assert simulator.weights(controllers=np.array([], int)).shape == (0,)


def test_an_episode_needs_weights() -> None:
    execution = Execution(device="cpu", threads=1)
    made = Simulator(Bodies.of(ASSORTED[:1]), Physics(steps=20), Cpg(), [Conditions(Flat(), Walk())], execution)
    with pytest.raises(RuntimeError, match="call draw or load first"):
        made.forward()


def test_a_motion_needs_the_whole_episode(simulator: Simulator) -> None:
    simulator.forward()
    with pytest.raises(ValueError, match="segment_steps"):
        simulator.motion()


def test_only_active_worlds_are_simulated() -> None:
    bodies = Bodies.of(ASSORTED[:4])
    execution = Execution(device="cpu", threads=2, segment_steps=8)
    simulator = Simulator(bodies, Physics(steps=20), Cpg(), [Conditions(Flat(), Walk())], execution)
    simulator.draw(generation_keys(0, 0, 4, Purpose.CONTROLLER))
    first = simulator.weights()

    def episode() -> tuple[np.ndarray, list[np.ndarray]]:
        simulator.forward()
        simulator.reverse()
        gradients = np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])
        return simulator.loss.numpy().copy(), gradients

    simulator.load(first)
    losses, gradients = episode()
    simulator.load(0.5 * first)
    active = np.array([3, 1])
    simulator.set_active(active)
    some_losses, some_gradients = episode()
    simulator.set_active(np.arange(4))
    all_losses, all_gradients = episode()
    for world in range(4):
        assert all_losses[world] != losses[world]
        if world in active:
            assert some_losses[world] == all_losses[world]
            np.testing.assert_array_equal(some_gradients[world], all_gradients[world])
        else:
            assert some_losses[world] == losses[world]
            assert not some_gradients[world].any()
            assert gradients[world].any()
    simulator.set_active(np.array([], int))
    assert not any(gradient.any() for gradient in episode()[1])


LOCOMOTION = {"distance", "straightness", "energy", "effort", "airtime"}


def test_what_was_not_measured_is_absent(simulator: Simulator) -> None:
    simulator.forward()
    assert set(simulator.measures()) == {"displacement"}
    simulator.forward(measure=True)
    measured = simulator.measures()
    assert set(measured) == LOCOMOTION | {"displacement"}
    assert (measured["distance"] > 0.0).all()
    simulator.forward()
    assert set(simulator.measures()) == {"displacement"}
