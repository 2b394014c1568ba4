"""Turn: change one's heading, in 3D."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import warp as wp

from codesign.checks import require_flag
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Turn(Task):
    """Turn about the vertical: the loss is minus the angle by which the body has turned [rad]. In 3D alone.

    Whole turns count: the angle is the sum of the changes of the heading in all steps, each less than half a turn.

    Attributes:
        clockwise: whether to turn clockwise, as seen from above.

    Raises:
        ConfigError: something else than true or false.
    """

    name: str = "turn"
    clockwise: bool = False

    uses = ("heading",)
    state = ("heading", "turned")
    dimensions = (3,)
    units: ClassVar[Mapping[str, str]] = {"fitness": "rad", "turned": "rad"}

    def __post_init__(self) -> None:
        require_flag(self, "clockwise")

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep the heading, and how far the body has turned counterclockwise."""
        real, State = types.real, types.task_state

        def update(state, observation):
            change = observation.heading - state[0]
            change = change - real(2.0 * math.pi) * wp.round(change / real(2.0 * math.pi))
            return State(observation.heading, state[1] + change)

        def loss(state, parameters):
            return -parameters.direction * state[1]

        return TaskFunctions(update, loss)

    def parameters(self, dimension: int) -> Mapping[str, float | Sequence[float]]:
        """Return the direction: 1 for counterclockwise, -1 for clockwise."""
        del dimension
        return {"direction": -1.0 if self.clockwise else 1.0}

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the angle turned, counterclockwise [rad]."""
        return {"turned": states["turned"]}
