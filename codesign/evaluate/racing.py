"""Racing: the performance that a design must have reached after some learning steps to be worth more of them."""

import numpy as np

from codesign.train import Learner


def elimination_thresholds(
    learner: Learner, curves: np.ndarray, fitness: np.ndarray, alike: np.ndarray | None = None
) -> np.ndarray:
    """Return the performance that newcomers must have reached after so many steps to go on learning.

    A newcomer enters the population if it becomes better than the weakest of those that it has to beat. The threshold
    at a rung is the fitness of the weakest, less the gain from this rung to the end that a share of those to beat
    (`Learner.racing_chance`) reached or exceeded. So the thresholds are known before the newcomers are evaluated, and
    the result of one depends neither on which designs are evaluated beside it nor on where.

    Nobody's gain is negative, so no threshold is above the fitness of the weakest: a newcomer that has reached this
    already is never stopped. That holds for learning that ended early too, since the fitness is the best until then.

    Args:
        learner: that of the newcomers; says where the rungs are, and how likely a success must be.
        curves: learning curves of those that newcomers have to beat, higher is better, NaN where learning had ended,
            of any length that those that learned by `learner` fill, shape (n, iterations + 1).
        fitness: their fitness, -inf if invalid, shape (n,).
        alike: which of them learned by `learner`, bool, shape (n,); None for all. Gains of others tell nothing.

    Returns:
        Lowest allowed value of the best performance so far after each step, -inf between the rungs, and everywhere if
        not all are valid or none is alike, float64, shape (iterations,).
    """
    thresholds = np.full(learner.iterations, -np.inf)
    known = np.ones(len(fitness), dtype=bool) if alike is None else alike
    if np.isfinite(fitness).all() and known.any():
        rungs = list(learner.rungs)
        best = np.fmax.accumulate(curves[known, : learner.iterations].astype(np.float64), axis=1)[:, rungs]
        gains = fitness[known, None] - best
        thresholds[rungs] = fitness.min() - np.quantile(gains, 1.0 - learner.racing_chance, axis=0)
    return thresholds
