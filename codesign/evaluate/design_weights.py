"""Weights of many designs, as many of each as there are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DesignWeights:
    """Weights of designs, or the last ones of each, one design after the other.

    A design's weights are its controller's, followed by its body's where bodies learn: a number for each spring or
    mass, 0 where it is as drawn. Which of these a design has here, the numbers say: its last ones.

    As weights that designs begin to learn from: what a design does not have, and what is NaN, is drawn, and of a body
    as drawn.

    Attributes:
        values: of all designs, flat, of the precision that they were learned in.
        start: first number of each design and the end of the last, int64, shape (n + 1,). A design may have none.
    """

    values: np.ndarray
    start: np.ndarray

    def __len__(self) -> int:
        return len(self.start) - 1

    def of(self, index: int) -> np.ndarray:
        """Return the weights of one design, flat."""
        return self.values[self.start[index] : self.start[index + 1]]

    def take(self, indices: np.ndarray) -> "DesignWeights":
        """Return the weights of the designs at `indices`, in that order."""
        return DesignWeights.joined([self.of(index) for index in np.asarray(indices, dtype=np.int64).tolist()])

    @classmethod
    def joined(cls, parts: Sequence[np.ndarray]) -> "DesignWeights":
        """Return the weights of designs, given those of each."""
        start = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return cls(np.concatenate([*parts]) if parts else np.zeros(0, dtype=np.float32), start)

    @classmethod
    def concatenate(cls, parts: Sequence["DesignWeights"]) -> "DesignWeights":
        """Return the weights of all designs of all parts, at least one, one part after the other."""
        lengths = np.concatenate([np.diff(part.start) for part in parts])
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(np.concatenate([part.values for part in parts]), start)
