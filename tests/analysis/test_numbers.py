"""Quartiles by generation, and what became of the children of operators."""

import numpy as np

from codesign.analysis import Children, Operators, Quartiles


def test_quartiles_are_those_of_the_finite_numbers_of_each_group() -> None:
    found = Quartiles.of([[4.0, np.nan, 1.0, 3.0, 2.0, 5.0], [7.0], [-np.inf, np.nan], []])
    np.testing.assert_array_equal(found.low, [2.0, 7.0, np.nan, np.nan])
    np.testing.assert_array_equal(found.median, [3.0, 7.0, np.nan, np.nan])
    np.testing.assert_array_equal(found.high, [4.0, 7.0, np.nan, np.nan])
    assert len(found) == 4
    assert len(Quartiles.of([])) == 0


def children(operators: list[str], fitness: list[float], parents: list[float], entered: list[bool]) -> Children:
    return Children(
        np.array(operators, dtype=np.str_),
        np.array(fitness, dtype=np.float64),
        np.array(parents, dtype=np.float64),
        np.array(entered, dtype=bool),
    )


def test_operators_are_told_by_what_became_of_their_children() -> None:
    found = Operators.of(
        [
            children(["flip", "grow", "flip"], [1.0, 2.0, -np.inf], [0.5, 3.0, 0.5], [True, False, False]),
            children(["flip", "trim"], [0.2, 1.0], [0.5, np.nan], [True, True]),
        ]
    )
    assert found.names == ("flip", "grow", "trim")
    assert found.children.tolist() == [3, 1, 1]
    assert found.entered.tolist() == [2, 0, 1]
    assert found.better.tolist() == [1, 0, 0]
    # Of the valid children with a parent that is known: 0.5 and -0.3; -1; none.
    np.testing.assert_allclose(found.gain, [0.1, -1.0, np.nan])


def test_a_run_without_children_has_no_operators() -> None:
    assert len(Operators.of([])) == 0
    assert len(Operators.of([children([], [], [], [])])) == 0
