"""Random numbers that depend on what they are for, never on who asks first.

Every number is a function of its address: the run's seed, a generation, an individual, a purpose, and which number of
these it is. Whole populations draw theirs at once (`Draws`); what is drawn once a run, such as the ground, has a
generator of NumPy's (`stream`).
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64th over the golden ratio, odd: the step between the states of SplitMix64."""

_TO_UNIT = 2.0**-53

_HALF = np.uint64(32)

_FINALIZER = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))

_LAST_SHIFT = np.uint64(31)


class Purpose(IntEnum):
    """What numbers are drawn for; two purposes of one individual never share numbers."""

    GENOME = 0
    VARIATION = 1
    CONTROLLER = 2
    WORLD = 3
    TERRAIN = 4
    SMOOTHING = 5
    START = 6
    RESTART = 7
    INHERITANCE = 8
    SELECTION = 9
    REPRODUCTION = 10
    LANDSCAPE = 11
    ISLAND = 12


def require_seed(seed: int) -> None:
    """Check that random numbers can be drawn from a seed.

    Raises:
        ConfigError: it is not a whole number, or below 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ConfigError("a whole number of at least 0", repr(seed), "set {field}, for example to 0", "seed")


def stream(seed: int, generation: int, individual: int, purpose: Purpose) -> np.random.Generator:
    """Return the generator of one individual for one purpose.

    It is a pure function of its arguments: neither the order of evaluation nor the number of workers changes it.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(generation, individual, int(purpose))))


def stream_keys(seed: int, identities: NDArray[np.integer], purpose: Purpose) -> NDArray[np.uint64]:
    """Return the key of each individual for one purpose, from which all its numbers follow, shape (n,).

    Args:
        seed: of the run, at least 0.
        identities: (generation, individual) of each, at least 0, shape (n, 2).
        purpose: what the numbers are for.
    """
    root = np.random.SeedSequence(seed, spawn_key=(int(purpose),)).generate_state(1, np.uint64)
    generations, individuals = np.asarray(identities).astype(np.uint64).T
    return mixed(mixed(root + generations * GOLDEN) + individuals * GOLDEN)


def generation_keys(seed: int, generation: int, count: int, purpose: Purpose) -> NDArray[np.uint64]:
    """Return the keys of individuals 0 to `count` - 1 of a generation, shape (count,)."""
    individuals = np.arange(count)
    return stream_keys(seed, np.stack([np.full_like(individuals, generation), individuals], axis=1), purpose)


def draws_of(seed: int, generation: int, count: int, purpose: Purpose) -> "Draws":
    """Return the draws of individuals 0 to `count` - 1 of a generation for one purpose."""
    return Draws(generation_keys(seed, generation, count, purpose))


class Draws:
    """Random numbers of many individuals, each of whom draws from a stream of its own (SplitMix64).

    An individual's numbers depend on its key and on how many it drew before, not on who draws beside it: drawing for
    some of them (`of`) and then for others gives what drawing for all gives. Threads may draw at the same time for
    individuals of their own.

    Args:
        keys: see `stream_keys`, shape (n,).
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._states = np.array(keys, dtype=np.uint64)
        self._chosen: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self._states) if self._chosen is None else len(self._chosen)

    def of(self, chosen: NDArray[np.integer] | Sequence[int] | slice) -> "Draws":
        """Return the draws of some of these individuals, none twice; what they draw, the whole knows of."""
        part = object.__new__(Draws)
        numbers = np.arange(len(self))[chosen] if isinstance(chosen, slice) else np.asarray(chosen, dtype=np.intp)
        part._states = self._states
        part._chosen = numbers if self._chosen is None else self._chosen[numbers]
        return part

    def bits(self, count: int) -> NDArray[np.uint64]:
        """Return the next `count` numbers of 64 random bits of each individual, shape (n, count)."""
        states = self._states if self._chosen is None else self._states.take(self._chosen)
        drawn = states[:, None] + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN
        if count:
            self._states[slice(None) if self._chosen is None else self._chosen] = drawn[:, -1]
        return mix_in_place(drawn)

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Return the next `count` numbers of each individual, uniform from 0 to below 1, shape (n, count)."""
        return _to_unit(self.bits(count))

    def integers(self, count: NDArray[np.integer] | int, each: int | None = None) -> NDArray[np.int64]:
        """Return whole numbers of each individual, from 0 to below `count`, all equally likely.

        Args:
            count: how many numbers there are to choose from, below 2**31; one for all, or an array that fits the
                result. Where there are none, 0 is returned.
            each: numbers of each individual; None for one, without an axis of its own.

        Returns:
            Shape (n,) or (n, each). Their probabilities differ by less than `count` parts in 2**32.
        """
        drawn = self.bits(1)[:, 0] if each is None else self.bits(each)
        drawn >>= _HALF
        drawn *= np.asarray(count, dtype=np.uint64)
        drawn >>= _HALF
        return drawn.view(np.int64)

    def scattered(self, individuals: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return numbers, uniform from 0 to below 1, for a few out of many columns.

        Each individual of all draws once, and its numbers in all columns follow from that.

        Args:
            individuals: who a number is for, shape (m,).
            columns: which of that individual's columns it is for, shape (m,).
        """
        keys = self.bits(1)[:, 0]
        return _to_unit(mix_in_place(keys.take(individuals) + (columns + 1).astype(np.uint64) * GOLDEN))

    def chances(self, probability: NDArray[np.float64] | float, count: int) -> NDArray[np.bool_]:
        """Return `count` independent answers of each individual, true with the given probability.

        Args:
            probability: from 0 to 1; one for all, or of shape (n,).
            count: answers of each individual.

        Returns:
            Shape (n, count).
        """
        # A number from 0 to below 256 is below the limit. Its whole part mostly decides; what follows is drawn if not.
        limits = 256.0 * np.atleast_1d(np.asarray(probability, dtype=np.float64))
        whole = np.minimum(limits, 255.0).astype(np.uint8)
        parts = self._bytes(count)
        answers = parts < whole[:, None]
        doubtful = (parts == whole[:, None]).ravel().nonzero()[0]
        individuals = doubtful // max(count, 1)
        below = np.broadcast_to(limits - whole, len(self)).take(individuals)
        answers.ravel()[doubtful] = self.scattered(individuals, doubtful - individuals * count) < below
        return answers

    def categories(self, probabilities: Sequence[float], count: int) -> NDArray[np.uint8]:
        """Return `count` independent choices of each individual among categories of the given probabilities.

        Args:
            probabilities: of at most 256 categories; they add up to 1.
            count: choices of each individual.

        Returns:
            The numbers of the categories, shape (n, count).
        """
        limits = 256.0 * np.cumsum(probabilities)[:-1]
        parts = self._bytes(count)
        first = np.searchsorted(limits, np.arange(256.0), side="right").astype(np.uint8)
        last = np.searchsorted(limits, np.arange(1.0, 257.0), side="left").astype(np.uint8)
        chosen = first.take(parts)
        doubtful = (first != last).take(parts).ravel().nonzero()[0]
        individuals = doubtful // max(count, 1)
        numbers = parts.ravel().take(doubtful) + self.scattered(individuals, doubtful - individuals * count)
        chosen.ravel()[doubtful] = np.searchsorted(limits, numbers, side="right")
        return chosen

    def coins(self, count: int) -> NDArray[np.bool_]:
        """Return `count` tosses of a fair coin of each individual, shape (n, count)."""
        return np.unpackbits(self._bytes(-(-count // 8)), axis=1, count=count, bitorder="little").view(np.bool_)

    def _bytes(self, count: int) -> NDArray[np.uint8]:
        """Return the next `count` numbers of 8 random bits of each individual, eight out of 64, shape (n, count)."""
        drawn = self.bits(-(-count // 8)).astype("<u8", copy=False).view(np.uint8)
        return np.ascontiguousarray(drawn[:, :count])

    def tosses(self) -> NDArray[np.int64]:
        """Return how often each individual tossed a fair coin until it came up heads, two on average, shape (n,).

        These are geometric numbers from 1 to 65.
        """
        bits = self.bits(1)[:, 0]
        below = (bits & (~bits + np.uint64(1))) - np.uint64(1)
        return np.bitwise_count(below).astype(np.int64) + 1

    def pick(self, choices: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return one of each individual's choices, all equally likely, or -1 where it has none.

        Args:
            choices: which columns each may choose, shape (n, columns).

        Returns:
            The numbers of the columns, shape (n,).
        """
        places = np.flatnonzero(choices)
        begins = np.arange(len(choices) + 1) * choices.shape[1]
        ends = places.searchsorted(begins)
        counts = ends[1:] - ends[:-1]
        numbers = ends[:-1] + self.integers(counts)
        if len(places) and counts.all():
            return places.take(numbers) - begins[:-1]
        found = np.full(len(choices), -1, dtype=np.int64)
        having = counts.nonzero()[0]
        found[having] = places.take(numbers.take(having)) - begins.take(having)
        return found


def _to_unit(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return the highest 53 of 64 random bits as numbers from 0 to below 1."""
    return (bits >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output function of SplitMix64 of every value: distinct values have distinct, unlike results."""
    return mix_in_place(values.copy())


def mix_in_place(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output function of SplitMix64 (Steele, Lea & Flood 2014) of every value, written over the values."""
    scratch = np.empty_like(values)
    for shift, factor in _FINALIZER:
        np.right_shift(values, shift, out=scratch)
        np.bitwise_xor(values, scratch, out=values)
        np.multiply(values, factor, out=values)
    np.right_shift(values, _LAST_SHIFT, out=scratch)
    return np.bitwise_xor(values, scratch, out=values)
