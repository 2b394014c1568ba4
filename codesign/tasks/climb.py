"""Climb: get high, and far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Climb(Task):
    """Raise the centre of mass and keep it up; the loss is minus the height gained and a share of the way along x [m].

    The height gained is the mean height of the last quarter of the episode above that at the start, so that a jump at
    the end is not worth it. The way counts so that there is something to learn before the first step is reached.

    Attributes:
        progress_weight: metres of height that a metre along x is worth.

    Raises:
        ConfigError: a weight that is negative or not finite.
    """

    name: str = "climb"
    progress_weight: float = 0.1

    state = ("start", "start_height", "place", "height")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "height_gained": "m", "displacement": "m"}

    def __post_init__(self) -> None:
        require_number(self, "progress_weight", at_least=0.0, example=0.1)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started, how far it is, and its mean height in the end."""
        real, State, up = types.real, types.task_state, types.dimension - 1

        def update(state, observation):
            start = state[0]
            start_height = state[1]
            height = state[3]
            if observation.step == 0:
                start = observation.centre[0]
                start_height = observation.centre[up]
            first = (3 * observation.steps + 3) // 4
            if observation.step >= first:
                height = height + observation.centre[up] / real(observation.steps - first + 1)
            return State(start, start_height, observation.centre[0], height)

        def loss(state, parameters):
            return state[1] - state[3] + parameters.progress_weight * (state[0] - state[2])

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the height gained and the displacement along x [m]."""
        return {
            "height_gained": states["height"] - states["start_height"],
            "displacement": states["place"] - states["start"],
        }
