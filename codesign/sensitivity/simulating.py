"""Losses and gradients of many weights of one body at once, in one world, in any precision and over any horizon."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec, batches
from codesign.sim import Simulator

Numbers = npt.NDArray[Any]


def over_horizon(spec: EvaluationSpec, bodies: Bodies, weights: Numbers, steps: int) -> tuple[EvaluationSpec, Numbers]:
    """Return how episodes of so many steps are evaluated, and a body's weights for these.

    Weights that a controller has for every step are cut.

    Raises:
        ConfigError: a longer horizon for a controller with weights for every step.
    """
    masses, dimension = bodies.positions.shape
    sizes = masses, len(bodies.springs), dimension
    known = spec.controller.weight_shapes(*sizes, spec.physics.steps)
    wanted = spec.controller.weight_shapes(*sizes, steps)
    total = sum(int(np.prod(shape)) for shape in known.values())
    if total != len(weights):
        raise ConfigError(f"{total} weights", f"{len(weights)}", "give those of this body's controller")
    parts, start = list[Numbers](), 0
    for name, shape in known.items():
        size = int(np.prod(shape))
        own = weights[start : start + size].reshape(shape)
        start += size
        if wanted[name] != shape:
            if steps > spec.physics.steps:
                got = f"{steps} with {spec.controller.name}, which has weights for {spec.physics.steps} steps"
                raise ConfigError("no longer than an episode", got, "leave longer horizons out", "horizons")
            own = own[:steps]
        parts.append(own.ravel())
    return replace(spec, physics=replace(spec.physics, steps=steps)), np.concatenate(parts)


def in_precision(spec: EvaluationSpec, precision: str) -> EvaluationSpec:
    """Return the same in another precision."""
    return replace(spec, execution=replace(spec.execution, precision=precision))


def losses(spec: EvaluationSpec, bodies: Bodies, weights: Sequence[Numbers] | Numbers, *, world: int = 0) -> Numbers:
    """Return the losses of copies of one body with different weights, shape (copies,).

    Raises:
        MemoryBudgetError: a copy alone does not fit into the memory.
    """
    return _swept(spec, bodies, weights, world, reverse=False)[0]


def losses_and_gradients(
    spec: EvaluationSpec, bodies: Bodies, weights: Sequence[Numbers] | Numbers, *, world: int = 0
) -> tuple[Numbers, Numbers]:
    """Return losses, shape (copies,), and gradients in the weights, shape (copies, weights); see `losses`."""
    return _swept(spec, bodies, weights, world, reverse=True)


def _swept(spec: EvaluationSpec, bodies: Bodies, weights: Any, world: int, *, reverse: bool) -> tuple[Numbers, Numbers]:
    given = np.asarray(weights, np.float64)
    copies = bodies.take(np.zeros(len(given), np.int64))
    found, gradients = list[Numbers](), list[Numbers]()
    for part in batches(spec, copies):
        own = spec.physics, spec.controller, [spec.conditions()[world]], spec.execution
        simulator = Simulator(copies[part], *own)
        simulator.load(given[part].ravel())
        simulator.forward()
        found.append(simulator.loss.numpy().astype(np.float64))
        if reverse:
            simulator.reverse()
            gradients.append(simulator.weights(simulator.gradient).reshape(-1, given.shape[1]))
    return np.concatenate(found), np.concatenate(gradients) if reverse else np.zeros((len(given), 0))
