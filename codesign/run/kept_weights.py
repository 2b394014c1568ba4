"""Which weights a run keeps: those of the best few of the living."""

from collections.abc import Mapping

import numpy as np

from codesign.evaluate import Evaluations, KeptWeights
from codesign.run.identities import identity_pair
from codesign.search import Individuals


def needed(count: int, living: np.ndarray) -> KeptWeights:
    """Return of which of the next designs weights are needed: of those that may enter the best of the living.

    Args:
        count: living designs whose weights are kept.
        living: fitness of the population, shape (n,).
    """
    rivals = np.sort(living[np.isfinite(living)])[::-1]
    return KeptWeights(count, float(rivals[count - 1]) if len(rivals) >= count else -np.inf)


def kept(
    keep: KeptWeights,
    population: Individuals,
    identities: np.ndarray,
    evaluations: Evaluations,
    before: Mapping[tuple[int, int], np.ndarray],
) -> dict[tuple[int, int], np.ndarray]:
    """Return the weights of the best of a population by identity, whatever more an evaluator sent.

    Of a search that lets better designs die, some of the best may have been none of the best before: theirs are not
    there.

    Args:
        keep: what was asked for.
        population: members after selection, best first.
        identities: (generation, individual) of the designs evaluated, int64, shape (n, 2).
        evaluations: of these designs.
        before: the weights that were kept before.
    """
    places = keep.chosen(evaluations.fitness, identities)
    found = dict(before) | {
        identity_pair(identities[place].tolist()): evaluations.weights_of(place).copy() for place in places
    }
    best = [identity_pair(identity) for identity in population.identities[: keep.count].tolist()]
    return {member: found[member] for member in best if member in found}
