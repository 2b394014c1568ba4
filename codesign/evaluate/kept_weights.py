"""Of which designs weights are kept."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class KeptWeights:
    """Of which designs the weights are kept: of the best few, since those of all fill memories and networks.

    Attributes:
        count: designs at most.
        above: fitness that a design must exceed; an invalid one never does.
    """

    count: int
    above: float = -np.inf

    def chosen(self, fitness: np.ndarray, identities: np.ndarray) -> np.ndarray:
        """Return the places of the designs whose weights are kept, ascending, int64; of equals the older are.

        Args:
            fitness: of each design, shape (n,).
            identities: (generation, individual) of each, int64, shape (n, 2).
        """
        able = np.flatnonzero(fitness > self.above)
        order = np.lexsort((identities[able, 1], identities[able, 0], -fitness[able]))
        return np.sort(able[order[: self.count]])
