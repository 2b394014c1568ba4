"""Random numbers that depend on what they are for, never on who asks first.

Every number is a function of its address: the run's seed, a generation, an individual, a purpose, and which number of
these it is. Whole populations draw theirs at once (`Draws`); what is drawn once a run, such as the ground, has a
generator of NumPy's (`stream`).
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64th over the golden ratio, odd: the step between the states of SplitMix64."""

_TO_UNIT = 2.0**-53


class Purpose(IntEnum):
    """What numbers are drawn for; two purposes of one individual never share numbers."""

    GENOME = 0
    VARIATION = 1
    CONTROLLER = 2
    WORLD = 3
    TERRAIN = 4


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


def streams(seed: int, generation: int, count: int, purpose: Purpose) -> list[np.random.Generator]:
    """Return the generators of individuals 0 to `count` - 1 of a generation."""
    return [stream(seed, generation, individual, purpose) for individual in range(count)]


def stream_keys(seed: int, identities: NDArray[np.integer], purpose: Purpose) -> NDArray[np.uint64]:
    """Return the key of each individual for one purpose, from which all its numbers follow, shape (n,).

    Args:
        seed: of the run, at least 0.
        identities: (generation, individual) of each, at least 0, shape (n, 2).
        purpose: what the numbers are for.
    """
    root = np.random.SeedSequence(seed, spawn_key=(int(purpose),)).generate_state(1, np.uint64)
    generations, individuals = np.asarray(identities).astype(np.uint64).T
    return _mixed(_mixed(root + generations * _GOLDEN) + individuals * _GOLDEN)


def generation_keys(seed: int, generation: int, count: int, purpose: Purpose) -> NDArray[np.uint64]:
    """Return the keys of individuals 0 to `count` - 1 of a generation, shape (count,)."""
    individuals = np.arange(count)
    return stream_keys(seed, np.stack([np.full_like(individuals, generation), individuals], axis=1), purpose)


class Draws:
    """Random numbers of many individuals, each of whom draws from a stream of its own (SplitMix64).

    An individual's numbers depend on its key and on how many it drew before, not on who draws beside it: drawing for
    some of them (`of`) and then for others gives what drawing for all gives.

    Args:
        keys: see `stream_keys`, shape (n,).
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self._states = np.array(keys, dtype=np.uint64)
        self._chosen: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self._states) if self._chosen is None else len(self._chosen)

    def of(self, chosen: NDArray[np.integer]) -> "Draws":
        """Return the draws of some of these individuals, none twice; what they draw, the whole knows of."""
        part = object.__new__(Draws)
        numbers = np.asarray(chosen, dtype=np.intp)
        part._states = self._states
        part._chosen = numbers if self._chosen is None else self._chosen[numbers]
        return part

    def bits(self, count: int) -> NDArray[np.uint64]:
        """Return the next `count` numbers of 64 random bits of each individual, shape (n, count)."""
        states = self._states if self._chosen is None else self._states[self._chosen]
        with np.errstate(over="ignore"):
            numbers = np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN
            drawn = states[:, None] + numbers[None]
            ended = states + np.uint64(count) * _GOLDEN
        self._states[slice(None) if self._chosen is None else self._chosen] = ended
        return _mix_in_place(drawn)

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Return the next `count` numbers of each individual, uniform from 0 to below 1, shape (n, count)."""
        bits = self.bits(count)
        bits >>= np.uint64(11)
        return bits * _TO_UNIT

    def integers(self, count: NDArray[np.integer] | int) -> NDArray[np.int64]:
        """Return one whole number of each individual, from 0 to below `count`, all equally likely.

        Args:
            count: how many numbers there are to choose from, at least 1, below 2**31; one for all, or of shape (n,).

        Returns:
            Shape (n,). Their probabilities differ by less than `count` parts in 2**32.
        """
        return ((self.bits(1)[:, 0] >> np.uint64(32)) * np.asarray(count, dtype=np.uint64) >> np.uint64(32)).astype(
            np.int64
        )


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return _mix_in_place(values.copy())


def _mix_in_place(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the output function of SplitMix64 (Steele, Lea & Flood 2014) of every value, written over the values."""
    scratch = np.empty_like(values)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        np.right_shift(values, np.uint64(shift), out=scratch)
        np.bitwise_xor(values, scratch, out=values)
        np.multiply(values, np.uint64(factor), out=values)
    np.right_shift(values, np.uint64(31), out=scratch)
    return np.bitwise_xor(values, scratch, out=values)
