"""The evaluation itself: bodies are developed from genomes, and their controllers learn."""

from dataclasses import replace

import numpy as np

from codesign.body import Bodies, develop, offsets
from codesign.evaluate.batches import batches
from codesign.evaluate.body_learning import body_weights
from codesign.evaluate.body_measures import BODY_MEASURES, GAIT_FREQUENCY
from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.gaits import gait_frequencies
from codesign.evaluate.request import Request
from codesign.sim import UNACTUATED, Simulator
from codesign.train import Learner, LearningResult, LearningStatus, SmoothedProblem, learn

WEIGHTS_AT_A_TIME = 256
"""Designs whose weights are copied from the device together, of which those of their bodies are kept."""

DESIGNS_AT_A_TIME = 8192
"""Designs that are developed, and so simulated, together at most: more would fill the host's memory, not the device."""


def evaluate_designs(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return the evaluations of designs; each one's numbers depend on the spec, the thresholds and itself only.

    Args:
        spec: how designs are evaluated.
        request: the designs, and what is special about them.

    Raises:
        MemoryBudgetError: a design alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    found: list[Evaluations] = []
    for start in range(0, len(request), DESIGNS_AT_A_TIME):
        group = request.take(slice(start, start + DESIGNS_AT_A_TIME))
        bodies = develop(spec.lattice.build(), group.genomes, spec.tissue)
        found.append(evaluate_bodies(spec, group.developed(bodies)))
    return Evaluations.concatenate(found).kept(request.keep, request.identities)


def evaluate_bodies(spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return the evaluations of bodies, wherever they come from, as many at a time as fit into the memory.

    Each learns as designs of its generation do (`EvaluationSpec.in_generation`).

    Args:
        spec: how bodies are evaluated; its lattice does not matter.
        request: the bodies, and what is special about them.

    Raises:
        TypeError: they are genomes.
        MemoryBudgetError: a body alone needs more memory than the spec may use.
        ConfigError: the spec's device is not there.
    """
    # Of bodies that come from elsewhere only some may have masses of their own; batches are to change no bit.
    properties = request.bodies.has_material_properties
    parts, places = [], []
    for own, members in _by_learner(spec, request.identities):
        group = request if len(members) == len(request) else request.take(members)
        for part in batches(own, group.bodies):
            asked = group.take(part)
            started = _with_starts(asked, own.learner.starts)
            problem = own.learning_problem(started.bodies, started.identities, material_properties=properties)
            parts.append(_assess(problem, own, asked, started))
        places.append(members)
    found = Evaluations.concatenate(parts)
    if len(places) > 1:
        found = found.take(np.argsort(np.concatenate(places)))
    return found.kept(request.keep, request.identities)


def _by_learner(spec: EvaluationSpec, identities: np.ndarray) -> list[tuple[EvaluationSpec, np.ndarray]]:
    """Return the designs, by their places, that learn alike, and how they do."""
    generations, members = np.unique(identities[:, 0], return_inverse=True)
    found: dict[Learner, tuple[EvaluationSpec, list[int]]] = {}
    for index, generation in enumerate(generations.tolist()):
        own = spec.in_generation(generation)
        found.setdefault(own.learner, (own, []))[1].append(index)
    return [(own, np.flatnonzero(np.isin(members, indices))) for own, indices in found.values()]


def _with_starts(request: Request, starts: int) -> Request:
    """Return each design as many times, one after the other, as it has starts to learn from."""
    if starts == 1:
        return request
    places, number = np.repeat(np.arange(len(request)), starts), np.tile(np.arange(starts), len(request))
    attempts = 0 if request.attempts is None else request.attempts[places]
    return replace(request.take(places), attempts=attempts * starts + number)


def _assess(
    problem: Simulator | SmoothedProblem, spec: EvaluationSpec, request: Request, started: Request
) -> Evaluations:
    """Return what came of designs.

    Args:
        problem: of their bodies, each as many times as it has starts.
        spec: how they learn.
        request: the designs.
        started: the same with their starts, see `_with_starts`.
    """
    bodies, keep, identities = request.bodies, request.keep, request.identities
    limits = None if request.thresholds is None else _limits(request.thresholds, spec.learner.iterations)
    spec.begin(problem, started.identities, started.first, started.attempts)
    learned = learn(problem, spec.learner, limits=limits, starts=spec.learner.starts)
    won = learned.winners
    measures, episodes = learned.measures, learned.episodes
    if spec.worlds.unactuated:
        measures = measures | {UNACTUATED: _unactuated(problem, learned)}
        episodes += len(request) * spec.worlds.count
    if spec.measured:
        measures = measures | _measured(spec, started.bodies, learned)
        episodes += len(started) * (GAIT_FREQUENCY in spec.measured)
    fitness, status, counts = learned.fitness[won], learned.status[won], np.diff(problem.weight_start)[won]
    muscles = np.diff(np.concatenate([[0], np.cumsum(bodies.swings != 0)])[bodies.spring_start])
    passive = (muscles == 0) & (status == LearningStatus.ZERO_GRADIENT)
    # Only what is kept is copied from the device.
    chosen = np.arange(len(bodies)) if keep is None else keep.chosen(fitness, identities)
    lengths = np.zeros(len(bodies), dtype=np.int64)
    lengths[chosen] = counts[chosen]
    return Evaluations(
        fitness=fitness,
        curves=(-learned.curves[won]).astype(np.float32),
        best_iteration=learned.best_iteration[won],
        status=np.where(passive, np.int8(LearningStatus.NO_MUSCLES), status),
        measures={name: values[won] for name, values in measures.items()},
        world_fitness=-learned.world_losses.reshape(len(started), -1)[won],
        weights=learned.weights_of(won[chosen]).astype(spec.execution.precision),
        weight_start=offsets(lengths),
        masses=np.diff(bodies.mass_start).astype(np.int32),
        springs=np.diff(bodies.spring_start).astype(np.int32),
        muscles=muscles.astype(np.int32),
        robot_steps=episodes * spec.physics.steps,
        body_weights=_learned_of_bodies(spec, bodies, counts, learned),
        starts=None if started.attempts is None else started.attempts[won],
    )


def _measured(spec: EvaluationSpec, bodies: Bodies, learned: LearningResult) -> dict[str, np.ndarray]:
    """Return the further measures that the spec asks for; of how bodies move, NaN where invalid."""
    found = {name: BODY_MEASURES[name](bodies) for name in spec.measured if name in BODY_MEASURES}
    if GAIT_FREQUENCY in spec.measured:
        frequencies = gait_frequencies(spec, bodies, learned.best_weights)
        found[GAIT_FREQUENCY] = np.where(learned.valid, frequencies, np.nan)
    return found


def _unactuated(problem: Simulator | SmoothedProblem, learned: LearningResult) -> np.ndarray:
    """Return what designs are worth with their muscles at rest, as they learned to be, NaN where invalid.

    Args:
        problem: of the designs, with their best parameters, as `learn` leaves it.
        learned: what came of it.
    """
    problem.forward(differentiable=False, actuated=False)
    losses = problem.loss.numpy().astype(np.float64)
    return np.where(learned.valid & np.isfinite(losses), -losses, np.nan)


def _limits(thresholds: np.ndarray, iterations: int) -> np.ndarray:
    """Return the losses that designs must have come to after so many steps, as many as they take."""
    found = np.full(iterations, np.inf)
    found[: len(thresholds)] = -thresholds[:iterations]
    return found


def _learned_of_bodies(
    spec: EvaluationSpec, bodies: Bodies, counts: np.ndarray, learned: LearningResult
) -> DesignWeights | None:
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
        flat = learned.weights_of(learned.winners[part]).astype(spec.execution.precision)
        own = np.split(flat, np.cumsum(counts[part])[:-1])
        found += [each.copy() for each in body_weights(spec, bodies[part], own)]
    return DesignWeights.joined(found)
