"""Trenches across the way."""

from dataclasses import dataclass

import numpy as np

from codesign.tasks.sampled import LARGEST_BODY, Sampled, require, require_wall

ROUNDING = 1.0e-9
"""[m]; what stands at an edge is on level ground."""


@dataclass(frozen=True)
class Gaps(Sampled):
    """Level ground at height 0 with trenches across x, as many as there is room for.

    Attributes:
        width: width of a trench between its upper edges [m].
        depth: depth of a trench [m].
        distance: distance from the beginning of one trench to that of the next [m].
        first: where the first trench begins, from the start along x [m].
        edge: length of a trench's walls along x [m]; trenches begin at whole multiples of it from the end of the
            ground, as near to where they should as that allows.
    """

    name: str = "gaps"
    width: float = 0.2
    depth: float = 0.25
    distance: float = 0.6
    first: float = 0.75
    edge: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "edge", 0.01, 1.0)
        require(self, "depth", 0.0, 10.0)
        require(self, "width", 2.0 * self.edge, 10.0)
        require(self, "distance", self.width + self.edge, 10.0)
        require(self, "first", LARGEST_BODY, self.reach - self.width)
        require_wall("depth", self.depth, self.edge)
        self.require_nodes("edge")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return self.edge

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start [m]."""
        beyond = places[:, 0] - self.first + ROUNDING
        within = np.mod(beyond, self.distance) - ROUNDING
        inside = (beyond > 0.0) & (within > ROUNDING) & (within < self.width - ROUNDING)
        # A trench that the end of the ground cuts would go on for ever.
        whole = places[:, 0] - within + self.width <= self.reach + ROUNDING
        return np.where(inside & whole, -self.depth, 0.0)
