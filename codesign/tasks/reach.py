"""Reach: get the highest mass up high."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Reach(Task):
    """Get one mass up and keep it there; the loss is minus the height gained by the highest mass [m].

    The height gained is the mean height of the last quarter of the episode above that at the start. Which mass it is
    may change from step to step.
    """

    name: str = "reach"

    uses = ("highest",)
    state = ("start", "height")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "reached": "m"}

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep how high the highest mass started, and its mean height in the end."""
        real, State = types.real, types.task_state

        def update(state, observation):
            start = state[0]
            height = state[1]
            if observation.step == 0:
                start = observation.highest
            first = (3 * observation.steps + 3) // 4
            if observation.step >= first:
                height = height + observation.highest / real(observation.steps - first + 1)
            return State(start, height)

        def loss(state):
            return state[0] - state[1]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the height gained by the highest mass [m]."""
        return {"reached": states["height"] - states["start"]}
