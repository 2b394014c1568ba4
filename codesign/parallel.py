"""Work on a population by threads, batch by batch: NumPy releases the interpreter's lock in its loops.

Batches bound the memory of intermediate arrays and keep them in the processor's cache. Nothing that a batch computes
depends on where it begins, so neither their size nor the number of threads shows in a result.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from codesign.machine import available_cores

_CACHED = 2**20
"""Bytes of a batch's genes that leave room in a core's cache for a few arrays like them."""

_LARGEST = 1024
"""Members of a batch that spread the cost of each array operation."""

_SMALL = 512
"""Members of a batch that keep a thread at work: with fewer, it does an array operation faster than it is woken."""

_Result = TypeVar("_Result")
_Piece = TypeVar("_Piece")

_here = threading.local()


def batches(count: int, bytes_each: int) -> list[slice]:
    """Return slices that divide `count` members, of so many bytes each, into batches of like size."""
    most = max(1, min(_LARGEST, _CACHED // max(bytes_each, 1)))
    pieces = -(-count // most)
    return [slice(count * piece // pieces, count * (piece + 1) // pieces) for piece in range(pieces)]


def for_each(
    work: Callable[[_Piece], _Result], pieces: Sequence[_Piece], sizes: Sequence[int] | None = None
) -> list[_Result]:
    """Return what `work` returns for each of the pieces, in their order; the machine's cores share them.

    Inside of `work` it goes through its pieces one after the other, since the cores are taken.

    Args:
        work: what is to be done; called by several threads at once.
        pieces: what it is to be done to.
        sizes: members of each piece. Small pieces are for one thread: their array operations are so short that
            threads would mostly wait for the interpreter's lock. None: all are large.
    """
    large = [place for place in range(len(pieces)) if sizes is None or sizes[place] >= _SMALL]
    threads = 1 if getattr(_here, "at_work", False) else min(available_cores(), len(large))
    if threads <= 1:
        return [work(piece) for piece in pieces]

    def at_work(place: int) -> _Result:
        _here.at_work = True
        return work(pieces[place])

    with ThreadPoolExecutor(threads) as pool:
        found = dict(zip(large, pool.map(at_work, large), strict=True))
    return [found[place] if place in found else work(piece) for place, piece in enumerate(pieces)]
