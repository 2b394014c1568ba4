"""Ground of given heights: a line in 2D, a bilinear surface in 3D."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.tasks.grid import Grid, GridGround
from codesign.tasks.heights_file import read_heights
from codesign.tasks.placement import FARTHEST, require_near, set_down


@dataclass(frozen=True)
class Heightfield(GridGround):
    """Ground of heights at equal distances, linear in between and level beyond the border.

    Attributes:
        heights: heights of the nodes [m]: rows along y of columns along x. In 2D it must be a single row; in 3D a
            single row is the same all along y.
        file: a .npy or .csv file that takes the place of `heights`, read when the settings are made; None for none.
        low: x and y of the first node [m]; y is ignored in 2D.
        size: extent along x and y [m]; y is ignored in 2D.
        start: where the left end of a body is put along x [m]; in 3D its middle along y is at 0.
        bisections: how often a step is halved to find the time of impact (8 in the 2026 paper); 0 for interpolation,
            which is more exact and has a gradient.

    Raises:
        ConfigError: rows of different lengths, fewer than two nodes, or a number that is not finite or out of range; a
            file that cannot be read or holds something else.
    """

    name: str = "heightfield"
    heights: tuple[tuple[float, ...], ...] = ((0.1, 0.1),)
    file: str | None = None
    low: tuple[float, float] = (-2.5, -2.5)
    size: tuple[float, float] = (5.0, 5.0)
    start: float = 0.0
    bisections: int = 0

    def __post_init__(self) -> None:
        if self.file is not None:
            object.__setattr__(self, "heights", read_heights(Path(self.file)))
        where = "" if self.file is None else f" in {self.file}"
        lengths = {len(row) for row in self.heights}
        if len(lengths) != 1 or min(lengths) < 2:
            got = f"rows of {', '.join(map(str, sorted(lengths))) or 'no'} numbers{where}"
            raise ConfigError("terrain.heights as rows of one length, 2 numbers or more", got, "complete the rows")
        far = ~(np.abs(np.array(self.heights, dtype=np.float64)) <= FARTHEST)  # NaN is far, too
        if far.any():
            row, column = np.argwhere(far)[0]
            got = f"{self.heights[row][column]} in row {row}, column {column}"
            remedy = f"set every height in metres{'' if self.file is None else f' in {self.file}'}"
            raise ConfigError(f"terrain.heights that are finite, at most {FARTHEST:g} m up or down", got, remedy)
        for field, example in (("low", "[-2.5, -2.5]"), ("size", "[5, 5]")):
            value = getattr(self, field)
            if len(value) != 2:
                expected, remedy = f"terrain.{field} as two numbers, along x and y", f"set for example {example}"
                raise ConfigError(expected, repr(value), remedy)
        require_near("terrain.low", self.low)
        require_near("terrain.start", (self.start,))
        if not all(0.0 < extent <= FARTHEST for extent in self.size):
            expected = f"terrain.size above 0 and at most {FARTHEST:g} m"
            raise ConfigError(expected, repr(self.size), "set terrain.size in metres, as [5, 5]")
        if not 0 <= self.bisections <= 64:
            raise ConfigError("terrain.bisections from 0 to 64", repr(self.bisections), "set for example 0 or 8")

    @cached_property
    def _array(self) -> np.ndarray:
        return np.array(self.heights, dtype=np.float64)

    def grid(self, dimension: int) -> Grid:
        """Return the ground of bodies of so many dimensions.

        Raises:
            ConfigError: several rows along y for a body in 2D.
        """
        rows = len(self.heights)
        if dimension == 2 and rows > 1:
            got = f"{rows} rows for a body in 2D"
            raise ConfigError("terrain.heights of one row in 2D", got, "give one row, or choose a body in 3D")
        heights, axes = (self._array[0], 1) if dimension == 2 else (self._array, 2)
        if dimension == 3 and rows == 1:
            heights = self._array.repeat(2, axis=0)
        nodes = np.array(heights.shape[::-1])
        return Grid(np.array(self.low[:axes]), np.array(self.size[:axes]) / (nodes - 1), heights)

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

    def variant(self, generator: np.random.Generator) -> "Heightfield":
        """Return the same ground: nothing about it is random."""
        del generator
        return self
