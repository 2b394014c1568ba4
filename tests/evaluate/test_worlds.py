"""Designs that are tested in several worlds, in three dimensions: what these are, and what becomes of designs."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Tissue
from codesign.control import Cpg
from codesign.errors import ConfigError
from codesign.evaluate import Trial, Worlds, assess, bytes_needed
from codesign.evaluate.assessment import develop
from codesign.genome import Genomes, random_genomes
from codesign.genome.lattices import CubeLattice
from codesign.sim import Conditions, Coulomb, Execution, Physics
from codesign.streams import Purpose, streams
from codesign.tasks import Flat, Hills, Light, Walk
from codesign.train import Normalized
from tests.evaluate.fakes import assert_same

LATTICE = CubeLattice(columns=3, rows=2, layers=2, fill=0.7)
VARIED = Worlds(count=3, friction_spread=0.3, push_speed=0.3, motor_noise=0.1)
STEPS = 40


def trial(worlds: Worlds = VARIED, **changes) -> Trial:
    made = Trial(
        lattice=LATTICE,
        tissue=Tissue(stiffness=15000.0, swing=0.2),
        physics=Physics(steps=STEPS, gravity=-9.8, contact=Coulomb()),
        execution=Execution(device="cpu", memory_mib=64),
        controller=Cpg(),
        task=Walk(),
        terrain=Hills(),
        learner=Normalized(iterations=2),
        seed=7,
        worlds=worlds,
    )
    return replace(made, **changes)


def designs(count: int) -> tuple[Genomes, np.ndarray]:
    genomes = random_genomes(LATTICE.build(), LATTICE, streams(0, 0, count, Purpose.GENOME))
    return genomes, np.stack([np.full(count, 4), np.arange(count)], axis=1)


@pytest.fixture(scope="module")
def expected():
    return assess(trial(), *designs(5))


def test_the_first_world_is_as_settings_say_and_the_others_are_not() -> None:
    task = Light(target=(0.7, 0.2))
    first, *others = trial(task=task).conditions()
    assert first.terrain == Hills()
    assert first.task == task
    for one in others:
        assert one.terrain != first.terrain
        assert one.task != task
        assert 0.7 <= one.friction <= 1.3
        assert one.push is not None
        assert np.linalg.norm(one.push) == pytest.approx(0.3)
        assert one.push[2] == 0.0
        assert 0 <= one.push_step < STEPS
    kept = trial(replace(VARIED, vary_terrain=False, vary_task=False), task=task).conditions()
    assert {(one.terrain, one.task) for one in kept} == {(Hills(), task)}


def test_worlds_depend_on_the_seed_and_their_number_alone() -> None:
    three, five = trial().conditions(), trial(replace(VARIED, count=5)).conditions()
    assert five[:3] == three
    assert trial(seed=8).conditions()[1] != three[1]
    assert trial(Worlds()).conditions() == (
        replace(Conditions(Hills(), Walk()), noise_seed=trial(Worlds()).conditions()[0].noise_seed),
    )


def test_every_world_counts(expected) -> None:
    assert expected.world_fitness.shape == (5, 3)
    valid = np.isfinite(expected.fitness)
    assert valid.any()
    np.testing.assert_allclose(expected.fitness[valid], expected.world_fitness[valid].mean(axis=1), rtol=1e-5)
    assert (expected.spread[valid] > 0.0).all()
    assert expected.robot_steps == 5 * 3 * 4 * STEPS
    assert {"distance", "straightness", "energy", "effort", "airtime", "displacement"} == set(expected.measures)


def test_the_worst_world_can_decide() -> None:
    found = assess(trial(replace(VARIED, fitness="worst")), *designs(5))
    valid = np.isfinite(found.fitness)
    np.testing.assert_allclose(found.fitness[valid], found.world_fitness[valid].min(axis=1), rtol=1e-6)


def test_a_design_does_not_feel_its_company(expected) -> None:
    genomes, identities = designs(5)
    order = np.array([3, 1])
    assert_same(
        replace(assess(trial(), genomes[order], identities[order]), robot_steps=0),
        replace(expected.take(order), robot_steps=0),
    )


def test_a_small_budget_changes_nothing(expected) -> None:
    small = trial(execution=Execution(device="cpu", memory_mib=1))
    assert_same(assess(small, *designs(5)), expected)


def test_memory_is_that_of_all_worlds() -> None:
    bodies = develop(LATTICE.build(), designs(5)[0], Tissue())
    one, three = (bytes_needed(trial(worlds), bodies) for worlds in (Worlds(), VARIED))
    assert three.tolist() == (3 * one).tolist()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"count": 0}, "conditions.count from 1 to 1024"),
        ({"count": 2000}, "conditions.count from 1 to 1024"),
        ({"fitness": "best"}, "conditions.fitness as one of mean, worst, quantile"),
        ({"quantile": 1.5}, "conditions.quantile from 0 to 1"),
        ({"friction_spread": -0.1}, "conditions.friction_spread from 0 to 1"),
        ({"push_speed": -1.0}, "conditions.push_speed of 0 or more"),
        ({"motor_noise": float("inf")}, "conditions.motor_noise of 0 or more"),
    ],
)
def test_settings_out_of_range(settings: dict, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Worlds(**settings)


def test_a_light_off_the_ground_is_refused() -> None:
    with pytest.raises(ConfigError, match="a target inside the world"):
        trial(task=Light(target=(9.0, 0.0)))
    assert trial(task=Light(target=(9.0, 0.0)), terrain=Flat()).dimension == 3
