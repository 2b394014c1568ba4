"""A stand-in for the simulator whose loss is known in closed form, and learning written again in NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import warp as wp

Loss = Callable[[int, int, np.ndarray], float]
Gradient = Callable[[int, int, np.ndarray], np.ndarray]


class Quadratic:
    """Worlds whose loss is `scale / 2 |parameters - goal|^2 + floor`.

    Args:
        goals: one vector of parameters per world, of any lengths.
        precision: "float32" or "float64".
        scale: steepness.
        disturb: (world, episode, loss, gradient) -> (loss, gradient), to make a world misbehave.
    """

    def __init__(self, goals: list[np.ndarray], precision: str = "float64", scale: float = 1e-3, disturb: Any = None):
        self.real = getattr(wp, precision)
        self.goals, self.scale, self.disturb = goals, scale, disturb
        self.controllers = len(goals)
        self.world_start = np.arange(self.controllers + 1)
        self.parameter_start = np.concatenate([[0], np.cumsum([len(goal) for goal in goals])]).astype(np.int64)
        total = int(self.parameter_start[-1])
        self.parameter_offsets = wp.array(self.parameter_start.astype(np.int32), dtype=wp.int32, device="cpu")
        self.parameters = wp.zeros(total, dtype=self.real, device="cpu")
        self.gradient = wp.zeros(total, dtype=self.real, device="cpu")
        self.loss = wp.zeros(self.controllers, dtype=self.real, device="cpu")
        self.episodes, self.measured, self.reverses = 0, 0, 0
        self.simulated = 0  # episodes of single worlds
        self.active = np.arange(self.controllers)

    def _both(self, world: int) -> tuple[float, np.ndarray]:
        own = slice(self.parameter_start[world], self.parameter_start[world + 1])
        away = self.parameters.numpy()[own].astype(np.float64) - self.goals[world]
        loss, gradient = 0.5 * self.scale * float(away @ away), self.scale * away
        if self.disturb is not None:
            loss, gradient = self.disturb(world, self.episodes - 1, loss, gradient)
        return loss, gradient

    def load(self, weights: np.ndarray) -> None:
        if weights.shape != self.parameters.shape:
            raise ValueError(f"expected weights of shape {self.parameters.shape}; got {weights.shape}")
        self.parameters.assign(weights)

    def weights(self, parameters: wp.array | None = None, controllers: np.ndarray | None = None) -> np.ndarray:
        values = (self.parameters if parameters is None else parameters).numpy().astype(np.float64)
        if controllers is None:
            return values
        own = np.split(values, self.parameter_start[1:-1])
        return np.concatenate([np.zeros(0), *(own[controller] for controller in controllers.tolist())])

    def set_active(self, controllers: np.ndarray) -> None:
        self.active = controllers

    @property
    def world_losses(self) -> wp.array:
        return self.loss

    @property
    def simulations(self) -> int:
        return len(self.active)

    def heed(self, stalled: np.ndarray, unusable: np.ndarray) -> bool:
        del stalled, unusable
        return False

    def forward(self, *, measure: bool = False, differentiable: bool = True, actuated: bool = True) -> None:
        del differentiable, actuated
        self.measured += measure
        self.episodes += 1
        self.simulated += len(self.active)
        loss = self.loss.numpy().copy()
        loss[self.active] = [self._both(world)[0] for world in self.active.tolist()]
        self.loss.assign(loss)

    def reverse(self) -> None:
        self.reverses += 1
        active = set(self.active.tolist())
        self.gradient.assign(
            np.concatenate([self._both(world)[1] * (world in active) for world in range(self.controllers)])
        )

    def measures(self) -> dict[str, np.ndarray]:
        return {"twice": 2.0 * self.loss.numpy().astype(np.float64)}
