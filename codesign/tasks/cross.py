"""Cross: get far along x without going down into what is between."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import warp as wp

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Cross(Task):
    """Move the centre of mass along x, of which counts what it does above a level; the loss is minus that way [m].

    Every step's move counts by a factor that goes smoothly (tanh) from 0, below the level, to 1, above it, half at
    the level. So the loss has a gradient everywhere, and a body that lies in a gap gains nothing by moving there.

    Attributes:
        level: height of the centre [m] that counts half; on terrain=gaps the ground between trenches is at 0.
        softness: height above it [m] at which 88 % counts.

    Raises:
        ConfigError: a level that is not finite, or a softness that is not above 0.
    """

    name: str = "cross"
    level: float = 0.0
    softness: float = 0.02

    state = ("start", "place", "crossed")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "crossed": "m", "displacement": "m"}

    def __post_init__(self) -> None:
        require_number(self, "level", unit="m", example=0.0)
        require_number(self, "softness", above=0.0, unit="m", example=0.02)

    @classmethod
    def example(cls) -> Self:
        """Return the task with a level at which small bodies are."""
        return cls(level=0.12)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started and is, and how much of its way counted."""
        real, State, up = types.real, types.task_state, types.dimension - 1

        def update(state, observation, parameters):
            start = state[0]
            before = state[1]
            if observation.step == 0:
                start = observation.centre[0]
                before = observation.centre[0]
            share = real(0.5) + real(0.5) * wp.tanh((observation.centre[up] - parameters.level) / parameters.softness)
            return State(start, observation.centre[0], state[2] + share * (observation.centre[0] - before))

        def loss(state):
            return -state[2]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the way that counted and the displacement along x [m]."""
        return {"crossed": states["crossed"], "displacement": states["place"] - states["start"]}
