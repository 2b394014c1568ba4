"""Statistics of studies against values that are known."""

import numpy as np
import pytest
from scipy import stats

from codesign.errors import ConfigError
from experiments.intervals import (
    Interval,
    bootstrap_interval,
    cliffs_delta,
    difference,
    mann_whitney,
    paired_difference,
    t_interval,
    told,
)

VALUES = [0.180, 0.188, 0.239]


def test_an_interval_over_three_seeds_is_that_of_two_degrees_of_freedom() -> None:
    found = t_interval(VALUES)
    half = 4.302653 * np.std(VALUES, ddof=1) / np.sqrt(3)  # the quantile as tables of Student's t have it
    assert found.mean == pytest.approx(np.mean(VALUES))
    assert found.high - found.mean == pytest.approx(half, rel=1e-6)
    assert found.mean - found.low == pytest.approx(half, rel=1e-6)
    assert t_interval(VALUES, 0.99).high > found.high


def test_equal_values_have_no_width() -> None:
    assert t_interval([0.5, 0.5, 0.5]) == Interval(0.5, 0.5, 0.5)


def test_a_bootstrap_interval_of_many_values_is_near_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(1).normal(2.0, 1.0, 400)
    found = bootstrap_interval(values)
    expected = 1.96 * values.std(ddof=1) / 20
    assert found == bootstrap_interval(values)
    assert found.high - found.mean == pytest.approx(expected, rel=0.1)
    assert found.mean - found.low == pytest.approx(expected, rel=0.1)


def test_pairs_are_compared_by_their_differences() -> None:
    ours, theirs = np.array([1.0, 2.0, 4.0]), np.array([0.5, 1.6, 3.4])
    found = paired_difference(ours, theirs)
    assert found == t_interval(ours - theirs)
    assert found.low > 0 > difference(ours, theirs).low


def test_groups_are_compared_by_welchs_interval() -> None:
    ours, theirs = np.array([0.9, 1.1, 1.3, 1.0]), np.array([0.2, 0.6, 0.4])
    variances = [each.var(ddof=1) / len(each) for each in (ours, theirs)]
    degrees = sum(variances) ** 2 / sum(v**2 / (len(g) - 1) for v, g in zip(variances, (ours, theirs), strict=True))
    half = stats.t.ppf(0.975, degrees) * np.sqrt(sum(variances))
    found = difference(ours, theirs)
    assert found.mean == pytest.approx(ours.mean() - theirs.mean())
    assert found.high - found.mean == pytest.approx(half)


def test_cliffs_delta_counts_pairs() -> None:
    assert cliffs_delta([3, 4], [1, 2]) == 1.0
    assert cliffs_delta([1, 2], [3, 4]) == -1.0
    assert cliffs_delta([1, 4], [2, 2]) == 0.0
    assert cliffs_delta([2, 3, 4], [1, 2, 3]) == pytest.approx((6 - 1) / 9)


def test_five_runs_against_five_that_are_all_lower_have_the_least_p_there_is() -> None:
    assert mann_whitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]) == pytest.approx(2 / 252)


@pytest.mark.parametrize("compare", [t_interval, bootstrap_interval, lambda one: paired_difference(one, one)])
def test_one_seed_is_refused_in_one_line(compare) -> None:
    with pytest.raises(ConfigError, match="at least two seeds"):
        compare([0.3])


def test_seeds_that_are_missing_are_told() -> None:
    with pytest.raises(ConfigError, match="3 and 2; run the seeds that are missing"):
        paired_difference([1, 2, 3], [1, 2])


def test_intervals_are_told_as_text() -> None:
    assert str(Interval(0.1234, 0.1, 0.15)) == "0.123 (0.100 to 0.150)"
    assert Interval(0.5, -0.1, 1.1).told(1, signed=True) == "+0.5 (-0.1 to +1.1)"
    assert told([0.1, 0.2, 0.3]) == t_interval([0.1, 0.2, 0.3]).told()
    assert told([0.25], 2) == "0.25 (one seed)"
    assert told([0.25, np.nan]) == "not run"
