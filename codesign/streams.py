"""Random streams that depend on what they are for, never on who asks first."""

from enum import IntEnum

import numpy as np

from codesign.errors import ConfigError


class Purpose(IntEnum):
    """What a stream is drawn for; two purposes of one individual never share numbers."""

    GENOME = 0
    VARIATION = 1
    CONTROLLER = 2
    WORLD = 3
    TERRAIN = 4


def require_seed(seed: int) -> None:
    """Check that streams can be drawn from a seed.

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
