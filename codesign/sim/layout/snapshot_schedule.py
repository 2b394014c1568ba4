"""Which states of an episode are kept as snapshots, and in which order the reverse sweep works through its parts.

An episode is differentiated backwards, part by part, and each part has to be simulated again from a snapshot before
that. With fewer snapshots than parts, some parts are simulated more often. Which states to keep at what time, so that
this costs least, is known (Griewank & Walther 2000, algorithm 799, revolve).
"""

from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Any

import numpy as np
import warp as wp

from codesign.body import offsets
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Schedule:
    """The order of work.

    Attributes:
        keep: snapshot that the forward sweep writes the state at the start of each part to, -1 for none, int32, shape
            (parts,); the state at the start of part 0 is in snapshot 0 from the beginning.
        actions: what the reverse sweep does, in order, int32, shape (actions, 4): the snapshot to begin with (-1 for
            none), the first and the last part to simulate from there, and the snapshot to write the state after these
            to; where that is -1, the sweep goes back through the last of these parts instead.
        repeated: parts that the reverse sweep simulates.
    """

    keep: np.ndarray
    actions: np.ndarray
    repeated: int


@cache
def schedule_of(parts: int, snapshots: int) -> Schedule:
    """Return the cheapest schedule for an episode of `parts` parts with so many snapshots, both at least 1."""
    keep = np.full(parts, -1, np.int32)
    keep[0] = 0
    actions: list[tuple[int, int, int, int]] = []
    # The forward sweep passes through all parts once: it writes the first snapshots, and the last part is still in the
    # tape after it, so that this part need not be simulated again.
    first = True
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


def upload_schedules(parts: int, snapshots: np.ndarray, types: KernelTypes, device: Any) -> Any:
    """Return the schedules of all worlds as the kernel types' `Plan` on a device.

    Worlds that keep equally many states share a schedule; all schedules lie one after the other.

    Args:
        parts: of an episode.
        snapshots: states that each world keeps, shape (worlds,).
        types: the types of the kernels.
        device: where the arrays go.
    """
    counts, of_world = np.unique(snapshots, return_inverse=True)
    schedules = [schedule_of(parts, count) for count in counts.tolist()]
    plan = types.Plan()
    plan.parts = parts
    for name, values in (
        ("of_world", of_world),
        ("keep", np.concatenate([schedule.keep for schedule in schedules])),
        ("actions", np.concatenate([schedule.actions.ravel() for schedule in schedules])),
        ("action_start", offsets(np.array([len(schedule.actions) for schedule in schedules]))),
    ):
        setattr(plan, name, wp.array(values.astype(np.int32), dtype=wp.int32, device=device))
    return plan


def _first_stop(parts: int, free: int) -> int:
    """Return after how many parts the next snapshot is taken, if `free` snapshots are left for it and later ones."""
    lengths = np.arange(1, parts)
    costs = lengths + _repeats(parts - lengths, free - 1) + _repeats(lengths, free)
    # Of equally cheap stops the last: fewer parts are left to the snapshots behind it.
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
