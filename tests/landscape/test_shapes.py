"""Numbers about lines and gradients, against what is known on paper."""

import numpy as np
import pytest

from codesign.landscape import shapes

PLACES = np.linspace(-1.0, 2.0, 61)


def test_variation_beyond_the_ends_is_what_goes_up_and_down_again() -> None:
    assert shapes.variation_beyond(-3.0 * PLACES) == pytest.approx(0.0, abs=1e-12)
    assert shapes.variation_beyond(PLACES**2) == pytest.approx(2.0)  # down by 1 and up by 4, of which 3 are the change
    assert shapes.variation_beyond(np.array([0.0, 1.0, 0.5, 2.0])) == pytest.approx(1.0)
    assert np.isnan(shapes.variation_beyond(np.array([0.0, np.nan, 1.0])))


def test_a_barrier_is_above_the_higher_end() -> None:
    assert shapes.barrier(np.array([1.0, 1.4, 0.2, 0.3])) == pytest.approx(0.4)
    assert shapes.barrier(np.array([1.0, 0.4, 0.6, 0.3])) == 0.0
    assert np.isnan(shapes.barrier(np.array([1.0, np.nan, 0.2])))
    assert shapes.height(np.array([1.0, 1.4, 0.2])) == pytest.approx(1.2)


def test_roughness_of_a_parabola_a_line_and_noise() -> None:
    spacing = PLACES[1] - PLACES[0]
    assert shapes.roughness(4.0 + 2.0 * PLACES) == pytest.approx(0.0, abs=1e-12)
    assert shapes.roughness(3.0 * PLACES**2) == pytest.approx(6.0 * spacing**2)
    assert np.isnan(shapes.roughness(np.array([1.0, 2.0])))
    # Of independent standard normal numbers, second differences have the variance 6.
    noise = np.random.default_rng(0).normal(size=20_000)
    assert shapes.roughness(noise) == pytest.approx(np.sqrt(6.0) * np.sqrt(2.0 / np.pi), rel=0.03)


def test_a_cubic_explains_cubics_and_no_noise() -> None:
    assert shapes.unexplained(1.0 - PLACES + 2.0 * PLACES**3) < 1e-20
    assert shapes.unexplained(PLACES**4) > 1e-4
    assert shapes.unexplained(np.random.default_rng(0).normal(size=4000)) > 0.99
    assert shapes.unexplained(np.full(9, 2.5)) == 0.0
    # Half of the variance is that of a line, and half of it is noise.
    line = np.linspace(-1.0, 1.0, 4001)
    noisy = line / line.std() + np.random.default_rng(1).normal(size=4001)
    assert shapes.unexplained(noisy) == pytest.approx(0.5, abs=0.03)
    assert np.isnan(shapes.unexplained(np.array([0.0, 1.0, np.inf, 1.0, 2.0])))


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("error")
def test_a_line_with_a_loss_that_is_not_finite_has_no_numbers(odd: float) -> None:
    line = np.array([0.0, 1.0, odd, 1.0, 2.0])
    for number in (shapes.variation_beyond, shapes.height, shapes.barrier, shapes.roughness, shapes.unexplained):
        assert np.isnan(number(line)), number.__name__


def test_cosines_of_gradients_of_any_length() -> None:
    assert shapes.cosine(np.array([1e200, 0.0]), np.array([1e-200, 1e-200])) == pytest.approx(np.sqrt(0.5))
    assert shapes.cosine(np.array([0.0, -2.0]), np.array([0.0, 5.0])) == -1.0
    for odd in ([0.0, 0.0], [np.inf, 0.0], [np.nan, 0.0]):
        assert np.isnan(shapes.cosine(np.array([1.0, 0.0]), np.array(odd)))


def test_what_does_not_exist_is_left_out_and_never_divided_by() -> None:
    assert shapes.mean([1.0, np.nan, 3.0]) == 2.0
    assert shapes.median([5.0, np.nan, 1.0, 2.0]) == 2.0
    assert np.isnan(shapes.mean([np.nan]))
    assert np.isnan(shapes.median([]))
    assert shapes.ratio(1.0, 4.0) == 0.25
    assert np.isnan(shapes.ratio(1.0, 0.0))
    assert np.isnan(shapes.ratio(1.0, -1.0))
    assert np.isnan(shapes.ratio(1.0, np.nan))
