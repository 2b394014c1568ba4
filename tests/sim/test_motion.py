"""Whole episodes of every contact, terrain, controller and task against the oracle."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Bodies, Body
from codesign.control import CONTROLLERS
from codesign.sim import CONTACTS
from codesign.tasks import TASKS, TERRAINS
from tests import oracle
from tests.sim.worlds import (
    ACTUATES,
    DIMENSIONS,
    GROUNDS,
    LINES,
    LOSSES,
    MET,
    Case,
    bumps,
    choices,
    choices_in_3d,
    padding_of,
    tasks_in,
)

# The same equations in another order of additions: rounding, and what 60 steps of stiff springs make of it.
ROUNDING = {"float32": 2e-4, "float64": 1e-12}

KICK = 1e-4
"""Speed [m/s] that moves masses by 1e-6 to 3e-5 m in these episodes, where no event comes of it; that is more than what
rounding to single precision does (1e-7 to 2e-6 m), and less than a sixth of the bound above."""


@choices("contact", "terrain", "controller", "precision", together=("contact", "terrain"))
def test_motion(contact: str, terrain: str, controller: str, precision: str) -> None:
    assert_moves_as_told(Case.of(contact=contact, terrain=terrain, controller=controller), precision)


@choices_in_3d("controller", "precision")
def test_motion_in_3d(contact: str, terrain: str, controller: str, precision: str) -> None:
    case = Case.of(contact=contact, terrain=terrain, controller=controller, dimension=3, grip=0.6)
    assert_moves_as_told(case, precision)


@pytest.mark.parametrize("dimension", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_motion_with_bisections(dimension: int) -> None:
    case = replace(Case.of(dimension=dimension), terrain=bumps(dimension, bisections=8))
    assert_moves_as_told(case, "float64")


def assert_moves_as_told(case: Case, precision: str) -> None:
    """Compare all states of an episode with the oracle's."""
    bodies = Bodies.of(case.assorted)
    simulator = case.simulator(bodies, precision=precision, segment_steps=case.physics.steps)
    weights = case.weights(bodies)
    simulator.load(weights)
    simulator.forward()
    positions, actuation = simulator.motion()
    compared = 0
    for world, body in enumerate(case.assorted):
        own = weights[simulator.weight_start[world] : simulator.weight_start[world + 1]]
        episode = case.episode(body, own)
        if precision == "float32" and decided_by_rounding(case, body, own, episode):
            continue
        compared += 1
        masses = slice(bodies.mass_start[world], bodies.mass_start[world + 1])
        springs = slice(bodies.spring_start[world], bodies.spring_start[world + 1])
        np.testing.assert_allclose(positions[:, masses], episode.positions, rtol=0, atol=ROUNDING[precision])
        np.testing.assert_allclose(actuation[:, springs], episode.actuation, rtol=0, atol=50 * ROUNDING[precision])
    assert compared > len(case.assorted) / 2


def decided_by_rounding(case: Case, body: Body, weights: np.ndarray, episode: oracle.Rollout) -> bool:
    """Return whether the oracle itself moves otherwise, by more than the bound, after kicks that hardly move it.

    Who touches the ground in which step, and on which side of an edge, is decided; near a decision two motions part.
    """
    generator = np.random.default_rng(3)
    kicks = [generator.uniform(-1.0, 1.0, body.positions.shape) * KICK for _ in range(4)]
    kicked = [case.episode(body, weights, kick).positions for kick in kicks]
    return bool(max(np.abs(each - episode.positions).max() for each in kicked) > ROUNDING["float32"])


@choices("task", "precision")
def test_objective(task: str, precision: str) -> None:
    assert_is_worth_what_is_told(task, precision, 2)


@pytest.mark.parametrize("precision", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "task",
    [pytest.param(task, marks=[pytest.mark.slow] if task in tasks_in(2) else []) for task in tasks_in(3)],
)
def test_objective_in_3d(task: str, precision: str) -> None:
    assert_is_worth_what_is_told(task, precision, 3)


def assert_is_worth_what_is_told(task: str, precision: str, dimension: int) -> None:
    """Compare all losses with those of the oracle, if it knows the task."""
    case = Case.of(task=task, dimension=dimension, steps=150)
    bodies = Bodies.of(case.assorted)
    simulator = case.simulator(bodies, precision=precision)
    weights = case.weights(bodies)
    simulator.load(weights)
    simulator.forward()
    losses = simulator.loss.numpy()
    assert np.isfinite(losses).all()
    for world, body in enumerate(case.assorted if task in LOSSES else []):
        own = weights[simulator.weight_start[world] : simulator.weight_start[world + 1]]
        expected = case.loss(body, case.episode(body, own))
        np.testing.assert_allclose(losses[world], expected, rtol=0, atol=10 * ROUNDING[precision])
    measures = simulator.measures()
    assert measures
    assert all(values.shape == (len(bodies),) and np.isfinite(values).all() for values in measures.values())


@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("terrain", sorted(TERRAINS))
def test_bodies_of_these_tests_meet_the_ground(terrain: str, dimension: int) -> None:
    """What never touches would test nothing of contacts, and what meets level ground only nothing of others."""
    if dimension == 3 and terrain in LINES:
        return
    case = Case.of(terrain=terrain, dimension=dimension)
    slopes = []
    for body in case.assorted:
        episode = case.episode(body, case.weights(Bodies.of([body])))
        down = np.abs(episode.positions[..., -1] - case.ground.under(episode.positions)) < 1e-6
        assert down.mean() > 0.02
        assert (episode.velocities[down] != 0.0).any()
        slopes.append(case.ground.normal_at(episode.positions[down])[:, 0])
    assert np.ptp(np.concatenate(slopes)) > 0.1 or terrain == "flat"


def test_everything_registered_has_an_oracle() -> None:
    assert set(CONTACTS) == set(oracle.CONTACTS)
    assert ours(TERRAINS) == set(GROUNDS) == set(MET)
    assert ours(CONTROLLERS) == set(ACTUATES)
    assert ours(TASKS) == set(LOSSES)


def ours(registry: dict[str, type]) -> set[str]:
    """Return the keys of what is in the package: what others add has no oracle here."""
    return {name for name, kind in registry.items() if kind.__module__.startswith("codesign.")}


def test_padding_stays_out_of_it() -> None:
    case = Case.of()
    bodies = Bodies.of(case.assorted)
    simulator = case.simulator(bodies)
    simulator.load(case.weights(bodies))
    simulator.forward()
    simulator.reverse()
    padding = padding_of(simulator)
    assert padding.any()
    np.testing.assert_array_equal(simulator.gradient.numpy()[padding], 0.0)
    assert np.isfinite(simulator.gradient.numpy()).all()
