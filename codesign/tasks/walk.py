"""Walk: get far along x."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Walk:
    """Move the centre of mass along x; the loss is minus its displacement [m] (2024 paper)."""

    name: str = "walk"

    state_size = 2
    uses_effort = False

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember where the centre started and where it is."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values = types.scalar

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start = memory[0]
            if step == 0:
                start = centre[0]
            return task_state(start, centre[0])

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(memory[0] - memory[1])

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return one number; the objective has no constants."""
        del dimension
        return (0.0,)

    def light(self, dimension: int) -> None:
        """Return None: there is no light."""

    def variant(self, generator: np.random.Generator) -> "Walk":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the displacement [m]."""
        return {"displacement": memory[:, 1] - memory[:, 0]}
