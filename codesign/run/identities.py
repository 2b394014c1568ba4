"""What designs of a run are known by."""

from collections.abc import Sequence

Identity = tuple[int, int]
"""Generation and individual of a design."""


def identity_pair(identity: Sequence[int]) -> Identity:
    """Return one row of an array of identities as a pair that can be looked up."""
    generation, individual = identity
    return int(generation), int(individual)
