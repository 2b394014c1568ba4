"""Ground that rises or falls at an angle."""

import math
from dataclasses import dataclass

import numpy as np

from codesign.tasks.sampled import LARGEST_BODY, Sampled, require


@dataclass(frozen=True)
class Slope(Sampled):
    """Level around the start, then up or down along x at one angle, to the end of `reach`.

    Attributes:
        angle: angle of the slope [degrees], below 0 for downhill.
        first: where the slope begins, from the start along x [m].
    """

    name: str = "slope"
    angle: float = 10.0
    first: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "angle", -60.0, 60.0)
        require(self, "first", LARGEST_BODY, self.reach)
        self.require_nodes("reach")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return 0.05

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start [m]."""
        return math.tan(math.radians(self.angle)) * np.maximum(places[:, 0] - self.first, 0.0)
