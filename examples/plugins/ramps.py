"""Terrain `ramps`: level around the start, then up and down in straight ramps.

Try it in this folder:

    from codesign.testing import check_terrain
    from ramps import Ramps

    check_terrain(Ramps())
"""

from dataclasses import dataclass

import numpy as np

from codesign.checks import require_number
from codesign.plugins import register
from codesign.tasks import Sampled


@dataclass(frozen=True)
class Ramps(Sampled):
    """Ramps along x that rise and fall at one slope.

    Attributes:
        rise: height of every ramp [m].
        length: of every ramp along x [m].
        first: where the first ramp begins, from the start along x [m].
    """

    name: str = "ramps"
    rise: float = 0.05
    length: float = 0.25
    first: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "rise", at_least=0.0, at_most=1.0, unit="m", example=0.05)
        require_number(self, "length", at_least=0.1, unit="m", example=0.25)
        require_number(self, "first", at_least=0.7, unit="m", example=0.7)

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return min(self.length / 5.0, 0.05)

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start [m]."""
        ramps = np.maximum(places[:, 0] - self.first, 0.0) / self.length
        return self.rise * (1.0 - np.abs(1.0 - ramps % 2.0))


register("terrain", Ramps)
