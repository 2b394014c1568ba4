"""Episodes under JAX's transformations."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import codesign
import codesign.jax

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'codesign[jax]'")
pytest.importorskip("jax.test_util")
jnp = jax.numpy

STEPS = 40


def simulate(problem: codesign.Problem, bodies: codesign.Bodies, **settings: Any) -> Any:
    return codesign.jax.Rollout(problem, bodies, **settings)


def test_compiled_gradients_are_those_of_the_problem(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    rollout = simulate(problem, bodies)
    weights = problem.initial_weights(bodies)
    loss, gradient = problem.value_and_gradient(bodies, weights)
    found = jax.jit(jax.value_and_grad(lambda own: rollout(own).loss.sum()))(rollout.initial_weights())
    assert float(found[0]) == loss.sum()
    np.testing.assert_allclose(found[1], gradient.flat, rtol=0, atol=1e-13 * gradient.norms().max())


@pytest.mark.parametrize("form", ["controller", "steps", "held"])
def test_gradients_in_every_input(problem: codesign.Problem, bodies: codesign.Bodies, form: str) -> None:
    rollout, generator = simulate(problem, bodies), np.random.default_rng(0)
    springs = len(bodies.springs)
    control = {
        "controller": {"weights": rollout.initial_weights()},
        "steps": {"actuation": jnp.asarray(generator.normal(size=(STEPS, springs)))},
        "held": {"actuation": jnp.asarray(generator.normal(size=springs))},
    }[form]
    start = problem.spec.terrain.place(bodies) + np.array(
        [0.0, 0.5]
    )  # in the air, where no difference changes who touches
    own = {
        **control,
        "positions": jnp.asarray(start),
        "velocities": jnp.asarray(0.1 * generator.normal(size=start.shape)),
        "rest_lengths": jnp.asarray(bodies.rest_lengths),
        "stiffness": jnp.asarray(bodies.stiffness),
        "swings": jnp.asarray(bodies.swings),
        "masses": jnp.asarray(generator.uniform(0.5, 2.0, size=len(start))),
        "damping": jnp.asarray(generator.uniform(1.0, 2.0, size=springs)),
        "force_limits": jnp.asarray(generator.uniform(50.0, 100.0, size=springs)),
    }

    def value(**inputs: Any) -> Any:
        found = rollout(**inputs)
        return found.loss.sum() + (found.positions**2).mean() + (found.velocities**3).mean() + found.task_state.sum()

    for name, array in own.items():
        # Stiffness and forces are large and matter little, so that they take large differences.
        jax.test_util.check_grads(
            lambda given, name=name: value(**{**own, name: given}),
            (array,),
            order=1,
            modes=["rev"],
            eps=1e-7 if name not in ("stiffness", "force_limits") else 1e-2,
        )
    assert rollout(**own).positions.shape == (STEPS + 1, len(start), 2)


def test_batches_are_what_their_members_are(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    rollout = simulate(problem, bodies)
    first = rollout.initial_weights()
    weights = jnp.stack([first, 0.9 * first, 1.1 * first, 0.5 * first])
    gradient = jax.grad(lambda own: rollout(own).loss.sum())
    np.testing.assert_array_equal(jax.jit(jax.vmap(gradient))(weights), [gradient(own) for own in weights])
    paths = jax.vmap(lambda own: rollout(own).positions)(weights)
    np.testing.assert_array_equal(paths, [rollout(own).positions for own in weights])
    nested = jax.vmap(jax.vmap(lambda own: rollout(own).loss))(weights.reshape(2, 2, -1))
    np.testing.assert_array_equal(nested.reshape(4, -1), [rollout(own).loss for own in weights])
    jacobian = jax.jacrev(lambda own: rollout(own).loss)(first)
    np.testing.assert_allclose(jacobian.sum(axis=0), gradient(first), rtol=1e-12)


def test_batches_of_actuation_beside_one_start(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    rollout = simulate(problem, bodies)
    one = np.random.default_rng(0).normal(size=(STEPS, len(bodies.springs)))
    actuation = jnp.asarray(np.stack([one, 0.5 * one]))
    gradient = jax.grad(lambda own: rollout(actuation=own).positions[-1, :, 0].mean())
    np.testing.assert_array_equal(jax.vmap(gradient)(actuation), [gradient(own) for own in actuation])


def test_without_paths(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    whole, short = simulate(problem, bodies), simulate(problem, bodies, paths=False)
    weights = jnp.stack([whole.initial_weights(), 0.9 * whole.initial_weights()])
    assert short(weights[0]).positions is None
    expected, found = (
        jax.vmap(jax.grad(lambda own, rollout=rollout: rollout(own).loss.sum()))(weights) for rollout in (whole, short)
    )
    np.testing.assert_array_equal(found, expected)


def test_a_body_that_diverges_harms_no_other(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    start = problem.spec.terrain.place(bodies)
    wild = np.zeros_like(start)
    wild[bodies.mass_start[1]] = 1e200
    for diverged, loss, own in (("zero", np.inf, 0.0), ("nan", np.nan, np.nan)):
        rollout = simulate(problem, bodies, diverged=diverged)
        weights = rollout.initial_weights()
        calm, found = rollout(weights).loss, rollout(weights, velocities=jnp.asarray(wild)).loss
        np.testing.assert_array_equal(found, [calm[0], loss, calm[2]])
        stiffness = jnp.asarray(bodies.stiffness)
        gradient = jax.grad(
            lambda own, rollout=rollout, weights=weights: rollout(weights, stiffness=own, velocities=wild).loss.sum()
        )(stiffness)
        first, last = bodies.spring_start[1:3]
        np.testing.assert_array_equal(gradient[first:last], np.full(last - first, own))
        assert np.isfinite(gradient[:first]).all()
        assert np.isfinite(gradient[last:]).all()


def test_a_problem_keeps_the_simulator_of_its_last_bodies(problem: codesign.Problem, bodies: codesign.Bodies) -> None:

    def kept() -> Any:
        return problem.kept["jax"][1]

    weights = problem.initial_weights(bodies).flat
    first = codesign.jax.rollout(problem, bodies, weights).loss
    own = kept()
    again = codesign.jax.rollout(problem, bodies.take(np.arange(len(bodies))), weights).loss
    np.testing.assert_array_equal(first, again)
    assert kept() is own
    codesign.jax.rollout(problem, bodies[:1], weights[: len(problem.initial_weights(bodies[:1]).flat)])
    assert len(kept().bodies) == 1


def test_mistakes(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    rollout = simulate(problem, bodies)
    with pytest.raises(ValueError, match="expected weights of controllers or an actuation; got neither"):
        rollout()
    with pytest.raises(ValueError, match=r"expected weights of shape \(\d+,\); got \(3,\)"):
        rollout(jnp.zeros(3))
    with pytest.raises(TypeError, match="expected weights of float64; got float32"):
        rollout(rollout.initial_weights().astype(jnp.float32))
    with pytest.raises(ValueError, match="expected diverged to be 'zero' or 'nan'"):
        simulate(problem, bodies, diverged="raise")
    with pytest.raises(ValueError, match="steps as a whole number from 1 to 40"):
        simulate(problem, bodies, steps=41)
    with pytest.raises(ValueError, match="world as a whole number below 1"):
        simulate(problem, bodies, world=1)
    with pytest.raises(ValueError, match="expected seed to be a whole number of at least 0; got -1"):
        rollout.initial_weights(seed=-1)
    for wrong in ("abc", np.zeros(3, complex), object()):
        with pytest.raises(TypeError, match=r"expected weights as an array; got .*; give an array of real numbers"):
            rollout(wrong)
    with pytest.raises(TypeError, match=r"expected a codesign\.Problem; got str"):
        codesign.jax.rollout("walk", bodies)  # type: ignore[arg-type]


def test_bodies_that_learn_keep_their_weights_to_themselves(problem: codesign.Problem, bodies: codesign.Bodies) -> None:
    learning = codesign.Problem(
        body={"rows": 3, "columns": 4},
        physics={"steps": STEPS},
        execution={"precision": "float64"},
        learner={"body": {"rest_lengths": 0.1, "masses": 0.1}},
    )
    rollout, whole = simulate(learning, bodies), learning.initial_weights(bodies)
    weights = rollout.initial_weights()
    np.testing.assert_array_equal(weights, problem.initial_weights(bodies).flat)
    np.testing.assert_allclose(rollout(weights).loss, learning.value_and_gradient(bodies, whole)[0], rtol=1e-9)
    with pytest.raises(ValueError, match=rf"expected the {len(weights)} weights of controllers; got {len(whole.flat)}"):
        rollout(jnp.asarray(whole.flat))


def test_float64_needs_jax_with_float64() -> None:
    program = """
import codesign, codesign.jax
problem = codesign.Problem(body={"rows": 3, "columns": 4}, execution={"precision": "float64"})
try:
    codesign.jax.Rollout(problem, problem.random(1))
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "expected JAX with float64 for a problem in float64; got float32 alone" in done.stdout
    assert "Warning" not in done.stderr
