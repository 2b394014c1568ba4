"""Jump: get the centre of mass high."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Jump:
    """Raise the centre of mass once; the loss is minus the largest height above that at the start [m]."""

    name: str = "jump"

    state_size = 2
    uses_effort = False

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember how high the centre started and how high it came."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values, up, larger = types.scalar, types.dimension - 1, types.larger

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start = memory[0]
            highest = memory[1]
            if step == 0:
                start = centre[up]
                highest = centre[up]
            return task_state(start, larger(highest, centre[up]))

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

    def variant(self, generator: np.random.Generator) -> "Jump":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the height of the jump [m]."""
        return {"height": memory[:, 1] - memory[:, 0]}
