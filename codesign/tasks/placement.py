"""Where bodies start: as low as the ground allows."""

from collections.abc import Callable, Sequence

import numpy as np

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.parallel import batches, for_each

FARTHEST = 1000.0
"""Largest coordinate [m] that bodies are put at: there, single precision still tells 0.06 mm from nothing."""


def require_near(field: str, places: Sequence[float]) -> None:
    """Check that coordinates [m] are numbers that motion can be told from in single precision.

    Raises:
        ConfigError: one is not.
    """
    for place in places:
        if not abs(place) <= FARTHEST:
            expected = f"{field} between {-FARTHEST:g} and {FARTHEST:g} m"
            raise ConfigError(expected, repr(place), f"set {field} in metres")


def set_down(
    bodies: Bodies, start: float, height: Callable[[np.ndarray], np.ndarray], *, centred: bool = False
) -> np.ndarray:
    """Return the masses of bodies that are set down at `start`, raised until none of their masses is below ground.

    Args:
        bodies: each in any frame; only positions within a body count.
        start: where the left end of each is put along x [m]; in 3D its middle along y is put at 0.
        height: of the ground [m] at horizontal coordinates [m], shape (n, dimension - 1).
        centred: whether the middle of each along x is put there instead of its left end.

    Returns:
        Positions in world frame [m], shape (masses, dimension).
    """
    placed = np.empty_like(bodies.positions)

    def fill(batch: slice) -> None:
        own = bodies[batch]
        masses = slice(*bodies.mass_start[[batch.start, batch.stop]])
        placed[masses] = _set_down(own, start, height, centred)

    for_each(fill, batches(len(bodies), placed.nbytes // max(len(bodies), 1)))
    return placed


def _set_down(bodies: Bodies, start: float, height: Callable[[np.ndarray], np.ndarray], centred: bool) -> np.ndarray:
    worlds = np.repeat(np.arange(len(bodies)), np.diff(bodies.mass_start))
    placed = bodies.positions - np.minimum.reduceat(bodies.positions, bodies.mass_start[:-1])[worlds]
    middles = np.maximum.reduceat(placed, bodies.mass_start[:-1])[worlds] / 2.0
    placed[:, 0] += start - (middles[:, 0] if centred else 0.0)
    if placed.shape[1] == 3:
        placed[:, 1] -= middles[:, 1]
    depth = height(placed[:, :-1]) - placed[:, -1]
    placed[:, -1] += np.maximum.reduceat(depth, bodies.mass_start[:-1])[worlds]
    return placed


def unbounded(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the extent of ground that goes on for ever."""
    return np.full(dimension - 1, -np.inf), np.full(dimension - 1, np.inf)


def surface_of(
    low: np.ndarray, high: np.ndarray, spacing: float, height: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return points of the ground between two corners, at most `spacing` [m] apart.

    Returns:
        In 2D shape (points, 2), in 3D (rows, columns, 3), x along columns and y along rows [m].
    """
    axes = [
        np.linspace(one, other, max(2, 1 + int(np.ceil((other - one) / spacing))))
        for one, other in zip(low, high, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    heights = height(grid.reshape(-1, len(axes))).reshape(*grid.shape[:-1], 1)
    return np.concatenate([grid, heights], axis=-1)
