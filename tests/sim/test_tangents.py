"""Forward mode against reverse mode: both are derivatives at one motion, and equal to rounding."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.errors import ConfigError
from codesign.sim import CONTACTS, Conditions, Simulator
from codesign.testing.gradients import standing
from tests.sim.bodies import cubes, strip
from tests.sim.worlds import FELT, Case

# Products and sums of float64 in another order. Measured: up to 1.1e-14.
ROUNDING = 1e-12
# The same of float32 over 60 steps. Measured: up to 9.4e-7.
SINGLE_ROUNDING = 1e-4

BODY, SOLID = strip(5, 3), cubes(2, 2)

UNITS = {
    "positions": 1e-2,
    "velocities": 1e-1,
    "rest_lengths": 1e-2,
    "stiffness": 1e3,
    "swings": 1e-1,
    "weights": 1.0,
    "masses": 0.1,
    "damping": 1.0,
    "force_limits": 10.0,
}


def simulated(case: Case, made: Bodies, precision: str = "float64", **conditions: float) -> Simulator:
    """Return a simulator that holds an episode of bodies which meet the ground."""
    left = case.left()
    around = Conditions(left.terrain, left.task, **conditions)  # type: ignore[arg-type]
    steps = case.physics.steps
    speeds = 0.1 * np.random.default_rng(0).normal(size=made.positions.shape)
    simulator = left.simulator(
        made,
        segment_steps=steps,
        velocities=speeds,
        conditions=[around],
        precision=precision,
        physical_gradients=True,
    )
    simulator.load(case.weights(made))
    simulator.forward()
    return simulator


def transposition_error(simulator: Simulator, *, window: int = 17, controlled: bool = True) -> dict[str, float]:
    """Return by input how far the tangent of each loss is from its gradient times the direction, relative to both."""
    tangents = simulator.tangents(2, window=window, controlled=controlled)
    generator = np.random.default_rng(1)
    directions = {name: UNITS[name] * generator.normal(size=shape) for name, shape in tangents.shapes.items()}
    forward = {}
    for name, moving in directions.items():
        tangents.begin({name: moving})
        while tangents.step < simulator.physics.steps:
            tangents.advance(min(window, simulator.physics.steps - tangents.step))
        forward[name] = tangents.finish()[0]
    simulator.reverse()
    gradients = simulator.physical_gradients() | {"weights": simulator.weights(simulator.gradient)}
    bodies = simulator.bodies
    starts = {
        "weights": simulator.weight_start,
        **dict.fromkeys(("positions", "velocities", "masses"), bodies.mass_start),
    }
    found = {}
    for name, moving in directions.items():
        products = (gradients[name] * moving).reshape(2, len(gradients[name]), -1).sum(axis=2)
        start = starts.get(name, bodies.spring_start)[:-1]
        expected = np.add.reduceat(products, start, axis=1)
        size = np.sqrt(np.add.reduceat(products**2, start, axis=1))
        found[name] = float((np.abs(expected - forward[name]) / np.maximum(size, 1e-300)).max())
    return found


def standing_twice(case: Case, made: object) -> Bodies:
    """Return a body above the ground, twice, so that it has a neighbour."""
    return Bodies.of([standing(case, made)] * 2)  # type: ignore[arg-type]


def require_transposed(case: Case, made: object, precision: str = "float64", **conditions: float) -> None:
    found = transposition_error(simulated(case, standing_twice(case, made), precision, **conditions))
    assert max(found.values()) < (ROUNDING if precision == "float64" else SINGLE_ROUNDING), found


@pytest.mark.parametrize(
    "contact", ["coulomb", *(pytest.param(each, marks=pytest.mark.slow) for each in ("no_slip", "smooth"))]
)
def test_tangents_are_the_transpose_of_gradients(contact: str) -> None:
    require_transposed(Case.of(contact=contact), BODY)


def test_every_contact_is_tested() -> None:
    assert {"coulomb", "no_slip", "smooth"} == set(CONTACTS)


@pytest.mark.slow
def test_in_single_precision() -> None:
    require_transposed(Case.of(), BODY, "float32")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contact", "controller", "task", "terrain"),
    [
        ("no_slip", "cpg_feedback", "turn", "heightfield"),
        ("coulomb", "shared", "light", "flat"),
        ("smooth", "mlp", "swim", "flat"),
    ],
)
def test_in_3d(contact: str, controller: str, task: str, terrain: str) -> None:
    case = Case.of(contact=contact, controller=controller, task=task, terrain=terrain, dimension=3)
    if controller == "shared":
        sensing = CONTROLLERS["shared"](sensors=("position", "velocity", "light", "contact", "speed"))
        case = replace(case, controller=sensing)
    require_transposed(case, SOLID)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("controller", "task", "terrain"),
    [("wave", "reach", "segments"), ("sequence", "swim", "flat"), ("mlp", "jump", "hills")],
)
def test_controllers_tasks_and_grounds(controller: str, task: str, terrain: str) -> None:
    case = Case.of(controller=controller, task=task, terrain=terrain)
    case = replace(case, physics=replace(case.physics, forces=FELT)) if controller == "sequence" else case
    require_transposed(case, BODY)


@pytest.mark.slow
def test_with_latency_noise_and_factors() -> None:
    case = Case.of(controller="cpg", task="walk_efficiently")
    require_transposed(case, BODY, latency=3, motor_noise=0.1, mass=1.3, stiffness=1.1, strength=0.9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dimension", "contact", "controller", "task"),
    [(2, "coulomb", "mlp", "walk"), (3, "no_slip", "shared", "turn")],
)
def test_with_masses_damping_and_force_limits(dimension: int, contact: str, controller: str, task: str) -> None:
    generator, made = np.random.default_rng(5), BODY if dimension == 2 else SOLID
    own = replace(
        made,
        masses=generator.uniform(0.5, 2.0, len(made.positions)),
        damping=generator.uniform(1.0, 10.0, len(made.springs)),
        force_limits=generator.uniform(50.0, 200.0, len(made.springs)),
    )
    case = Case.of(dimension=dimension, contact=contact, controller=controller, task=task)
    simulator = simulated(case, standing_twice(case, own))
    found = transposition_error(simulator)
    assert {"masses", "damping", "force_limits"} < set(found)
    assert max(found.values()) < ROUNDING, found


@pytest.mark.slow
def test_tangents_without_the_controller_are_not_the_transpose() -> None:
    """What is broken is seen: without the way from the state through the controller both are derivatives of others."""
    case = Case.of()
    found = transposition_error(simulated(case, standing_twice(case, BODY)), controlled=False)
    assert found["weights"] > 0.1
    assert found["positions"] > 1e-4


def test_windows_and_combinations_change_nothing() -> None:
    case = Case.of()
    simulator = simulated(case, standing_twice(case, BODY))
    steps, losses = case.physics.steps, []
    moving = np.random.default_rng(2).normal(size=(2, *simulator.bodies.positions.shape)) * 1e-2
    for window in (7, steps):
        tangents = simulator.tangents(2, window=window)
        tangents.begin({"positions": moving})
        if window == 7:  # to and fro
            tangents.combine(np.array([[2.0, 1.0], [0.0, 0.5]]))
            tangents.advance(5)
            tangents.combine(np.linalg.inv([[2.0, 1.0], [0.0, 0.5]]))
        while tangents.step < steps:
            states = tangents.advance(min(window, steps - tangents.step))
        losses.append(tangents.finish()[0])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-10)
    np.testing.assert_array_equal(states[0][:, 0], moving)


def test_a_simulator_that_does_not_hold_an_episode_is_refused() -> None:
    case = Case.of()
    bodies = standing_twice(case, BODY)
    simulator = case.left().simulator(bodies, segment_steps=10)
    with pytest.raises(ValueError, match="segments"):
        simulator.tangents()
    simulator = case.left().simulator(bodies, segment_steps=60)
    with pytest.raises(RuntimeError, match="call forward first"):
        simulator.tangents()
    simulator.load(case.weights(bodies))
    simulator.forward()
    tangents = simulator.tangents()
    with pytest.raises(ValueError, match="expected weights as"):
        tangents.begin({"weights": np.zeros(3)})
    with pytest.raises(ValueError, match="expected mass as"):
        tangents.begin({"mass": np.zeros(3)})
    with pytest.raises(ValueError, match="window by window"):
        tangents.advance(100)
    with pytest.raises(ValueError, match="advance to it first"):
        tangents.finish()


def test_a_controller_without_tangents_is_refused() -> None:
    mlp = CONTROLLERS["mlp"]

    class Foreign(mlp):  # type: ignore[valid-type, misc]
        tangent_functions = property()

    case = replace(Case.of(), controller=Foreign())
    bodies = standing_twice(case, BODY)
    simulator = case.left().simulator(bodies, segment_steps=60)
    simulator.load(case.weights(bodies))
    simulator.forward()
    with pytest.raises(ConfigError, match="tangents"):
        simulator.tangents()
