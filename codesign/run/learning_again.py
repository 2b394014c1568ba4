"""Weights that a run did not keep: their designs learn again, from the same start to the same end."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codesign.evaluate import EvaluationSpec, evaluate_designs
from codesign.genome import Genomes
from codesign.run.designs import Design
from codesign.train import LearningStatus


def learn_again(spec: EvaluationSpec, designs: Sequence[Design]) -> dict[tuple[int, int], np.ndarray]:
    """Return the learned weights of each design by its identity, flat, to the bit those that it had.

    Args:
        spec: how the designs were evaluated.
        designs: any number.

    Raises:
        MemoryBudgetError: a design alone needs more memory than the spec may use.
    """
    alike: dict[int, list[Design]] = {}
    for design in designs:
        alike.setdefault(_steps_of(design), []).append(design)
    found: dict[tuple[int, int], np.ndarray] = {}
    for steps, several in alike.items():
        genomes = Genomes.stack([design.genome for design in several])
        identities = np.array([design.identity for design in several], dtype=np.int64)
        as_far = replace(spec, learner=replace(spec.learner, iterations=steps))
        evaluations = evaluate_designs(as_far, genomes, identities)
        found |= {design.identity: evaluations.weights_of(index) for index, design in enumerate(several)}
    return found


def _steps_of(design: Design) -> int:
    """Return how many steps a design learned before it was stopped, or else could have."""
    if design.status == LearningStatus.STOPPED.label:
        return int(np.flatnonzero(np.isfinite(design.curve))[-1])
    return len(design.curve) - 1
