"""How the living learned, which racing compares newcomers with."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from codesign.search import Individuals


@dataclass(frozen=True)
class Curves:
    """Learning curves of designs; entry i of both fields belongs to design i.

    Attributes:
        identities: (generation, individual) of each, int64, shape (n, 2).
        values: performance before learning and after each step, NaN once learning ended, float32, shape
            (n, iterations + 1) with the iterations of those that learned longest.
    """

    identities: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.identities)

    @classmethod
    def none(cls) -> Self:
        """Return the curves of no design."""
        return cls(np.zeros((0, 2), dtype=np.int64), np.zeros((0, 0), dtype=np.float32))

    def after(self, population: Individuals, generation: int, evaluated: np.ndarray) -> "Curves":
        """Return the curves of a population, in its order.

        Args:
            population: members after the selection of a generation; those that are older are among these curves.
            generation: its number.
            evaluated: curves of the designs evaluated in it, by their numbers, shape (n, iterations + 1).
        """
        born, number = population.identities[:, 0], population.identities[:, 1]
        new = born == generation
        parts = [(new, evaluated[number[new]]), (~new, self.of(population.identities[~new]))]
        longest = max(own.shape[1] for _, own in parts if len(own))
        values = np.full((len(population), longest), np.nan, dtype=np.float32)
        for members, own in parts:
            values[members, : own.shape[1]] = own[:, :longest]
        return Curves(population.identities, values)

    def of(self, identities: np.ndarray) -> np.ndarray:
        """Return the curves of some of these designs, shape (n, iterations + 1).

        Raises:
            KeyError: the curve of one of them is not there.
        """
        return self.values[self._places(identities)]

    def _places(self, identities: np.ndarray) -> np.ndarray:
        """Return where designs are among these, int64, shape (n,)."""
        order = np.lexsort((self.identities[:, 1], self.identities[:, 0]))
        known, asked = (_keys(each) for each in (self.identities[order], identities))
        found = np.searchsorted(known, asked)
        if not np.array_equal(known[np.minimum(found, len(known) - 1)] if len(known) else known, asked):
            raise KeyError("a design without a curve")
        return order[found]


def _keys(identities: np.ndarray) -> np.ndarray:
    """Return one number for each identity, ascending with it, int64."""
    return identities[:, 0] * np.int64(1 << 32) + identities[:, 1]
