"""The shared memory of a GPU's blocks: what each world needs of it, and which worlds are launched together."""

from copy import copy
from typing import Any

import numpy as np

from codesign.sim.contracts import Controller, Layout
from codesign.sim.layout.buffers import buffer_sizes
from codesign.sim.layout.packing import PARAMETER_ALIGNMENT

ALIGNMENT = 16
"""Bytes that every share of an array is padded to."""
ARRAYS = 32
"""Arrays that are staged at most."""

RESERVED = 2048
"""Bytes of a block's shared memory that are left to Warp, which counts what its lanes have allocated."""

RESIDENT_BLOCKS = 3
"""Blocks that a multiprocessor should hold at least: with fewer, waiting costs more than memory nearby brings."""

MUCH_LESS = 2 / 3
"""Share of shared memory with which a range of worlds of its own is worth a launch."""

FEWEST_WORLDS = 512
"""Worlds of such a range: about as many as an H100 holds at a time."""


def staged_bytes(layout: Layout, controller: Controller, segment: int, state_size: int, precision: str) -> np.ndarray:
    """Return the shared memory that each world needs [bytes], shape (worlds,).

    Args:
        layout: of the worlds.
        controller: what the worlds are controlled by.
        segment: steps in a segment.
        state_size: numbers that the task keeps of a world.
        precision: of the numbers.
    """
    sizes = buffer_sizes(layout, segment, 0, state_size, len(controller.senses))
    reals = sum([*sizes.tape.values(), *sizes.adjoint.values()], start=controller.shared_sizes(layout, segment))
    reals -= sizes.adjoint["rest"] + sizes.adjoint["stiffness"]
    reals += 4 * layout.padded_springs + (layout.dimension + 1) * layout.padded_masses + PARAMETER_ALIGNMENT
    integers = 2 * layout.padded_springs + layout.incidences + layout.padded_masses // layout.row + 1
    return reals * np.dtype(precision).itemsize + 4 * integers + ALIGNMENT * ARRAYS


def claimable(block_shared: int) -> int:
    """Return the shared memory that staged kernels claim [bytes], of the largest that a block of a GPU may have."""
    return (block_shared // RESIDENT_BLOCKS - RESERVED) // 1024 * 1024


def ranges(needs: np.ndarray, claimed: int) -> list[tuple[int, int, int]]:
    """Return ranges of worlds to launch one after the other: first and last, and the shared memory of a block [bytes].

    Worlds that do not fit are not staged and have 0. Among the others a new range begins where much less memory is
    enough, so that more blocks are resident, unless there are too few worlds left to be worth it.

    Args:
        needs: shared memory that each world needs [bytes], in the order in which they are launched, about descending.
        claimed: what there is.
    """
    largest = np.maximum.accumulate(needs[::-1])[::-1]
    start = int(np.count_nonzero(largest > claimed))
    found = [(0, start, 0)][: start > 0]
    while start < len(needs):
        stop = start + int(np.count_nonzero(largest[start:] > largest[start] * MUCH_LESS))
        stop = max(stop, start + FEWEST_WORLDS)
        if len(needs) - stop < FEWEST_WORLDS:
            stop = len(needs)
        found.append((start, stop, int(largest[start])))
        start = stop
    return found


def ask_for(launch: Any, size: int) -> None:
    """Let a recorded launch ask for less shared memory than its kernel claims.

    Warp asks for the size of the tile; a smaller one lets a multiprocessor hold more blocks, and kernels touch no more
    than their world needs.
    """
    launch.hooks = copy(launch.hooks)
    launch.hooks.forward_smem_bytes = size
