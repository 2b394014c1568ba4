"""Walk efficiently: get far along x with little actuation."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.errors import ConfigError
from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class WalkEfficiently:
    """Move along x for little effort; the loss is minus the displacement [m] plus the weighted mean effort.

    The effort of a step is the squared actuation of the muscles, averaged over the springs: between 0 and 1.

    Attributes:
        effort_weight: metres that full actuation all the time costs.

    Raises:
        ConfigError: a weight that is negative or not finite.
    """

    name: str = "walk_efficiently"
    effort_weight: float = 0.5

    state_size = 3
    uses_effort = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.effort_weight < math.inf:
            expected = "task.effort_weight of 0 or more"
            raise ConfigError(expected, repr(self.effort_weight), "set task.effort_weight in metres")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember start, place and mean effort."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values = types.scalar

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start = memory[0]
            spent = memory[2]
            if step == 0:
                start = centre[0]
                spent = real(0.0)
            return task_state(start, centre[0], spent + effort / real(steps))

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(memory[0] - memory[1] + values[0] * memory[2])

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the weight of the effort."""
        del dimension
        return (self.effort_weight,)

    def light(self, dimension: int) -> None:
        """Return None: there is no light."""

    def variant(self, generator: np.random.Generator) -> "WalkEfficiently":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the displacement [m] and the mean effort."""
        return {"displacement": memory[:, 1] - memory[:, 0], "effort": memory[:, 2]}
