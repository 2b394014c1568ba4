"""The task `glide`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Glide(Task):
    """Move along x at one height; the loss is minus the displacement [m] plus the weighted squared distance from it.

    Attributes:
        depth: height of the centre of mass that is wanted, in world frame [m]; level ground is at 0.1 m.
        depth_weight: metres that it costs to be 1 m away from it all the time.
    """

    name: str = "glide"
    depth: float = 0.4
    depth_weight: float = 4.0

    state = ("start", "place", "away")

    def __post_init__(self) -> None:
        require_number(self, "depth", unit="m", example=0.4)
        require_number(self, "depth_weight", at_least=0.0, example=4.0)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started and is, and the mean squared distance from the depth."""
        real, State, up = types.real, types.task_state, types.dimension - 1

        def update(state, observation, parameters):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            away = observation.centre[up] - parameters.depth
            return State(start, observation.centre[0], state[2] + away * away / real(observation.steps + 1))

        def loss(state, parameters):
            return state[0] - state[1] + parameters.depth_weight * state[2]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement along x [m], and the mean distance from the depth [m]."""
        return {"displacement": states["place"] - states["start"], "depth_error": np.sqrt(states["away"])}
