"""Marks: a task with cliffs, whose exact gradient is zero wherever there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import warp as wp

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Marks(Task):
    """Pass marks on the way along x; the loss is minus the way to the last mark that the centre of mass has behind it.

    Attributes:
        spacing: distance between marks [m].
    """

    name: str = "marks"
    spacing: float = 0.02

    state = ("start", "place")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "displacement": "m"}

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre of mass started and is."""
        numbers = types.task_state

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            return numbers(start, observation.centre[0])

        def loss(state, parameters):
            return -parameters.spacing * wp.floor((state[1] - state[0]) / parameters.spacing)

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement along x [m]."""
        return {"displacement": states["place"] - states["start"]}
