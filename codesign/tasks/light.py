"""Light: get to a light (phototaxis)."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import warp as wp

from codesign.errors import ConfigError
from codesign.sim.kernels import KernelTypes, TaskFunctions

SHORTEST_START = 0.2
"""Least distance [m] that the loss divides by, about the size of a small body.

Where the light is in or above a body at the start, the share of the way would divide by nearly nothing: a robot that
moves its centre by a hand's breadth would have a loss of hundreds, beyond every limit of a learner.
"""


@dataclass(frozen=True)
class Light:
    """Bring the centre of mass to a light: the loss is its distance at the end over that at the start (2026 paper).

    A distance at the start of less than `SHORTEST_START` counts as `SHORTEST_START`.

    Distances are horizontal. In 2D there is no y: the light is put as far from `around`, on the same side.

    Attributes:
        target: x and y of the light, in world frame [m].
        around: x and y of where the targets of other worlds are drawn around [m]: where bodies start.
        nearest, farthest: their least and largest distance from there [m]; they are equally dense in between.

    Raises:
        ConfigError: a number that is not finite, or distances that are not above 0 and ascending.
    """

    name: str = "light"
    target: tuple[float, float] = (1.5, 0.0)
    around: tuple[float, float] = (0.0, 0.0)
    nearest: float = 1.0
    farthest: float = 2.0

    state_size = 2
    uses_effort = False

    def __post_init__(self) -> None:
        for field in ("target", "around"):
            place = getattr(self, field)
            if len(place) != 2 or not all(map(math.isfinite, place)):
                raise ConfigError(f"task.{field} as x and y", repr(place), f"set task.{field} in metres, as [1.5, 0]")
        if not 0.0 < self.nearest <= self.farthest < math.inf:
            expected = "task.nearest above 0 and at most task.farthest"
            raise ConfigError(expected, f"{self.nearest} and {self.farthest}", "set both in metres, as 1 and 2")

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels."""
        return (self.name,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that remember how far the light was and is."""
        real, vector, scalar, task_state = types.real, types.vector, types.scalar, types.task_state
        larger, length_of = types.larger, types.length_of
        Values = vector
        upward = wp.constant(types.upward)

        @wp.func(module=types.module)
        def observe(
            values: Values, memory: task_state, step: int, steps: int, centre: vector, effort: real
        ) -> task_state:
            away = centre - values
            distance = length_of(away - upward * wp.dot(away, upward))
            start = memory[0]
            if step == 0:
                start = distance
            return task_state(start, distance)

        @wp.func(module=types.module)
        def loss(values: Values, memory: task_state) -> scalar:
            return scalar(memory[1] / larger(memory[0], real(SHORTEST_START)))

        return TaskFunctions(Values, observe, loss)

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the place of the light, its height as 0."""
        return (*self.light(dimension), 0.0)

    def light(self, dimension: int) -> tuple[float, ...]:
        """Return the horizontal coordinates of the light [m]."""
        if dimension == 3:
            return self.target
        x, y = self.target
        away = math.hypot(x - self.around[0], y - self.around[1])
        return (self.around[0] + math.copysign(away, x - self.around[0]),)

    def variant(self, generator: np.random.Generator) -> "Light":
        """Return the task with a light at a random distance and in a random direction from `around`."""
        angle = generator.uniform(0.0, 2.0 * math.pi)
        distance = math.sqrt(generator.uniform(self.nearest**2, self.farthest**2))
        x, y = self.around
        return replace(self, target=(x + distance * math.cos(angle), y + distance * math.sin(angle)))

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return the distance from the light at the end [m], and the share of the way to it that was made: 1 - loss."""
        start = np.maximum(memory[:, 0], SHORTEST_START)
        return {"final_distance": memory[:, 1], "approach": 1.0 - memory[:, 1] / start}
