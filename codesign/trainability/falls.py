"""What bodies do without learning: without actuation, and how what they learned is spread over the episode."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from codesign.body import Bodies, develop
from codesign.evaluate import EvaluationSpec, Request, batches, evaluate_bodies, evaluate_designs
from codesign.genome import Genomes


def without_actuation(spec: EvaluationSpec, genomes: Genomes, identities: np.ndarray) -> np.ndarray:
    """Return what each design does whose muscles never change their length, float64, shape (n,); NaN if invalid.

    A design that gets as far so as after learning falls and does not walk.
    """
    bodies = develop(spec.lattice.build(), genomes, spec.tissue)
    still = replace(bodies, swings=np.zeros_like(bodies.swings))
    unlearned = replace(spec.with_bodies_as_given, learner=replace(spec.with_bodies_as_given.learner, iterations=0))
    found = evaluate_bodies(unlearned, Request(still, identities)).fitness
    return np.where(np.isfinite(found), found, np.nan)


def second_half(spec: EvaluationSpec, genomes: Genomes, identities: np.ndarray, attempts: np.ndarray) -> np.ndarray:
    """Return what designs gain in the second half of the episode over the first, float64, shape (n,).

    They learn from the given starts; then the best weights move them through half of the episode too. NaN where a
    design is invalid, where the first half brings nothing, or where controllers have weights for each step.
    """
    steps = spec.physics.steps // 2
    half = replace(spec, physics=replace(spec.physics, steps=steps))
    if steps < 1 or not _same_weights(spec, half):
        return np.full(len(genomes), np.nan)
    learned = evaluate_designs(spec, Request(genomes, identities, attempts=attempts))
    valid = np.flatnonzero(np.isfinite(learned.fitness))
    found = np.full(len(genomes), np.nan)
    if not len(valid):
        return found
    bodies = develop(spec.lattice.build(), genomes[valid], spec.tissue)
    weights = [learned.weights_of(index) for index in valid.tolist()]
    first = np.concatenate([_performance(half, bodies.take(part), weights, part) for part in _parts(half, bodies)])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (learned.fitness[valid] - first) / first
    found[valid] = np.where(np.isfinite(ratio), ratio, np.nan)
    return found


def _parts(spec: EvaluationSpec, bodies: Bodies) -> list[np.ndarray]:
    return [np.arange(len(bodies))[part] for part in batches(spec, bodies)]


def _performance(spec: EvaluationSpec, bodies: Bodies, weights: Sequence[np.ndarray], part: np.ndarray) -> np.ndarray:
    simulator = spec.simulator(bodies)
    simulator.load(np.concatenate([weights[index] for index in part.tolist()]).astype(np.float64))
    simulator.forward(differentiable=False)
    return -simulator.loss.numpy().astype(np.float64)


def _same_weights(spec: EvaluationSpec, half: EvaluationSpec) -> bool:
    """Return whether a controller has as many weights in a shorter episode."""
    counts = [
        sum(
            math.prod(shape)
            for shape in each.controller.weight_shapes(8, 24, each.dimension, each.physics.steps).values()
        )
        for each in (spec, half)
    ]
    return counts[0] == counts[1]
