"""What one step does to a mass and a spring, value and derivative, against the oracle."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.sim import CONTACTS
from codesign.sim.kernels import Coulomb, KernelTypes, Smooth
from codesign.sim.kernels.physics import build_physics
from codesign.tasks import Flat, Segments
from tests import oracle
from tests.sim.worlds import GROUNDS, bumps

PHYSICS = SimpleNamespace(dt=0.004, gravity=-4.8, damping=15.0, friction=0.7, grip=0.6, softness=5e-3)
GIVEN = {
    "coulomb": Coulomb(friction=0.7, grip=0.6),
    "smooth": Smooth(friction=0.7, grip=0.6, softness=5e-3),
}
"""Contacts whose default settings are not those of `PHYSICS`."""
CORNERS = (0.0, 0.1, 0.35, 0.1, 0.47, 0.13, 0.59, 0.14, 0.71, 0.08, 0.83, 0.2, 0.95, 0.09, 1.3, 0.1, 1.6, 0.15)
GROUND = {
    ("flat", 2): Flat(),
    ("segments", 2): Segments(corners=CORNERS),
    ("heightfield", 2): bumps(2),
    ("heightfield", 3): bumps(3),
}
SCENES = [*GROUND]
EDGES = {"flat": (0.0,), "segments": CORNERS[::2], "heightfield": tuple(-0.113 + 0.07 * np.arange(12))}


def ground_of(terrain: str, dimension: int) -> oracle.Ground:
    return GROUNDS[terrain](GROUND[terrain, dimension], dimension)


@cache
def probe(contact: str, terrain: str, dimension: int) -> Any:
    """Return a function (positions, velocities, impulses, cotangents) -> states and their vector-Jacobian products."""
    acting = GIVEN.get(contact) or CONTACTS[contact]()
    numbers = acting.parameters(1.0)
    name = f"tests.physics_{contact}_{terrain}_{dimension}"
    types = KernelTypes(dimension, "float64", 1, 1, name, contact_numbers=len(numbers))
    ground_functions = GROUND[terrain, dimension].functions(types)
    functions = build_physics(types, acting, ground_functions)
    vector, state, Constants, Patch = types.vector, types.state, types.Constants, ground_functions.Patch  # noqa: N806
    advance, product, locate = functions.advance, functions.advance_product, ground_functions.locate

    @wp.kernel(module=types.module, enable_backward=False)
    def evaluate(
        constants: Constants,
        ground: wp.array(dtype=wp.float64),
        inputs: wp.array2d(dtype=vector),
        cotangents: wp.array(dtype=state),
        states: wp.array(dtype=state),
        gradients: wp.array2d(dtype=vector),
    ):
        i = wp.tid()
        patch = locate(ground, inputs[i, 0])
        states[i] = advance(constants, patch, inputs[i, 0], inputs[i, 1], inputs[i, 2])
        _constants, _patch, d_position, d_velocity, d_impulse, _cotangent = wp.grad(product)(
            constants, patch, inputs[i, 0], inputs[i, 1], inputs[i, 2], cotangents[i]
        )
        gradients[i, 0] = d_position
        gradients[i, 1] = d_velocity
        gradients[i, 2] = d_impulse

    @wp.kernel(module=types.module, enable_backward=True)
    def keep_adjoints(constants: Constants, patch: Patch, at: wp.array(dtype=vector), states: wp.array(dtype=state)):
        states[0] = advance(constants, patch, at[0], at[1], at[2])

    constants = Constants()
    constants.dt, constants.gravity = PHYSICS.dt, PHYSICS.gravity
    constants.contact = types.numbers(len(numbers))(*numbers or (0.0,))
    constants.drag = float(np.exp(-PHYSICS.damping * PHYSICS.dt))
    ground = wp.array(GROUND[terrain, dimension].data(dimension), dtype=wp.float64, device="cpu")

    def run(inputs: np.ndarray, cotangents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(inputs)
        states = wp.full(count, state(np.nan), dtype=state, device="cpu")
        gradients = wp.full((count, 3), vector(np.nan), dtype=vector, device="cpu")
        arrays = [wp.array(inputs, dtype=vector, device="cpu"), wp.array(cotangents, dtype=state, device="cpu")]
        wp.launch(evaluate, dim=count, inputs=[constants, ground, *arrays, states, gradients], device="cpu")
        return states.numpy(), gradients.numpy()

    return run


def masses(terrain: str, dimension: int, count: int = 400) -> np.ndarray:
    """Return masses in the air, near the ground, on it and below it, moving every way; shape (count, 3, dimension)."""
    generator = np.random.default_rng(5)
    ground = ground_of(terrain, dimension)
    place = generator.uniform(-0.2, EDGES[terrain][-1] + 0.3, (count, dimension))
    # Every third beside an edge, which half of them cross.
    for axis in range(dimension - 1):
        place[axis::3, axis] = generator.choice(EDGES[terrain], len(place[axis::3]))
        place[axis::3, axis] += generator.normal(size=len(place[axis::3])) * 2e-3
    gap = np.choose(
        np.arange(count) % 4, [np.zeros(count), *generator.uniform(0, 1, (3, count)) * [[1e-5], [2e-3], [0.3]]]
    )
    place[:, -1] = ground.under(place) + gap
    velocity = generator.normal(size=(count, dimension)) * 10.0 ** generator.uniform(-3, 0.5, (count, 1))
    impulse = generator.normal(size=(count, dimension)) * 0.1
    return np.stack([place, velocity, impulse], axis=1)


def advance(contact: str, terrain: str, inputs: np.ndarray) -> np.ndarray:
    scene = oracle.Scene(PHYSICS, ground_of(terrain, inputs.shape[2]), oracle.CONTACTS[contact])
    return np.concatenate(oracle.advance(scene, inputs[:, 0], inputs[:, 1], inputs[:, 2]), axis=1)


@pytest.mark.parametrize(("terrain", "dimension"), SCENES)
@pytest.mark.parametrize("contact", sorted(CONTACTS))
def test_one_step_of_a_mass(contact: str, terrain: str, dimension: int) -> None:
    inputs = masses(terrain, dimension)
    states, _ = probe(contact, terrain, dimension)(inputs, np.zeros((len(inputs), 2 * dimension)))
    # Where heights become speeds, by 1 / dt, so do their last digits.
    rounding = 2e-14 if contact == "smooth" or terrain == "heightfield" else 1e-15
    np.testing.assert_allclose(states, advance(contact, terrain, inputs), rtol=0, atol=rounding)


@pytest.mark.parametrize(("terrain", "dimension"), SCENES)
@pytest.mark.parametrize("contact", sorted(CONTACTS))
def test_one_step_of_a_mass_backwards(contact: str, terrain: str, dimension: int) -> None:
    inputs = masses(terrain, dimension)
    cotangents = np.random.default_rng(6).normal(size=(len(inputs), 2 * dimension))
    _, gradients = probe(contact, terrain, dimension)(inputs, cotangents)
    size = 1e-7
    smooth = np.full(len(inputs), True)
    for argument in range(3):
        for axis in range(dimension):
            shift = np.zeros((3, dimension))
            shift[argument, axis] = size
            middle, up, down = (advance(contact, terrain, inputs + sign * shift) for sign in (0, 1, -1))
            # Where the two one-sided differences disagree the step has a kink, and no derivative to compare with.
            kink = (np.abs(up - 2 * middle + down).max(axis=1) > 3e-5 * size) & (contact != "smooth")
            smooth &= ~kink
            expected = ((up - down) / (2 * size) * cotangents).sum(axis=1)
            found = gradients[:, argument, axis]
            np.testing.assert_allclose(found[~kink], expected[~kink], rtol=1e-5, atol=2e-7)
    assert np.isfinite(gradients).all()
    assert smooth.mean() > 0.6


@cache
def spring_probe(precision: str) -> Any:
    """Return a function (vectors between the ends, settings, cotangents) -> impulses and their derivatives."""
    types = KernelTypes(2, precision, 1, 1, f"tests.spring_{precision}")
    functions = build_physics(types, CONTACTS["coulomb"](), Flat().functions(types))
    real, vector, Constants = types.real, types.vector, types.Constants  # noqa: N806
    spring_impulse, product = functions.spring_impulse, functions.spring_product

    @wp.kernel(module=types.module, enable_backward=False)
    def evaluate(
        constants: Constants,
        along: wp.array(dtype=vector),
        settings: wp.array2d(dtype=real),
        cotangents: wp.array(dtype=vector),
        impulses: wp.array(dtype=vector),
        d_along: wp.array(dtype=vector),
        d_settings: wp.array2d(dtype=real),
    ):
        i = wp.tid()
        rest = settings[i, 0]
        stiffness = settings[i, 1]
        strain = settings[i, 2]
        impulses[i] = spring_impulse(constants, along[i], vector(), rest, stiffness, strain)
        _constants, d_vector, _drift, d_rest, d_stiffness, d_strain, _cotangent = wp.grad(product)(
            constants, along[i], vector(), rest, stiffness, strain, cotangents[i]
        )
        d_along[i] = d_vector
        d_settings[i, 0] = d_rest
        d_settings[i, 1] = d_stiffness
        d_settings[i, 2] = d_strain

    @wp.kernel(module=types.module, enable_backward=True)
    def keep_adjoints(constants: Constants, at: wp.array(dtype=vector), settings: wp.array(dtype=real)):
        at[1] = spring_impulse(constants, at[0], at[0], settings[0], settings[1], settings[2])

    constants = Constants()
    constants.dt, constants.regularisation = PHYSICS.dt, oracle.SOFTENING

    def run(along: np.ndarray, settings: np.ndarray, cotangents: np.ndarray) -> tuple[np.ndarray, ...]:
        count = len(along)
        inputs = [
            wp.array(along, dtype=vector, device="cpu"),
            wp.array(settings, dtype=real, device="cpu"),
            wp.array(cotangents, dtype=vector, device="cpu"),
        ]
        outputs = [
            wp.full(count, vector(np.nan), dtype=vector, device="cpu"),
            wp.full(count, vector(np.nan), dtype=vector, device="cpu"),
            wp.full((count, 3), real(np.nan), dtype=real, device="cpu"),
        ]
        wp.launch(evaluate, dim=count, inputs=[constants, *inputs, *outputs], device="cpu")
        return tuple(array.numpy() for array in outputs)

    return run


def apply_springs(along: np.ndarray, settings: np.ndarray) -> np.ndarray:
    """Return what the oracle's springs do to their second ends; the stretch is swing times actuation."""
    impulses = []
    for vector, (rest, stiffness, strain) in zip(along, settings, strict=True):
        spring = SimpleNamespace(springs=[[0, 1]], rest_lengths=[rest], stiffness=[stiffness], swings=[1.0])
        ends = np.stack([vector, np.zeros(2)])
        impulses.append(oracle.spring_impulses(spring, ends, np.array([strain]), PHYSICS.dt)[1])
    return np.array(impulses)


def test_a_spring_forwards_and_backwards() -> None:
    generator = np.random.default_rng(7)
    along = generator.normal(size=(60, 2)) * 0.05
    settings = generator.uniform([0.02, 1e3, -0.2], [0.1, 3e4, 0.2], (60, 3))
    cotangents = generator.normal(size=(60, 2))
    impulses, d_along, d_settings = spring_probe("float64")(along, settings, cotangents)
    np.testing.assert_allclose(impulses, apply_springs(along, settings), rtol=1e-13, atol=1e-15)
    for axis in range(2):
        shift = 1e-8 * np.eye(2)[axis]
        change = apply_springs(along + shift, settings) - apply_springs(along - shift, settings)
        expected = (change / 2e-8 * cotangents).sum(axis=1)
        np.testing.assert_allclose(d_along[:, axis], expected, rtol=1e-6, atol=1e-4)
    for setting, size in enumerate((1e-7, 1.0, 1e-6)):
        shift = size * np.eye(3)[setting]
        change = apply_springs(along, settings + shift) - apply_springs(along, settings - shift)
        expected = (change / (2 * size) * cotangents).sum(axis=1)
        np.testing.assert_allclose(d_settings[:, setting], expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_spring_of_no_length_pulls_nowhere(precision: str) -> None:
    impulses, d_along, d_settings = spring_probe(precision)(
        np.zeros((1, 2)), np.array([[0.05, 3e4, 0.1]]), np.ones((1, 2))
    )
    np.testing.assert_array_equal(impulses, np.zeros((1, 2)))
    np.testing.assert_array_equal(d_settings, np.zeros((1, 3)))
    # The softened spring is differentiable there: impulse = dt k (s - rest (1 + stretch)) / s along, s the softening.
    slope = PHYSICS.dt * 3e4 * (oracle.SOFTENING - 0.05 * 1.1) / oracle.SOFTENING
    np.testing.assert_allclose(d_along[0], [slope, slope], rtol=1e-5)


@pytest.mark.parametrize(("terrain", "dimension"), SCENES)
def test_friction_of_a_mass_that_does_not_slide(terrain: str, dimension: int) -> None:
    """At no tangential speed friction has no direction; the motion and its derivative are still numbers."""
    ground = ground_of(terrain, dimension)
    still = np.zeros((50, 3, dimension))
    still[:, 0, :-1] = np.linspace(-0.2, 1.9, 50)[:, None]
    still[:, 0, -1] = ground.under(still[:, 0])
    falling = still.copy()
    # After drag and gravity exactly the normal remains, or as much of it as rounding leaves.
    falling[:, 2] = -ground.normal_at(still[:, 0])
    falling[:, 2, -1] -= PHYSICS.dt * PHYSICS.gravity
    for inputs in (still, falling):
        states, gradients = probe("coulomb", terrain, dimension)(inputs, np.ones((50, 2 * dimension)))
        np.testing.assert_allclose(states, advance("coulomb", terrain, inputs), rtol=0, atol=1e-14)
        assert np.isfinite(gradients).all()
