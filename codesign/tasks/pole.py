"""A pole to stand on."""

from dataclasses import dataclass

import numpy as np

from codesign.body import Bodies
from codesign.tasks.placement import set_down
from codesign.tasks.sampled import Sampled, require, require_wall

ROUNDING = 1.0e-9
"""[m]; what stands at an edge is on the pole."""


@dataclass(frozen=True)
class Pole(Sampled):
    """Level ground at height 0 with one pole, square in 3D, that bodies are set down on, the middle of theirs over its.

    Attributes:
        rise: height of the pole's top above the ground [m].
        width: width of the pole's top along x, and in 3D along y [m]; rounded down to whole multiples of twice the
            edge.
        edge: length of the pole's walls along x and y [m].
    """

    name: str = "pole"
    rise: float = 0.25
    width: float = 0.2
    edge: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "edge", 0.01, 1.0)
        require(self, "rise", 0.0, 10.0)
        require(self, "width", 0.0, 2.0 * (self.reach - self.edge))
        require_wall("rise", self.rise, self.edge)
        self.require_nodes("edge")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return self.edge

    @property
    def along(self) -> bool:
        """Whether the ground varies along x only: it ends along y as it does along x."""
        return False

    @property
    def cells(self) -> int:
        """Cells of the grid along x and y: an even number, so that one node is in the middle of the pole."""
        return super().cells + super().cells % 2

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the middle of the pole [m]."""
        away = np.abs(places).max(axis=1)
        return np.where(away <= self.width / 2.0 + ROUNDING, self.rise, 0.0)

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        return set_down(bodies, self.start, self.height, centred=True)
