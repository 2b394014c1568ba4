"""Worlds that differ in stiffness, masses, strength and latency of motors: motion, gradients, bits and memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS, Mlp
from codesign.errors import ConfigError
from codesign.sim import Conditions, Execution, Simulator, require_conditions
from codesign.sim.kernels import ControllerFunctions, KernelTypes, rollout
from codesign.sim.kernels.actuation_queue import build_queue
from codesign.sim.layout import bytes_per_world
from codesign.tasks import Flat, Walk, WalkEfficiently
from codesign.testing.gradients import SIZES, gradient_error, standing
from tests.sim.bodies import cubes, lifted, lone_mass, strip
from tests.sim.test_broken_adjoints import CAUGHT
from tests.sim.test_gradients import DIFFERENCES
from tests.sim.test_memory import held
from tests.sim.test_motion import ROUNDING
from tests.sim.test_unwritten_memory import learned, remains
from tests.sim.worlds import DIMENSIONS, FELT, Case

STEPS = 40
PERTURBED: dict[str, Any] = {"stiffness": 0.85, "mass": 1.3, "strength": 1.2, "latency": 5}
"""What differs from a nominal world in one that differs in everything."""

LATENCIES = (0, 3, 11)


@dataclass(frozen=True)
class Perturbed(Case):
    """A case that is simulated in worlds that differ in these conditions, one after the other."""

    worlds: tuple[tuple[tuple[str, Any], ...], ...] = (tuple(PERTURBED.items()),)

    @property
    def conditions(self) -> list[Conditions]:
        """Conditions of all worlds."""
        return [Conditions(self.terrain, self.task, **dict(each)) for each in self.worlds]

    def simulator(self, bodies: Bodies, **settings: Any) -> Simulator:
        """Return a simulator of these worlds."""
        velocities = settings.pop("velocities", None)
        if velocities is not None:
            starts = np.split(velocities, bodies.mass_start[1:-1])
            settings["velocities"] = np.concatenate([np.tile(start, (len(self.worlds), 1)) for start in starts])
        return super().simulator(bodies, **{"conditions": self.conditions} | settings)


def perturbed(*worlds: dict[str, Any], **settings: Any) -> Perturbed:
    """Return a case of a task that heeds effort, which muscles have with their latency, if nothing else is said."""
    case = Case.of(**{"task": "walk_efficiently", "steps": STEPS} | settings)
    parts = case.physics, case.controller, case.task, case.terrain, case.dimension
    return Perturbed(*parts, tuple(tuple(each.items()) for each in worlds or (PERTURBED,)))


def results(made: Simulator) -> list[np.ndarray]:
    """Return losses, gradients and the motion of bodies' worlds after an episode and its reverse."""
    made.forward(measure=True)
    made.reverse()
    measures = [values for _, values in sorted(made.measures().items())]
    gradients = [made.weights(made.gradient), *made.physical_gradients().values()]
    return [np.array(each) for each in (made.world_losses.numpy(), *gradients, *measures)]


def moved(case: Case, body: Any, conditions: Conditions, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and actuation of one body in one world."""
    bodies = Bodies.of([body])
    made = case.simulator(bodies, conditions=[conditions], segment_steps=case.physics.steps, **settings)
    made.load(case.weights(bodies))
    made.forward()
    return made.motion()


@pytest.mark.parametrize(
    ("dimension", "controller", "precision"),
    [
        (2, "mlp", "float64"),
        (3, "mlp", "float64"),
        pytest.param(2, "mlp", "float32", marks=pytest.mark.slow),
        *(
            pytest.param(dimension, name, "float64", marks=pytest.mark.slow)
            for dimension in DIMENSIONS
            for name in sorted(set(CONTROLLERS) - {"mlp"})
        ),
    ],
)
def test_motion_is_as_the_oracle_says(dimension: int, controller: str, precision: str) -> None:
    case = perturbed(controller=controller, dimension=dimension)
    bodies = Bodies.of(case.assorted[:4])
    weights = case.weights(bodies)
    made = case.simulator(bodies, precision=precision, segment_steps=STEPS)
    made.load(weights)
    made.forward()
    positions, actuation = made.motion()
    for index, body in enumerate(case.assorted[:4]):
        own = weights[made.weight_start[index] : made.weight_start[index + 1]]
        episode = case.episode(body, own, conditions=case.conditions[0])
        masses = slice(bodies.mass_start[index], bodies.mass_start[index + 1])
        springs = slice(bodies.spring_start[index], bodies.spring_start[index + 1])
        bound = ROUNDING[precision]
        np.testing.assert_allclose(positions[:, masses], episode.positions, rtol=0, atol=bound)
        np.testing.assert_allclose(actuation[:, springs], episode.actuation, rtol=0, atol=50 * bound)
        np.testing.assert_allclose(made.loss.numpy()[index], case.loss(body, episode), rtol=0, atol=50 * bound)
        assert np.abs(case.episode(body, own).positions - episode.positions).max() > 10 * bound


def test_forces_move_heavier_masses_less() -> None:
    case = perturbed(forces=FELT)
    body = case.assorted[2]
    positions, _ = moved(case, body, case.conditions[0])
    episode = case.episode(body, case.weights(Bodies.of([body])), conditions=case.conditions[0])
    np.testing.assert_allclose(positions, episode.positions, rtol=0, atol=ROUNDING["float64"])


def test_factors_on_springs_are_those_of_another_body() -> None:
    case = perturbed()
    body = strip(5, 3)
    other = replace(body, stiffness=0.85 * body.stiffness, swings=1.2 * body.swings)
    around = Conditions(case.terrain, case.task)
    found = moved(case, body, replace(around, stiffness=0.85, strength=1.2))
    for one, expected in zip(found, moved(case, other, around), strict=True):
        np.testing.assert_array_equal(one, expected)
    assert (found[0] != moved(case, body, around)[0]).any()


def test_heavier_masses_on_stiffer_springs_move_as_light_ones() -> None:
    case = perturbed()
    around = Conditions(case.terrain, case.task)
    heavy = moved(case, strip(5, 3), replace(around, mass=1.7, stiffness=1.7))[0]
    np.testing.assert_allclose(heavy, moved(case, strip(5, 3), around)[0], rtol=0, atol=1e-12)
    assert np.abs(moved(case, strip(5, 3), replace(around, mass=1.7))[0] - heavy).max() > 1e-4


def test_gravity_drag_and_pushes_heed_no_mass() -> None:
    case = replace(perturbed(controller="cpg"), terrain=Flat()).left()
    around = Conditions(case.terrain, case.task, push=(0.3, 0.2), push_step=4)
    body = lifted(lone_mass(), 5.0)
    heavy = moved(case, body, replace(around, mass=3.0))[0]
    damping, dt = case.physics.damping, case.physics.dt
    np.testing.assert_allclose(heavy, moved(case, body, around)[0], rtol=0, atol=1e-13)
    velocity = np.diff(heavy, axis=0)[4] / dt
    before = np.diff(heavy, axis=0)[3] / dt
    expected = np.exp(-damping * dt) * before + [0.3, 0.2 + case.physics.gravity * dt]
    np.testing.assert_allclose(velocity, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("latency", [1, 5, 17, STEPS - 1])
def test_muscles_follow_what_was_answered_a_latency_ago(latency: int) -> None:
    case = perturbed(controller="sequence")
    around = Conditions(case.terrain, case.task)
    answers = moved(case, strip(5, 3), around)[1]
    followed = moved(case, strip(5, 3), replace(around, latency=latency))[1]
    np.testing.assert_array_equal(followed[:latency], 0.0)
    np.testing.assert_array_equal(followed[latency:], answers[:-latency])


@pytest.mark.parametrize("quantity", sorted(SIZES))
@pytest.mark.parametrize("differing", [*PERTURBED, "all"])
def test_gradients(differing: str, quantity: str) -> None:
    case = perturbed(PERTURBED if differing == "all" else {differing: PERTURBED[differing]})
    for seed in (0, 1):
        assert gradient_error(case, standing(case, strip(5, 3)), quantity, seed=seed) < DIFFERENCES


@pytest.mark.parametrize("quantity", sorted(SIZES))
def test_gradients_with_forces(quantity: str) -> None:
    case = perturbed(forces=FELT)
    assert gradient_error(case, standing(case, strip(5, 3)), quantity) < DIFFERENCES


@pytest.mark.slow
@pytest.mark.parametrize("dimension", DIMENSIONS)
@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_gradients_of_every_controller(controller: str, dimension: int) -> None:
    case = perturbed(controller=controller, dimension=dimension)
    body = standing(case, strip(5, 3) if dimension == 2 else cubes(2, 2))
    for quantity in ("weights", "positions", "velocities"):
        assert gradient_error(case, body, quantity) < DIFFERENCES


@pytest.mark.parametrize("quantity", ["weights", "positions"])
def test_gradients_in_3d(quantity: str) -> None:
    case = perturbed(dimension=3)
    assert gradient_error(case, standing(case, cubes(2, 2)), quantity) < DIFFERENCES


@pytest.mark.parametrize("segment_steps", [1, 3, 7, STEPS])
def test_gradients_of_several_worlds_over_borders_of_segments(segment_steps: int) -> None:
    worlds = [PERTURBED | {"latency": latency, "mass": 1.0 + 0.1 * latency} for latency in LATENCIES]
    case = perturbed(*worlds)
    error = gradient_error(case, standing(case, strip(5, 3)), "weights", segment_steps=segment_steps)
    assert error < DIFFERENCES


@pytest.mark.parametrize("field", ["stiffness", "swings", "rest_lengths"])
def test_gradients_in_bodies_go_through_the_factors(field: str) -> None:
    case = perturbed(PERTURBED, {"stiffness": 1.15, "strength": 0.8, "mass": 0.7})
    body = standing(case, strip(5, 3))
    generator = np.random.default_rng(2)

    def loss(values: np.ndarray, *, backwards: bool = False) -> tuple[float, np.ndarray]:
        bodies = Bodies.of([replace(body, **{field: values})])
        made = case.left().simulator(bodies)
        made.load(case.weights(bodies))
        made.forward()
        if backwards:
            made.reverse()
        return float(made.loss.numpy()[0]), made.body_gradients()[field] if backwards else values

    values = getattr(body, field)
    found = loss(values, backwards=True)[1]
    size = {"stiffness": 1e-1, "swings": 1e-7, "rest_lengths": 1e-8}[field]
    for along in (found, np.where(found != 0.0, generator.normal(size=len(found)), 0.0)):
        way = along / np.linalg.norm(along)
        difference = (loss(values + size * way)[0] - loss(values - size * way)[0]) / (2.0 * size)
        assert abs(difference - way @ found) < DIFFERENCES * np.linalg.norm(found)


@pytest.mark.parametrize("dimension", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("precision", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
def test_neither_segments_nor_snapshots_change_a_bit(precision: str, dimension: int) -> None:
    case = perturbed(*({"mass": 1.2, "latency": latency} for latency in LATENCIES), dimension=dimension)
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    settings = [{"segment_steps": STEPS}, {"segment_steps": 7}]
    settings += [{"segment_steps": 4, "checkpoints": count} for count in (1, 2, 3, 7)]
    settings += [{"segment_steps": 1, "checkpoints": 5}]
    found = []
    for each in settings:
        made = case.simulator(bodies, precision=precision, **each)
        made.load(weights)
        found.append(results(made))
        for again, once in zip(results(made), found[-1], strict=True):
            np.testing.assert_array_equal(again, once)
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(one, expected)
    losses = found[0][0].reshape(3, -1)
    assert all(len(np.unique(own)) == len(LATENCIES) for own in losses)


def test_every_world_is_as_if_alone() -> None:
    worlds = [PERTURBED | {"latency": latency, "mass": 1.0 - 0.05 * latency} for latency in LATENCIES]
    case = perturbed(*worlds)
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    together = case.simulator(bodies, segment_steps=8)
    together.load(weights)
    losses = results(together)[0].reshape(3, -1)
    for index, world in enumerate(worlds):
        # The kernels are those with masses and latency, and the longest latency is another: that of a world beside.
        alone = perturbed(world, PERTURBED | {"latency": 13}).simulator(bodies, segment_steps=8)
        alone.load(weights)
        np.testing.assert_array_equal(results(alone)[0].reshape(3, 2)[:, 0], losses[:, index])


def test_a_nominal_world_beside_others_moves_as_in_kernels_without_them() -> None:
    case = perturbed({}, PERTURBED)
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    mixed, plain = case.simulator(bodies), case.simulator(bodies, conditions=case.conditions[:1])
    for made in (mixed, plain):
        made.load(weights)
        made.forward()
    np.testing.assert_allclose(mixed.world_losses.numpy()[::2], plain.world_losses.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("controller", "dimension"),
    [
        ("mlp", 2),
        *(
            pytest.param(name, dimension, marks=pytest.mark.slow)
            for dimension in DIMENSIONS
            for name in sorted(CONTROLLERS)
            if (name, dimension) != ("mlp", 2)
        ),
    ],
)
def test_lanes_and_shared_memory_change_no_bit(
    controller: str, dimension: int, on_lanes: Callable[[int, int], None]
) -> None:
    worlds = [PERTURBED | {"latency": latency} for latency in LATENCIES]
    case = perturbed(*worlds, controller=controller, dimension=dimension)
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    found = []
    for lanes, claimed in ((1, 0), (16, 0), (16, 200 * 1024)):
        on_lanes(lanes, claimed)
        made = case.simulator(bodies, segment_steps=8, checkpoints=2)
        assert {command.hooks.forward_smem_bytes > 0 for pair in made._launches.commands for command in pair} == {
            claimed > 0
        }
        made.load(weights)
        found.append(results(made))
    for other in found[1:]:
        for one, expected in zip(other, found[0], strict=True):
            np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize("row", [1, 8])
def test_what_memory_held_before_changes_nothing(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.sim.simulator.row_of", lambda _device, _precision: row)
    case = perturbed(*({"mass": 1.2, "latency": latency} for latency in LATENCIES))
    bodies = Bodies.of(case.assorted[:3])
    weights = case.weights(bodies)
    settings: dict[str, Any] = {"precision": "float64", "segment_steps": 7, "checkpoints": 2}
    usual = learned(case.simulator(bodies, **settings), weights)
    with remains(np.nan):
        found = learned(case.simulator(bodies, **settings), weights)
    for one, other in zip(usual, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_memory_is_counted() -> None:
    case = perturbed({"latency": 11}, {})
    made = case.simulator(Bodies.of(case.assorted), precision="float32")
    settings = made.layout, made.controller, STEPS, Execution(), made.task.state_size, 2
    estimate = bytes_per_world(*settings, latency=11).sum()
    plain = case.simulator(Bodies.of(case.assorted), precision="float32", conditions=case.conditions[1:] * 2)
    added = held(list(made._launches.inputs)) - held(list(plain._launches.inputs))
    expected = estimate - bytes_per_world(*settings).sum()
    assert expected > 0
    assert abs(added - expected) <= 0.01 * expected + 1024


@dataclass(frozen=True)
class Hasty(Mlp):
    """The paper's controller, with code of its own: kernels whose adjoint does not wait are shared with nobody."""

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        return super().functions(types)


def test_an_adjoint_that_does_not_wait_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(types: Any) -> Any:
        row_vector, Constants, Adjoint = types.row_vector, types.Constants, types.Adjoint  # noqa: N806

        @wp.func(module=types.module, inline=True)
        def at_once(
            constants: Constants, adjoint: Adjoint, start: int, count: int, row: int, step: int, passed: row_vector
        ) -> row_vector:
            return passed

        return replace(build_queue(types), pass_back=at_once)

    monkeypatch.setattr(rollout, "build_queue", hasty)
    case = replace(perturbed(), controller=Hasty())
    assert gradient_error(case, standing(case, strip(5, 3)), "weights") > CAUGHT


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"stiffness": 0.0}, "a factor on stiffness above 0; got 0"),
        ({"mass": -1.0}, "a factor on mass above 0"),
        ({"strength": float("nan")}, "a factor on strength above 0"),
        ({"latency": -1}, "a latency of 0 steps or more"),
        ({"latency": 0.5}, "a latency of 0 steps or more"),
    ],
)
def test_conditions_out_of_range(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        require_conditions([Conditions(Flat(), Walk(), **settings)], 2)


def test_a_latency_as_long_as_the_episode_is_refused() -> None:
    case = Case.of(steps=STEPS)
    with pytest.raises(ConfigError, match="a latency below the 40 steps of an episode; got 40 steps"):
        case.simulator(Bodies.of([strip(3)]), conditions=[Conditions(Flat(), WalkEfficiently(), latency=STEPS)])
