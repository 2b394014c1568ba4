"""The evaluation itself: bodies are developed from genomes, and their controllers learn."""

from collections.abc import Sequence

import numpy as np

from codesign.body import Bodies, develop, offsets
from codesign.evaluate.batches import batches
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations, KeptWeights
from codesign.genome import Genomes
from codesign.sim import Simulator
from codesign.train import LearningStatus, SmoothedProblem, learn

DESIGNS_AT_A_TIME = 8192
"""Designs that are developed, and so simulated, together at most: more would fill the host's memory, not the device."""


def evaluate_designs(
    spec: EvaluationSpec,
    genomes: Genomes,
    identities: np.ndarray,
    thresholds: np.ndarray | None = None,
    keep: KeptWeights | None = None,
) -> Evaluations:
    """Return the evaluations of designs; each one's numbers depend on the spec, the thresholds and itself only.

    Args:
        spec: how designs are evaluated.
        genomes: the designs, at least one.
        identities: (generation, individual) of each, which addresses its random stream, int64, shape (n, 2).
        thresholds: performance that a design must have reached after so many steps to go on learning, see
            `elimination_thresholds`; None for none.
        keep: of which designs the weights are returned; None for all.

    Raises:
        MemoryBudgetError: a design alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    found: list[Evaluations] = []
    for start in range(0, len(genomes), DESIGNS_AT_A_TIME):
        group = slice(start, start + DESIGNS_AT_A_TIME)
        bodies = develop(spec.lattice.build(), genomes[group], spec.tissue)
        found.append(evaluate_bodies(spec, bodies, identities[group], thresholds, keep))
    return Evaluations.concatenate(found).kept(keep, identities)


def evaluate_bodies(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: np.ndarray,
    thresholds: np.ndarray | None = None,
    keep: KeptWeights | None = None,
    weights: Sequence[np.ndarray] | None = None,
) -> Evaluations:
    """Return the evaluations of bodies, wherever they come from, as many at a time as fit into the memory.

    Args:
        spec: how bodies are evaluated; its lattice does not matter.
        bodies: at least one.
        identities: see `evaluate_designs`.
        thresholds: see `evaluate_designs`.
        keep: see `evaluate_designs`.
        weights: that the controller of each body starts to learn from, flat; None for those that the spec gives it.

    Raises:
        MemoryBudgetError: a body alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    # Of bodies that come from elsewhere only some may have masses of their own; batches are to change no bit.
    own = bodies.has_material_properties
    parts = [
        _assess(
            spec.learning_problem(bodies[part], identities[part], material_properties=own),
            spec,
            bodies[part],
            identities[part],
            thresholds,
            keep,
            None if weights is None else weights[part],
        )
        for part in batches(spec, bodies)
    ]
    return Evaluations.concatenate(parts).kept(keep, identities)


def _assess(
    problem: Simulator | SmoothedProblem,
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: np.ndarray,
    thresholds: np.ndarray | None,
    keep: KeptWeights | None,
    weights: Sequence[np.ndarray] | None,
) -> Evaluations:
    limits = None if thresholds is None else -thresholds
    if weights is None:
        spec.begin(problem, identities)
    else:
        problem.load(np.concatenate(weights))
    learned = learn(problem, spec.learner, limits=limits)
    muscles = np.diff(np.concatenate([[0], np.cumsum(bodies.swings != 0)])[bodies.spring_start])
    passive = (muscles == 0) & (learned.status == LearningStatus.ZERO_GRADIENT)
    # Only what is kept is copied from the device.
    chosen = np.arange(len(bodies)) if keep is None else keep.chosen(learned.fitness, identities)
    lengths = np.zeros(len(bodies), dtype=np.int64)
    lengths[chosen] = np.diff(problem.weight_start)[chosen]
    return Evaluations(
        fitness=learned.fitness,
        curves=(-learned.curves).astype(np.float32),
        best_iteration=learned.best_iteration,
        status=np.where(passive, np.int8(LearningStatus.NO_MUSCLES), learned.status),
        measures=learned.measures,
        world_fitness=-learned.world_losses.reshape(len(bodies), -1),
        weights=learned.weights_of(chosen).astype(spec.execution.precision),
        weight_start=offsets(lengths),
        masses=np.diff(bodies.mass_start).astype(np.int32),
        springs=np.diff(bodies.spring_start).astype(np.int32),
        muscles=muscles.astype(np.int32),
        robot_steps=learned.episodes * spec.physics.steps,
    )
