"""Our physics in NumPy: what the oracle of the simulator's tests computes, and what the simulator itself recorded."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.errors import ConfigError
from codesign.export import Mechanics, Recording, Trajectory
from codesign.run import Story, rollout
from codesign.transfer import Change, Drive, controller_of, simulate_points
from tests import oracle
from tests.transfer.robots import MECHANICS, robot, weighty

WATER = {"level": 0.25, "density": 1000.0, "volume": 9e-4, "drag_area": 6e-3, "size": 0.05}
WIND = {"speed": 2.0, "direction": 30.0, "gusts": 0.5, "period": 0.1, "linear": 0.3, "quadratic": 0.1}

PHYSICS = {
    "no_slip": replace(MECHANICS, contact="no_slip", contact_settings={}),
    "coulomb": MECHANICS,
    "coulomb with a grip": replace(MECHANICS, contact_settings={"friction": 0.4, "grip": 0.3}),
    "smooth": replace(MECHANICS, contact="smooth", contact_settings={"friction": 0.9, "softness": 5e-4}),
    "water": replace(MECHANICS, forces={"water": WATER}),
    "wind and dashpots": replace(MECHANICS, forces={"wind": WIND, "dashpot": {"damping": 8.0}}),
}


def expected(recording: Recording) -> np.ndarray:
    """Return the positions that the oracle computes."""
    mechanics, start = recording.mechanics, recording.after.positions[0]
    assert mechanics is not None
    steps = len(recording.after.times) - 1
    names = ("dt", "gravity", "damping", "regularisation")
    physics = SimpleNamespace(steps=steps, **{name: getattr(mechanics, name) for name in names})
    vars(physics).update(mechanics.contact_settings)
    forces = tuple(SimpleNamespace(name=name, **settings) for name, settings in mechanics.forces.items())
    springs = {name: getattr(recording, name).astype(np.float64) for name in ("rest_lengths", "stiffness", "swings")}
    springs |= {name: getattr(recording, name).astype(np.float64) for name in ("damping", "force_limits")}
    body = SimpleNamespace(positions=start, springs=recording.springs, **springs)
    physics.mass = mechanics.mass * recording.point_masses.astype(np.float64)
    level = float(recording.ground.reshape(-1, recording.dim)[0, -1])
    ground = oracle.Lines(level, np.zeros(0), np.zeros(0), np.zeros(0))
    scene = oracle.Scene(physics, ground, oracle.CONTACTS[mechanics.contact], forces)
    return oracle.rollout(body, scene, oracle.sequence(recording.after.actuation.astype(np.float64))).positions


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("physics", PHYSICS)
def test_the_oracle_computes_the_same(physics: str, dim: int) -> None:
    recording = robot(dim, steps=60, mechanics=PHYSICS[physics])
    (episode,) = simulate_points([recording], [Drive()])
    np.testing.assert_allclose(episode.positions, expected(recording), rtol=0, atol=1e-9)
    assert not episode.diverged


@pytest.mark.parametrize("physics", ["coulomb", "water", "wind and dashpots"])
def test_so_it_does_with_masses_damping_and_force_limits(physics: str) -> None:
    recording = weighty(robot(3, steps=60, mechanics=replace(PHYSICS[physics], mass=1.2)))
    (episode,) = simulate_points([recording], [Drive()])
    np.testing.assert_allclose(episode.positions, expected(recording), rtol=0, atol=1e-9)
    for name in ("point_masses", "damping", "force_limits"):
        plain = replace(recording, **{name: getattr(robot(3), name)})
        assert np.abs(expected(plain) - episode.positions).max() > 1e-6


def test_variants_together_are_variants_alone() -> None:
    recording = robot(3, steps=40)
    changes = [Change(), Change(stiffness=0.8, friction=1.2), Change(mass=1.2, motor=0.8)]
    variants = [change.apply(recording) for change in changes]
    together = simulate_points(variants, [Drive(), Drive(latency=3), Drive()])
    for variant, latency, episode in zip(variants, (0, 3, 0), together, strict=True):
        (alone,) = simulate_points([variant], [Drive(latency=latency)])
        np.testing.assert_allclose(episode.positions, alone.positions, rtol=0, atol=1e-12)
    assert np.ptp([episode.positions[-1].mean() for episode in together]) > 1e-6


def test_a_mass_is_a_divisor_of_stiffness() -> None:
    """Twice the mass falls and slows down as before, and its springs pull half as much."""
    recording = robot(steps=50)
    (heavy,) = simulate_points([Change(mass=2.0).apply(recording)], [Drive()])
    (soft,) = simulate_points([Change(stiffness=0.5).apply(recording)], [Drive()])
    np.testing.assert_allclose(heavy.positions, soft.positions, rtol=0, atol=1e-12)


def test_latency_shifts_the_recorded_actuation() -> None:
    recording = robot(steps=50)
    late = np.zeros_like(recording.after.actuation)
    late[7:] = recording.after.actuation[:-7]
    shifted = replace(recording, after=replace(recording.after, actuation=late))
    (one,) = simulate_points([recording], [Drive(latency=7)])
    (other,) = simulate_points([shifted], [Drive()])
    np.testing.assert_array_equal(one.positions, other.positions)


def test_a_push_changes_all_velocities_once() -> None:
    quiet = replace(MECHANICS, gravity=0.0, damping=0.0)
    recording = robot(steps=40, mechanics=replace(quiet, push=(0.3, 0.5), push_time=10 * 0.004))
    recording = replace(recording, ground=recording.ground - np.array([0.0, 9.0]))
    (pushed,) = simulate_points([recording], [Drive()])
    (still,) = simulate_points([replace(recording, mechanics=quiet)], [Drive()])
    apart = (pushed.positions - still.positions).mean(axis=1)
    np.testing.assert_allclose(apart[10], 0.0, atol=1e-12)
    np.testing.assert_allclose(apart[-1], 30 * 0.004 * np.array([0.3, 0.5]), atol=1e-12)


def test_a_body_that_explodes_ends_before() -> None:
    (episode,) = simulate_points([Change(stiffness=50.0).apply(robot(steps=100))], [Drive()])
    assert episode.diverged
    assert np.isfinite(episode.positions).all()


@pytest.mark.parametrize("mechanics", [{"contact": "sticky"}, {"forces": {"magnet": {"strength": 1.0}}}])
def test_what_a_plug_in_brought_is_refused(mechanics: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="plug-ins"):
        simulate_points([robot(mechanics=replace(MECHANICS, **mechanics))], [Drive()])


TINY: dict[str, Any] = {"body": {"rows": 3, "columns": 4}, "physics": {"steps": 60}}


def recorded(problem: codesign.Problem, seed: int = 0) -> Recording:
    """Return the first 60 steps of a random robot of a problem, with a frame for each."""
    bodies = problem.develop(problem.random(1, seed=seed))
    weights = [problem.initial_weights(bodies).flat]
    made = rollout(problem.spec, bodies, weights, [Story("random")], every_step=True)[0]
    motion = made.after
    return replace(made, after=Trajectory(motion.times[:61], motion.positions[:61], motion.actuation[:61]))


def assert_like_the_simulator(recording: Recording, tolerance: float) -> None:
    """Compare motion and actuation, in open and in closed loop, with those that were recorded."""
    assert len(recording.after.times) == 61
    assert recording.mechanics is not None
    actuate = controller_of(recording)
    asked: list[np.ndarray] = []

    def listened(time: float, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        assert actuate is not None
        asked.append(actuate(time, x, v)[0])
        return asked[-1][None]

    for drive in [Drive()] if actuate is None else [Drive(), Drive(listened)]:
        (episode,) = simulate_points([recording], [drive])
        np.testing.assert_allclose(episode.positions, recording.after.positions, rtol=0, atol=tolerance)
    if actuate is not None:
        muscles = recording.swings > 0.0
        own = np.array(asked)[:, muscles]
        assert np.ptp(own, axis=0).max() > 0.1
        np.testing.assert_allclose(own, recording.after.actuation[:-1, muscles], rtol=0, atol=100 * tolerance)


def test_the_simulator_moves_the_same_and_its_controller_asks_the_same() -> None:
    """The network of the papers, evaluated in NumPy in states of NumPy, against what Warp recorded."""
    assert_like_the_simulator(recorded(codesign.Problem(**TINY)), 1e-5)


# Densities are such that steps of 4 ms are stable: near the limit of stability roundings grow within an episode.
OTHERS: dict[str, dict[str, Any]] = {
    "shared": {"controller": "shared"},
    "cpg_feedback": {"controller": "cpg_feedback"},
    "masses": {"body": TINY["body"] | {"density": 3000.0, "damping": 2.0, "force_limit": 60.0}},
    "masses and shared": {"controller": "shared", "body": TINY["body"] | {"density": 3000.0}},
    "cpg in 3D": {"body": "voxel", "controller": "cpg", "physics": "voxel"},
}


@pytest.mark.slow
@pytest.mark.parametrize("other", OTHERS)
def test_so_do_other_controllers(other: str) -> None:
    assert_like_the_simulator(recorded(codesign.Problem(**TINY | OTHERS[other])), 1e-5)


def test_mechanics_are_those_of_the_problem() -> None:
    problem = codesign.Problem(**TINY)
    mechanics = recorded(problem).mechanics
    assert mechanics == Mechanics(0.004, -4.8, 15.0, 1e-4, contact="no_slip", contact_settings={"grazing_speed": 0.0})
