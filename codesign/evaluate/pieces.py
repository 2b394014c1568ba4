"""Pieces of a generation: handed out one by one, each smaller than the one before, to whoever has nothing to do."""

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

_PART = 2
"""A piece is this part of what a worker would get if the rest were divided now. The first half of a generation goes out
in large pieces, and the last pieces are so small that all workers end at about the same time, whatever their speed
(guided self-scheduling, Polychronopoulos & Kuck 1987; factoring, Hummel, Schonberg & Flynn 1992)."""


class Pool:
    """Designs of a generation that nobody works on, those with most work first, and those given back before all others.

    Args:
        work: expected work of each design, in any unit, above 0, shape (n,).
        smallest: designs in a piece at least, as long as there are so many.
    """

    def __init__(self, work: np.ndarray, smallest: int = 1) -> None:
        self._work = work.tolist()
        self._smallest = smallest
        self._waiting = deque(np.argsort(-work, kind="stable").tolist())
        self._left = float(work.sum())
        self._largest: dict[int, int] = {}

    def __len__(self) -> int:
        """Return how many designs wait."""
        return len(self._waiting)

    def work_of(self, piece: Sequence[int]) -> float:
        """Return the expected work of some designs together."""
        return sum(self._work[design] for design in piece)

    def take(
        self, part: float, least_work: float = 0.0, most_work: float = math.inf, most: float = math.inf
    ) -> list[int]:
        """Return the next piece, ascending; empty where no design waits.

        Args:
            part: of what is left that one who has nothing to do would get if it were divided now, above 0, at most 1.
            least_work: work that a piece should have.
            most_work: work that it should not exceed, if the smallest one does not.
            most: designs that it may hold.
        """
        share = min(max(self._left * part / _PART, least_work), most_work)
        piece: list[int] = []
        taken, limit = 0.0, most
        while self._waiting:
            design = self._waiting[0]
            limit = min(limit, self._largest.get(design, math.inf))
            full = taken + self._work[design] > share and len(piece) >= self._smallest
            # A rest that would be much less than the smallest piece goes along with this one.
            if piece and (len(piece) >= limit or (full and 2 * len(self._waiting) >= self._smallest)):
                break
            piece.append(self._waiting.popleft())
            taken += self._work[design]
        self._left -= taken
        return sorted(piece)

    def add(self, work: np.ndarray) -> None:
        """Let more designs wait behind those that do; they are numbered on."""
        self._waiting.extend(range(len(self._work), len(self._work) + len(work)))
        self._work += work.tolist()
        self._left += float(work.sum())

    def put_back(self, piece: Sequence[int]) -> None:
        """Let the designs of a piece wait again, before all others, and from now on in pieces of half the size.

        So what a worker cannot bear, such as too much memory at once or one design that is its death, is found.
        """
        for design in piece:
            self._largest[design] = max(1, len(piece) // 2)
        self._waiting.extendleft(sorted(piece, key=lambda design: self._work[design]))
        self._left += self.work_of(piece)

    def withdraw(self, piece: Sequence[int]) -> bool:
        """Take a piece out if all of its designs wait; return whether they did."""
        members = set(piece)
        if not members <= set(self._waiting):
            return False
        self._waiting = deque(design for design in self._waiting if design not in members)
        self._left -= self.work_of(piece)
        return True
