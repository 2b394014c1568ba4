"""Which states of an episode are kept, and in which order its parts are computed again and differentiated.

An episode is differentiated backwards, part by part, and each part has to be computed again from a kept state before
it. With fewer places to keep states than there are parts, some parts are computed more often; which states to keep at
what time so that this costs least is known (Griewank & Walther 2000, algorithm 799, revolve).
"""

from dataclasses import dataclass
from functools import cache
from math import comb

import numpy as np


@dataclass(frozen=True)
class Schedule:
    """The order of work.

    Attributes:
        keep: place for the state at the start of each part while the episode is simulated, -1 where it is not kept;
            that of part 0 is in place 0 from the beginning, int32, shape (parts,).
        actions: what the reverse sweep does, in order, int32, shape (actions, 4): take the state out of a place (-1 for
            none), simulate from one part to another one (both included), and keep the state after that in a place, or,
            where that is -1, go back through the last of these parts.
        repeated: parts that the reverse sweep simulates.
    """

    keep: np.ndarray
    actions: np.ndarray
    repeated: int


@cache
def schedule_of(parts: int, snapshots: int) -> Schedule:
    """Return the cheapest schedule for an episode of `parts` parts with `places` places, both at least 1."""
    keep = np.full(parts, -1, np.int32)
    keep[0] = 0
    actions: list[tuple[int, int, int, int]] = []
    first = True  # the forward sweep itself is the first way to the end: it keeps states, and the last part is there
    open_ranges = [(0, parts, 0)]
    while open_ranges:
        start, stop, snapshot = open_ranges.pop()
        free = snapshots - 1 - snapshot
        if stop - start > 1 and free:
            middle = start + _first_stop(stop - start, free)
            if first:
                keep[middle] = snapshot + 1
            else:
                actions.append((snapshot, start, middle - 1, snapshot + 1))
            open_ranges += [(start, middle, snapshot), (middle, stop, snapshot + 1)]
            continue
        for part in range(stop - 1, start - 1, -1):
            actions.append((-1, part + 1, part, -1) if first else (snapshot, start, part, -1))
            first = False
    made = np.array(actions, np.int32)
    return Schedule(keep, made, int((made[:, 2] - made[:, 1] + 1).sum()))


def _first_stop(parts: int, free: int) -> int:
    """Return after how many parts the next state is kept, with `free` places for it and later ones."""
    lengths = np.arange(1, parts)
    costs = lengths + _repeats(parts - lengths, free - 1) + _repeats(lengths, free)
    # Of equally cheap stops the last: fewer parts are left to the places behind it.
    return int(lengths[len(costs) - 1 - np.argmin(costs[::-1])])


def _repeats(parts: np.ndarray, free: int) -> np.ndarray:
    """Return how many parts are simulated at least, besides each one itself, on the way back through `parts` of them.

    If no part is simulated more than t times, at most binomial(free + 1 + t, t) parts can be gone back through.
    """
    repeats, times, reach = np.zeros_like(parts), 0, 1
    while np.any(beyond := parts > reach):
        times += 1
        repeats[beyond] = times * parts[beyond] - comb(free + 1 + times, times - 1)
        reach = comb(free + 1 + times, times)
    return repeats
