"""Grounds that are a function of place, sampled at the nodes of a grid around the start."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.sim import KernelTypes, TerrainFunctions
from codesign.tasks.grid import Grid, build_grid
from codesign.tasks.placement import FARTHEST, set_down

MOST_NODES = 1001
"""Nodes along an axis: a million in 3D, 8 MB."""

FINEST = 0.01
"""Least distance between nodes [m]: a mass that moves farther than half a cell in a step meets the cell's extension."""

STEEPEST = 6.0
"""Largest slope of a wall; a mass that runs into its foot is raised by this times its way in that step."""

LARGEST_BODY = 0.6
"""Length and width [m] of the ground, from the start on, that is kept level for bodies to stand on."""


@dataclass(frozen=True)
class Sampled(ABC):
    """Ground around the start of bodies, the same along x in 2D and in 3D unless said otherwise, level beyond `reach`.

    Attributes:
        start: where the left end of a body is put along x [m]; in 3D its middle along y is at 0.
        reach: how far the ground goes from the start along x, either way, and along y [m]; level beyond.

    Raises:
        ConfigError: a number that is not finite or out of range, or a grid of too many nodes.
    """

    name: str = ""
    start: float = 0.0
    reach: float = 2.5

    def __post_init__(self) -> None:
        require(self, "start", -FARTHEST, FARTHEST)
        require(self, "reach", LARGEST_BODY, FARTHEST)

    @property
    @abstractmethod
    def spacing(self) -> float:
        """Largest distance between nodes [m]; cells along x are as long, unless they do not fit in evenly."""

    @abstractmethod
    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start, shape (n, dimension - 1), as (n,)."""

    @property
    def along(self) -> bool:
        """Whether the ground varies along x only, so that two rows of nodes hold it in 3D."""
        return True

    @property
    def structure(self) -> tuple[Any, ...]:
        """What decides the kernels, shared with `Heightfield`."""
        return ("grid", 0)

    def functions(self, types: KernelTypes) -> TerrainFunctions:
        """Return the ground's functions."""
        return build_grid(types, 0)

    @property
    def cells(self) -> int:
        """Cells of the grid along x."""
        return math.ceil(2.0 * self.reach / self.spacing - 1e-9)

    def require_nodes(self, field: str) -> None:
        """Check that the grid, whose cells `field` decides, is neither too fine nor too large.

        Raises:
            ConfigError: it is.
        """
        if self.spacing < FINEST:
            expected = f"terrain.{field} that makes cells of at least {FINEST:g} m"
            raise ConfigError(expected, f"cells of {self.spacing:.3g} m", f"set terrain.{field} higher")
        if self.cells >= MOST_NODES:
            expected = f"terrain.reach of at most {(MOST_NODES - 1) * self.spacing / 2.0:.3g} m"
            got = f"{self.reach:g} m in cells of {self.spacing:.3g} m"
            coarser = f" or terrain.{field} higher" if field != "reach" else ""
            raise ConfigError(expected, got, f"set terrain.reach lower{coarser}")

    def grid(self, dimension: int) -> Grid:
        """Return the ground of bodies of so many dimensions."""
        return _grid(self, dimension)

    def data(self, dimension: int) -> np.ndarray:
        """Return the grid as numbers, see `Grid.data`."""
        return self.grid(dimension).data()

    def height(self, places: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at horizontal coordinates [m], shape (n, dimension - 1), as (n,)."""
        return self.grid(places.shape[1] + 1).height(places)

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        return set_down(bodies, self.start, self.height)

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return points of the ground between two corners, see `Terrain.surface`."""
        return self.grid(len(low) + 1).surface(low, high)

    def extent(self, dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest horizontal coordinates that are described [m]."""
        grid = self.grid(dimension)
        return grid.low, grid.high

    def variant(self, generator: np.random.Generator) -> Self:
        """Return the same ground: nothing about it is random."""
        del generator
        return self


def require(ground: object, field: str, low: float, high: float) -> None:
    """Check that a setting is a finite number from `low` to `high`.

    Raises:
        ConfigError: it is not.
    """
    value = getattr(ground, field)
    if not (math.isfinite(value) and low <= value <= high):
        limits = [f"at least {low:g}"] * math.isfinite(low) + [f"at most {high:g}"] * math.isfinite(high)
        expected = f"terrain.{field} that is {' and '.join(limits) or 'finite'}"
        raise ConfigError(expected, repr(value), f"set terrain.{field} to such a number")


def require_wall(field: str, height: float, spacing: float) -> None:
    """Check that a wall of some height, one cell long, is not too steep.

    Raises:
        ConfigError: it is.
    """
    if abs(height) > STEEPEST * spacing * (1.0 + 1e-9):
        expected = f"terrain.{field} of at most {STEEPEST:g} terrain.edge, which is {STEEPEST * spacing:.3g} m"
        raise ConfigError(expected, repr(height), f"lower terrain.{field} or raise terrain.edge")


def level_start(places: np.ndarray, fade: float) -> np.ndarray:
    """Return factors from 0, under bodies at the start, to 1, at least `fade` [m] away from them, with level ends.

    Args:
        places: horizontal coordinates relative to the start [m], shape (n, dimension - 1).
        fade: length of the transition [m].
    """
    half = LARGEST_BODY / 2.0
    middle = np.array([half, 0.0])[: places.shape[1]]
    away = np.linalg.norm(np.maximum(np.abs(places - middle) - half, 0.0), axis=1)
    share = np.minimum(away / fade, 1.0)
    return share * share * (3.0 - 2.0 * share)


@lru_cache(maxsize=64)
def _grid(ground: Sampled, dimension: int) -> Grid:
    counts = np.array([ground.cells, 1 if ground.along else ground.cells][: dimension - 1])
    low = np.array([ground.start - ground.reach, -ground.reach])[: dimension - 1]
    spacing = 2.0 * ground.reach / counts
    offset = np.array([ground.start, 0.0])[: dimension - 1]
    axes = [
        start + step * np.arange(count + 1) for start, step, count in zip(low - offset, spacing, counts, strict=True)
    ]
    places = np.stack(np.meshgrid(*axes), axis=-1)
    heights = ground.sample(places.reshape(-1, dimension - 1)).reshape(places.shape[:-1])
    return Grid(low, spacing, heights)
