"""The evaluation itself: bodies are developed from genomes, and their controllers learn."""

from collections.abc import Sequence

import numpy as np

from codesign.body import Bodies, develop, offsets
from codesign.evaluate.batches import batches
from codesign.evaluate.body_learning import body_weights
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations, KeptWeights
from codesign.evaluate.inheritance import BodyWeights
from codesign.genome import Genomes
from codesign.sim import Simulator
from codesign.train import LearningResult, LearningStatus, SmoothedProblem, learn

WEIGHTS_AT_A_TIME = 256
"""Designs whose weights are copied from the device together, of which those of their bodies are kept."""

DESIGNS_AT_A_TIME = 8192
"""Designs that are developed, and so simulated, together at most: more would fill the host's memory, not the device."""


def evaluate_designs(
    spec: EvaluationSpec,
    genomes: Genomes,
    identities: np.ndarray,
    thresholds: np.ndarray | None = None,
    keep: KeptWeights | None = None,
    first: BodyWeights | None = None,
) -> Evaluations:
    """Return the evaluations of designs; each one's numbers depend on the spec, the thresholds and itself only.

    Args:
        spec: how designs are evaluated.
        genomes: the designs, at least one.
        identities: (generation, individual) of each, which addresses its random stream, int64, shape (n, 2).
        thresholds: performance that a design must have reached after so many steps to go on learning, see
            `elimination_thresholds`; None for none.
        keep: of which designs the weights are returned; None for all.
        first: weights that each body begins to learn from, where bodies learn; None where all begin as drawn.

    Raises:
        MemoryBudgetError: a design alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    found: list[Evaluations] = []
    for start in range(0, len(genomes), DESIGNS_AT_A_TIME):
        group = slice(start, start + DESIGNS_AT_A_TIME)
        bodies = develop(spec.lattice.build(), genomes[group], spec.tissue)
        own = None if first is None else first.take(np.arange(start, start + len(bodies)))
        found.append(evaluate_bodies(spec, bodies, identities[group], thresholds, keep, first=own))
    return Evaluations.concatenate(found).kept(keep, identities)


def evaluate_bodies(
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: np.ndarray,
    thresholds: np.ndarray | None = None,
    keep: KeptWeights | None = None,
    weights: Sequence[np.ndarray] | None = None,
    first: BodyWeights | None = None,
) -> Evaluations:
    """Return the evaluations of bodies, wherever they come from, as many at a time as fit into the memory.

    Args:
        spec: how bodies are evaluated; its lattice does not matter.
        bodies: at least one.
        identities: see `evaluate_designs`.
        thresholds: see `evaluate_designs`.
        keep: see `evaluate_designs`.
        weights: that each design starts to learn from, flat; None for those that the spec gives it.
        first: see `evaluate_designs`; of no effect where there are weights.

    Raises:
        MemoryBudgetError: a body alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    # Of bodies that come from elsewhere only some may have masses of their own; batches are to change no bit.
    properties = bodies.has_material_properties
    parts = []
    for part in batches(spec, bodies):
        own, chosen = bodies[part], identities[part]
        problem = spec.learning_problem(own, chosen, material_properties=properties)
        begun = None if first is None else first.take(np.arange(part.start, part.stop))
        given = None if weights is None else weights[part]
        parts.append(_assess(problem, spec, own, chosen, thresholds, keep, given, begun))
    return Evaluations.concatenate(parts).kept(keep, identities)


def _assess(
    problem: Simulator | SmoothedProblem,
    spec: EvaluationSpec,
    bodies: Bodies,
    identities: np.ndarray,
    thresholds: np.ndarray | None,
    keep: KeptWeights | None,
    weights: Sequence[np.ndarray] | None,
    first: BodyWeights | None,
) -> Evaluations:
    limits = None if thresholds is None else -thresholds
    if weights is None:
        spec.begin(problem, identities, first)
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
        body_weights=_learned_of_bodies(spec, bodies, np.diff(problem.weight_start), learned),
    )


def _learned_of_bodies(
    spec: EvaluationSpec, bodies: Bodies, counts: np.ndarray, learned: LearningResult
) -> BodyWeights | None:
    """Return what all bodies learned, None where bodies do not learn.

    Args:
        spec: how they learned.
        bodies: that learned.
        counts: weights of each design, its controller's and its body's, shape (bodies,).
        learned: what came of it.
    """
    if not spec.learner.body.learned:
        return None
    found: list[np.ndarray] = []
    for start in range(0, len(bodies), WEIGHTS_AT_A_TIME):
        part = slice(start, min(start + WEIGHTS_AT_A_TIME, len(bodies)))
        flat = learned.weights_of(np.arange(part.start, part.stop)).astype(spec.execution.precision)
        own = np.split(flat, np.cumsum(counts[part])[:-1])
        found += [each.copy() for each in body_weights(spec, bodies[part], own)]
    return BodyWeights.joined(found)
