"""The ground around a row of masses, found apart from what happens at them."""

import math
from itertools import product
from typing import Any

import warp as wp

from codesign.sim.kernels.functions import TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


def short_loops(count: int) -> tuple[int, int, int]:
    """Return lengths of three nested loops, short enough for Warp to write them out, that count at least so far."""
    lengths = product((1, 2, 3), repeat=3)
    return min((each for each in lengths if math.prod(each) >= count), key=math.prod)


def build_terrain_query(types: KernelTypes, terrain: TerrainFunctions) -> Any:
    """Return the function (ground, positions by axis) -> patches of a row of masses, one column for each mass."""
    real, vector, rows = types.real, types.vector, types.rows
    reals, locate = wp.array(dtype=real), terrain.locate
    DIMENSION, ROW, PATCH = types.dimension, types.row, terrain.Patch._length_
    (OUTER, MIDDLE, INNER), LAST = short_loops(PATCH), PATCH - 1
    Patches = wp.types.matrix((PATCH, ROW), real)

    @wp.func(module=types.module, inline=True)
    def query_terrain(ground: reals, positions: rows) -> Patches:
        """Find the ground around a row of masses, apart from their physics: the search would keep those scalar.

        Patches are put in and taken out in short loops, which Warp writes out: a longer loop inside that over a row
        keeps the row scalar, and so does a function that takes the whole row by value.
        """
        patches = Patches()
        for entry in range(ROW):
            position = vector()
            for axis in range(DIMENSION):
                position[axis] = positions[axis, entry]
            patch = locate(ground, position)
            for i in range(OUTER):
                for j in range(MIDDLE):
                    for k in range(INNER):
                        number = wp.min((i * MIDDLE + j) * INNER + k, LAST)
                        patches[number, entry] = patch[number]
        return patches

    return query_terrain
