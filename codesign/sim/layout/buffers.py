"""How much memory worlds take, and how many are simulated at a time."""

from dataclasses import dataclass

import numpy as np
import warp as wp

from codesign.errors import MemoryBudgetError
from codesign.machine import available_memory
from codesign.sim.contracts import Controller, Layout
from codesign.sim.device import settled
from codesign.sim.settings import Execution

MEBIBYTE = 2**20
"""Bytes of a mebibyte."""

WORLD_NUMBERS = {2: 64_000, 3: 128_000}
"""Numbers that a world may take, besides its weights, by dimension: 250 KiB in single precision in 2D, and 500 KiB in
3D, where bodies are larger. As many states of its episode are kept as fit into that."""

OFFSETS = 9
"""Integers of a world that say where it begins in arrays, and how large it is."""

FEWEST_SNAPSHOTS = 8
"""States that are kept of an episode at least; with fewer, parts of long episodes would be simulated many times."""


@dataclass(frozen=True)
class BufferSizes:
    """How many reals each world takes in each array whose size depends on the bodies.

    The simulator allocates by these sizes and the estimate of memory adds them up, so that the two cannot disagree.

    Attributes:
        tape: by the names of the arrays of the tape, each of shape (worlds,).
        adjoint: the same of the adjoint.
    """

    tape: dict[str, np.ndarray]
    adjoint: dict[str, np.ndarray]


def buffer_sizes(
    layout: Layout,
    segment: int,
    snapshots: np.ndarray | int,
    state_size: int,
    senses: int,
    observed: tuple[int, int] = (0, 0),
    latency: int = 0,
    *,
    material_properties: bool = False,
) -> BufferSizes:
    """Return the sizes of the simulator's arrays.

    Args:
        layout: sizes of the worlds.
        segment: steps in a segment.
        snapshots: states that are kept of an episode, of all worlds or of each.
        state_size: numbers that the task keeps of a world.
        senses: numbers that every mass senses.
        observed: numbers of every mass that a task's observations need, in the tape and in the adjoint.
        latency: the longest time that muscles of a world lag behind [steps].
        material_properties: whether bodies have masses, damping and force limits of their own.
    """
    state = layout.dimension * layout.padded_masses
    springs = layout.padded_springs
    one = np.ones_like(state)
    return BufferSizes(
        tape={
            "position": state * (segment + 1),
            "velocity": state * (segment + 1),
            "impulse": state * segment,
            "actuation": springs * segment,
            "sense": senses * layout.padded_masses * segment,
            "observation": observed[0] * layout.padded_masses,
            "force": layout.dimension * (2 * springs + layout.row),
            "task_state": one * state_size * (segment + 1),
            "snapshot_position": state * snapshots,
            "snapshot_velocity": state * snapshots,
            "snapshot_task_state": one * state_size * snapshots,
            **(
                {"queue": springs * (segment + latency), "snapshot_queue": springs * latency * snapshots}
                if latency
                else {}
            ),
        },
        adjoint={
            "position": state,
            "velocity": state,
            "impulse": state,
            "actuation": springs,
            "sense": senses * layout.padded_masses,
            "observation": observed[1] * layout.padded_masses,
            "task_state": one * state_size,
            "rest": springs,
            "stiffness": springs,
            "swing": springs,
            **({"queue": springs * latency} if latency else {}),
            **(
                {"mass": layout.padded_masses, "damping": springs, "force_limit": springs}
                if material_properties
                else {}
            ),
        },
    )


def snapshots_of(
    layout: Layout, controller: Controller, steps: int, execution: Execution, state_size: int, latency: int = 0
) -> np.ndarray:
    """Return how many states are kept of the episode of each world, shape (worlds,).

    Args:
        layout: sizes of the worlds.
        controller: what moves the bodies.
        steps: of an episode.
        execution: how the worlds are simulated; if it does not say how many, there are as many as there is room for.
        state_size: numbers that the task keeps of a world.
        latency: the longest time that muscles of a world lag behind [steps].
    """
    segment = settled(execution).segment(steps)
    parts = -(-steps // segment)
    if execution.checkpoints:
        return np.full(len(layout.masses), min(execution.checkpoints, parts))
    rest, more = (_numbers(layout, controller, segment, count, state_size, latency) for count in (0, 1))
    kept = (WORLD_NUMBERS[layout.dimension] - rest) // (more - rest)
    return np.clip(kept, min(FEWEST_SNAPSHOTS, parts), parts)


def bytes_per_world(
    layout: Layout,
    controller: Controller,
    steps: int,
    execution: Execution,
    state_size: int,
    copies: int,
    observed: tuple[int, int] = (0, 0),
    latency: int = 0,
    *,
    material_properties: bool = False,
) -> np.ndarray:
    """Return the memory of each world [bytes], shape (worlds,).

    Args:
        layout: sizes of the worlds.
        controller: what moves the bodies.
        steps: of an episode.
        execution: how they are simulated.
        state_size: numbers that the task keeps of a world.
        copies: how many times the parameters are held: themselves, their gradient, and what a learner keeps.
        observed: numbers of every mass that a task's observations need, in the tape and in the adjoint.
        latency: the longest time that muscles of a world lag behind [steps].
        material_properties: whether bodies have masses, damping and force limits of their own.
    """
    segment = settled(execution).segment(steps)
    snapshots = snapshots_of(layout, controller, steps, execution, state_size, latency)
    numbers = _numbers(layout, controller, segment, snapshots, state_size, latency)
    numbers = numbers + sum(observed) * layout.padded_masses
    if material_properties:
        numbers = numbers + 2 * (layout.padded_masses + layout.padded_springs)
    parameters = copies * controller.parameter_counts(layout, steps)
    return (numbers + parameters) * np.dtype(execution.precision).itemsize


def _numbers(
    layout: Layout,
    controller: Controller,
    segment: int,
    snapshots: np.ndarray | int,
    state_size: int,
    latency: int,
) -> np.ndarray:
    """Return the numbers of each world besides its parameters; integers count as numbers."""
    sizes = buffer_sizes(layout, segment, snapshots, state_size, len(controller.senses), latency=latency)
    numbers = sum([*sizes.tape.values(), *sizes.adjoint.values()], start=controller.scratch_sizes(layout, segment))
    # Only who differentiates bodies holds these, and nobody's snapshots are to depend on that.
    numbers -= sizes.adjoint["swing"]
    bodies = 6 * layout.padded_springs + (layout.dimension + 1) * layout.padded_masses
    return numbers + bodies + layout.incidences + layout.padded_masses // layout.row + OFFSETS


def split(sizes: np.ndarray, budget: int) -> list[slice]:
    """Return consecutive ranges of worlds, each within a memory budget.

    Args:
        sizes: memory of each world [bytes], shape (worlds,).
        budget: memory of a range [bytes].

    Raises:
        MemoryBudgetError: a world alone is larger than the budget.
    """
    if len(sizes) and sizes.max() > budget:
        needed = f"one design that needs {-(-int(sizes.max()) // MEBIBYTE)} MiB"
        remedy = "raise execution.memory_mib, or lower execution.segment_steps or sim.steps"
        raise MemoryBudgetError(f"designs that fit into {budget // MEBIBYTE} MiB", needed, remedy)
    ranges, start, used = [], 0, 0
    for world, size in enumerate(sizes.tolist()):
        if used + size > budget:
            ranges.append(slice(start, world))
            start, used = world, 0
        used += size
    return [*ranges, slice(start, len(sizes))]


def free_memory(device: wp.Device) -> int:
    """Return the memory of a device that is free [bytes]."""
    if device.is_cuda:
        return int(device.free_memory)
    return available_memory()
