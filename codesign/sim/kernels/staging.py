"""Staging: on a GPU, what a world's lanes read and write in every step lies in the shared memory of their block.

At its start a kernel copies the world's part of each array into shared memory. It then uses structs whose pointers are
shifted back by the offset of that part, so that the indices of the whole arrays stay valid and all other code is the
same with and without staging. At its end it copies the results back. Arrays that are touched once a segment are not
staged (kept states and the gradient of the weights), nor are constants of the batch.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.shared_memory import ALLOCATOR
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Staging:
    """What kernels do to have their arrays in shared memory; the tile of `claimed` bytes is theirs.

    Attributes:
        claimed: bytes of the tile, 0 where nothing is staged.
        begin: () -> where the memory starts.
        end: (where the memory starts): hands it back.
        model: (model, world) -> model with staged arrays.
        tape: (tape, constants, model, world) -> the same of a tape.
        adjoint: (adjoint, constants, model, world) -> the same of an adjoint.
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


def build_staging(types: KernelTypes, senses: int, claimed: int) -> Staging:
    """Return the functions in given kernel types for kernels that claim so many bytes of shared memory.

    Args:
        types: the types and module.
        senses: numbers that every mass senses.
        claimed: bytes.
    """
    SENSES, DELAYED, MATERIALS = senses, types.delayed, types.material_properties
    Constants, Model, Tape, Adjoint = types.Constants, types.Model, types.Tape, types.Adjoint
    DIMENSION, ROW, module, shared = types.dimension, types.row, types.module, types.shared
    copy_to_shared, copy_reals_to_shared, copy_states_to_shared = (
        shared.copy_to_shared,
        shared.copy_reals_to_shared,
        shared.copy_states_to_shared,
    )
    copy_indices_to_shared, copy_integers_to_shared = shared.copy_indices_to_shared, shared.copy_integers_to_shared
    copy_back, copy_states_back, as_reals = shared.copy_back, shared.copy_states_back, shared.as_reals

    @wp.func_native(f"{ALLOCATOR}(-{claimed}); return (uint64_t){ALLOCATOR}(0);")
    def begin() -> wp.uint64: ...

    @wp.func_native(f"{ALLOCATOR}(-(int)((uint64_t){ALLOCATOR}(0) - start)); {ALLOCATOR}({claimed});")
    def end(start: wp.uint64): ...

    @wp.func(module=module, inline=True)
    def stage_model(model: Model, world: int) -> Model:
        staged = model
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        staged.first = copy_indices_to_shared(model.first, start, count)
        staged.second = copy_indices_to_shared(model.second, start, count)
        staged.rest = copy_to_shared(model.rest, start, count)
        staged.stiffness = copy_to_shared(model.stiffness, start, count)
        staged.swing = copy_to_shared(model.swing, start, count)
        staged.muscle = copy_to_shared(model.muscle, start, count)
        first = model.mass_start[world] // ROW
        masses = model.mass_start[world + 1] // ROW - first
        staged.mask_rows = copy_to_shared(model.mask_rows, DIMENSION * first, DIMENSION * masses)
        staged.mass_mask = copy_to_shared(model.mass_mask, first, masses)
        staged.mask = as_reals(model.mask, staged.mask_rows)
        if wp.static(MATERIALS):
            staged.mass = copy_to_shared(model.mass, first, masses)
            staged.mass_share = copy_to_shared(model.mass_share, first, masses)
            staged.damping = copy_to_shared(model.damping, start, count)
            staged.force_limit = copy_to_shared(model.force_limit, start, count)
        staged.incidence_start = copy_integers_to_shared(model.incidence_start, first, masses + 1)
        incidences = model.incidence_start[first]
        last = model.incidence_start[first + masses]
        staged.incidence = copy_indices_to_shared(model.incidence, incidences, last - incidences)
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
        staged.position_rows = copy_to_shared(tape.position_rows, first * slots, count * slots)
        staged.position = as_reals(tape.position, staged.position_rows)
        staged.velocity_rows = copy_to_shared(tape.velocity_rows, first * slots, count * slots)
        staged.velocity = as_reals(tape.velocity, staged.velocity_rows)
        staged.impulse_rows = copy_to_shared(tape.impulse_rows, first * segment, count * segment)
        staged.impulse = as_reals(tape.impulse, staged.impulse_rows)
        staged.actuation_rows = copy_to_shared(tape.actuation_rows, start * segment, springs * segment)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            staged.sense_rows = copy_to_shared(tape.sense_rows, SENSES * mass_rows * segment, SENSES * sensed * segment)
        if wp.static(DELAYED):
            queued = segment + constants.longest_latency
            staged.queue_rows = copy_to_shared(tape.queue_rows, start * queued, springs * queued)
        staged.task_state = copy_states_to_shared(tape.task_state, world * slots, slots)
        forces = DIMENSION * (2 * springs + 1)
        staged.force = copy_reals_to_shared(tape.force, DIMENSION * (2 * start + world) * ROW, forces * ROW)
        return staged

    @wp.func(module=module, inline=True)
    def stage_adjoint(adjoint: Adjoint, constants: Constants, model: Model, world: int) -> Adjoint:
        staged = adjoint
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        start = model.spring_start[world] // ROW
        springs = model.spring_start[world + 1] // ROW - start
        staged.position_rows = copy_to_shared(adjoint.position_rows, first, count)
        staged.position = as_reals(adjoint.position, staged.position_rows)
        staged.velocity_rows = copy_to_shared(adjoint.velocity_rows, first, count)
        staged.velocity = as_reals(adjoint.velocity, staged.velocity_rows)
        staged.impulse_rows = copy_to_shared(adjoint.impulse_rows, first, count)
        staged.impulse = as_reals(adjoint.impulse, staged.impulse_rows)
        staged.actuation_rows = copy_to_shared(adjoint.actuation_rows, start, springs)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            staged.sense_rows = copy_to_shared(adjoint.sense_rows, SENSES * mass_rows, SENSES * sensed)
        if wp.static(DELAYED):
            waiting = constants.longest_latency
            staged.queue_rows = copy_to_shared(adjoint.queue_rows, start * waiting, springs * waiting)
        staged.task_state = copy_states_to_shared(adjoint.task_state, world, 1)
        return staged

    @wp.func(module=module, inline=True)
    def save_tape(staged: Tape, tape: Tape, constants: Constants, model: Model, world: int):
        segment = constants.segment
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        start = model.spring_start[world] // ROW
        springs = model.spring_start[world + 1] // ROW - start
        slots = segment + 1
        copy_back(staged.position_rows, tape.position_rows, first * slots, count * slots)
        copy_back(staged.velocity_rows, tape.velocity_rows, first * slots, count * slots)
        copy_back(staged.impulse_rows, tape.impulse_rows, first * segment, count * segment)
        copy_back(staged.actuation_rows, tape.actuation_rows, start * segment, springs * segment)
        if wp.static(SENSES > 0):
            mass_rows = model.mass_start[world] // ROW
            sensed = model.mass_start[world + 1] // ROW - mass_rows
            copy_back(staged.sense_rows, tape.sense_rows, SENSES * mass_rows * segment, SENSES * sensed * segment)
        if wp.static(DELAYED):
            queued = segment + constants.longest_latency
            copy_back(staged.queue_rows, tape.queue_rows, start * queued, springs * queued)
        copy_states_back(staged.task_state, tape.task_state, world * slots, slots)

    @wp.func(module=module, inline=True)
    def save_adjoint(staged: Adjoint, adjoint: Adjoint, model: Model, world: int):
        first = DIMENSION * model.mass_start[world] // ROW
        count = DIMENSION * model.mass_start[world + 1] // ROW - first
        copy_back(staged.position_rows, adjoint.position_rows, first, count)
        copy_back(staged.velocity_rows, adjoint.velocity_rows, first, count)

    return Staging(claimed, begin, end, stage_model, stage_tape, stage_adjoint, save_tape, save_adjoint)
