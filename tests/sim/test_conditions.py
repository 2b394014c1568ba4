"""What differs between worlds: each world is as if it were alone, and a shared controller gets the mean gradient."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import Aggregation, Conditions, beacon_of, require_conditions
from codesign.sim.kernels.aggregation import aggregation_kernels
from codesign.tasks import Flat, Light, Walk
from tests.sim.bodies import ASSORTED, lifted, lone_mass, pair
from tests.sim.worlds import BODIES, MET, Case, bumps, met_at

# Grounds on grids share kernels, so that one simulator can hold any of them.
GRIDS = ("rough", "steps", "hills", "gaps", "slope", "pole")


def conditions_of(dimension: int) -> list[Conditions]:
    """Return worlds that differ in everything that they may differ in."""
    push = (0.3,) + (-0.2,) * (dimension - 2) + (0.5,)
    grounds = [MET[name](dimension) for name in GRIDS]
    tasks = [Light(target=(0.3 * index - 0.7, 0.2)) for index in range(len(grounds))]
    worlds = [Conditions(ground, task) for ground, task in zip(grounds, tasks, strict=True)]
    worlds[1] = replace(worlds[1], friction=0.2)
    worlds[2] = replace(worlds[2], push=push, push_step=23)
    worlds[3] = replace(worlds[3], motor_noise=0.3, noise_seed=5)
    worlds[4] = replace(worlds[4], motor_noise=0.1, noise_seed=6, friction=1.4, push=push, push_step=0)
    return worlds


def results(made: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return losses of worlds and controllers, and gradients."""
    made.forward()
    made.reverse()
    return made.world_losses.numpy().copy(), made.loss.numpy().copy(), made.weights(made.gradient)


@pytest.mark.parametrize(
    ("dimension", "precision"),
    [
        (2, "float64"),
        pytest.param(2, "float32", marks=pytest.mark.slow),
        pytest.param(3, "float64", marks=pytest.mark.slow),
    ],
)
def test_every_world_is_as_if_alone(dimension: int, precision: str) -> None:
    case = Case.of(task="light", terrain="rough", dimension=dimension)
    worlds, bodies = conditions_of(dimension), Bodies.of(BODIES[dimension][:3])
    weights = case.weights(bodies)
    # All have the kernels with noise, those without any too: the same numbers from other kernels may round differently.
    noisy = Conditions(worlds[0].terrain, worlds[0].task, motor_noise=1.0)
    together = case.simulator(bodies, conditions=worlds, precision=precision)
    together.load(weights)
    losses, pooled, gradient = results(together)
    alone = []
    for world in worlds:
        made = case.simulator(bodies, conditions=[world, noisy], precision=precision)
        made.load(weights)
        made.forward()
        alone.append(made.world_losses.numpy().reshape(3, 2)[:, 0].copy())
    np.testing.assert_array_equal(losses.reshape(3, len(worlds)).T, alone)
    assert len(np.unique(losses)) == losses.size
    np.testing.assert_allclose(
        pooled, losses.reshape(3, -1).mean(axis=1), rtol=1e-6 if precision == "float32" else 1e-15
    )
    assert np.isfinite(gradient).all()


def test_the_gradient_is_the_mean_of_the_worlds() -> None:
    case = Case.of(task="light", terrain="rough")
    worlds, bodies = conditions_of(2)[:3], Bodies.of(ASSORTED[2:4])
    weights = case.weights(bodies)
    together = case.simulator(bodies, conditions=worlds)
    together.load(weights)
    gradients = []
    for world in worlds:
        made = case.simulator(bodies, conditions=[world])
        made.load(weights)
        gradients.append(results(made)[2])
    assert all(np.abs(gradient).max() > 0.0 for gradient in gradients)
    # Added up in double precision, in the order of the worlds.
    np.testing.assert_array_equal(results(together)[2], (gradients[0] + gradients[1] + gradients[2]) / 3.0)


@pytest.mark.parametrize(
    ("aggregation", "quantile"),
    [(Aggregation("worst"), 1.0), (Aggregation("quantile", 0.25), 0.75), (Aggregation("mean"), None)],
)
def test_losses_become_one(aggregation: Aggregation, quantile: float | None) -> None:
    case = Case.of(task="light", terrain="rough")
    bodies = Bodies.of(ASSORTED[:4])
    made = case.simulator(bodies, conditions=conditions_of(2)[:3], aggregation=aggregation)
    made.load(case.weights(bodies))
    losses, aggregated, _ = results(made)
    losses = losses.reshape(4, 3)
    expected = losses.mean(axis=1) if quantile is None else np.quantile(losses, quantile, axis=1)
    np.testing.assert_allclose(aggregated, expected, rtol=1e-14)


@pytest.mark.parametrize(
    "aggregation",
    [
        Aggregation("worst", gradient="fitness"),
        Aggregation("quantile", 0.4, "fitness"),
        Aggregation("quantile", 1.0, "fitness"),
        Aggregation("mean"),
    ],
)
def test_the_gradient_is_that_of_the_loss(aggregation: Aggregation) -> None:
    """Central differences of the loss that the simulator tells, in the gradient's own direction and in another."""
    case = Case.of(task="light", terrain="rough")
    bodies = Bodies.of(ASSORTED[3:4])
    weights = case.weights(bodies)
    made = case.simulator(bodies, conditions=conditions_of(2)[:4], aggregation=aggregation)

    def loss(at: np.ndarray) -> float:
        made.load(at)
        made.forward()
        return float(made.loss.numpy()[0])

    loss(weights)
    made.reverse()
    found = made.weights(made.gradient)
    for direction in (found, np.random.default_rng(0).normal(size=len(found))):
        along, size = direction / np.linalg.norm(direction), 1e-6
        difference = (loss(weights + size * along) - loss(weights - size * along)) / (2.0 * size)
        assert abs(difference - along @ found) < 2e-6 * max(np.linalg.norm(found), abs(difference))


def test_the_mean_of_the_gradients_does_not_depend_on_the_fitness() -> None:
    case = Case.of(task="light", terrain="rough")
    bodies = Bodies.of(ASSORTED[2:4])
    found = []
    for aggregation in (Aggregation("worst"), Aggregation("mean"), Aggregation("worst", gradient="fitness")):
        made = case.simulator(bodies, conditions=conditions_of(2)[:3], aggregation=aggregation)
        made.load(case.weights(bodies))
        found.append(results(made)[2])
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()


def test_of_equal_losses_the_gradient_is_that_of_one_world_each_time() -> None:
    kernels = aggregation_kernels(wp.float64)
    losses = wp.array([2.0, 2.0, 1.0, np.nan, 1.0], dtype=wp.float64, device="cpu")
    starts = wp.array([0, 3, 5], dtype=wp.int32, device="cpu")
    order, shares = wp.zeros(5, dtype=wp.int32, device="cpu"), wp.zeros(5, dtype=wp.float64, device="cpu")
    aggregated = wp.zeros(2, dtype=wp.float64, device="cpu")
    for quantile, expected in ((1.0, [0.0, 1.0, 0.0]), (0.5, [1.0, 0.0, 0.0]), (0.75, [0.5, 0.5, 0.0])):
        wp.launch(kernels.losses, dim=2, inputs=[quantile, starts, losses, order, shares, aggregated], device="cpu")
        # Where a loss is not a number, that of the controller is none either, and its gradient is of all worlds.
        np.testing.assert_array_equal(shares.numpy(), [*expected, 0.5, 0.5])
        np.testing.assert_array_equal(aggregated.numpy(), [2.0, np.nan])


def test_a_world_without_a_share_may_have_no_gradient() -> None:
    kernels = aggregation_kernels(wp.float64)
    integers = [wp.array(values, dtype=wp.int32, device="cpu") for values in ([0, 2], [0, 1, 2], [0, 1])]
    shares, found = (wp.array(values, dtype=wp.float64, device="cpu") for values in ([0.0, 1.0], [np.nan, 3.0]))
    gradient = wp.zeros(1, dtype=wp.float64, device="cpu")
    wp.launch(kernels.gradients, dim=(1, 1), inputs=[1.0, 1, *integers, shares, found, gradient], device="cpu")
    assert gradient.numpy() == [3.0]


def fall(conditions: Conditions, velocities: np.ndarray, **physics: Any) -> np.ndarray:
    """Return where two masses that no spring pulls together are after every step."""
    case = Case.of(terrain="rough", **physics)
    bodies = Bodies.of([lone_mass()])
    made = case.simulator(bodies, conditions=[conditions], velocities=velocities, segment_steps=case.physics.steps)
    made.load(case.weights(bodies))
    made.forward()
    return made.motion()[0]


def test_a_push_changes_all_velocities_once() -> None:
    at = met_at(bumps(2), 0.0)

    class High(type(at)):
        def place(self, bodies: Bodies) -> np.ndarray:
            return lifted(bodies[0], 5.0).positions

    ground = High(heights=at.heights)
    settings = {"steps": 30, "damping": 0.0, "gravity": 0.0}
    plain = fall(Conditions(ground, Walk()), np.zeros((2, 2)), **settings)
    pushed = fall(Conditions(ground, Walk(), push=(0.5, -0.25), push_step=7), np.zeros((2, 2)), **settings)
    velocities = np.diff(pushed - plain, axis=0) / 0.004
    np.testing.assert_array_equal(velocities[:7], 0.0)
    np.testing.assert_allclose(velocities[7:], np.broadcast_to([0.5, -0.25], (23, 2, 2)), rtol=0, atol=1e-12)


def test_energy_counts_the_noise_of_motors() -> None:
    """The work of a muscle is its tension times its change of length, and motion tells the tension: F = m dv / dt."""
    case = Case.of(controller="cpg", steps=50, gravity=0.0, damping=0.0, regularisation=1e-14)
    body = lifted(replace(pair(), swings=np.array([0.1])), 5.0)
    made = case.left().simulator(
        Bodies.of([body]),
        conditions=[Conditions(case.left().terrain, Walk(), motor_noise=0.3, noise_seed=4)],
        segment_steps=50,
    )
    made.load(np.zeros(made.weight_start[-1]))
    made.forward(measure=True)
    x = made.motion()[0][:, :, 0]
    velocities = np.diff(x, axis=0, prepend=x[:1]) / case.physics.dt
    tension = np.diff(velocities[:, 0]) / case.physics.dt
    work = np.abs(tension * np.diff(x[:, 1] - x[:, 0])).sum()
    assert work > 1e-5
    np.testing.assert_allclose(made.measures()["energy"], [work], rtol=1e-9)


def test_a_friction_factor_multiplies_friction() -> None:
    start = np.array([[0.4, 0.0], [0.4, 0.0]])
    ground = MET["rough"](2)
    halved = fall(Conditions(ground, Walk(), friction=0.5), start, friction=0.8)
    np.testing.assert_array_equal(halved, fall(Conditions(ground, Walk()), start, friction=0.4))
    assert (halved != fall(Conditions(ground, Walk()), start, friction=0.8)).any()


def test_motor_noise_is_uniform_and_has_the_deviation_asked_for() -> None:
    """One spring that pulls two masses in free space: the change of their velocities gives the noise away."""
    case = Case.of(terrain="rough", task="light", steps=600, gravity=0.0, damping=0.0)
    stiffness, rest, swing, deviation = 1e-6, 0.05, 0.1, 0.2
    body = replace(lone_mass(), stiffness=np.array([stiffness]), swings=np.array([swing]))
    bodies = Bodies.of([lifted(body, 5.0)])
    noises = []
    for seed in (0, 1):
        world = Conditions(case.terrain, case.task, motor_noise=deviation, noise_seed=seed)
        made = case.left().simulator(bodies, conditions=[world], segment_steps=600)
        made.load(np.zeros(made.weight_start[-1]))
        made.forward()
        # A network without weights asks for nothing, and so weak a spring does not move: what pulls is noise alone.
        x = made.motion()[0]
        dt = case.physics.dt
        velocity = np.diff(x[:, 1, 0] - x[:, 0, 0]) / dt
        impulse = np.diff(velocity, prepend=0.0) / 2.0
        noises.append(impulse / (dt * stiffness * rest * swing))
    first, other = (noise - noise.mean() for noise in noises)
    for noise in (first, other):
        assert noise.std() == pytest.approx(deviation, rel=0.2)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("worlds", "complaint"),
    [
        ([], "at least one world"),
        ([Conditions(Flat(), Walk()), Conditions(Flat(), Light())], "one kind"),
        ([Conditions(Flat(), Walk()), Conditions(bumps(2), Walk())], "one kind"),
        ([Conditions(Flat(), Walk(), friction=-1.0)], "friction"),
        ([Conditions(Flat(), Walk(), motor_noise=float("nan"))], "noise"),
        ([Conditions(Flat(), Walk(), push=(1.0, 0.0, 0.0))], "push of 2"),
        ([Conditions(bumps(2), Light(target=(9.0, 0.0)))], "target inside"),
    ],
)
def test_worlds_that_do_not_go_together(worlds: list[Conditions], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        require_conditions(worlds, 2)


def test_the_beacon_of_a_world_stands_before_that_of_its_task() -> None:
    flat = Flat()
    assert beacon_of(Conditions(flat, Walk()), 2) is None
    placed = beacon_of(Conditions(flat, Walk(), beacon=(0.3, -0.2)), 3)
    assert placed is not None
    np.testing.assert_allclose(placed, [0.3, -0.2, flat.ground_height + 0.1])
    moved = beacon_of(Conditions(flat, Light(target=(1.0, 0.0)), beacon=(0.3, -0.2)), 3)
    np.testing.assert_array_equal(moved, placed)
    with pytest.raises(ConfigError, match="beacon to be one number for each level axis; got 2"):
        require_conditions([Conditions(flat, Walk(), beacon=(0.3, -0.2))], 2)
