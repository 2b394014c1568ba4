"""Climb: get high, and far."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.errors import ConfigError
from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Climb:
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

    state_size = 4
    uses_effort = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.progress_weight < math.inf:
            expected = "task.progress_weight of 0 or more"
            raise ConfigError(expected, repr(self.progress_weight), "set for example task.progress_weight=0.1")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember where the centre started, how far it is, and its mean height in the end."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values, up = types.scalar, types.dimension - 1

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start_x = memory[0]
            start_height = memory[1]
            height = memory[3]
            if step == 0:
                start_x = centre[0]
                start_height = centre[up]
                height = real(0.0)
            first = (3 * steps + 3) // 4
            if step >= first:
                height = height + centre[up] / real(steps - first + 1)
            return task_state(start_x, start_height, centre[0], height)

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(memory[1] - memory[3] + values[0] * (memory[0] - memory[2]))

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the weight of the way."""
        del dimension
        return (self.progress_weight,)

    def light(self, dimension: int) -> None:
        """Return None: there is no light."""

    def variant(self, generator: np.random.Generator) -> "Climb":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the height gained and the displacement along x [m]."""
        return {"height_gained": memory[:, 3] - memory[:, 1], "displacement": memory[:, 2] - memory[:, 0]}
