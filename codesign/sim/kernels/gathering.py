"""What masses gather from springs in the reverse sweep, besides what forces pass on."""

from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


def build_gather(types: KernelTypes) -> Any:
    """Return the function that lets masses gather what springs have written for them, the way that forces go.

    It takes (model, tape, adjoint: reals of masses, force: where the world's forces start, first: the world's first row
    of masses, count: of its rows, lane), and adds to the adjoint.
    """
    Model, Tape, reals = types.Model, types.Tape, wp.array(dtype=types.real)
    DIMENSION, ROW = types.dimension, types.row
    functions = types.row_functions
    load_coordinates, store_coordinates, gather = (
        functions.load_coordinates,
        functions.store_coordinates,
        functions.gather,
    )

    @wp.func(module=types.module, inline=True)
    def gather_to(model: Model, tape: Tape, adjoint: reals, force: int, first: int, count: int, lane: int):
        for row in range(first + lane, first + count, wp.block_dim()):
            start = model.incidence_start[row]
            gathered = gather(tape.force, force, model.incidence, start, model.incidence_start[row + 1])
            place = DIMENSION * row * ROW
            store_coordinates(adjoint, place, load_coordinates(adjoint, place) + gathered)

    return gather_to


def build_gather_senses(types: KernelTypes, senses: int) -> Any:
    """Return the function that lets masses gather what is passed to some of their senses, one on each axis.

    It takes what that of `build_gather` takes, with the whole adjoint, and the sense on the first axis.

    Args:
        types: the types and module.
        senses: numbers that every mass senses.
    """
    row_vector = types.row_vector
    Model, Tape, Adjoint = types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, SENSES = types.dimension, types.row, senses
    store, gather = types.row_functions.store, types.row_functions.gather

    @wp.func(module=types.module, inline=True)
    def gather_senses(
        model: Model, tape: Tape, adjoint: Adjoint, force: int, first: int, count: int, lane: int, begin: int
    ):
        for row in range(lane, count, wp.block_dim()):
            start = model.incidence_start[first + row]
            felt = gather(tape.force, force, model.incidence, start, model.incidence_start[first + row + 1])
            for axis in range(DIMENSION):
                values = row_vector()
                for entry in range(ROW):
                    values[entry] = felt[axis, entry]
                if begin + axis < SENSES:
                    store(adjoint.sense_rows, SENSES * first + (begin + axis) * count + row, values)

    return gather_senses
