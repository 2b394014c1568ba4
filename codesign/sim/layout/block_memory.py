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

MATERIAL_ARRAYS = 4
"""Arrays that are staged of bodies' materials besides."""

RESERVED = 2048
"""Bytes of a block's shared memory that are left to Warp, which counts what its lanes have allocated."""

RESIDENT_BLOCKS = 3
"""Blocks that a multiprocessor should hold at least: with fewer, waiting costs more than memory nearby brings."""

SMALLER_SHARE = 2 / 3
"""Worlds that need at most this share of the shared memory of the largest world in a launch get a launch of their own,
because more of their blocks are resident at a time if each asks for less."""

FEWEST_WORLDS = 512
"""Worlds that a launch has at least, if there are so many: about as many as an H100 holds at a time."""


def staged_bytes(
    layout: Layout,
    controller: Controller,
    segment: int,
    state_size: int,
    precision: str,
    latency: int = 0,
    *,
    material_properties: bool = False,
) -> np.ndarray:
    """Return the shared memory that each world needs [bytes], shape (worlds,).

    Args:
        layout: sizes of the worlds.
        controller: what moves the bodies.
        segment: steps in a segment.
        state_size: numbers that the task keeps of a world.
        precision: of the numbers.
        latency: the longest time that muscles of a world lag behind [steps].
        material_properties: whether bodies have masses, damping and force limits of their own.
    """
    sizes = buffer_sizes(layout, segment, 0, state_size, len(controller.senses), latency=latency)
    reals = sum([*sizes.tape.values(), *sizes.adjoint.values()], start=controller.shared_sizes(layout, segment))
    reals -= sizes.adjoint["rest"] + sizes.adjoint["stiffness"] + sizes.adjoint["swing"]
    reals += 4 * layout.padded_springs + (layout.dimension + 1) * layout.padded_masses + PARAMETER_ALIGNMENT
    if material_properties:
        reals += 2 * (layout.padded_springs + layout.padded_masses) + MATERIAL_ARRAYS * ALIGNMENT
    integers = 2 * layout.padded_springs + layout.incidences + layout.padded_masses // layout.row + 1
    return reals * np.dtype(precision).itemsize + 4 * integers + ALIGNMENT * ARRAYS


def claimable(block_shared: int) -> int:
    """Return the shared memory that staged kernels claim [bytes], of the largest that a block of a GPU may have."""
    return (block_shared // RESIDENT_BLOCKS - RESERVED) // 1024 * 1024


def ranges(needs: np.ndarray, claimed: int) -> list[tuple[int, int, int]]:
    """Return the ranges of worlds that are launched together: start, stop, and the shared memory of a block [bytes].

    Worlds that need more than there is come first and are not staged: their range has 0 bytes. Among the others a new
    range begins at the first world that needs at most `SMALLER_SHARE` of what the range's largest needs, unless one of
    the two ranges would have fewer than `FEWEST_WORLDS` worlds.

    Args:
        needs: shared memory that each world needs [bytes], in the order in which worlds are launched, roughly from the
            largest to the smallest, shape (worlds,).
        claimed: shared memory that a block can have [bytes].
    """
    largest = np.maximum.accumulate(needs[::-1])[::-1]
    start = int(np.count_nonzero(largest > claimed))
    found = [(0, start, 0)][: start > 0]
    while start < len(needs):
        stop = start + int(np.count_nonzero(largest[start:] > largest[start] * SMALLER_SHARE))
        stop = max(stop, start + FEWEST_WORLDS)
        if len(needs) - stop < FEWEST_WORLDS:
            stop = len(needs)
        found.append((start, stop, int(largest[start])))
        start = stop
    return found


def ask_for(launch: Any, size: int) -> None:
    """Let a recorded launch ask for less shared memory than the tile of its kernel has.

    Warp asks for the size of the tile, of which a kernel touches no more than its world needs. With a smaller size a
    multiprocessor holds more blocks.

    Args:
        launch: the recorded command.
        size: shared memory of a block [bytes].
    """
    launch.hooks = copy(launch.hooks)
    launch.hooks.forward_smem_bytes = size
