"""Objectives as the host sees them: measures, and what they have to do with the loss."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import Conditions, require_conditions
from codesign.tasks import (
    TASKS,
    Climb,
    Cross,
    Flat,
    Gaps,
    Light,
    Pole,
    Rough,
    Swim,
    Turn,
    Walk,
    WalkEfficiently,
    WalkLevel,
)
from tests.sim.bodies import strip
from tests.sim.observing import Lean
from tests.sim.worlds import BODIES as BODIES_IN
from tests.sim.worlds import Case, met_at, tasks_in

BODIES = Bodies.of(BODIES_IN[2])


def episode(task: str, **physics: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return losses and measures, in the first dimension that the task is for."""
    case = Case.of(task=task, dimension=TASKS[task].dimensions[0], **physics)
    bodies = Bodies.of(case.assorted)
    simulator = case.simulator(bodies)
    simulator.load(case.weights(bodies))
    simulator.forward(measure=True)
    return simulator.loss.numpy().copy(), simulator.measures()


def test_names_are_keys() -> None:
    assert {name: made().name for name, made in TASKS.items()} == {name: name for name in TASKS}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_measures_are_numbers_of_every_world(task: str) -> None:
    _, measures = episode(task)
    assert measures
    for values in measures.values():
        assert values.dtype == np.float64
        assert values.shape == (len(BODIES_IN[TASKS[task].dimensions[0]]),)
        assert np.isfinite(values).all()


@pytest.mark.parametrize("task", sorted(TASKS))
def test_what_diverged_has_done_nothing(task: str) -> None:
    """A body whose masses are nowhere has no loss, neither a good one nor a bad one."""
    case = Case.of(task=task, dimension=TASKS[task].dimensions[0])
    bodies = Bodies.of(case.assorted)
    velocities = np.zeros_like(bodies.positions)
    velocities[: bodies.mass_start[1]] = np.nan
    simulator = case.simulator(bodies, velocities=velocities)
    simulator.load(case.weights(bodies))
    simulator.forward()
    np.testing.assert_array_equal(np.isnan(simulator.loss.numpy()), np.arange(len(bodies)) == 0)


def test_walking_is_displacement() -> None:
    loss, measures = episode("walk")
    np.testing.assert_allclose(measures["displacement"], -loss, rtol=0, atol=1e-15)


def test_jumping_is_the_highest_point_not_the_last() -> None:
    # Nothing flies for long: what was highest at half the time still is later.
    loss, measures = episode("jump", steps=400)
    half, _ = episode("jump", steps=100)
    np.testing.assert_allclose(measures["height"], -loss, rtol=0, atol=1e-15)
    assert (measures["height"] >= 0.0).all()
    assert (loss <= half + 1e-15).all()


def test_efficiency_is_displacement_less_effort() -> None:
    loss, measures = episode("walk_efficiently")
    walked, _ = episode("walk")
    weight = WalkEfficiently().effort_weight
    np.testing.assert_allclose(measures["displacement"], -walked, rtol=0, atol=1e-14)
    np.testing.assert_allclose(loss, walked + weight * measures["effort"], rtol=0, atol=1e-14)
    assert ((measures["effort"] > 0.0) & (measures["effort"] < 1.0)).all()


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_an_effort_weight_out_of_range(weight: float) -> None:
    with pytest.raises(ConfigError, match="effort_weight"):
        WalkEfficiently(effort_weight=weight)


def test_the_light_comes_nearer() -> None:
    loss, measures = episode("light")
    np.testing.assert_allclose(measures["approach"], 1.0 - loss, rtol=0, atol=1e-15)
    walked = -episode("walk")[0]
    target = Light.example().beacon(2)[0]
    starts = Flat().place(BODIES)[:, 0]
    centres = np.add.reduceat(starts, BODIES.mass_start[:-1]) / np.diff(BODIES.mass_start)
    np.testing.assert_allclose(measures["final_distance"], np.abs(centres + walked - target), rtol=0, atol=1e-14)


@pytest.mark.parametrize("target", [0.05, 0.1, 3.0])
def test_the_way_to_a_light_counts_as_no_shorter_than_a_body(target: float) -> None:
    """A light in or over a body makes no loss of hundreds; one that is far away is not touched by that."""
    case = replace(Case.of(), task=Light(target=(target, 0.0)))
    simulator = case.simulator(BODIES)
    simulator.load(case.weights(BODIES))
    simulator.forward()
    loss, measures = simulator.loss.numpy(), simulator.measures()
    starts = Flat().place(BODIES)[:, 0]
    centres = np.add.reduceat(starts, BODIES.mass_start[:-1]) / np.diff(BODIES.mass_start)
    away = np.maximum(np.abs(centres - target), 0.2)
    assert (away == 0.2).any() == (target < 1.0)
    np.testing.assert_allclose(loss, measures["final_distance"] / away, rtol=1e-12, atol=0)
    np.testing.assert_allclose(measures["approach"], 1.0 - loss, rtol=0, atol=1e-15)
    assert loss.max() < 5.5


def test_climbing_is_height_that_lasts_and_a_share_of_the_way() -> None:
    loss, measures = episode("climb")
    np.testing.assert_allclose(
        -loss, measures["height_gained"] + Climb().progress_weight * measures["displacement"], rtol=0, atol=1e-14
    )
    assert (measures["height_gained"] < episode("jump")[1]["height"] + 1e-15).all()


@pytest.mark.parametrize(("start", "falls"), [(-0.05, False), (0.09, True)])
def test_what_slips_off_a_pole_has_sunk(start: float, falls: bool) -> None:
    """In the middle of the pole a body stays up; over its edge it slips down to the level ground."""
    pole, standing = Pole(rise=0.25, width=0.2), Bodies.of([strip(2, 2)])
    case = replace(Case.of(task="balance", steps=1000, friction=0.3), terrain=met_at(pole, start))
    simulator = case.simulator(standing)
    simulator.load(np.zeros(simulator.weight_start[-1]))
    simulator.forward()
    loss, measures = simulator.loss.numpy(), simulator.measures()
    np.testing.assert_allclose(loss, measures["sunk"], rtol=0, atol=1e-15)
    assert measures["fallen"][0] == pytest.approx(0.25 if falls else 0.0, abs=0.03)
    # Falling takes a while, and what is down stays there.
    assert 0.0 <= loss[0] <= measures["fallen"][0] + 1e-3
    assert (loss[0] > 0.1) == falls


def test_what_is_done_below_the_level_does_not_count() -> None:
    _, walked = episode("walk")
    for level, share in ((-5.0, 1.0), (5.0, 0.0)):
        case = replace(Case.of(), task=Cross(level=level))
        simulator = case.simulator(BODIES)
        simulator.load(case.weights(BODIES))
        simulator.forward()
        np.testing.assert_allclose(simulator.loss.numpy(), -share * walked["displacement"], rtol=0, atol=1e-14)
    _, measures = episode("cross")
    assert (measures["crossed"] != measures["displacement"]).all()


def test_level_walking_is_displacement_less_deviation() -> None:
    loss, measures = episode("walk_level")
    assert (measures["deviation"] > 0.0).all()
    expected = WalkLevel().level_weight * measures["deviation"] - measures["displacement"]
    np.testing.assert_allclose(loss, expected, rtol=0, atol=1e-14)


def test_the_highest_mass_is_above_the_centre_that_jumps() -> None:
    loss, measures = episode("reach")
    np.testing.assert_allclose(measures["reached"], -loss, rtol=0, atol=1e-15)
    # Held for a quarter of the episode: the mean is at most the highest that the mass was at once.
    assert (measures["reached"] > -0.05).all()


def test_a_body_in_the_air_swims_as_far_as_it_walks() -> None:
    walked, _ = episode("walk", gravity=0.0)
    loss, measures = episode("swim", gravity=0.0)
    assert ((measures["ground_contact"] > 0.0) & (measures["ground_contact"] < 1.0)).all()
    np.testing.assert_allclose(loss, walked + Swim().ground_weight * measures["ground_contact"], rtol=0, atol=1e-14)


@pytest.mark.parametrize("clockwise", [False, True])
def test_whole_turns_count(clockwise: bool) -> None:
    """A body that spins in the air, without damping and gravity, turns by its angular velocity times the time."""
    spin, steps = -9.0 if clockwise else 9.0, 300
    case = Case.of(dimension=3, steps=steps, gravity=0.0, damping=0.0, dt=0.004)
    body = replace(case.assorted[0], swings=np.zeros_like(case.assorted[0].swings))
    away = body.positions - body.positions.mean(axis=0)
    raised = replace(body, positions=body.positions + np.array([0.0, 0.0, 1.0]))
    case = replace(case, task=Turn(clockwise=clockwise)).left()
    velocities = spin * np.stack([-away[:, 1], away[:, 0], np.zeros(len(away))], axis=1)
    simulator = case.simulator(Bodies.of([raised]), velocities=velocities)
    simulator.load(case.weights(Bodies.of([raised])))
    simulator.forward()
    turned = simulator.measures()["turned"]
    assert turned[0] == pytest.approx(spin * steps * 0.004, rel=0.02)
    assert abs(turned[0]) > 2.0 * np.pi
    np.testing.assert_allclose(simulator.loss.numpy(), -np.abs(turned), rtol=1e-14)


def test_nothing_turns_in_2d() -> None:
    with pytest.raises(ConfigError, match="a body in 3D for task=turn; got one in 2D"):
        require_conditions([Conditions(Flat(), Turn())], 2)
    assert "turn" in tasks_in(3)
    assert "turn" not in tasks_in(2)


class Shadowing(Walk):
    """A task that tells something else under a name that all tasks have."""

    def measures(self, states: Any) -> dict[str, np.ndarray]:
        return {"effort": states["start"], "own": states["start"]}


class Guessing(Walk):
    """A task that uses what there is not."""

    uses = ("centre", "mood")


@pytest.mark.parametrize(
    ("task", "said"),
    [(Shadowing(), "got effort, which all tasks have"), (Guessing(), "Guessing.uses of centre.*got mood")],
)
def test_a_task_that_is_not_one(task: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        require_conditions([Conditions(Flat(), task)], 2)


def test_functions_read_the_settings_that_are_numbers() -> None:
    assert Lean().parameters(2) == {"weight": 0.7, "towards": (0.2, -0.4)}
    assert Turn(clockwise=True).parameters(3) == {"direction": -1.0}
    assert Walk().parameters(2) == {}


@given(st.integers(0, 2**32 - 1))
def test_targets_are_drawn_between_two_distances(seed: int) -> None:
    task = Light(around=(0.3, -0.2), nearest=0.5, farthest=0.8).variant(np.random.default_rng(seed))
    distance = np.hypot(task.target[0] - 0.3, task.target[1] + 0.2)
    assert 0.5 - 1e-12 <= distance <= 0.8 + 1e-12
    assert abs(task.beacon(2)[0] - 0.3) == pytest.approx(distance)
    assert (task.beacon(2)[0] > 0.3) == (task.target[0] > 0.3)


def test_targets_are_equally_dense_all_around() -> None:
    task = Light(nearest=1.0, farthest=3.0)
    targets = np.array([task.variant(np.random.default_rng(seed)).target for seed in range(4000)])
    assert np.abs(targets.mean(axis=0)).max() < 0.1
    within = np.linalg.norm(targets, axis=1) < 2.0
    # The ring from 1 to 2 m has 3/8 of the area of that from 1 to 3 m.
    assert within.mean() == pytest.approx(3.0 / 8.0, abs=0.03)


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"light"}))
def test_nothing_else_varies(task: str) -> None:
    made = TASKS[task]()
    assert made.variant(np.random.default_rng(0)) is made
    assert made.beacon(made.dimensions[0]) is None


@pytest.mark.parametrize(
    ("terrain", "target", "dimension"),
    [(Rough(), (2.6, 0.0), 2), (Rough(), (0.0, 2.6), 3), (Gaps(start=9.0), (1.0, 0.0), 3), (Rough(), (-2.6, 0.0), 3)],
)
def test_a_target_off_the_ground(terrain: Any, target: tuple[float, float], dimension: int) -> None:
    with pytest.raises(ConfigError, match=r"move task\.target") as error:
        require_conditions([Conditions(terrain, Light(target=target))], dimension)
    assert "\n" not in str(error.value)
    require_conditions([Conditions(terrain, Light(target=(terrain.start + 1.0, -1.0)))], dimension)
    require_conditions([Conditions(Flat(), Light(target=target))], dimension)


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (Light, {"target": (float("nan"), 0.0)}),
        (Light, {"target": (1.0,)}),
        (Light, {"around": (float("inf"), 0.0)}),
        (Light, {"nearest": 0.0}),
        (Light, {"nearest": 3.0}),
        (Light, {"farthest": float("inf")}),
        (WalkLevel, {"level_weight": -1.0}),
        (Swim, {"ground_weight": float("inf")}),
        (Turn, {"clockwise": 1}),
        (Climb, {"progress_weight": -1.0}),
        (Climb, {"progress_weight": float("nan")}),
        (Cross, {"level": float("nan")}),
        (Cross, {"softness": 0.0}),
        (Cross, {"softness": float("inf")}),
    ],
)
def test_settings_out_of_range(made: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        made(**settings)
