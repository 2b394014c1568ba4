"""One controller for many bodies: learned with all of them at once, and tried on bodies that it has never moved."""

from dataclasses import dataclass

import numpy as np

from codesign.body import Bodies
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.train import LearningStatus, learn

SEEN, UNSEEN = "seen", "unseen"
"""The groups of bodies: those that the controller learned with, and others."""


@dataclass(frozen=True)
class Transfer:
    """A controller that learned with some bodies, and how it performs on these and on others.

    Attributes:
        weights: best weights, flat, float64.
        status: how learning ended.
        curve: mean performance over the bodies that the controller learned with, before learning and after every step,
            float64, shape (iterations + 1,).
        before: performance of every body with the first weights, the mean over its worlds, by group ("seen", "unseen"),
            float64, each of shape (bodies,).
        after: the same with the best weights.
    """

    weights: np.ndarray
    status: LearningStatus
    curve: np.ndarray
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]


def learn_together(spec: EvaluationSpec, seen: Bodies, unseen: Bodies) -> Transfer:
    """Let one controller learn with some bodies, and compare its performance on these and on others before and after.

    Args:
        spec: how bodies are evaluated; see `EvaluationSpec.require_one_controller`.
        seen: bodies to learn with; all of them are simulated at once.
        unseen: bodies to try the controller on.

    Raises:
        ConfigError: the spec's device is not there, or its controller fits one body only, or bodies learn too.
    """
    spec.require_one_controller()
    identities = np.zeros((1, 2), np.int64)
    problem = spec.learning_problem(seen, identities, together=True)
    spec.begin(problem, identities)
    first = problem.weights()
    groups = {SEEN: seen, UNSEEN: unseen}
    before = {group: _performance(spec, bodies, first) for group, bodies in groups.items()}
    learned = learn(problem, spec.learner)
    best = learned.best_weights
    after = {group: _performance(spec, bodies, best) for group, bodies in groups.items()}
    return Transfer(best, LearningStatus(int(learned.status[0])), -learned.curves[0], before, after)


def _performance(spec: EvaluationSpec, bodies: Bodies, weights: np.ndarray) -> np.ndarray:
    """Return how every body performs with the same weights, the mean over its worlds, shape (bodies,)."""
    simulator = spec.simulator(bodies, together=True)
    simulator.load(weights)
    simulator.forward()
    return -simulator.world_losses.numpy().astype(np.float64).reshape(len(bodies), -1).mean(axis=1)
