"""Partial sums over parameters: the same bits by one thread for all of them, as on a CPU, and by one for each."""

import numpy as np
import pytest
import warp as wp

from codesign.train.batch import PARTIAL_SUMS
from codesign.train.kernels import gradient_kernels

LENGTHS = (0, 1, 31, 32, 33, 200)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_one_thread_adds_up_as_one_for_each_sum_does(precision: str) -> None:
    real, generator = getattr(wp, precision), np.random.default_rng(0)
    values = generator.normal(size=sum(LENGTHS)) * 10.0 ** generator.integers(-30, 30, sum(LENGTHS))
    values[5], values[40], values[100] = np.nan, -np.inf, 0.0
    offsets = wp.array(np.concatenate([[0], np.cumsum(LENGTHS)]), dtype=wp.int32, device="cpu")
    gradient = wp.array(values, dtype=real, device="cpu")
    kernels = gradient_kernels(real)
    found = []
    for threads in (1, PARTIAL_SUMS):
        largest = wp.zeros((len(LENGTHS), PARTIAL_SUMS), dtype=real, device="cpu")
        squares = wp.zeros((len(LENGTHS), PARTIAL_SUMS), dtype=wp.float64, device="cpu")
        dimension = (len(LENGTHS), threads)
        wp.launch(kernels.find_largest, dimension, inputs=[threads, offsets, gradient, largest], device="cpu")
        wp.launch(kernels.add_squares, dimension, inputs=[threads, offsets, gradient, largest, squares], device="cpu")
        found.append((largest.numpy(), squares.numpy()))
    for one, each in zip(*found, strict=True):
        np.testing.assert_array_equal(one, each)
        assert one[-1].all()
    by_sum = np.pad(np.abs(values[-200:]).astype(precision), (0, 7 * PARTIAL_SUMS - 200)).reshape(-1, PARTIAL_SUMS)
    np.testing.assert_array_equal(found[0][0][-1], by_sum.max(axis=0))
