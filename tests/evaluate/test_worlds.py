"""Designs that are tested in several worlds, in three dimensions: what these are, and what becomes of designs."""

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codesign.body import Tissue
from codesign.control import Cpg
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec, Request, Worlds, bytes_needed, evaluate_designs
from codesign.evaluate.evaluation import develop
from codesign.genome import Genomes, random_genomes
from codesign.genome.lattices import CubeLattice
from codesign.sim import Conditions, Execution, Physics
from codesign.sim.kernels import Coulomb
from codesign.streams import Purpose, draws_of
from codesign.tasks import Flat, Hills, Light, Walk
from codesign.train import Normalized
from tests.evaluate.fakes import assert_same

LATTICE = CubeLattice(columns=3, rows=2, layers=2, fill=0.7)
VARIED = Worlds(count=3, friction_spread=0.3, push_speed=0.3, motor_noise=0.1)
STEPS = 40


def spec(worlds: Worlds = VARIED, **changes) -> EvaluationSpec:
    made = EvaluationSpec(
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
    genomes = random_genomes(LATTICE.build(), LATTICE, draws_of(0, 0, count, Purpose.GENOME))
    return genomes, np.stack([np.full(count, 4), np.arange(count)], axis=1)


@pytest.fixture(scope="module")
def expected():
    return evaluate_designs(spec(), Request(*designs(5)))


def test_the_first_world_is_as_settings_say_and_the_others_are_not() -> None:
    task = Light(target=(0.7, 0.2))
    first, *others = spec(task=task).conditions()
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
    kept = spec(replace(VARIED, vary_terrain=False, vary_task=False), task=task).conditions()
    assert {(one.terrain, one.task) for one in kept} == {(Hills(), task)}


def test_bodies_and_motors_differ_as_far_as_they_may() -> None:
    spreads = {"stiffness_spread": 0.1, "mass_spread": 0.2, "strength_spread": 0.3}
    many = spec(replace(VARIED, count=200, latency=0.012, latency_spread=0.028, vary_terrain=False, **spreads))
    worlds = many.conditions()[1:]
    for name, spread in (("stiffness", 0.1), ("mass", 0.2), ("strength", 0.3)):
        factors = np.array([getattr(each, name) for each in worlds])
        assert (np.abs(factors - 1.0) <= spread).all()
        assert factors.min() < 1.0 - 0.9 * spread
        assert factors.max() > 1.0 + 0.9 * spread
    drawn = np.array([[each.stiffness, each.mass, each.strength, each.latency] for each in worlds])
    assert (np.abs(np.corrcoef(drawn.T) - np.eye(4)) < 0.2).all()
    assert {each.latency for each in worlds} == set(range(3, 11))


def test_new_settings_leave_what_others_draw() -> None:
    plain, more = spec().conditions(), spec(replace(VARIED, mass_spread=0.2, latency_spread=0.02)).conditions()
    own = {"stiffness": 1.0, "mass": 1.0, "strength": 1.0, "latency": 0}
    assert [replace(each, **own) for each in more] == list(plain)
    assert plain[0].friction == spec(replace(VARIED, strength_spread=0.5)).conditions()[0].friction
    assert plain[0] == more[0]
    assert all(one.mass != other.mass for one, other in zip(plain[1:], more[1:], strict=True))


def test_the_first_world_can_be_nominal() -> None:
    spreads = {"stiffness_spread": 0.1, "mass_spread": 0.2, "strength_spread": 0.3, "latency_spread": 0.02}
    given = replace(VARIED, latency=0.012, **spreads)
    nominal, usual = (spec(replace(given, nominal_first=first)).conditions() for first in (True, False))
    assert nominal[1:] == usual[1:]
    assert nominal[0] == Conditions(Hills(), Walk(), latency=3)
    assert replace(usual[0], friction=1.0, push=None, push_step=0, motor_noise=0.0, noise_seed=0) == nominal[0]
    assert usual[0].friction != 1.0
    assert usual[0].push is not None
    for first, worlds in ((True, nominal), (False, usual)):
        assert spec(replace(given, nominal_first=first).first).conditions() == worlds[:1]  # what recordings show


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"latency": 0.16},
            "latency to be a latency shorter than an episode; got up to 0.16 s in an episode of 0.16 s",
        ),
        ({"count": 2, "latency_spread": 0.16}, "latency_spread to be a latency shorter"),
        ({"count": 2, "latency": 0.1, "latency_spread": 1e300}, "latency to be a latency shorter"),
    ],
)
def test_a_latency_as_long_as_the_episode(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        spec(Worlds(**settings))
    assert spec(Worlds(latency=0.156)).conditions()[0].latency == STEPS - 1


def test_designs_learn_in_worlds_of_other_bodies_and_motors() -> None:
    spreads = {"stiffness_spread": 0.2, "mass_spread": 0.2, "strength_spread": 0.2, "latency_spread": 0.02}
    varied = spec(replace(VARIED, nominal_first=True, **spreads))
    found, plain = (evaluate_designs(each, Request(*designs(5))) for each in (varied, spec()))
    valid = np.isfinite(found.fitness) & np.isfinite(plain.fitness)
    assert valid.any()
    assert (found.world_fitness[valid] != plain.world_fitness[valid]).all()
    order = np.array([3, 1])
    genomes, identities = designs(5)
    alone = evaluate_designs(varied, Request(genomes[order], identities[order]))
    assert_same(replace(alone, robot_steps=0), replace(found.take(order), robot_steps=0))


def test_worlds_depend_on_the_seed_and_their_number_alone() -> None:
    three, five = spec().conditions(), spec(replace(VARIED, count=5)).conditions()
    assert five[:3] == three
    assert spec(seed=8).conditions()[1] != three[1]
    assert spec(Worlds()).conditions() == (
        replace(Conditions(Hills(), Walk()), noise_seed=spec(Worlds()).conditions()[0].noise_seed),
    )


def test_conditions_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    conditions = Worlds.conditions

    def counted(self: Worlds, *arguments: Any) -> Any:
        drawn.append(self.count)
        return conditions(self, *arguments)

    monkeypatch.setattr(Worlds, "conditions", counted)
    given = spec()
    drawn.clear()
    made = replace(given)
    bodies = develop(LATTICE.build(), designs(2)[0], made.tissue)
    assert made.simulator(bodies).conditions[:3] == made.conditions()
    assert made.conditions() is made.conditions()
    assert drawn == [3]  # by the checks of a spec, and never again
    assert pickle.loads(pickle.dumps(made)).conditions() == made.conditions()
    assert replace(made, seed=8).conditions() != made.conditions()


def test_every_world_counts(expected) -> None:
    assert expected.world_fitness.shape == (5, 3)
    valid = np.isfinite(expected.fitness)
    assert valid.any()
    np.testing.assert_allclose(expected.fitness[valid], expected.world_fitness[valid].mean(axis=1), rtol=1e-5)
    assert (expected.spread[valid] > 0.0).all()
    assert expected.robot_steps == 5 * 3 * 5 * STEPS
    assert {"distance", "straightness", "energy", "effort", "airtime", "displacement", "unactuated"} == set(
        expected.measures
    )


def test_the_worst_world_can_decide() -> None:
    found = evaluate_designs(spec(replace(VARIED, fitness="worst")), Request(*designs(5)))
    valid = np.isfinite(found.fitness)
    np.testing.assert_allclose(found.fitness[valid], found.world_fitness[valid].min(axis=1), rtol=1e-6)


def test_a_design_does_not_feel_its_company(expected) -> None:
    genomes, identities = designs(5)
    order = np.array([3, 1])
    assert_same(
        replace(evaluate_designs(spec(), Request(genomes[order], identities[order])), robot_steps=0),
        replace(expected.take(order), robot_steps=0),
    )


def test_a_small_budget_changes_nothing(expected) -> None:
    small = spec(execution=Execution(device="cpu", memory_mib=1))
    assert_same(evaluate_designs(small, Request(*designs(5))), expected)


def test_memory_is_that_of_all_worlds() -> None:
    bodies = develop(LATTICE.build(), designs(5)[0], Tissue())
    one, three = (bytes_needed(spec(worlds), bodies) for worlds in (Worlds(), VARIED))
    assert three.tolist() == (3 * one).tolist()
    late = replace(VARIED, latency=0.02)
    assert (bytes_needed(spec(late), bodies) > three).all()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"count": 0}, "count to be a whole number from 1 to 1024"),
        ({"count": 2.5}, "count to be a whole number from 1 to 1024"),
        ({"vary_task": 1}, "vary_task to be true or false"),
        ({"count": 2000}, "count to be a whole number from 1 to 1024"),
        ({"fitness": "best"}, "fitness .*one of mean, worst, quantile"),
        ({"quantile": 1.5}, "quantile .*from 0 to 1"),
        ({"gradient": "worst"}, "gradient to be one of mean, fitness"),
        ({"friction_spread": -0.1}, "friction_spread to be a number from 0 to 1"),
        ({"push_speed": -1.0}, "push_speed to be a number of at least 0 m/s"),
        ({"motor_noise": float("inf")}, "motor_noise to be a number of at least 0"),
        ({"stiffness_spread": 1.0}, "stiffness_spread to be a number from 0 to 0.9"),
        ({"mass_spread": -0.1}, "mass_spread to be a number from 0 to 0.9"),
        ({"strength_spread": float("nan")}, "strength_spread to be a number from 0 to 0.9"),
        ({"latency": -0.1}, "latency to be a number of at least 0 s"),
        ({"latency_spread": float("inf")}, "latency_spread to be a number of at least 0 s"),
        ({"mass_spread": 0.2}, "mass_spread to be 0 where there is one world; got 0.2 with conditions.count=1"),
        ({"nominal_first": 1}, "nominal_first to be true or false"),
    ],
)
def test_settings_out_of_range(settings: dict, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Worlds(**settings)


def test_a_light_off_the_ground_is_refused() -> None:
    with pytest.raises(ConfigError, match="a target inside the world"):
        spec(task=Light(target=(9.0, 0.0)))
    assert spec(task=Light(target=(9.0, 0.0)), terrain=Flat()).dimension == 3
