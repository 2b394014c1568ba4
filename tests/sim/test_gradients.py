"""Reverse mode against central differences, for everything that can be differentiated."""

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.sim import CONTACTS
from codesign.tasks import TERRAINS
from codesign.testing.gradients import SIZES, gradient_error, standing
from tests.sim.bodies import cubes, strip, uneven
from tests.sim.worlds import DIMENSIONS, LINES, Case, choices, tasks_in

# Central differences of a float64 loss: half of its 16 digits remain at best. Measured: 1e-9 to 4e-7.
DIFFERENCES = 2e-6
# Over many steps rounding and the loss's curvature grow with the motion. Measured: up to 3e-6.
MANY_STEPS = 2e-5

BODY = strip(5, 3)
SOLID = cubes(2, 2)
# Grounds on a grid have the same kernels: one of them is checked with every contact, the others with one contact.
GRIDS = ("rough", "slope", "steps", "hills", "gaps", "pole")


@pytest.mark.parametrize("quantity", sorted(SIZES))
@pytest.mark.parametrize("terrain", sorted(set(TERRAINS) - set(GRIDS)))
@pytest.mark.parametrize("contact", sorted(CONTACTS))
def test_with_contact(contact: str, terrain: str, quantity: str) -> None:
    case = Case.of(contact=contact, terrain=terrain)
    for seed in (0, 1):
        assert gradient_error(case, standing(case, BODY), quantity, seed=seed) < DIFFERENCES


@pytest.mark.parametrize("terrain", GRIDS)
def test_on_every_grid(terrain: str) -> None:
    case = Case.of(terrain=terrain)
    for quantity in ("weights", "positions"):
        assert gradient_error(case, standing(case, BODY), quantity) < DIFFERENCES


@pytest.mark.parametrize("quantity", sorted(SIZES))
@pytest.mark.parametrize("terrain", ["heightfield", pytest.param("flat", marks=pytest.mark.slow)])
@pytest.mark.parametrize("contact", sorted(CONTACTS))
def test_with_contact_in_3d(contact: str, terrain: str, quantity: str) -> None:
    case = Case.of(contact=contact, terrain=terrain, dimension=3)
    for seed in (0, 1):
        assert gradient_error(case, standing(case, SOLID), quantity, seed=seed) < DIFFERENCES


@pytest.mark.parametrize("quantity", sorted(SIZES))
def test_without_contact(quantity: str) -> None:
    # In the air nothing moves the centre but gravity; the effort still depends on every spring, through what is sensed.
    case = Case.of(task="walk_efficiently")
    for seed in (0, 1):
        assert gradient_error(case, standing(case, BODY, gap=5.0), quantity, seed=seed) < DIFFERENCES


@pytest.mark.slow
@pytest.mark.parametrize("quantity", sorted(SIZES))
def test_without_contact_in_3d(quantity: str) -> None:
    case = Case.of(task="walk_efficiently", dimension=3)
    for seed in (0, 1):
        assert gradient_error(case, standing(case, SOLID, gap=5.0), quantity, seed=seed) < DIFFERENCES


@pytest.mark.parametrize("task", ["light", *(pytest.param(task, marks=pytest.mark.slow) for task in tasks_in(3))])
def test_every_task_in_3d(task: str) -> None:
    case = Case.of(task=task, terrain="rough", dimension=3)
    for quantity in ("weights", "positions", "velocities"):
        assert gradient_error(case, standing(case, uneven(SOLID)), quantity) < DIFFERENCES


@choices("controller", "task")
def test_every_controller_at_every_task(controller: str, task: str) -> None:
    case = Case.of(controller=controller, task=task)
    for seed in (0, 1):
        assert gradient_error(case, standing(case, BODY), "weights", seed=seed) < DIFFERENCES


@pytest.mark.parametrize("quantity", sorted(SIZES))
@pytest.mark.parametrize(("contact", "terrain"), [("coulomb", "flat"), ("coulomb", "segments"), ("no_slip", "flat")])
def test_over_many_steps(contact: str, terrain: str, quantity: str) -> None:
    case = Case.of(contact=contact, terrain=terrain, steps=600)
    assert gradient_error(case, standing(case, BODY), quantity) < MANY_STEPS


@pytest.mark.parametrize("segment_steps", [1, 7, 60])
def test_segments_of_any_length(segment_steps: int) -> None:
    case = Case.of()
    for quantity in SIZES:
        assert gradient_error(case, standing(case, BODY), quantity, segment_steps=segment_steps) < DIFFERENCES


@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_every_component(controller: str) -> None:
    """Directions mix all weights; here each is moved alone, so that a wrong one cannot hide among the others."""
    case = Case.of(controller=controller, steps=20)
    body = standing(case, strip(1, 1))
    weights = case.weights(Bodies.of([body]))
    alone = case.left().simulator(Bodies.of([body]))
    alone.load(weights)
    alone.forward()
    alone.reverse()
    found = alone.weights(alone.gradient)
    size = 1e-5
    shifts = np.concatenate([np.eye(len(weights)), -np.eye(len(weights))]) * size
    many = case.left().simulator(Bodies.of([body] * len(shifts)))
    many.load((weights + shifts).ravel())
    many.forward()
    losses = many.loss.numpy()
    differences = (losses[: len(weights)] - losses[len(weights) :]) / (2.0 * size)
    for name, group in case.groups(body, np.arange(len(weights))).items():
        own = group.ravel()
        largest = np.abs(differences[own]).max()
        assert largest > 0.0, name
        np.testing.assert_allclose(found[own], differences[own], rtol=0, atol=1e-5 * largest, err_msg=name)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("terrain", sorted(TERRAINS))
def test_bodies_of_these_tests_touch_and_leave_the_ground(terrain: str, dimension: int) -> None:
    if dimension == 3 and terrain in LINES:
        return
    case = Case.of(terrain=terrain, dimension=dimension)
    body = standing(case, BODY if dimension == 2 else SOLID)
    episode = case.left().episode(body, case.weights(Bodies.of([body])))
    down = np.abs(episode.positions[..., -1] - case.ground.under(episode.positions)) < 1e-6
    assert 0.02 < down.mean() < 0.9
    assert (down[1:] & ~down[:-1]).any()
    assert (~down[1:] & down[:-1]).any()
