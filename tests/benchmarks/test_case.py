"""Robots in padded arrays are the same robots."""

import math

import numpy as np
import pytest

from benchmarks.case import Batching, batches, build_case, flat_weights, segment_of

CASE = build_case(worlds=9, rows=4, columns=5, steps=6)


@pytest.mark.parametrize(
    "batching", [Batching(math.inf, 100), Batching(1.2, 2), Batching(1.5, 2, parts=2), Batching(1.2, 9, weights=3000)]
)
def test_every_world_is_in_one_batch(batching: Batching) -> None:
    found = batches(CASE, batching, "float64")
    assert sorted(np.concatenate([batch.worlds for batch in found])) == list(range(9))
    for batch in found:
        size = len(batch.mask)
        assert len(batch.worlds) <= size <= batching.worlds * batching.parts
        assert size % batching.parts == 0
        assert (
            size == batching.parts
            or size * np.diff(CASE.weight_start)[batch.worlds].max() <= batching.parts * batching.weights
        )


def test_similar_worlds_are_padded_to_one_size_and_none_to_more_than_they_must() -> None:
    found = batches(CASE, Batching(1.5, 1), "float64")
    for batch in found:
        (world,) = batch.worlds
        assert CASE.springs[world] <= batch.first.shape[1] <= 1.5 * CASE.springs[world]
    assert len({batch.first.shape for batch in found}) < len(set(CASE.springs))


def test_weights_come_back_where_they_were() -> None:
    found = np.full_like(CASE.weights, np.nan)
    for batch in batches(CASE, Batching(1.5, 4), "float64"):
        flat_weights(CASE, batch, batch.weights, found)
    np.testing.assert_array_equal(found, CASE.weights)


def test_incidence_names_each_end_of_each_spring_once() -> None:
    for batch in batches(CASE, Batching(1.5, 4), "float64"):
        springs = batch.first.shape[1]
        for row, world in enumerate(batch.worlds):
            count = CASE.springs[world]
            for mass, entries in enumerate(batch.incidence[row]):
                named = entries[entries < 2 * springs]
                expected = [s for s in range(count) if batch.second[row, s] == mass]
                expected += [springs + s for s in range(count) if batch.first[row, s] == mass]
                assert sorted(named) == sorted(expected)


@pytest.mark.parametrize(("steps", "expected"), [(1000, 25), (100, 10), (8, 2), (1, 1)])
def test_segments_divide_the_episode(steps: int, expected: int) -> None:
    assert segment_of(steps) == expected
