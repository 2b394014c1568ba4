"""The loss of bodies as a function of their weights, which measures ask for values and gradients."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies, offsets
from codesign.evaluate import EvaluationSpec, batch_budget, batches

Numbers = npt.NDArray[Any]

Points = Sequence[Numbers]
"""Weights of each body at which its loss is wanted, one array of shape (points, weights of the body) for each."""

HELD_BYTES = 2**28
"""Memory of the host that weights of points take together at most, unless those of one body need more."""


class Landscape(Protocol):
    """Losses of several bodies, each a function of as many weights as it has."""

    def losses(self, points: Points) -> list[Numbers]:
        """Return the losses of each body, float64, each of shape (points of the body,)."""
        ...

    def losses_and_gradients(self, points: Points) -> tuple[list[Numbers], list[Numbers]]:
        """Return losses, and the derivatives in the weights, float64, each of shape (points, weights of the body)."""
        ...


class SimulatedLandscape:
    """Losses of bodies as the simulator has them, in all of a design's worlds.

    Every point is a copy of its body with weights of its own, and as many copies are simulated together as fit into the
    memory of the spec's execution. Which ones these are changes no bit. Weights are rounded to the execution's
    precision. The loss is the one that designs learn by (`Simulator.learned_losses`).

    Args:
        spec: how designs are evaluated; how they learn plays no part, but for what of their bodies is learned.
        bodies: at least one.
        material_properties: whether kernels have masses, damping and force limits although these bodies do not, because
            others have with which they are compared to the bit.
    """

    def __init__(self, spec: EvaluationSpec, bodies: Bodies, *, material_properties: bool = False) -> None:
        self._spec = replace(spec, learner=replace(spec.learner, estimator="exact"))
        self._bodies = bodies
        self._properties = material_properties or bodies.has_material_properties

    def losses(self, points: Points) -> list[Numbers]:
        """Return the losses of each body, see `Landscape`.

        Raises:
            MemoryBudgetError: a body alone does not fit into the memory.
            ValueError: weights of another number than the body has.
        """
        return self._simulated(points, reverse=False)[0]

    def losses_and_gradients(self, points: Points) -> tuple[list[Numbers], list[Numbers]]:
        """Return losses and gradients of each body, see `losses`."""
        return self._simulated(points, reverse=True)

    def _simulated(self, points: Points, *, reverse: bool) -> tuple[list[Numbers], list[Numbers]]:
        counts = [len(each) for each in points]
        rows = [row for each in points for row in each]
        losses = np.full(len(rows), np.nan)
        gradients = [np.full(len(row), np.nan) for row in rows] if reverse else []
        # Weights that are no numbers have no loss, and are no business of the simulator.
        known = np.flatnonzero([np.isfinite(row).all() for row in rows])
        copies = self._bodies.take(np.repeat(np.arange(len(self._bodies)), counts)[known])
        for part in batches(self._spec, copies) if len(known) else ():
            simulator = self._spec.simulator(copies[part], material_properties=self._properties)
            simulator.load(np.concatenate([rows[index] for index in known[part]]))
            simulator.forward(differentiable=reverse)
            losses[known[part]] = simulator.learned_losses().numpy()
            if reverse:
                simulator.reverse()
                flat = simulator.weights(simulator.gradient)
                for index, own in zip(known[part], np.split(flat, simulator.weight_start[1:-1]), strict=True):
                    gradients[index] = own
        ends = offsets(counts).tolist()
        pairs = list(pairwise(ends))
        grouped = [
            np.array(gradients[first:end]).reshape(end - first, each.shape[1])
            for (first, end), each in zip(pairs if reverse else [], points, strict=reverse)
        ]
        return [losses[first:end] for first, end in pairs], grouped


def held_together(spec: EvaluationSpec, sizes: Numbers, points: int) -> list[slice]:
    """Return consecutive ranges of bodies whose points the host's memory can hold at the same time.

    Args:
        spec: how designs are evaluated, which says how much memory there is.
        sizes: weights of each body, shape (bodies,).
        points: of each body, at most.
    """
    held = np.minimum(batch_budget(spec.execution), HELD_BYTES)
    ranges, first, used = list[slice](), 0, 0
    for index, size in enumerate((8 * points * sizes).tolist()):
        if index > first and used + size > held:
            ranges.append(slice(first, index))
            first, used = index, 0
        used += size
    return [*ranges, slice(first, len(sizes))]
