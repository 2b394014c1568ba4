"""The simulator of this project as one implementation among the others."""

import numpy as np
import warp as wp

from benchmarks.case import CONTROLLER, TASK, TERRAIN, Case
from codesign.sim import Conditions, Execution, Simulator


class Ours:
    """Simulates and differentiates a case as every command of this project does.

    Args:
        case: what to compute.
        precision: "float32" or "float64".
    """

    name = "codesign"

    def __init__(self, case: Case, precision: str = "float32") -> None:
        execution = Execution(precision=precision)
        self._simulator = Simulator(case.bodies, case.physics, CONTROLLER, [Conditions(TERRAIN, TASK)], execution)
        self._simulator.load(case.weights)
        self.device = self._simulator.device.name

    def forward(self) -> np.ndarray:
        """Return the losses, shape (worlds,)."""
        self._simulator.forward()
        return self._simulator.loss.numpy()

    def both(self) -> np.ndarray:
        """Return the losses, shape (worlds,), with their gradient computed."""
        self._simulator.forward()
        losses = self._simulator.loss.numpy()
        self._simulator.reverse()
        wp.synchronize_device(self._simulator.device)
        return losses

    def gradient(self) -> np.ndarray:
        """Return the gradient that `both` computed last, shape (weights,)."""
        return self._simulator.weights(self._simulator.gradient)
