"""Which weights of designs an episode takes: those of controllers alone."""

import math

import numpy as np

from codesign.body import Bodies
from codesign.evaluate import EvaluationSpec


def of_controllers(spec: EvaluationSpec, bodies: Bodies) -> np.ndarray:
    """Return which weights of designs are those of their controllers: all, unless bodies learn too.

    What a body learns are rest lengths, stiffness, swings or masses, which are inputs of an episode by themselves.

    Args:
        spec: how designs are evaluated.
        bodies: of the designs.

    Returns:
        For all weights as `codesign.Problem.initial_weights` has them, body after body, bool, shape (weights,).
    """
    dimension, steps = bodies.positions.shape[1], spec.physics.steps
    found = [np.zeros(0, np.bool_)]
    for masses, springs in zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True):
        own, whole = (
            sum(math.prod(shape) for shape in each.weight_shapes(masses, springs, dimension, steps).values())
            for each in (spec.controller, spec.weighted)
        )
        found.append(np.arange(whole) < own)
    return np.concatenate(found)
