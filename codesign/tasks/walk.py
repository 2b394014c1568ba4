"""Walk: get far along x."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Walk(Task):
    """Move the centre of mass along x; the loss is minus its displacement [m] (2024 paper)."""

    name: str = "walk"

    state = ("start", "place")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "displacement": "m"}

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started and where it is."""
        State = types.task_state

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            return State(start, observation.centre[0])

        def loss(state):
            return state[0] - state[1]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement [m]."""
        return {"displacement": states["place"] - states["start"]}
