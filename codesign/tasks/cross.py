"""Cross: get far along x without going down into what is between."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.errors import ConfigError
from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Cross:
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

    state_size = 3
    uses_effort = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.level):
            raise ConfigError("task.level that is finite", repr(self.level), "set task.level in metres")
        if not 0.0 < self.softness < math.inf:
            raise ConfigError("task.softness above 0", repr(self.softness), "set task.softness in metres, as 0.02")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember where the centre started and is, and how much of its way counted."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values, up = wp.types.vector(2, types.real), types.dimension - 1

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start = memory[0]
            before = memory[1]
            counted = memory[2]
            if step == 0:
                start = centre[0]
                before = centre[0]
                counted = real(0.0)
            share = real(0.5) + real(0.5) * wp.tanh((centre[up] - values[0]) / values[1])
            return task_state(start, centre[0], counted + share * (centre[0] - before))

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(-memory[2])

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the level and its softness."""
        del dimension
        return (self.level, self.softness)

    def light(self, dimension: int) -> None:
        """Return None: there is no light."""

    def variant(self, generator: np.random.Generator) -> "Cross":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the way that counted and the displacement along x [m]."""
        return {"crossed": memory[:, 2], "displacement": memory[:, 1] - memory[:, 0]}
