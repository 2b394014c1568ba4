"""Keys of designs that a search made, so that those of the living need not be computed in every generation."""

import numpy as np
from numpy.typing import NDArray

from codesign.genome import Lattice, keys
from codesign.search.individuals import Individuals


class KnownKeys:
    """The keys of the living and of what was made last; they follow from the genomes, and nothing depends on them.

    Args:
        lattice: the designs' lattice.
        symmetric: whether mirror images and rotations of a design are the same design.
    """

    def __init__(self, lattice: Lattice, *, symmetric: bool) -> None:
        self._lattice, self._symmetric = lattice, symmetric
        self._numbers = np.zeros(0, dtype=np.int64)
        self._keys = np.zeros((0, 2), dtype=np.uint64)

    def compute(self, individuals: Individuals) -> NDArray[np.uint64]:
        """Return the keys of individuals, shape (n, 2)."""
        return keys(self._lattice, individuals.genomes, symmetric=self._symmetric)

    def look_up(self, individuals: Individuals) -> NDArray[np.uint64]:
        """Return the keys of individuals, computed for those alone that are not remembered, shape (n, 2)."""
        numbers = _numbers(individuals)
        places = np.minimum(np.searchsorted(self._numbers, numbers), max(len(self._numbers) - 1, 0))
        known = np.zeros(len(numbers), dtype=np.bool_)
        found = np.empty((len(numbers), 2), dtype=np.uint64)
        if len(self._numbers):
            known = self._numbers[places] == numbers
            found[known] = self._keys[places[known]]
        if not known.all():
            found[~known] = self.compute(individuals.take(~known))
        return found

    def remember(self, *parts: tuple[Individuals, NDArray[np.uint64]]) -> None:
        """Remember the keys of some individuals, and forget all others."""
        numbers = np.concatenate([_numbers(individuals) for individuals, _ in parts])
        order = np.argsort(numbers)
        self._numbers = numbers[order]
        self._keys = np.concatenate([own for _, own in parts])[order]

    def rename(self, before: Individuals, after: Individuals) -> None:
        """Remember keys of individuals by their new identities; none of those that keep theirs has one of the old."""
        old, new = _numbers(before), _numbers(after)
        order = np.argsort(old)
        places = np.minimum(np.searchsorted(old[order], self._numbers), len(old) - 1)
        changed = old[order][places] == self._numbers
        numbers = np.where(changed, new[order][places], self._numbers)
        sorting = np.argsort(numbers)
        self._numbers, self._keys = numbers[sorting], self._keys[sorting]


def _numbers(individuals: Individuals) -> NDArray[np.int64]:
    """Return a number that tells each individual from all others of a run."""
    born, individual = individuals.identities.T
    return (born << 32) | individual
