"""Which random numbers an episode begins with: those of a seed, and of how many episodes were begun with it before."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Seeds:
    """The seed of each body, and which of its episodes it is in.

    Args:
        count: bodies.

    Attributes:
        seeds: of each body, whole numbers of any size, shape (bodies,).
        episodes: the number of its episode with this seed, from 0, shape (bodies,).
    """

    def __init__(self, count: int) -> None:
        self.seeds = np.full(count, -1, dtype=object)
        self.episodes = np.full(count, -1, np.int64)

    def begin(self, chosen: np.ndarray, seed: Any, anew: Callable[[], int]) -> None:
        """Let some bodies begin another episode.

        Args:
            chosen: which, bool, shape (bodies,).
            seed: a whole number, for body i that and i more; one for each body, of which some may be None; or None, to
                go on with those of before.
            anew: gives a seed to those that have none yet.

        Raises:
            TypeError: something else.
            ValueError: a seed below 0, or not one for each body.
        """
        wanted = self._wanted(seed)
        for body in np.flatnonzero(chosen).tolist():
            if wanted[body] is not None:
                self.seeds[body], self.episodes[body] = wanted[body], 0
                continue
            if self.seeds[body] < 0:
                self.seeds[body] = anew()
            self.episodes[body] += 1

    def _wanted(self, seed: Any) -> Sequence[int | None]:
        count = len(self.seeds)
        if seed is None:
            return [None] * count
        whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
        found = [int(seed) + body for body in range(count)] if whole else seed
        if not isinstance(found, list | tuple) or any(
            isinstance(each, bool) or not (each is None or isinstance(each, int | np.integer)) for each in found
        ):
            raise TypeError(f"expected seed to be a whole number; got {seed!r}; give for example seed=0")
        if len(found) != count:
            raise ValueError(f"expected {count} seeds, one for each body; got {len(found)}; give as many, or one")
        below = [each for each in found if each is not None and each < 0]
        if below:
            raise ValueError(f"expected seeds of at least 0; got {below[0]}; give for example seed=0")
        return found
