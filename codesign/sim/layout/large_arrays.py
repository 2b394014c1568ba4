"""Memory for the weights of thousands of controllers, and for their gradient."""

from typing import Any

import numpy as np
import warp as wp

LARGE = 2**22
"""Bytes from which on NumPy asks Linux for large pages."""

ALIGNMENT = 64
"""Bytes that arrays begin at a multiple of, so that rows do."""


def unwritten_reals(count: int, real: Any, device: Any) -> wp.array:
    """Return an array of so many reals, not written yet, shape (count,).

    Where it is large, and in the host's memory, it lies in an array of NumPy's, for which the system has large pages:
    touching memory for the first time is then four times as fast, and giving it back costs next to nothing.

    Args:
        count: of numbers.
        real: their type.
        device: where they lie.
    """
    kind = np.dtype(wp.dtype_to_numpy(real))
    size = count * kind.itemsize
    if device.is_cuda or size < LARGE:
        return wp.empty(count, dtype=real, device=device)
    memory = np.empty(size + ALIGNMENT, dtype=np.uint8)
    begin = -memory.ctypes.data % ALIGNMENT
    return wp.array(memory[begin : begin + size].view(kind), dtype=real, device=device, copy=False)
