"""Bodies that learned without a run: the best of them as a gallery."""

from collections.abc import Mapping, Sequence

import numpy as np

from codesign.body import Bodies
from codesign.evaluate import Evaluations, EvaluationSpec
from codesign.export import Gallery, History, Recording
from codesign.run.rollout import Story, rollout, split_at


def learned_recordings(
    spec: EvaluationSpec,
    bodies: Bodies,
    names: Sequence[str],
    identities: np.ndarray,
    found: Evaluations,
    operator: str,
    count: int,
) -> list[Recording]:
    """Return recordings of the best bodies, none where none is valid.

    Args:
        spec: how they learned.
        bodies: all that learned.
        names: of each: letters, digits, dots, dashes and underscores.
        identities: (generation, individual) of each, int64, shape (n, 2).
        found: what they learned, with the weights of the best.
        operator: how the bodies were made.
        count: recordings at most.

    Raises:
        MemoryBudgetError: a whole episode of one of them does not fit into the memory.
    """
    valid = np.flatnonzero(np.isfinite(found.fitness) & (np.diff(found.weight_start) > 0))
    best: list[int] = valid[np.argsort(-found.fitness[valid], kind="stable")][:count].tolist()
    if not best:
        return []
    weights = [found.weights_of(index) for index in best]
    chosen = bodies.take(best)
    attempts = None if found.starts is None else found.starts[best]
    before = split_at(spec.first_weights(chosen, identities[best], attempts=attempts), [len(each) for each in weights])
    stories = [
        Story(
            design=names[index],
            generation=int(identities[index, 0]),
            operator=operator,
            fitness=float(found.fitness[index]),
            measures={name: float(values[index]) for name, values in found.measures.items()},
            curve=found.curves[index],
            world_fitness=found.world_fitness[index] if found.world_fitness.shape[1] > 1 else None,
        )
        for index in best
    ]
    return rollout(spec, chosen, weights, stories, before)


def gallery_of(
    title: str, recordings: Sequence[Recording], config_text: str, units: Mapping[str, str] | None = None
) -> Gallery:
    """Return recordings, at least one, that are no run's, as a gallery; see there."""
    none = np.zeros(0)
    return Gallery(title, tuple(recordings), History(none, none, none), config_text, units or {})
