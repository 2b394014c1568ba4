"""Few combinations of many choices in which every two choices meet."""

from collections.abc import Callable, Sequence
from itertools import combinations, product


def pairwise(
    *options: Sequence[str], allowed: Callable[[tuple[str, ...]], bool] = lambda _: True
) -> list[tuple[str, ...]]:
    """Return combinations of one entry of each of the options such that any two entries are together in one of them.

    All combinations would take a test hours where each compiles kernels of its own; what goes wrong between choices
    almost always takes two of them. The next combination is always the first that brings most new pairs together.
    """
    left = [combination for combination in product(*options) if allowed(combination)]
    wanted = {pair for combination in left for pair in _pairs(combination)}
    chosen: list[tuple[str, ...]] = []
    while wanted:
        best = max(left, key=lambda combination: len(wanted & _pairs(combination)))
        wanted -= _pairs(best)
        chosen.append(best)
    return chosen


def _pairs(combination: tuple[str, ...]) -> set[tuple[tuple[int, str], ...]]:
    return set(combinations(enumerate(combination), 2))
