"""Rough ground: random heights at the nodes of a grid."""

import math
from dataclasses import dataclass, replace

import numpy as np

from codesign.streams import Purpose, stream
from codesign.tasks.sampled import FINEST, Sampled, require


@dataclass(frozen=True)
class Rough(Sampled):
    """Normally distributed heights at the nodes of a grid; bodies start on it (2026 paper: 8 x 8 nodes on 5 m x 5 m).

    Attributes:
        roughness: standard deviation of the heights [m], up to 0.1 in the 2026 paper.
        node_distance: distance between nodes [m], made shorter where they do not fit in evenly.
        seed: seed of the heights.
    """

    name: str = "rough"
    roughness: float = 0.05
    node_distance: float = 5.0 / 7.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "roughness", 0.0, 10.0)
        require(self, "node_distance", FINEST, self.reach)
        require(self, "seed", 0, math.inf)
        self.require_nodes("node_distance")

    @property
    def spacing(self) -> float:
        """Largest distance between nodes [m]."""
        return self.node_distance

    @property
    def along(self) -> bool:
        """Return that heights vary along y as well."""
        return False

    def sample(self, places: np.ndarray) -> np.ndarray:
        """Return the height [m] at every node."""
        return self.roughness * stream(self.seed, 0, 0, Purpose.TERRAIN).normal(size=len(places))

    def variant(self, generator: np.random.Generator) -> "Rough":
        """Return other ground of the same roughness."""
        return replace(self, seed=int(generator.integers(2**31)))
