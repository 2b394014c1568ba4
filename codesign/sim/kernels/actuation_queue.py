"""The latency of motors: actuation waits in a queue between the controller and the muscles.

A controller answers in every step, and muscles follow that answer a number of steps later, which is the world's
latency; before the first answer arrives they rest. The queue of a segment has the answers of the steps before it, as
many as the longest latency of all worlds, and behind them those of its own steps. It is a part of the state: a
snapshot keeps the answers that are still on their way. Backwards, what muscles pass on waits as long in a ring until
the reverse sweep comes to the step in which the controller answered, in whatever segment that is.

Where no world has a latency there is no queue: muscles read what the controller wrote.
"""

from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class QueueFunctions:
    """What the sweeps do with actuation on its way; all but the first two exist only where there is a queue.

    Attributes:
        followed_at: (constants, model, world, slot) -> the first row of what muscles follow in a slot.
        followed: (tape, row) -> the actuation that a row of muscles follows.
        put: (constants, model, tape, world, lane, slot): puts what the controller answered in a slot into the queue.
        load: (constants, model, tape, world, lane, snapshot): begins a segment with the answers on their way, of a
            snapshot or, if it is -1, of the segment before.
        save: (constants, model, tape, world, lane, snapshot): keeps the answers on their way at the end of a segment.
        clear: (constants, model, adjoint, world, lane): lets nothing wait at the start of the reverse sweep.
        pass_back: (constants, adjoint, start, count, row, step, passed) -> the adjoint of what the controller answered
            in a step, for what that step's muscles pass on; `start` and `count` are rows of the world's springs.
    """

    followed_at: Any
    followed: Any
    put: Any = None
    load: Any = None
    save: Any = None
    clear: Any = None
    pass_back: Any = None


def build_queue(types: KernelTypes) -> QueueFunctions:
    """Return the functions in given kernel types."""
    if types.delayed:
        return QueueFunctions(*_followed_later(types), *_forwards(types), *_backwards(types))
    row_vector, load = types.row_vector, types.row_functions.load
    Constants, Model, Tape, ROW = types.Constants, types.Model, types.Tape, types.row

    @wp.func(module=types.module, inline=True)
    def followed_at(constants: Constants, model: Model, world: int, slot: int) -> int:
        springs = model.spring_start[world + 1] - model.spring_start[world]
        return (model.spring_start[world] * constants.segment + slot * springs) // ROW

    @wp.func(module=types.module, inline=True)
    def followed(tape: Tape, row: int) -> row_vector:
        return load(tape.actuation_rows, row)

    return QueueFunctions(followed_at, followed)


def _followed_later(types: KernelTypes) -> tuple[Any, Any]:
    """Return where muscles find what they follow."""
    row_vector, load = types.row_vector, types.row_functions.load
    Constants, Model, Tape, ROW = types.Constants, types.Model, types.Tape, types.row

    @wp.func(module=types.module, inline=True)
    def followed_at(constants: Constants, model: Model, world: int, slot: int) -> int:
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        longest = constants.longest_latency
        return start * (longest + constants.segment) + (longest + slot - constants.latency) * count

    @wp.func(module=types.module, inline=True)
    def followed(tape: Tape, row: int) -> row_vector:
        return load(tape.queue_rows, row)

    return followed_at, followed


def _forwards(types: KernelTypes) -> tuple[Any, Any, Any]:
    """Return the functions that put answers into the queue, and carry it from segment to segment."""
    load_row, store_row = types.row_functions.load, types.row_functions.store
    Constants, Model, Tape, ROW = types.Constants, types.Model, types.Tape, types.row

    @wp.func(module=types.module, inline=True)
    def put(constants: Constants, model: Model, tape: Tape, world: int, lane: int, slot: int):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        longest = constants.longest_latency
        answered = start * constants.segment + slot * count
        queued = start * (longest + constants.segment) + (longest + slot) * count
        for row in range(lane, count, wp.block_dim()):
            store_row(tape.queue_rows, queued + row, load_row(tape.actuation_rows, answered + row))

    @wp.func(module=types.module, inline=True)
    def load(constants: Constants, model: Model, tape: Tape, world: int, lane: int, snapshot: int):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        longest = constants.longest_latency
        first = start * (longest + constants.segment)
        kept = (tape.snapshot_spring_start[world] // ROW + snapshot * count) * longest
        # A lane moves its rows from the earliest answer on, so that none is overwritten before it has moved.
        for row in range(lane, count, wp.block_dim()):
            for before in range(longest):
                at = before * count + row
                if snapshot < 0:
                    moved = load_row(tape.queue_rows, first + constants.segment * count + at)
                    store_row(tape.queue_rows, first + at, moved)
                else:
                    store_row(tape.queue_rows, first + at, load_row(tape.snapshot_queue_rows, kept + at))

    @wp.func(module=types.module, inline=True)
    def save(constants: Constants, model: Model, tape: Tape, world: int, lane: int, snapshot: int):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        longest = constants.longest_latency
        last = start * (longest + constants.segment) + constants.segment * count
        kept = (tape.snapshot_spring_start[world] // ROW + snapshot * count) * longest
        for row in range(lane, count * longest, wp.block_dim()):
            store_row(tape.snapshot_queue_rows, kept + row, load_row(tape.queue_rows, last + row))

    return put, load, save


def _backwards(types: KernelTypes) -> tuple[Any, Any]:
    """Return the functions of the ring in which what muscles pass on waits for the step of its answer.

    What step t passes on is for the answer of step t - latency, and lies in place t modulo latency until then.
    """
    row_vector, load, store_row = types.row_vector, types.row_functions.load, types.row_functions.store
    Constants, Model, Adjoint, ROW = types.Constants, types.Model, types.Adjoint, types.row

    @wp.func(module=types.module, inline=True)
    def clear(constants: Constants, model: Model, adjoint: Adjoint, world: int, lane: int):
        start = model.spring_start[world] // ROW
        count = model.spring_start[world + 1] // ROW - start
        longest = constants.longest_latency
        for row in range(lane, count * longest, wp.block_dim()):
            store_row(adjoint.queue_rows, start * longest + row, row_vector())

    @wp.func(module=types.module, inline=True)
    def pass_back(
        constants: Constants, adjoint: Adjoint, start: int, count: int, row: int, step: int, passed: row_vector
    ) -> row_vector:
        if constants.latency == 0:
            return passed
        place = start * constants.longest_latency + (step % constants.latency) * count + row
        waited = load(adjoint.queue_rows, place)
        store_row(adjoint.queue_rows, place, passed)
        return waited

    return clear, pass_back
