"""Stairs along x."""

from dataclasses import dataclass

import numpy as np

from codesign.tasks.sampled import LARGEST_BODY, Sampled, require, require_wall

ROUNDING = 1.0e-9
"""Of a tread: what stands at an edge is on the upper side."""


@dataclass(frozen=True)
class Steps(Sampled):
    """Level around the start, then stairs along x to the end of `reach`.

    Attributes:
        rise: height of a step [m], below 0 for stairs that go down.
        tread: depth of a step [m].
        first: where the first step is, from the start along x [m].
        edge: length of the wall between two treads along x [m]; steps stand at whole multiples of it from the end of
            the ground, as near to where they should as that allows.
    """

    name: str = "steps"
    rise: float = 0.04
    tread: float = 0.25
    first: float = 0.75
    edge: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "edge", 0.01, 1.0)
        require(self, "rise", -1.0, 1.0)
        require(self, "tread", 2.0 * self.edge, 10.0)
        require(self, "first", LARGEST_BODY + self.edge, self.reach)
        require_wall("rise", self.rise, self.edge)
        self.require_nodes("edge")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return self.edge

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start [m]."""
        steps = np.floor((places[:, 0] - self.first) / self.tread + ROUNDING) + 1.0
        return self.rise * np.maximum(steps, 0.0)
