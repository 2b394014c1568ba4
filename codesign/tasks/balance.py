"""Balance: stay up where one stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Balance(Task):
    """Do not sink: the loss is how far the centre of mass is below where it started, on average over the episode [m].

    What it is above that is not worth anything, so that nothing is gained by a jump before the fall.
    """

    name: str = "balance"

    state = ("start", "height", "sunk")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "sunk": "m", "fallen": "m"}

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep how high the centre started, how high it is, and how far it sank so far."""
        real, State, up, larger = types.real, types.task_state, types.dimension - 1, types.larger

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[up]
            below = larger(real(0.0), start - observation.centre[up])  # in this order NaN stays NaN
            return State(start, observation.centre[up], state[2] + below / real(observation.steps))

        def loss(state):
            return state[2]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return how far the centre is below where it started, on average and at the end [m]."""
        return {"sunk": states["sunk"], "fallen": states["start"] - states["height"]}
