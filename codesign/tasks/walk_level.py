"""Walk level: get far along x without going up and down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class WalkLevel(Task):
    """Move along x and keep the centre at its height; the loss is minus the displacement plus weighted deviation [m].

    The deviation is the distance between the height of the centre and that at the start, on average over the episode.

    Attributes:
        level_weight: metres along x that a metre of deviation costs.

    Raises:
        ConfigError: a weight that is negative or not finite.
    """

    name: str = "walk_level"
    level_weight: float = 5.0

    state = ("start", "start_height", "place", "deviation")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "displacement": "m", "deviation": "m"}

    def __post_init__(self) -> None:
        require_number(self, "level_weight", at_least=0.0, example=5.0)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started, how far it is, and its mean deviation so far."""
        real, State, up, larger = types.real, types.task_state, types.dimension - 1, types.larger

        def update(state, observation):
            start = state[0]
            start_height = state[1]
            if observation.step == 0:
                start = observation.centre[0]
                start_height = observation.centre[up]
            risen = observation.centre[up] - start_height
            deviation = state[3] + larger(risen, -risen) / real(observation.steps)
            return State(start, start_height, observation.centre[0], deviation)

        def loss(state, parameters):
            return state[0] - state[2] + parameters.level_weight * state[3]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement along x and the mean deviation of the height [m]."""
        return {"displacement": states["place"] - states["start"], "deviation": states["deviation"]}
