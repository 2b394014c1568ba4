"""Jump: get the centre of mass high."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Jump(Task):
    """Raise the centre of mass once; the loss is minus the largest height above that at the start [m]."""

    name: str = "jump"

    state = ("start", "highest")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "height": "m"}

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep how high the centre started and how high it came."""
        State, up, larger = types.task_state, types.dimension - 1, types.larger

        def update(state, observation):
            start = state[0]
            highest = state[1]
            if observation.step == 0:
                start = observation.centre[up]
                highest = observation.centre[up]
            return State(start, larger(highest, observation.centre[up]))

        def loss(state):
            return state[0] - state[1]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the height of the jump [m]."""
        return {"height": states["highest"] - states["start"]}
