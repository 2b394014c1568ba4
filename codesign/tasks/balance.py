"""Balance: stay up where one stands."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Balance:
    """Do not sink: the loss is how far the centre of mass is below where it started, on average over the episode [m].

    What it is above that is not worth anything, so that nothing is gained by a jump before the fall.
    """

    name: str = "balance"

    state_size = 3
    uses_effort = False

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember how high the centre started, how high it is, and how far it sank so far."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        Values, up, larger = types.scalar, types.dimension - 1, types.larger

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            start = memory[0]
            sunk = memory[2]
            if step == 0:
                start = centre[up]
                sunk = real(0.0)
            below = larger(real(0.0), start - centre[up])  # in this order NaN stays NaN
            return task_state(start, centre[up], sunk + below / real(steps))

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(memory[2])

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return one number; the objective has no constants."""
        del dimension
        return (0.0,)

    def light(self, dimension: int) -> None:
        """Return None: there is no light."""

    def variant(self, generator: np.random.Generator) -> "Balance":
        """Return the same task: nothing about it varies."""
        del generator
        return self

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return how far the centre is below where it started, on average and at the end [m]."""
        return {"sunk": memory[:, 2], "fallen": memory[:, 0] - memory[:, 1]}
