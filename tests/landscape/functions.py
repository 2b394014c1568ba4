"""Landscapes that are known on paper."""

from collections.abc import Callable, Sequence

import numpy as np

Loss = Callable[[np.ndarray], float]
Gradient = Callable[[np.ndarray], np.ndarray]


class Known:
    """Landscapes of one function and its gradient for each body; counts what it is asked for."""

    def __init__(self, *functions: tuple[Loss, Gradient]) -> None:
        self.functions = functions
        self.asked, self.differentiated = 0, 0

    def losses(self, points: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.asked += sum(len(each) for each in points)
        pairs = zip(self.functions, points, strict=True)
        return [np.array([loss(row) if np.isfinite(row).all() else np.nan for row in own]) for (loss, _), own in pairs]

    def losses_and_gradients(self, points: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        self.differentiated += sum(len(each) for each in points)
        pairs = zip(self.functions, points, strict=True)
        gradients = [
            np.array([slope(row) if np.isfinite(row).all() else np.full_like(row, np.nan) for row in own])
            for (_, slope), own in pairs
        ]
        return self.losses(points), gradients


def bowl(curvature: float, goal: np.ndarray) -> tuple[Loss, Gradient]:
    """Return `curvature / 2 |w - goal|^2`."""
    return (
        lambda weights: 0.5 * curvature * float((weights - goal) @ (weights - goal)),
        lambda weights: curvature * (weights - goal),
    )


def plane(slope: np.ndarray) -> tuple[Loss, Gradient]:
    """Return `slope . w`."""
    return (lambda weights: float(slope @ weights)), (lambda weights: slope + 0.0 * weights)


def stair(slope: np.ndarray, width: float, rise: float) -> tuple[Loss, Gradient]:
    """Return a plane with steps up of `rise` every `width` along its slope, which its gradient knows nothing of."""
    along = slope / np.linalg.norm(slope)
    loss, gradient = plane(slope)
    return (lambda weights: loss(weights) - rise * float(np.floor((along @ weights) / width))), gradient
