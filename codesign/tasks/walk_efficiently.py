"""Walk efficiently: get far along x with little actuation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class WalkEfficiently(Task):
    """Move along x for little effort; the loss is minus the displacement [m] plus the weighted mean effort.

    The effort of a step is the squared actuation of the muscles, averaged over the springs: between 0 and 1.

    Attributes:
        effort_weight: metres that full actuation all the time costs.

    Raises:
        ConfigError: a weight that is negative or not finite.
    """

    name: str = "walk_efficiently"
    effort_weight: float = 0.5

    uses = ("centre", "effort")
    state = ("start", "place", "effort")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "displacement": "m"}

    def __post_init__(self) -> None:
        require_number(self, "effort_weight", at_least=0.0, unit="m", example=0.5)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep start, place and mean effort."""
        real, State = types.real, types.task_state

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            return State(start, observation.centre[0], state[2] + observation.effort / real(observation.steps))

        def loss(state, parameters):
            return state[0] - state[1] + parameters.effort_weight * state[2]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement [m]; the mean effort is a measure that all tasks have."""
        return {"displacement": states["place"] - states["start"]}
