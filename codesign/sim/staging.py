"""Staging: on a GPU, what a world's lanes read and write in every step lies in the shared memory of their block.

At its start a kernel copies the world's share of each array there and from then on uses structs whose arrays begin
where that share would make them begin, so that all positions hold and no other code knows. What outlives the kernel is
copied back at its end. What is not worth it stays where it is: kept states and the gradient of the weights, which are
touched once a segment, and constants of the batch.
"""

# Warp gives the annotations of kernels its own meaning, which a type checker cannot read.
# pyright: reportInvalidTypeForm=false, reportGeneralTypeIssues=false, reportArgumentType=false
# pyright: reportAssignmentType=false, reportOperatorIssue=false, reportReturnType=false
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim.dialect import Dialect
from codesign.sim.memory import buffer_sizes
from codesign.sim.model import PARAMETER_ALIGNMENT
from codesign.sim.plugins import Controller, Layout
from codesign.sim.shared import ALLOCATOR

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


@dataclass(frozen=True)
class Staging:
    """What kernels do to have their arrays in shared memory; the tile of `claimed` bytes is theirs.

    Attributes:
        claimed: bytes of the tile, 0 where nothing is staged.
        begin: () -> where the memory starts.
        end: (where the memory starts): hands it back.
        model: (model, world) -> model with staged arrays.
        tape: (tape, constants, model, world) -> the same of a tape.
        adjoint: (adjoint, model, world) -> the same of an adjoint.
        save_tape: (staged tape, tape, constants, model, world): copies back what the reverse sweep reads.
        save_adjoint: (staged adjoint, adjoint, model, world): copies back what is a result.
    """

    claimed: int
    begin: Any
    end: Any
    model: Any
    tape: Any
    adjoint: Any
    save_tape: Any
    save_adjoint: Any


def staged_bytes(layout: Layout, controller: Controller, segment: int, memory: int, precision: str) -> np.ndarray:
    """Return the shared memory that each world needs [bytes], shape (worlds,).

    Args:
        layout: of the worlds.
        controller: what the worlds are controlled by.
        segment: steps in a segment.
        memory: numbers that the task keeps of a world.
        precision: of the numbers.
    """
    sizes = buffer_sizes(layout, segment, 0, memory, len(controller.senses))
    reals = sum([*sizes.tape.values(), *sizes.adjoint.values()], start=controller.resident(layout, segment))
    reals -= sizes.adjoint["rest"] + sizes.adjoint["stiffness"]
    reals += 4 * layout.padded_springs + (layout.dimension + 1) * layout.padded_masses + PARAMETER_ALIGNMENT
    integers = 2 * layout.padded_springs + layout.incidences + layout.padded_masses // layout.row + 1
    return reals * np.dtype(precision).itemsize + 4 * integers + ALIGNMENT * ARRAYS


def claimable(block_shared: int) -> int:
    """Return the shared memory that staged kernels claim [bytes], of the largest that a block of a GPU may have."""
    return (block_shared // RESIDENT_BLOCKS - RESERVED) // 1024 * 1024


def build_staging(dialect: Dialect, senses: int, claimed: int) -> Staging:
    """Return the functions of a dialect for kernels that claim so many bytes of shared memory.

    Args:
        dialect: types and module.
        senses: numbers that every mass senses.
        claimed: bytes.
    """
    SENSES = senses
    Constants, Model, Tape, Adjoint = dialect.Constants, dialect.Model, dialect.Tape, dialect.Adjoint
    DIMENSION, ROW, module, shared = dialect.dimension, dialect.row, dialect.module, dialect.shared
    bring, bring_reals, bring_recalls = shared.bring, shared.bring_reals, shared.bring_recalls
    bring_indices, bring_integers = shared.bring_indices, shared.bring_integers
    save, save_recalls, flat = shared.save, shared.save_recalls, shared.flat

    @wp.func_native(f"{ALLOCATOR}(-{claimed}); return (uint64_t){ALLOCATOR}(0);")
    def begin() -> wp.uint64: ...

    @wp.func_native(f"{ALLOCATOR}(-(int)((uint64_t){ALLOCATOR}(0) - start)); {ALLOCATOR}({claimed});")
    def end(start: wp.uint64): ...

    @wp.func(module=module, inline=True)
    def stage_model(model: Model, world: int) -> Model:
        staged = model
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        staged.first = bring_indices(model.first, start, count)
        staged.second = bring_indices(model.second, start, count)
        staged.rest = bring(model.rest, start, count)
        staged.stiffness = bring(model.stiffness, start, count)
        staged.swing = bring(model.swing, start, count)
        staged.muscle = bring(model.muscle, start, count)
        first = model.mass_start[world] // ROW
        masses = model.mass_start[world + 1] // ROW - first
        staged.present_rows = bring(model.present_rows, DIMENSION * first, DIMENSION * masses)
        staged.present_masses = bring(model.present_masses, first, masses)
        staged.present = flat(model.present, staged.present_rows)
        staged.incidence_start = bring_integers(model.incidence_start, first, masses + 1)
        incidences = model.incidence_start[first]
        last = model.incidence_start[first + masses]
        staged.incidence = bring_indices(model.incidence, incidences, last - incidences)
        return staged

    @wp.func(module=module, inline=True)
    def stage_tape(tape: Tape, constants: Constants, model: Model, world: int) -> Tape:
        staged = tape
        segment = constants.segment
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        start = model.spring_start[world] // ROW
        springs = model.spring_start[world + 1] // ROW - start
        slots = segment + 1
        staged.position_rows = bring(tape.position_rows, first * slots, count * slots)
        staged.position = flat(tape.position, staged.position_rows)
        staged.velocity_rows = bring(tape.velocity_rows, first * slots, count * slots)
        staged.velocity = flat(tape.velocity, staged.velocity_rows)
        staged.impulse_rows = bring(tape.impulse_rows, first * segment, count * segment)
        staged.impulse = flat(tape.impulse, staged.impulse_rows)
        staged.actuation_rows = bring(tape.actuation_rows, start * segment, springs * segment)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            staged.sense_rows = bring(tape.sense_rows, SENSES * mass_rows * segment, SENSES * sensed * segment)
        staged.memory = bring_recalls(tape.memory, world * slots, slots)
        forces = DIMENSION * (2 * springs + 1)
        staged.force = bring_reals(tape.force, DIMENSION * (2 * start + world) * ROW, forces * ROW)
        return staged

    @wp.func(module=module, inline=True)
    def stage_adjoint(adjoint: Adjoint, model: Model, world: int) -> Adjoint:
        staged = adjoint
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        start = model.spring_start[world] // ROW
        springs = model.spring_start[world + 1] // ROW - start
        staged.position_rows = bring(adjoint.position_rows, first, count)
        staged.position = flat(adjoint.position, staged.position_rows)
        staged.velocity_rows = bring(adjoint.velocity_rows, first, count)
        staged.velocity = flat(adjoint.velocity, staged.velocity_rows)
        staged.impulse_rows = bring(adjoint.impulse_rows, first, count)
        staged.impulse = flat(adjoint.impulse, staged.impulse_rows)
        staged.actuation_rows = bring(adjoint.actuation_rows, start, springs)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            staged.sense_rows = bring(adjoint.sense_rows, SENSES * mass_rows, SENSES * sensed)
        staged.memory = bring_recalls(adjoint.memory, world, 1)
        return staged

    @wp.func(module=module, inline=True)
    def save_tape(staged: Tape, tape: Tape, constants: Constants, model: Model, world: int):
        segment = constants.segment
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        start = model.spring_start[world] // ROW
        springs = model.spring_start[world + 1] // ROW - start
        slots = segment + 1
        save(staged.position_rows, tape.position_rows, first * slots, count * slots)
        save(staged.velocity_rows, tape.velocity_rows, first * slots, count * slots)
        save(staged.impulse_rows, tape.impulse_rows, first * segment, count * segment)
        save(staged.actuation_rows, tape.actuation_rows, start * segment, springs * segment)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            save(staged.sense_rows, tape.sense_rows, SENSES * mass_rows * segment, SENSES * sensed * segment)
        save_recalls(staged.memory, tape.memory, world * slots, slots)

    @wp.func(module=module, inline=True)
    def save_adjoint(staged: Adjoint, adjoint: Adjoint, model: Model, world: int):
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        save(staged.position_rows, adjoint.position_rows, first, count)
        save(staged.velocity_rows, adjoint.velocity_rows, first, count)

    return Staging(claimed, begin, end, stage_model, stage_tape, stage_adjoint, save_tape, save_adjoint)


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
