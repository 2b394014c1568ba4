"""Quartiles of a number, generation by generation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Quartiles:
    """The middle half of many numbers, by group; NaN where a group has none.

    Attributes:
        low, median, high: first quartile, median and third quartile, each float64[groups].
    """

    low: npt.NDArray[np.float64]
    median: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    @classmethod
    def of(cls, groups: Iterable[npt.ArrayLike]) -> Self:
        """Return the quartiles of each group, of its finite numbers; between two of these by linear interpolation."""
        found = [_three(np.asarray(group, dtype=np.float64)) for group in groups]
        low, median, high = np.array(found, dtype=np.float64).reshape(-1, 3).T
        return cls(low, median, high)

    def __len__(self) -> int:
        return len(self.median)


def _three(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    finite = values[np.isfinite(values)]
    return np.percentile(finite, (25.0, 50.0, 75.0)) if len(finite) else np.full(3, np.nan)
