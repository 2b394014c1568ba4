"""How many designs are evaluated at a time: as many as fit into the memory that a spec may use."""

from dataclasses import replace

import numpy as np

from codesign.body import Bodies
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.sim import PARTS, Execution, Layout, device_of
from codesign.sim.layout import MEBIBYTE, ROWS, bytes_per_world, free_memory, layout_of, split

WIDEST_ROW = max(ROWS.values())
"""Springs that fill a row of the simulator's arrays at most; what a body takes is rounded up to whole rows."""

COPIES = 5
"""Arrays as long as the weights: these, their gradient, the best so far, and two averages that some learners keep."""

LEARNED_BYTES = 3 * 8 + 4 * 4
"""Bytes of a spring or mass for each field that is learned: what is drawn, its reach and mean, and where it lies."""

MOST_NUMBERS = 2**31 - 1
"""Numbers in a batch at most, because kernels count in 32 bits; a large GPU has room for more."""


def batches(spec: EvaluationSpec, bodies: Bodies) -> list[slice]:
    """Return consecutive ranges of bodies, each of which fits into the spec's memory.

    Raises:
        MemoryBudgetError: a body alone does not fit.
        ConfigError: the spec's device is not there.
    """
    return split(bytes_needed(spec, bodies), batch_budget(spec.execution))


def bytes_needed(spec: EvaluationSpec, bodies: Bodies) -> np.ndarray:
    """Return the memory that each body takes in all its worlds while it learns [bytes], shape (bodies,).

    Perturbed copies, which some learners need, and further starts count as much as the body itself.
    """
    physics, execution = spec.physics, spec.execution
    layout = layout_of(bodies, WIDEST_ROW)
    task, controller = spec.task, spec.weighted
    observed = task.observed(layout.dimension)
    latency = max(each.latency for each in spec.conditions())
    sizes = task.state_size, COPIES, observed, latency
    own = bodies.has_material_properties or "masses" in spec.learner.body.learned
    needed = bytes_per_world(layout, controller, physics.steps, execution, *sizes, material_properties=own)
    return spec.learner.starts * spec.learner.copies * (spec.worlds.count * needed + _learned_bytes(spec, layout))


def _learned_bytes(spec: EvaluationSpec, layout: Layout) -> np.ndarray:
    """Return what each body takes to be learned, besides its weights [bytes], shape (bodies,)."""
    learned = spec.learner.body.learned
    swings = spec.worlds.count * np.dtype(spec.execution.precision).itemsize * bool(learned)
    return sum(
        (LEARNED_BYTES * getattr(layout, f"padded_{PARTS[name]}") for name in learned),
        start=swings * layout.padded_springs,
    )


def batch_budget(execution: Execution) -> int:
    """Return the memory that the designs of one batch may take together [bytes].

    Raises:
        ConfigError: its device is not there.
    """
    return min(budget(execution), MOST_NUMBERS * np.dtype(execution.precision).itemsize)


def budget(execution: Execution) -> int:
    """Return the memory that an execution may use [bytes].

    Raises:
        ConfigError: its device is not there.
    """
    return execution.memory_mib * MEBIBYTE or free_memory(device_of(execution)) // 2


def shared(spec: EvaluationSpec, processes: int) -> EvaluationSpec:
    """Return a spec for one of several processes, which share the memory between them."""
    if processes == 1:
        return spec
    memory = max(1, budget(spec.execution) // MEBIBYTE // processes)
    return replace(spec, execution=replace(spec.execution, memory_mib=memory))
