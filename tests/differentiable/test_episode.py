"""Episodes as functions of arrays: their derivatives, and windows put together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import warp as wp

import codesign
from codesign.differentiable import Episode
from codesign.errors import ConfigError, MemoryBudgetError

STEPS = 40
SMALL = 1e-6
"""Differences of inputs relative to their size."""

# Half of the digits of a float64 remain, and differences of rest lengths move stiff springs. Measured: up to 8e-8.
DIFFERENCES = 2e-6

PHYSICAL = ("rest_lengths", "positions")

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def problem() -> codesign.Problem:
    return codesign.Problem(
        body={"rows": 3, "columns": 4}, physics={"steps": STEPS}, execution={"precision": "float64"}
    )


@pytest.fixture(scope="module")
def bodies(problem: codesign.Problem) -> codesign.Bodies:
    return problem.bodies(problem.random(3))


def inputs(episode: Episode, problem: codesign.Problem, seed: int = 0) -> Arrays:
    """Return inputs in the air, where no difference changes who touches the ground, that move."""
    generator = np.random.default_rng(seed)
    own = episode.defaults()
    own["positions"] = own["positions"] + [0.0, 0.5]
    own["velocities"] = 0.1 * generator.normal(size=own["velocities"].shape)
    own["task_state"] = generator.normal(size=own["task_state"].shape)
    if "weights" in episode.shapes:
        own["weights"] = problem.initial_weights(episode.bodies).flat
    else:
        own["actuation"] = generator.normal(size=episode.shapes["actuation"])
    return own


def cotangents(episode: Episode, seed: int = 1) -> Arrays:
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape) for name, shape in episode.output_shapes.items()}


def numpy(arrays: Mapping[str, wp.array]) -> Arrays:
    return {name: array.numpy() for name, array in arrays.items()}


@pytest.mark.parametrize("actuation", ["controller", "steps", "held"])
def test_reverse_mode_is_the_derivative_in_every_input(
    problem: codesign.Problem, bodies: codesign.Bodies, actuation: Any
) -> None:
    episode = Episode(problem.spec, bodies, actuation=actuation, steps=STEPS if actuation == "controller" else 20)
    first = 0 if actuation == "controller" else 10  # from the second step on, what the task has kept matters
    own, given = inputs(episode, problem), cotangents(episode)
    gradients = numpy(episode.reverse(own, given, first_step=first))
    generator = np.random.default_rng(2)

    def value(changed: Arrays) -> float:
        found = numpy(episode.forward(changed, first_step=first))
        return sum(float(np.vdot(found[name], given[name])) for name in given)

    assert list(gradients) == list(episode.shapes)
    for name, shape in episode.shapes.items():
        direction = generator.normal(size=shape)
        step = SMALL * np.abs(own[name]).mean()
        ends = [value({**own, name: own[name] + sign * step * direction}) for sign in (1, -1)]
        expected, found = (ends[0] - ends[1]) / (2 * step), float(np.vdot(gradients[name], direction))
        assert abs(found - expected) <= DIFFERENCES * max(abs(expected), 1e-3), name
        assert found != 0.0 or (name == "task_state" and first == 0), name


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [True, False])
def test_so_it_is_in_masses_damping_and_force_limits(heavy: bool) -> None:
    tissue = {"density": 300.0, "damping": 3.0, "force_limit": 80.0} if heavy else {}
    problem = codesign.Problem(
        body={"rows": 3, "columns": 4, **tissue}, physics={"steps": STEPS}, execution={"precision": "float64"}
    )
    own_bodies = problem.bodies(problem.random(3))
    plain = Episode(problem.spec, own_bodies, actuation="held", steps=10)
    assert ("masses" in plain.shapes) == heavy
    episode = Episode(problem.spec, own_bodies, actuation="held", steps=10, material_properties=True)
    own, given = inputs(episode, problem), cotangents(episode)
    for name in ("masses", "damping", "force_limits"):
        np.testing.assert_array_equal(own[name], getattr(own_bodies, name))
    # Masses that are given decide where the centre of mass is.
    own["masses"] = own["masses"] * np.random.default_rng(3).uniform(0.5, 2.0, own["masses"].shape)
    gradients = numpy(episode.reverse(own, given, first_step=10))

    def value(name: str, change: np.ndarray) -> float:
        found = numpy(episode.forward({**own, name: own[name] + change}, first_step=10))
        return sum(float(np.vdot(found[output], given[output])) for output in given)

    for name, size in (("masses", 1e-6), ("damping", 1e-4), ("force_limits", 1e-3), ("stiffness", 1e-1)):
        direction = size * np.random.default_rng(2).normal(size=own[name].shape)
        expected = (value(name, direction) - value(name, -direction)) / 2.0
        found = float(np.vdot(gradients[name], direction))
        assert abs(found - expected) <= 1e-5 * abs(expected) + 1e-12, name
        assert (found != 0.0) == (heavy or name != "force_limits"), name


def test_windows_together_are_the_episode(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    whole = Episode(problem.spec, bodies, actuation="steps")
    own = whole.defaults()
    own["actuation"] = np.random.default_rng(0).normal(size=whole.shapes["actuation"])
    expected = numpy(whole.forward(own))
    window = Episode(problem.spec, bodies, actuation="steps", steps=10)
    part, found = window.defaults(), expected
    for first in range(0, STEPS, 10):
        part["actuation"] = own["actuation"][first : first + 10].copy()
        found = numpy(window.forward(part, first_step=first))
        assert (found["positions"] == expected["positions"][first : first + 11]).all()
        part |= {name: found[name][-1].copy() for name in ("positions", "velocities")}
        part["task_state"] = found["task_state"]
    assert (found["loss"] == expected["loss"]).all()
    assert (found["task_state"] == expected["task_state"]).all()


def test_it_is_the_episode_of_the_problem(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    weights = problem.initial_weights(bodies)
    loss, gradient = problem.value_and_gradient(bodies, weights, wrt=["weights", *PHYSICAL])
    episode = Episode(problem.spec, bodies)
    own = {"weights": weights.flat}
    simulated = episode.simulate(own, measure=False)
    assert (simulated.outputs["loss"].numpy() == loss).all()
    assert set(simulated.measures) == {"displacement"}
    found = numpy(episode.reverse(own, {"loss": np.ones(3)}, number=simulated.number))
    # Other kernels: what compilers fuse differs in the last bits.
    for name, expected in (("weights", gradient["weights"].flat), *((name, gradient[name]) for name in PHYSICAL)):
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_calls_in_any_order(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    episode = Episode(problem.spec, bodies, actuation="held", steps=10)
    first, second = inputs(episode, problem, 0), inputs(episode, problem, 1)
    given = cotangents(episode)
    number = episode.simulate(first).number
    episode.forward(second)
    late = numpy(episode.reverse(first, given, number=number))
    again = numpy(episode.reverse(first, given))
    other = numpy(episode.reverse(second, given))
    for name in late:
        assert (late[name] == again[name]).all()
        assert name == "task_state" or (late[name] != other[name]).any()


def test_arrays_of_the_device_are_not_copied_through_numpy(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    episode = Episode(problem.spec, bodies, actuation="held", steps=10)
    own = inputs(episode, problem)
    there = {name: wp.array(array, dtype=wp.float64, device=episode.device) for name, array in own.items()}
    for array in there.values():
        array.numpy = None  # type: ignore[method-assign]
    expected, found = episode.forward(own), episode.forward(there)
    assert all((found[name].numpy() == expected[name].numpy()).all() for name in expected)


@pytest.mark.parametrize(("diverged", "loss", "gradient"), [("zero", np.inf, 0.0), ("nan", np.nan, np.nan)])
def test_a_body_that_diverges_harms_no_other(
    problem: codesign.Problem, bodies: codesign.Bodies, diverged: Any, loss: float, gradient: float
) -> None:
    episode = Episode(problem.spec, bodies, actuation="held", steps=10, diverged=diverged)
    own, given = inputs(episode, problem), cotangents(episode)
    sound, sound_gradients = numpy(episode.forward(own)), numpy(episode.reverse(own, given))
    own["velocities"][bodies.mass_start[1]] = 1e200
    found, gradients = numpy(episode.forward(own)), numpy(episode.reverse(own, given))
    np.testing.assert_array_equal(found["loss"], [sound["loss"][0], loss, sound["loss"][2]])
    springs, middle = bodies.spring_start, gradients["stiffness"][bodies.spring_start[1] : bodies.spring_start[2]]
    np.testing.assert_array_equal(middle, np.full(len(middle), gradient))
    assert (gradients["stiffness"][: springs[1]] == sound_gradients["stiffness"][: springs[1]]).all()
    assert (gradients["stiffness"][springs[2] :] == sound_gradients["stiffness"][springs[2] :]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"actuation": np.zeros(3)}, "expected actuation of shape"),
        ({"positions": np.zeros((1, 2))}, "expected positions of shape"),
        ({"weights": np.zeros(1)}, "expected inputs among"),
        ({"stiffness": np.zeros(1, np.float32)}, "expected stiffness of shape"),
        ({"velocities": [0.0]}, "expected velocities as an array"),
    ],
)
def test_wrong_inputs(problem: codesign.Problem, bodies: codesign.Bodies, change: dict[str, Any], message: str) -> None:
    episode = Episode(problem.spec, bodies, actuation="held", steps=10)
    with pytest.raises(ValueError, match=message):
        episode.forward({**inputs(episode, problem), **change})


def test_other_types_and_strides(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    episode = Episode(problem.spec, bodies, actuation="held", steps=10)
    own = inputs(episode, problem)
    with pytest.raises(ValueError, match="expected stiffness of float64; got float32"):
        episode.forward({**own, "stiffness": own["stiffness"].astype(np.float32)})
    with pytest.raises(ValueError, match="expected velocities in C order"):
        episode.forward({**own, "velocities": np.asfortranarray(own["velocities"])})
    with pytest.raises(ValueError, match="got 'masses'; make the episode with material_properties=True"):
        episode.forward({**own, "masses": np.ones(len(bodies.positions))})
    with pytest.raises(ValueError, match="expected the input actuation; got none"):
        episode.forward({})


def test_windows_that_there_are_not(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    with pytest.raises(ConfigError, match="steps as a whole number from 1 to 40"):
        Episode(problem.spec, bodies, steps=41)
    with pytest.raises(ConfigError, match="world as a whole number below 1"):
        Episode(problem.spec, bodies, world=1)
    with pytest.raises(ConfigError, match="one of controller, steps, held"):
        Episode(problem.spec, bodies, actuation="none")  # type: ignore[arg-type]
    episode = Episode(problem.spec, bodies, actuation="held", steps=10)
    with pytest.raises(ConfigError, match="first_step as a whole number from 0 to 30"):
        episode.forward(inputs(episode, problem), first_step=31)
    turning = codesign.Problem(body="voxel_small", physics={"steps": STEPS}, task="turn")
    with pytest.raises(ConfigError, match=r"a task that can go on in a window of \d+ of \d+ steps"):
        Episode(turning.spec, turning.bodies(turning.random(1)), actuation="held", steps=10)
    little = codesign.Problem(body={"rows": 3, "columns": 4}, physics={"steps": 1000}, execution={"memory_mib": 1})
    with pytest.raises(MemoryBudgetError, match="states that fit into 1 MiB"):
        Episode(little.spec, little.bodies(little.random(8)))
