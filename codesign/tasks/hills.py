"""Smooth hills."""

import math
from dataclasses import dataclass, replace

import numpy as np

from codesign.streams import Purpose, stream
from codesign.tasks.sampled import Sampled, level_start, require

WAVES = 8
"""Plane waves that are added up."""

NODES_PER_WAVE = 12
"""Nodes in the middle wavelength: straight lines between them are within 7 % of the height of the shortest wave."""


@dataclass(frozen=True)
class Hills(Sampled):
    """Plane waves of random direction, length and phase, added up; level under bodies at the start.

    Attributes:
        relief: height of the highest hilltop above the lowest valley [m].
        wavelength: middle length of the waves [m]; they are 0.7 to 1.4 times as long.
        fade: how far from the bodies at the start the hills are whole [m].
        seed: seed of the waves.
    """

    name: str = "hills"
    relief: float = 0.15
    wavelength: float = 0.8
    fade: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "relief", 0.0, 10.0)
        require(self, "wavelength", 0.01, 100.0)
        require(self, "fade", 0.05, 100.0)
        require(self, "seed", 0, math.inf)
        self.require_nodes("wavelength")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return min(self.wavelength / NODES_PER_WAVE, self.reach)

    @property
    def along(self) -> bool:
        """Return that hills vary along y as well."""
        return False

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at horizontal coordinates relative to the start [m]."""
        generator = stream(self.seed, 0, 0, Purpose.TERRAIN)
        lengths = self.wavelength * 2.0 ** generator.uniform(-0.5, 0.5, WAVES)
        phases, angles = generator.uniform(0.0, 2.0 * np.pi, (2, WAVES))
        # In 2D waves run along x, where they would otherwise look longer than they are.
        directions = np.stack([np.cos(angles), np.sin(angles)]) if places.shape[1] == 2 else np.ones((1, WAVES))
        waves = np.sin(places @ (directions * 2.0 * np.pi / lengths) + phases).sum(axis=1)
        hills = waves * level_start(places, self.fade)
        return hills * (self.relief / np.ptp(hills))

    def variant(self, generator: np.random.Generator) -> "Hills":
        """Return other hills of the same kind."""
        return replace(self, seed=int(generator.integers(2**31)))
