"""Who descends from whom, and which designs of a population are unrelated."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


class Lineages:
    """The designs of a run with their parents, all of which were made before them.

    Args:
        identities: (generation, individual) of each design, int64, shape (n, 2).
        parents: identities of its parents, below 0 where there is none, int64, shape (n, 2, 2). A parent that is not
            among the designs counts as none.

    Attributes:
        founders: place of each design's oldest ancestor through first parents, itself where it has none, int64[n].
        depths: parents between each design and its founder, int64[n].
    """

    def __init__(self, identities: npt.NDArray[np.int64], parents: npt.NDArray[np.int64]) -> None:
        self._identities = np.asarray(identities, dtype=np.int64).reshape(-1, 2)
        self._order = np.lexsort((self._identities[:, 1], self._identities[:, 0]))
        self._known = _numbers(self._identities[self._order])
        own = np.asarray(parents, dtype=np.int64).reshape(-1, 2, 2)
        self._parents = np.stack([self._find(own[:, place]) for place in (0, 1)], axis=1)
        later = self._identities[self._parents, 0] >= self._identities[:, None, 0]
        self._parents[later & (self._parents >= 0)] = -1  # a damaged table, which must not become a circle
        self.founders = np.arange(len(self._identities))
        self.depths = np.zeros(len(self._identities), dtype=np.int64)
        for place in self._order.tolist():
            parent = self._parents[place, 0]
            if parent >= 0:
                self.founders[place] = self.founders[parent]
                self.depths[place] = self.depths[parent] + 1

    def __len__(self) -> int:
        return len(self._identities)

    def places(self, identities: npt.NDArray[np.int64]) -> Places:
        """Return where designs are among these, int64, shape (m,).

        Raises:
            KeyError: one is not.
        """
        found = self._find(np.asarray(identities, dtype=np.int64).reshape(-1, 2))
        if (found < 0).any():
            raise KeyError("a design without a row")
        return found

    def ancestors(self, place: int, depth: int) -> set[int]:
        """Return the places of a design, and of its ancestors within so many parents."""
        found, youngest = {place}, {place}
        for _ in range(depth):
            youngest = {parent for each in youngest for parent in self._parents[each].tolist() if parent >= 0} - found
            found |= youngest
        return found

    def unrelated(self, candidates: Sequence[int], depth: int, count: int | None = None) -> list[int]:
        """Return candidates of whom no two share an ancestor, the earlier of kin first.

        Args:
            candidates: places, in the order in which they are considered.
            depth: parents within which a shared ancestor makes kin; 0 keeps only a design itself from coming twice.
            count: how many are wanted; None for all that there are.
        """
        taken, seen = list[int](), set[int]()
        for place in candidates:
            if count is not None and len(taken) >= count:
                break
            own = self.ancestors(place, depth)
            if not own & seen:
                taken.append(place)
                seen |= own
        return taken

    def _find(self, identities: npt.NDArray[np.int64]) -> Places:
        """Return the places of designs, -1 where there is none."""
        if not len(self._known):
            return np.full(len(identities), -1, dtype=np.int64)
        asked = _numbers(identities)
        nearest = np.minimum(np.searchsorted(self._known, asked), len(self._known) - 1)
        there = (self._known[nearest] == asked) & (identities[:, 0] >= 0)
        return np.where(there, self._order[nearest], -1)


def effective_number(groups: npt.ArrayLike) -> float:
    """Return how many groups of one size would be as even as these: 1 / sum of squared shares (Simpson 1949).

    Args:
        groups: of each member its group, of any labels; 0 is returned where there is no member.
    """
    counts = np.unique(np.asarray(groups), return_counts=True)[1].astype(np.float64)
    return float(counts.sum() ** 2 / np.square(counts).sum()) if len(counts) else 0.0


def _numbers(identities: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return identities[:, 0] * np.int64(1 << 32) + identities[:, 1]
