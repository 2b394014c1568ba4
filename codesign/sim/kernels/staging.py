"""Staging: on a GPU, what a world's lanes read and write in every step lies in the shared memory of their block.

At its start a kernel copies the world's share of each array there and from then on uses structs whose arrays begin
where that share would make them begin, so that all positions hold and no other code knows. What outlives the kernel is
copied back at its end. What is not worth it stays where it is: kept states and the gradient of the weights, which are
touched once a segment, and constants of the batch.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.shared_memory import ALLOCATOR
from codesign.sim.kernels.types import Dialect


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
