"""Masses, damping and force limits of bodies: motion, gradients and bits."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies, Body
from codesign.sim import Conditions, Simulator
from codesign.sim.kernels import Dashpot
from codesign.testing.gradients import MATERIAL_SIZES, SIZES, gradient_error, standing
from tests import oracle
from tests.sim.bodies import cubes, lifted, strip, uneven
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.test_motion import ROUNDING
from tests.sim.test_unwritten_memory import learned, remains
from tests.sim.worlds import FELT, Case

QUANTITIES = sorted(SIZES | MATERIAL_SIZES)


def weighty(body: Body, seed: int = 3) -> Body:
    """Return the body with masses, damping and force limits that all differ; some springs have no limit."""
    generator = np.random.default_rng(seed)
    springs = len(body.springs)
    limits = np.where(generator.random(springs) < 0.3, np.inf, generator.uniform(30.0, 300.0, springs))
    masses = generator.uniform(0.5, 2.0, len(body.positions))
    return replace(body, masses=masses, damping=generator.uniform(0.0, 20.0, springs), force_limits=limits)


def weighty_bodies(case: Case) -> list[Body]:
    return [weighty(body, seed) for seed, body in enumerate(case.assorted[:4])]


def moved(case: Case, body: Body, **settings: Any) -> np.ndarray:
    """Return positions of one body at every step."""
    bodies = Bodies.of([body])
    made = case.simulator(bodies, segment_steps=case.physics.steps, **settings)
    made.load(case.weights(bodies))
    made.forward()
    return made.motion()[0]


def results(made: Simulator) -> list[np.ndarray]:
    made.forward(measure=True)
    made.reverse()
    measures = [values for _, values in sorted(made.measures().items())]
    gradients = [made.weights(made.gradient), *made.physical_gradients().values()]
    return [np.array(each) for each in (made.world_losses.numpy(), *gradients, *measures)]


@pytest.mark.parametrize(
    ("dimension", "controller", "task", "precision"),
    [
        (2, "mlp", "walk", "float64"),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in ((2, "mlp", "walk", "float32"), (2, "shared", "walk", "float64"), (3, "mlp", "turn", "float64"))
        ),
    ],
)
def test_motion_is_as_the_oracle_says(dimension: int, controller: str, task: str, precision: str) -> None:
    case = Case.of(controller=controller, dimension=dimension, task=task)
    own = weighty_bodies(case)
    bodies, around = Bodies.of(own), Conditions(case.terrain, case.task, mass=1.3, strength=1.2)
    weights = case.weights(bodies)
    made = case.simulator(bodies, precision=precision, segment_steps=case.physics.steps, conditions=[around])
    made.load(weights)
    made.forward()
    positions, _ = made.motion()
    for index, body in enumerate(own):
        mine = weights[made.weight_start[index] : made.weight_start[index + 1]]
        episode = case.episode(body, mine, conditions=around)
        masses = slice(bodies.mass_start[index], bodies.mass_start[index + 1])
        bound = ROUNDING[precision]
        np.testing.assert_allclose(positions[:, masses], episode.positions, rtol=0, atol=bound)
        np.testing.assert_allclose(made.loss.numpy()[index], case.loss(body, episode), rtol=0, atol=50 * bound)
        for name in MATERIAL_SIZES:
            plain = replace(body, **{name: getattr(case.assorted[index], name)})
            assert np.abs(case.episode(plain, mine, conditions=around).positions - episode.positions).max() > bound


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_gradients(quantity: str) -> None:
    case = Case.of()
    for seed in (0, 1):
        assert gradient_error(case, standing(case, weighty(strip(5, 3))), quantity, seed=seed) < DIFFERENCES


@pytest.mark.parametrize("name", MATERIAL_SIZES)
def test_gradients_of_several_worlds_with_a_push(name: str) -> None:
    case = Case.of()
    body = standing(case, weighty(strip(5, 3)))
    worlds = [
        Conditions(case.left().terrain, case.task, mass=1.3, push=(0.2, 0.1), push_step=7),
        Conditions(case.left().terrain, case.task, mass=0.7, stiffness=1.15, strength=0.8),
    ]

    def loss(values: np.ndarray) -> tuple[float, Simulator]:
        bodies = Bodies.of([replace(body, **{name: values})])
        made = case.simulator(bodies, conditions=worlds)
        made.load(case.weights(bodies))
        made.forward()
        return float(made.loss.numpy()[0]), made

    values = getattr(body, name)
    made = loss(values)[1]
    made.reverse()
    found = made.body_gradients()[name]
    finite = np.isfinite(values)
    assert (found[~finite] == 0.0).all()
    size = MATERIAL_SIZES[name]
    for along in (found, np.random.default_rng(2).normal(size=len(found))):
        way = np.where(finite, along, 0.0) / np.linalg.norm(along[finite])
        difference = (loss(values + size * way)[0] - loss(values - size * way)[0]) / (2.0 * size)
        assert abs(difference - way @ found) < DIFFERENCES * np.linalg.norm(found)


@pytest.mark.slow
@pytest.mark.parametrize(("contact", "dimension"), [("coulomb", 2), ("no_slip", 3), ("smooth", 2)])
def test_gradients_with_every_contact_and_force(contact: str, dimension: int) -> None:
    case = Case.of(contact=contact, dimension=dimension, forces=FELT, task="walk_efficiently")
    body = standing(case, weighty(strip(5, 3) if dimension == 2 else cubes(2, 2)))
    for quantity in QUANTITIES:
        assert gradient_error(case, body, quantity) < DIFFERENCES, quantity


@pytest.mark.slow
@pytest.mark.parametrize(("controller", "dimension"), [("mlp", 3), ("shared", 3), ("cpg_feedback", 2)])
def test_gradients_of_controllers_that_sense(controller: str, dimension: int) -> None:
    case = Case.of(controller=controller, dimension=dimension, task="walk_level")
    body = standing(case, weighty(strip(5, 3) if dimension == 2 else cubes(2, 2)))
    for quantity in ("weights", "positions", "masses", "damping", "force_limits"):
        assert gradient_error(case, body, quantity) < DIFFERENCES, quantity


@pytest.mark.slow
@pytest.mark.parametrize("task", ["turn", "swim"])
def test_gradients_of_tasks_that_heed_more_than_the_centre(task: str) -> None:
    case = Case.of(task=task, terrain="rough", dimension=3)
    for quantity in ("positions", "masses", "force_limits"):
        assert gradient_error(case, standing(case, weighty(uneven(cubes(2, 2)))), quantity) < DIFFERENCES, quantity


def test_defaults_move_as_in_kernels_without_them() -> None:
    case = Case.of()
    body = strip(5, 3)
    plain, found = moved(case, body), moved(case, body, material_properties=True)
    np.testing.assert_allclose(found, plain, rtol=0, atol=1e-12)
    made = case.simulator(Bodies.of([body]))
    assert "masses" not in made.physical_gradients()


def test_masses_that_are_all_equal_are_a_factor_on_masses() -> None:
    case = Case.of()
    body = strip(5, 3)
    push = {"push": (0.3, 0.2), "push_step": 4}
    heavy = replace(body, masses=np.full(len(body.positions), 1.7))
    found = moved(case, heavy, conditions=[Conditions(case.terrain, case.task, **push)])
    factor = [Conditions(case.terrain, case.task, mass=1.7, **push)]
    np.testing.assert_allclose(found, moved(case, body, conditions=factor), rtol=0, atol=1e-12)


def test_damping_of_springs_is_a_dashpot() -> None:
    body = strip(5, 3)
    damped = replace(body, damping=np.full(len(body.springs), 10.0))
    expected = moved(Case.of(forces=(Dashpot(damping=10.0),)), body)
    np.testing.assert_allclose(moved(Case.of(), damped), expected, rtol=0, atol=1e-12)


def test_two_masses_swing_about_their_centre_and_come_to_rest_by_the_textbook() -> None:
    """A free spring between m and M swings with (k / mu - (c / 2 mu)^2)^(1/2), decaying with c / 2 mu."""
    case = Case.of(steps=400, gravity=0.0, damping=0.0, dt=1e-4)
    masses, stiffness, damping = np.array([0.5, 2.0]), 2000.0, 8.0
    # Beyond its rest length, so that it swings; the centre of mass is 4/5 of the way to the second mass.
    pair = lifted(
        Body(  # pyright: ignore[reportArgumentType]
            positions=[[0.0, 0.0], [0.11, 0.0]],
            springs=[[0, 1]],
            rest_lengths=[0.1],
            stiffness=[stiffness],
            swings=[0.0],
            masses=masses,
            damping=[damping],
        ),
        5.0,
    )
    positions = moved(case.left(), pair)
    reduced = masses.prod() / masses.sum()
    rate = damping / (2.0 * reduced)
    pace = np.sqrt(stiffness / reduced - rate**2)
    time = 1e-4 * np.arange(len(positions))
    rest = 0.1 - oracle.SOFTENING
    stretch = np.linalg.norm(positions[:, 1] - positions[:, 0], axis=1) - rest
    expected = (0.11 - rest) * np.exp(-rate * time) * (np.cos(pace * time) + rate / pace * np.sin(pace * time))
    # Semi-implicit Euler is of the first order: off by a share of dt times the frequency.
    assert np.abs(stretch - expected).max() < 1.5 * pace * 1e-4 * (0.11 - rest)
    centre = oracle.centre(positions, masses)
    np.testing.assert_allclose(centre, np.tile(centre[0], (len(centre), 1)), rtol=0, atol=1e-12)


def test_muscles_pull_no_stronger_than_their_limit() -> None:
    case = Case.of()
    body = strip(5, 3)
    weights = case.weights(Bodies.of([body]))
    weak = replace(body, force_limits=np.full(len(body.springs), 1e-6))
    passive = replace(body, swings=np.zeros(len(body.springs)))
    still = case.episode(passive, weights).positions
    assert np.abs(moved(case, weak) - still).max() < 1e-7 < np.abs(moved(case, body) - still).max()


def test_a_body_of_defaults_beside_others_is_as_if_alone() -> None:
    case = Case.of()
    bodies = Bodies.of([strip(5, 3), weighty(strip(5, 3)), weighty(strip(7, 7))])
    weights = case.weights(bodies)
    together = case.simulator(bodies)
    together.load(weights)
    losses = results(together)[0]
    for index in range(3):
        alone = case.simulator(bodies[index : index + 1], material_properties=True)
        alone.load(weights[together.weight_start[index] : together.weight_start[index + 1]])
        assert results(alone)[0][0] == losses[index]


def test_segments_change_no_bit() -> None:
    case = Case.of()
    bodies = Bodies.of(weighty_bodies(case))
    found = []
    for settings in ({}, {"segment_steps": 7}, {"segment_steps": 4, "checkpoints": 2}):
        made = case.simulator(bodies, **settings)
        made.load(case.weights(bodies))
        found.append(results(made))
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(one, expected)


@pytest.mark.slow
@pytest.mark.parametrize("controller", ["mlp", "shared"])
def test_lanes_and_shared_memory_change_no_bit(controller: str, on_lanes: Callable[[int, int], None]) -> None:
    case = Case.of(controller=controller, task="walk_level")
    bodies = Bodies.of(weighty_bodies(case))
    found = []
    for lanes, claimed in ((1, 0), (16, 0), (16, 200 * 1024)):
        on_lanes(lanes, claimed)
        made = case.simulator(bodies, segment_steps=8, checkpoints=2)
        assert {command.hooks.forward_smem_bytes > 0 for pair in made._launches.commands for command in pair} == {
            claimed > 0
        }
        made.load(case.weights(bodies))
        found.append(results(made))
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(one, expected)


def test_what_memory_held_before_changes_nothing() -> None:
    case = Case.of()
    bodies = Bodies.of(weighty_bodies(case))
    weights = case.weights(bodies)
    usual = learned(case.simulator(bodies, segment_steps=7), weights)
    with remains(np.nan):
        found = learned(case.simulator(bodies, segment_steps=7), weights)
    for one, other in zip(usual, found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dimension", "controller", "task"), [(2, "mlp", "walk"), (3, "mlp", "turn"), (3, "shared", "turn")]
)
def test_forward_mode_is_reverse_mode(dimension: int, controller: str, task: str) -> None:
    case = Case.of(dimension=dimension, controller=controller, task=task, steps=30)
    body = standing(case, weighty(strip(5, 3) if dimension == 2 else uneven(cubes(2, 2))))
    bodies = Bodies.of([body])
    around = Conditions(case.left().terrain, case.task, mass=1.2, push=(0.2, 0.1, 0.3)[:dimension], push_step=7)
    made = case.left().simulator(bodies, segment_steps=30, conditions=[around])
    made.load(case.weights(bodies))
    made.forward()
    names, generator = ["positions", "velocities", "stiffness", *MATERIAL_SIZES], np.random.default_rng(1)
    ways = {name: generator.normal(size=np.shape(getattr(body, name, body.positions))) for name in names}
    found = made.tangents(len(names))
    moving = {name: np.zeros(found.shapes[name]) for name in names}
    for index, name in enumerate(names):
        moving[name][index] = ways[name]
    found.begin(moving)
    found.advance(30)
    losses, _ = found.finish()
    made.reverse()
    gradients = made.physical_gradients()
    for index, name in enumerate(names):
        expected = float((gradients[name] * ways[name]).sum())
        np.testing.assert_allclose(losses[index, 0], expected, rtol=1e-8, err_msg=name)
        assert expected != 0.0
