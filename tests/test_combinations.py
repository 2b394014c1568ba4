"""Choosing combinations for tests."""

from itertools import combinations, product

from tests.combinations import pairwise


def test_every_two_choices_meet_in_few_combinations() -> None:
    options = [
        [f"{axis}{number}" for number in range(count)] for axis, count in zip("abcde", (3, 4, 6, 2, 2), strict=True)
    ]
    found = pairwise(*options)
    met = {pair for combination in found for pair in combinations(combination, 2)}
    for one, other in combinations(options, 2):
        assert set(product(one, other)) <= met
    assert 24 <= len(found) <= 32


def test_what_is_not_allowed_is_left_out() -> None:
    found = pairwise("ab", "xy", "12", allowed=lambda combination: combination[:2] != ("a", "x"))
    assert ("a", "x") not in {combination[:2] for combination in found}
    assert {"a", "b", "x", "y", "1", "2"} == {choice for combination in found for choice in combination}
