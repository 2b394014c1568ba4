"""First weights: the numbers of the rest of the program's streams, and distributed as they say."""

from typing import Any

import numpy as np
import pytest
import warp as wp

from codesign.body import Bodies
from codesign.control import CONTROLLERS, Cpg, Mlp, Parameter, constant, normal, uniform
from codesign.sim import first_weights
from codesign.sim.kernels.random_weights import HALF_ROOT, LOGARITHM, SINE
from codesign.sim.launching.weights import Weights
from codesign.sim.layout.packing import layout_of
from codesign.sim.layout.parameters import parameter_layout
from codesign.sim.sharing import Threads
from codesign.streams import Draws, Purpose, generation_keys
from tests.sim.bodies import ASSORTED, strip

KEYS = generation_keys(5, 2, 400, Purpose.CONTROLLER)
COUNT, STEPS = 5000, 30


class Numbers(Cpg):
    """A controller all of whose weights are drawn alike; only their first values matter here."""

    initial = normal(1.0)

    def parameters(self, dimension: int) -> tuple[Parameter, ...]:
        del dimension
        return (Parameter("drawn", self.initial, per="step"),)


def numbers(keys: np.ndarray, initial: Any = Numbers.initial, count: int = COUNT) -> np.ndarray:
    """Return the first `count` numbers of each key, shape (keys, count)."""

    class Own(Numbers):
        """The same, drawn from what is given."""

    Own.initial = initial
    body = strip(1)
    springs = len(body.springs)
    steps = -(-count // springs)
    drawn = first_weights(Own(), Bodies.of([body] * len(keys)), steps, keys)
    return drawn.reshape(len(keys), -1)[:, :count]


def oracle(bits: np.ndarray) -> np.ndarray:
    """Return the normal number of 64 random bits, each operation rounded to float32."""
    one, half = np.float32(1.0), np.float32(0.5)

    def polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
        value = np.full_like(x, coefficients[0])
        for coefficient in coefficients[1:]:
            value = value * x + np.float32(coefficient)
        return value

    x = (bits >> np.uint64(33)).astype(np.int32).astype(np.float32) + half
    pattern = x.view(np.int32)
    power = (pattern - np.int32(HALF_ROOT)) >> np.int32(23)
    f = (pattern - (power << np.int32(23))).view(np.float32) - one
    log = polynomial(LOGARITHM, f) * f
    radius = np.sqrt((np.int32(31) - power).astype(np.float32) * np.float32(2.0 * np.log(2.0)) - (log + log))
    v = (bits.astype(np.uint32).view(np.int32).astype(np.float32) + half) * np.float32(2.0**-31)
    return radius * (v * polynomial(SINE, v * v))


def test_number_i_follows_from_the_key_and_i() -> None:
    keys = KEYS[:3]
    bits = Draws(keys).bits(COUNT)
    np.testing.assert_array_equal(numbers(keys), oracle(bits))
    expected = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    np.testing.assert_array_equal(numbers(keys, uniform(0.0, 1.0)), expected)
    scaled = np.float32(-3.0) + np.float32(5.0) * expected
    np.testing.assert_array_equal(numbers(keys, uniform(-3.0, 2.0)), scaled)
    np.testing.assert_array_equal(numbers(keys, normal(0.1, 2.0)), np.float32(2.0) + np.float32(0.1) * oracle(bits))
    np.testing.assert_array_equal(numbers(keys, constant(0.25)), 0.25)


def test_normal_numbers_are_those_of_exact_arithmetic() -> None:
    bits = Draws(KEYS[:20]).bits(COUNT).ravel()
    x = (bits >> np.uint64(33)).astype(np.float32).astype(np.float64) + 0.5
    x = np.float32(x).astype(np.float64)
    v = (bits.astype(np.uint32).view(np.int32).astype(np.float64) + 0.5) * 2.0**-31
    exact = np.sqrt(-2.0 * np.log(x * 2.0**-31)) * np.sin(np.pi / 2.0 * v)
    np.testing.assert_allclose(numbers(KEYS[:20]).ravel(), exact, rtol=0, atol=2e-6)


def test_extreme_bits_give_finite_numbers() -> None:
    extremes = np.array([0, 2**64 - 1, 2**63 - 1, 2**63, 2**33 - 1, 2**33, 2**32 - 1, 2**31, 2**31 - 1], np.uint64)
    drawn = oracle(extremes)
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() == pytest.approx(6.66, abs=0.01)


def test_numbers_are_standard_normal() -> None:
    """Bounds are five standard errors of two million numbers."""
    drawn = numbers(KEYS).ravel()
    error = 5.0 / np.sqrt(len(drawn))
    for power, moment, spread in ((1, 0.0, 1.0), (2, 1.0, 2.0**0.5), (3, 0.0, 15.0**0.5), (4, 3.0, 96.0**0.5)):
        assert (drawn**power).mean() == pytest.approx(moment, abs=error * spread)
    for bound, share in ((1.0, 0.317311), (2.0, 0.0455003), (3.0, 0.00269980), (4.0, 6.33425e-5)):
        for side in (drawn > bound, drawn < -bound):
            assert side.mean() == pytest.approx(share / 2.0, abs=error * np.sqrt(share / 2.0))


def test_uniform_numbers_are_uniform() -> None:
    drawn = numbers(KEYS, uniform(0.0, 1.0)).ravel()
    shares = np.bincount((drawn * 64).astype(int), minlength=64) / len(drawn)
    np.testing.assert_allclose(shares, 1.0 / 64, rtol=0, atol=5.0 * np.sqrt(1.0 / 64 / len(drawn)))
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0


@pytest.mark.parametrize("neighbour", ["weight", "design", "generation", "seed"])
def test_neighbours_have_nothing_in_common(neighbour: str) -> None:
    one = numbers(KEYS)
    if neighbour == "weight":
        one, other = one[:, :-1], one[:, 1:]
    elif neighbour == "design":
        one, other = one[:-1], one[1:]
    else:
        address = (5, 3) if neighbour == "generation" else (6, 2)
        other = numbers(generation_keys(*address, 400, Purpose.CONTROLLER))
    one, other = one.ravel(), other.ravel()
    error = 5.0 / np.sqrt(len(one))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.0, abs=error)
    assert np.corrcoef(one**2, other**2)[0, 1] == pytest.approx(0.0, abs=error)


@pytest.mark.parametrize("name", sorted(CONTROLLERS))
def test_a_design_draws_the_same_everywhere(name: str) -> None:
    """In rows of any width, in both precisions, on any number of threads, among any others."""
    controller, bodies, keys = CONTROLLERS[name](), Bodies.of(ASSORTED), KEYS[: len(ASSORTED)]
    expected = first_weights(controller, bodies, STEPS, keys)
    for row, precision, threads in ((1, "float64", 1), (8, "float32", 2), (16, "float32", 3), (8, "float64", 2)):
        layout = layout_of(bodies, row)
        starts = parameter_layout(controller, layout, np.arange(len(bodies) + 1), STEPS).start
        device, blocks = wp.get_device("cpu"), controller.weight_blocks(layout, STEPS)
        weights = Weights(blocks, starts, row, precision, device, Threads(threads))
        parameters = wp.full(int(starts[-1]), 3.0, dtype=getattr(wp, precision), device=device)
        weights.draw(keys, parameters)
        np.testing.assert_array_equal(weights.read(parameters), expected)
        # What lay there before is gone, padding included.
        assert not (parameters.numpy() == 3.0).any()


def test_the_number_of_sines_does_not_matter_to_where_weights_are() -> None:
    """With a single sine, those inputs that depend on time lie apart."""
    keys = KEYS[:1]
    for sines in (1, 2, 15):
        controller = Mlp(sines=sines, hidden=40)
        body = strip(4)
        drawn = first_weights(controller, Bodies.of([body]), 1, keys)
        inputs = sines + 4 * len(body.positions) + 2
        scale = np.float32(2.0 * np.sqrt(2.0 / (40 + inputs)))
        bits = Draws(keys).bits(40 * inputs)[0]
        np.testing.assert_array_equal(drawn[: 40 * inputs], scale * oracle(bits))
        assert not drawn[40 * inputs : 40 * inputs + 40].any()
