"""Effects between groups of designs that come from several runs."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from codesign.analysis import Lineages, Nested, at_equal_cost, cliffs_delta, compare, compare_groups, effective_number
from codesign.analysis import median_of as middle_of
from tests.analysis.summaries import record


def test_cliffs_delta_counts_pairs() -> None:
    assert cliffs_delta([1.0, 2.0], [3.0, 4.0]) == 1.0
    assert cliffs_delta([3.0, 4.0], [1.0, 2.0]) == -1.0
    assert cliffs_delta([1.0, 2.0, 3.0], [2.0]) == 0.0
    # Of six pairs three are larger, one is smaller, two are equal.
    assert cliffs_delta([1.0, 2.0, 3.0], [2.0, 3.0]) == pytest.approx((3 - 1) / 6)
    assert np.isnan(cliffs_delta([], [1.0]))


def test_cliffs_delta_is_what_the_mann_whitney_statistic_says() -> None:
    generator = np.random.default_rng(0)
    one, other = generator.integers(0, 9, 40).astype(float), generator.integers(2, 12, 30).astype(float)
    statistic = mannwhitneyu(other, one).statistic
    assert cliffs_delta(one, other) == pytest.approx(2 * statistic / (40 * 30) - 1)


def nested(by_run: list[list[float]]) -> Nested:
    return Nested(np.concatenate(by_run), np.repeat(np.arange(len(by_run)), [len(own) for own in by_run]))


def test_runs_are_the_unit_of_intervals() -> None:
    """Designs of a run that are all alike say no more than one of them does."""
    alike = nested([[value] * 50 for value in (1.0, 2.0, 3.0, 4.0)])
    apart = nested([[1.0, 2.0, 3.0, 4.0] * 50])
    between, inside = middle_of(alike, 500, 0), middle_of(apart, 500, 0)
    assert between.high - between.low >= 2.0
    assert inside.high - inside.low <= 1.0


def test_an_effect_of_one_run_is_no_claim() -> None:
    low, high = [0.0, 0.1, 0.2], [1.0, 1.1, 1.2]
    one = compare_groups(nested([low]), nested([high]), 200, 0)
    several = compare_groups(nested([low] * 3), nested([high] * 3), 200, 0)
    assert (one.delta.value, one.delta.low, one.delta.high, one.holds) == (1.0, 1.0, 1.0, False)
    assert several.holds
    assert not compare_groups(nested([low] * 2), nested([high] * 2), 200, 0).holds
    assert several.by_run == {0: 1.0, 1: 1.0, 2: 1.0}
    assert several.agreeing == 3
    assert several.p < 0.01
    assert several.runs == (3, 3)
    assert several.designs == (9, 9)


def test_a_run_that_says_the_opposite_takes_a_claim_back() -> None:
    low, high = list(np.linspace(0.0, 0.2, 20)), list(np.linspace(1.0, 1.2, 20))
    mixed = compare_groups(nested([low, low, low, high]), nested([high, high, high, low]), 200, 0)
    assert mixed.by_run[3] == -1.0
    assert not mixed.holds


def test_what_is_not_finite_is_left_out() -> None:
    group = Nested(np.array([np.nan, 1.0, np.inf, 2.0]), np.array([1, 1, 0, 0]))
    assert len(group) == 2
    assert group.units == (0, 1)
    assert group.of(1).tolist() == [1.0]
    assert np.isnan(compare_groups(nested([[]]), group, 100, 0).delta.value)


def lineages() -> Lineages:
    """Return two founders, three children of the first, and a grandchild of two of these."""
    identities = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [2, 0]])
    none = [-1, -1]
    parents = np.array([[none] * 2, [none] * 2, *[[[0, 0], none]] * 3, [[1, 1], [1, 2]]])
    return Lineages(identities, parents)


def test_lineages_lead_to_founders() -> None:
    found = lineages()
    assert found.founders.tolist() == [0, 1, 0, 0, 0, 0]
    assert found.depths.tolist() == [0, 0, 1, 1, 1, 2]
    assert found.ancestors(5, 1) == {5, 3, 4}
    assert found.ancestors(5, 2) == {5, 3, 4, 0}
    assert found.places(np.array([[1, 2], [0, 1]])).tolist() == [4, 1]
    with pytest.raises(KeyError):
        found.places(np.array([[3, 0]]))


def test_the_unrelated_share_no_ancestor_within_a_depth() -> None:
    found = lineages()
    assert found.unrelated([2, 3, 1, 5], 1) == [2, 1, 5]  # 5 and 2 meet in a grandparent
    assert found.unrelated([2, 3, 1, 5], 2) == [2, 1]
    assert found.unrelated([2, 3, 1, 5], 0) == [2, 3, 1, 5]
    assert found.unrelated([5, 3, 2], 1) == [5, 2]  # 3 is a parent of 5
    assert found.unrelated([2, 3, 1, 5], 0, 2) == [2, 3]


def test_a_parent_that_is_not_there_or_not_older_is_none() -> None:
    found = Lineages(np.array([[1, 0], [1, 1]]), np.array([[[0, 7], [-1, -1]], [[1, 0], [-1, -1]]]))
    assert found.founders.tolist() == [0, 1]


def test_effective_numbers_are_those_of_even_groups() -> None:
    assert effective_number([1, 1, 2, 2, 3, 3]) == pytest.approx(3.0)
    assert effective_number([1] * 9 + [2]) == pytest.approx(1 / 0.82)
    assert effective_number([]) == 0.0


def test_runs_are_compared_at_equal_robot_steps() -> None:
    slow = [record(f"slow{seed}", [0.0, 0.1, 0.2, 0.3 + seed / 100], {"search": "a"}, seed=seed) for seed in range(3)]
    fast = [record(f"fast{seed}", [0.2, 0.4 + seed / 100], {"search": "b"}, seed=seed) for seed in range(3)]
    spent, factors = at_equal_cost(compare([*slow, *fast]), 200, 0)
    # The smallest budget is that of two generations.
    assert [each.robot_steps for each in spent] == [200.0, 600.0, 2000.0] * 2
    (slowly,) = [each for each in spent if each.group == 0 and each.share == 1.0]
    (quickly,) = [each for each in spent if each.group == 1 and each.share == 1.0]
    assert slowly.best.value == pytest.approx(0.1)
    assert quickly.best.value == pytest.approx(0.41)
    assert quickly.best.low < 0.41 < quickly.best.high
    (factor,) = factors
    # The mean of the first group after two generations is 0.05, which the others have after one.
    assert factor.value == pytest.approx(0.05)
    assert factor.reached == 3
    assert factor.factor.value == pytest.approx(2.0)
