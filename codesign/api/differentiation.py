"""Losses of bodies and their gradients, without making a simulator anew for bodies that come again."""

from collections.abc import Sequence

import numpy as np

from codesign.body import Bodies
from codesign.evaluate import EvaluationSpec, batches
from codesign.sim import Simulator


class Differentiation:
    """Simulates bodies forwards and in reverse, and keeps the simulator of the last ones, if they were one batch.

    Args:
        spec: how bodies are evaluated.
    """

    def __init__(self, spec: EvaluationSpec) -> None:
        self._spec = spec
        self._kept: tuple[tuple[bytes, bool, bool], Simulator] | None = None

    def loss_and_gradients(
        self, bodies: Bodies, weights: Sequence[np.ndarray], *, physical: bool, material_properties: bool = False
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the loss of each body, shape (n,), and gradients of all bodies by what they are in, flat.

        Args:
            bodies: at least one.
            weights: of the controller of each, flat.
            physical: whether gradients in attributes of the bodies are wanted beside those in weights.
            material_properties: whether those in masses, damping and force limits are, even if all are the defaults.

        Raises:
            MemoryBudgetError: a body alone needs more memory than the spec may use.
        """
        differ = material_properties or bodies.has_material_properties
        key = bodies.checksum(), physical, differ
        if self._kept is not None and self._kept[0] == key:
            return _gradients(self._kept[1], np.concatenate(weights), physical=physical)
        self._kept = None  # the memory of the one before is needed
        parts = batches(self._spec, bodies)
        found = []
        for part in parts:
            simulator = self._spec.simulator(bodies[part], physical_gradients=physical, material_properties=differ)
            found.append(_gradients(simulator, np.concatenate(weights[part]), physical=physical))
            if len(parts) == 1:
                self._kept = key, simulator
        names = found[0][1]
        loss = np.concatenate([loss for loss, _ in found])
        return loss, {name: np.concatenate([gradients[name] for _, gradients in found]) for name in names}


def _gradients(simulator: Simulator, flat: np.ndarray, *, physical: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return losses and gradients of the bodies of a simulator with given weights."""
    simulator.load(flat)
    simulator.forward()
    simulator.reverse()
    found = {"weights": simulator.weights(simulator.gradient)}
    if physical:
        found |= simulator.body_gradients()
    return simulator.loss.numpy().astype(np.float64), found
