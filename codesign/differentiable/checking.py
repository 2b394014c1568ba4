"""What is checked before an episode of arrays is simulated."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.errors import ConfigError, MemoryBudgetError
from codesign.evaluate import WIDEST_ROW, EvaluationSpec, batch_budget
from codesign.sim import Conditions, Controller, Execution
from codesign.sim.layout import MEBIBYTE, bytes_per_world, layout_of

MATERIAL = ("masses", "damping", "force_limits")
"""Inputs that episodes have only where they matter."""


def require_window(spec: EvaluationSpec, bodies: Bodies, steps: int | None, world: int) -> Conditions:
    """Return the conditions of a window's world, if such a window can be simulated.

    Args:
        spec: how designs are evaluated.
        bodies: what is simulated.
        steps: of the window; None for those of an episode.
        world: number of the spec's worlds.

    Raises:
        ConfigError: a number of steps or a world that there is not, bodies of another dimension, or a window that is
            shorter than the episode where motors have latency or the task watches the heading.
    """
    whole, conditions = spec.physics.steps, spec.conditions()
    steps = whole if steps is None else steps
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 1 <= steps <= whole:
        raise ConfigError(f"steps as a whole number from 1 to {whole}, an episode's", repr(steps), "change steps")
    if isinstance(world, bool) or not isinstance(world, int | np.integer) or not 0 <= world < len(conditions):
        raise ConfigError(f"world as a whole number below {len(conditions)}", repr(world), "count worlds from 0")
    if not len(bodies):
        raise ConfigError("at least one body", "none", "give some")
    spec.require_dimension(bodies.positions.shape[1])
    if steps < whole:
        part, remedy = f"a window of {steps} of {whole} steps", "simulate whole episodes, or "
        if conditions[world].latency:
            got = f"a latency of {conditions[world].latency} steps"
            raise ConfigError(f"motors without latency in {part}", got, f"{remedy}set the latency to 0")
        if "heading" in spec.task.uses:
            got = f"{spec.task.name}, which watches the heading since the start"
            raise ConfigError(f"a task that can go on in {part}", got, f"{remedy}choose another task")
    return conditions[world]


def require_memory(spec: EvaluationSpec, bodies: Bodies, controller: Controller, steps: int) -> Execution:
    """Return how a window is computed, all of whose states are held, if they fit into the memory.

    Raises:
        MemoryBudgetError: they do not.
    """
    execution = replace(spec.execution, segment_steps=steps, checkpoints=1)
    layout = layout_of(bodies, WIDEST_ROW)
    observed = spec.task.observed(layout.dimension)
    needed = bytes_per_world(layout, controller, steps, execution, spec.task.state_size, 2, observed)
    # Cotangents lie beside the states, and outputs are copies of them.
    states = 2 * layout.dimension * layout.padded_masses * (steps + 1)
    total = int((needed + 2 * states * np.dtype(execution.precision).itemsize).sum())
    allowed = batch_budget(execution)
    if total > allowed:
        got = f"{-(-total // MEBIBYTE)} MiB for {len(bodies)} bodies and {steps} steps"
        remedy = "give fewer bodies or steps, or raise memory_mib of execution"
        raise MemoryBudgetError(f"states that fit into {allowed // MEBIBYTE} MiB", got, remedy)
    return execution


def require_first_step(first_step: int, last: int, actuation: str) -> None:
    """Check where in an episode a window begins.

    Raises:
        ConfigError: it would end behind the episode, or a controller moves the bodies, whose clock begins at 0.
    """
    if isinstance(first_step, bool) or not isinstance(first_step, int | np.integer) or not 0 <= first_step <= last:
        expected = f"first_step as a whole number from 0 to {last}"
        raise ConfigError(expected, repr(first_step), "begin where the window still fits into the episode")
    if first_step and actuation == "controller":
        expected, got = "given actuation in a window that begins later", "a controller, whose clock begins at 0"
        raise ConfigError(expected, got, 'set actuation to "held" or "steps"')


def require_arrays(
    given: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    dtype: np.dtype,
    device: wp.Device,
    kind: str,
    *,
    whole: bool,
) -> None:
    """Check inputs or cotangents of outputs; where `whole`, none may be missing.

    Raises:
        ValueError: one that is unknown, missing, of another shape or type, not contiguous, or elsewhere.
    """
    for name in given:
        if name not in shapes:
            known = "make the episode with material_properties=True" if name in MATERIAL else "leave it out"
            raise ValueError(f"expected {kind}s among {', '.join(shapes)}; got {name!r}; {known}")
    for name, shape in shapes.items():
        if name not in given:
            if not whole:
                continue
            raise ValueError(f"expected the {kind} {name}; got none; give an array of shape {shape}")
        array = given[name]
        if not isinstance(array, np.ndarray | wp.array):
            got = type(array).__name__
            raise ValueError(f"expected {name} as an array of NumPy or Warp; got {got}; convert it")
        if tuple(array.shape) != shape:
            got = tuple(array.shape)
            raise ValueError(f"expected {name} of shape {shape}; got {got}; give one number for each")
        own = array.dtype if isinstance(array, np.ndarray) else wp.dtype_to_numpy(array.dtype)
        if np.dtype(own) != dtype:
            raise ValueError(f"expected {name} of {dtype}; got {np.dtype(own)}; convert it, or change the precision")
        contiguous = array.flags.c_contiguous if isinstance(array, np.ndarray) else array.is_contiguous
        if not contiguous:
            raise ValueError(f"expected {name} in C order; got an array with strides; copy it")
        if isinstance(array, wp.array) and array.device != device:
            raise ValueError(f"expected {name} on {device}; got {array.device}; move it there")
