"""Light: get to a light (phototaxis)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import warp as wp

from codesign.checks import require_number, require_numbers
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions

SHORTEST_START = 0.2
"""Least distance [m] that the loss divides by, about the size of a small body.

Where the light is in or above a body at the start, the share of the way would divide by nearly nothing: a robot that
moves its centre by a hand's breadth would have a loss of hundreds, beyond every limit of a learner.
"""


@dataclass(frozen=True)
class Light(Task):
    """Bring the centre of mass to a light: the loss is its distance at the end over that at the start (2026 paper).

    A distance at the start of less than `SHORTEST_START` counts as `SHORTEST_START`.

    Distances are horizontal. In 2D there is no y: the light is put as far from `around`, on the same side.

    Attributes:
        target: x and y of the light, in world frame [m].
        around: x and y of where the targets of other worlds are drawn around [m]: where bodies start.
        nearest, farthest: least and largest distance of the targets of other worlds from `around` [m]; they are equally
            dense in between.

    Raises:
        ConfigError: a number that is not finite, or distances that are not above 0 and ascending.
    """

    name: str = "light"
    target: tuple[float, float] = (1.5, 0.0)
    around: tuple[float, float] = (0.0, 0.0)
    nearest: float = 1.0
    farthest: float = 2.0

    state = ("start", "distance")
    units: ClassVar[Mapping[str, str]] = {"final_distance": "m"}

    def __post_init__(self) -> None:
        require_numbers(self, "target", 2, example="[1.5,0]")
        require_numbers(self, "around", 2, example="[0,0]")
        require_number(self, "nearest", above=0.0, at_most=self.farthest, unit="m", example=1.0)
        require_number(self, "farthest", above=0.0, unit="m", example=2.0)

    @classmethod
    def example(cls) -> Self:
        """Return the task with a light near bodies that are put at the origin."""
        return cls(target=(0.4, -0.3))

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep how far the light was and is."""
        real, State, larger, length_of = types.real, types.task_state, types.larger, types.length_of
        upward = wp.constant(types.upward)

        def update(state, observation, parameters):
            away = observation.centre - parameters.target
            distance = length_of(away - upward * wp.dot(away, upward))
            start = state[0]
            if observation.step == 0:
                start = distance
            return State(start, distance)

        def loss(state):
            return state[1] / larger(state[0], real(SHORTEST_START))

        return TaskFunctions(update, loss)

    def parameters(self, dimension: int) -> Mapping[str, float | Sequence[float]]:
        """Return the place of the light, its height as 0."""
        return {"target": (*self.beacon(dimension), 0.0)}

    def beacon(self, dimension: int) -> tuple[float, ...]:
        """Return the horizontal coordinates of the light [m]."""
        if dimension == 3:
            return self.target
        x, y = self.target
        away = math.hypot(x - self.around[0], y - self.around[1])
        return (self.around[0] + math.copysign(away, x - self.around[0]),)

    def variant(self, generator: np.random.Generator) -> Self:
        """Return the task with a light at a random distance and in a random direction from `around`."""
        angle = generator.uniform(0.0, 2.0 * math.pi)
        distance = math.sqrt(generator.uniform(self.nearest**2, self.farthest**2))
        x, y = self.around
        return replace(self, target=(x + distance * math.cos(angle), y + distance * math.sin(angle)))

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the distance from the light at the end [m], and the share of the way to it that was made: 1 - loss."""
        distance, start = states["distance"], states["start"]
        return {"final_distance": distance, "approach": 1.0 - distance / np.maximum(start, SHORTEST_START)}
