"""No world's numbers depend on its neighbours, on their order, on threads or on segments: the same bits."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.tasks import TASKS
from tests.sim.bodies import ASSORTED
from tests.sim.worlds import BODIES, Case, choices

PRECISIONS = ("float32", "float64")
MANY = {dimension: [some[index % len(some)] for index in range(60)] for dimension, some in BODIES.items()}


def everything(case: Case, indices: list[int], precision: str, **settings) -> list[dict[str, np.ndarray]]:
    """Return loss, gradient, measures and physical gradients of each of the given worlds out of `MANY`."""
    many = MANY[case.dimension]
    bodies = Bodies.of([many[index] for index in indices])
    simulator = case.simulator(bodies, precision=precision, **settings)
    own = [case.weights(Bodies.of([many[index]]), seed=index) for index in indices]
    simulator.load(np.concatenate(own))
    simulator.forward(measure=True)
    simulator.reverse()
    weights = np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])
    physical = simulator.physical_gradients()
    masses, springs = bodies.mass_start[1:-1], bodies.spring_start[1:-1]
    cuts = {"positions": masses, "velocities": masses}
    cuts |= dict.fromkeys(("rest_lengths", "stiffness", "swings"), springs)
    parts = {name: np.split(values, cuts[name]) for name, values in physical.items()}
    return [
        {"loss": simulator.loss.numpy()[world], "weights": weights[world]}
        | {name: values[world] for name, values in simulator.measures().items()}
        | {name: values[world] for name, values in parts.items()}
        for world in range(len(indices))
    ]


def assert_same_bits(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@choices("controller", "precision")
def test_alone_and_among_many(controller: str, precision: str) -> None:
    case = Case.of(controller=controller)
    together = everything(case, list(range(len(MANY[2]))), precision)
    assert len({float(world["loss"]) for world in together}) == len(MANY[2])
    for index in (0, 1, 4, 30, 59):
        assert_same_bits(everything(case, [index], precision)[0], together[index])


@pytest.mark.parametrize(
    ("contact", "precision"),
    [
        ("coulomb", "float64"),
        *(pytest.param(contact, "float32", marks=pytest.mark.slow) for contact in ("coulomb", "no_slip", "smooth")),
    ],
)
def test_alone_and_among_many_in_3d(contact: str, precision: str) -> None:
    case = Case.of(contact=contact, terrain="rough", dimension=3)
    together = everything(case, list(range(20)), precision)
    assert len({float(world["loss"]) for world in together}) == 20
    for index in (0, 1, 6, 19):
        assert_same_bits(everything(case, [index], precision)[0], together[index])
    order = np.random.default_rng(1).permutation(20).tolist()
    for index, world in zip(order, everything(case, order, precision), strict=True):
        assert_same_bits(world, together[index])


@choices("contact", "terrain", "precision", together=("contact", "terrain"))
def test_permuting_permutes(contact: str, terrain: str, precision: str) -> None:
    case = Case.of(contact=contact, terrain=terrain)
    order = np.random.default_rng(1).permutation(len(MANY[2])).tolist()
    straight = everything(case, list(range(len(MANY[2]))), precision)
    for index, world in zip(order, everything(case, order, precision), strict=True):
        assert_same_bits(world, straight[index])


@pytest.mark.parametrize("task", sorted(TASKS))
def test_any_number_of_threads(task: str) -> None:
    case = Case.of(task=task, dimension=TASKS[task].dimensions[0])
    one, two, three = (everything(case, list(range(23)), "float64", threads=threads) for threads in (1, 2, 3))
    for first, second, third in zip(one, two, three, strict=True):
        assert_same_bits(first, second)
        assert_same_bits(first, third)


@choices("controller", "precision")
def test_segments_of_any_length(controller: str, precision: str) -> None:
    case = Case.of(controller=controller)
    whole = everything(case, [0, 4, 6], precision, segment_steps=60)
    for segment_steps in (1, 7, 20, 59, 0):
        for one, other in zip(whole, everything(case, [0, 4, 6], precision, segment_steps=segment_steps), strict=True):
            assert_same_bits(one, other)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_neighbours_that_diverge(precision: str) -> None:
    """A world whose numbers stop being numbers keeps them to itself."""
    case = Case.of()
    wild = replace(ASSORTED[0], stiffness=np.full(len(ASSORTED[0].springs), 1e9))
    bodies = [ASSORTED[4], wild, ASSORTED[6]]
    packed = Bodies.of(bodies)
    simulator = case.simulator(packed, precision=precision)
    own = [case.weights(Bodies.of([body]), seed=7) for body in bodies]
    simulator.load(np.concatenate(own))
    simulator.forward()
    simulator.reverse()
    assert not np.isfinite(simulator.loss.numpy()[1])
    gradients = np.split(simulator.weights(simulator.gradient), simulator.weight_start[1:-1])
    for world in (0, 2):
        alone = case.simulator(Bodies.of([bodies[world]]), precision=precision)
        alone.load(own[world])
        alone.forward()
        alone.reverse()
        assert alone.loss.numpy()[0] == simulator.loss.numpy()[world]
        np.testing.assert_array_equal(alone.weights(alone.gradient), gradients[world])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_again_gives_the_same(precision: str) -> None:
    """Nothing of an episode is left over for the next."""
    case = Case.of(terrain="segments")
    bodies = Bodies.of(ASSORTED)
    simulator = case.simulator(bodies, precision=precision)
    weights = case.weights(bodies)
    simulator.load(weights)
    simulator.forward()
    simulator.reverse()
    first = simulator.loss.numpy().copy(), simulator.weights(simulator.gradient)
    simulator.load(weights * 3.0)
    simulator.forward()
    simulator.reverse()
    assert (simulator.loss.numpy() != first[0]).all()
    simulator.load(weights)
    simulator.forward()
    simulator.reverse()
    np.testing.assert_array_equal(simulator.loss.numpy(), first[0])
    np.testing.assert_array_equal(simulator.weights(simulator.gradient), first[1])
