"""Memory for many weights."""

import gc

import numpy as np
import pytest
import warp as wp

from codesign.sim.layout.large_arrays import ALIGNMENT, LARGE, unwritten_reals


@pytest.mark.parametrize("real", [wp.float32, wp.float64])
@pytest.mark.parametrize("count", [0, 1, 1000, LARGE // 8, LARGE // 4 + 3])
def test_memory_is_of_its_size_begins_where_rows_do_and_stays(count: int, real: type) -> None:
    values = unwritten_reals(count, real, wp.get_device("cpu"))
    assert (values.shape, values.dtype) == ((count,), real)
    values.fill_(7.0)
    gc.collect()
    others = [np.zeros(LARGE, np.uint8) for _ in range(4)]
    assert (values.numpy() == 7.0).all()
    assert not count or (values.ptr or 1) % ALIGNMENT == 0
    assert not any(other.any() for other in others)
