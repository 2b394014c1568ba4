"""Weights that a run did not keep: their designs learn again, from the same start to the same end."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codesign.evaluate import Request, evaluate_designs
from codesign.genome import Genomes
from codesign.run.designs import Design
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.inheritance import Inheritance
from codesign.run.start_tables import from_best_start
from codesign.train import Learner, LearningStatus


def learn_again(
    experiment: Experiment, designs: Sequence[Design], folder: RunFolder
) -> dict[tuple[int, int], np.ndarray]:
    """Return the weights that each design learned from its best start, by its identity, flat, to the bit those it had.

    Args:
        experiment: the run's.
        designs: any number.
        folder: the run's, which has the parents that weights are inherited from, and the designs' further starts.

    Raises:
        MemoryBudgetError: a design alone needs more memory than the experiment may use.
        RunError: a table, or a file of weights, cannot be read.
    """
    spec, inheritance = experiment.trial, Inheritance(experiment)
    alike: dict[Learner, list[Design]] = {}
    for design in from_best_start(folder, designs):
        own = spec.learner.in_generation(design.identity[0])
        alike.setdefault(replace(own, iterations=_steps_of(design), restarts=0), []).append(design)
    found: dict[tuple[int, int], np.ndarray] = {}
    for learner, several in alike.items():
        genomes = Genomes.stack([design.genome for design in several])
        identities = np.array([design.identity for design in several], dtype=np.int64)
        as_far = replace(spec, learner=learner)
        first = inheritance.first_of(folder, several)
        request = Request(genomes, identities, first=first, attempts=starts_of(several))
        evaluations = evaluate_designs(as_far, request)
        found |= {design.identity: evaluations.weights_of(index) for index, design in enumerate(several)}
    return found


def starts_of(designs: Sequence[Design]) -> np.ndarray | None:
    """Return which of its starts each design learned from, as `Request.attempts` has them, None for its own of all."""
    starts = np.array([design.start for design in designs], dtype=np.int64)
    return starts if starts.any() else None


def _steps_of(design: Design) -> int:
    """Return how many steps a design learned before it was stopped, or else could have."""
    if design.status == LearningStatus.STOPPED.label:
        return int(np.flatnonzero(np.isfinite(design.curve))[-1])
    return len(design.curve) - 1
