"""Racing: what a design must be able to do, and by when, to be worth more learning."""

import numpy as np

from codesign.train import Learner


def bars(learner: Learner, curves: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """Return what newcomers must be able to do after so many steps to go on learning.

    The least of those that newcomers have to beat is the aim, and how much they all gained from a rung to the end says
    what can still be gained from there. So the bars are known before the newcomers are evaluated, and what becomes of
    one depends neither on who is evaluated beside it nor on where.

    Args:
        learner: says where the rungs are, and how likely a success must be.
        curves: how those learned that newcomers have to beat, higher is better, NaN where it is not known, shape
            (n, iterations + 1).
        fitness: what they can do, -inf if invalid, shape (n,).

    Returns:
        The best performance so far that is asked for after each step, -inf between the rungs, and everywhere if not all
        are valid, float64, shape (iterations,).
    """
    asked = np.full(learner.iterations, -np.inf)
    if np.isfinite(fitness).all():
        rungs = list(learner.rungs)
        best = np.fmax.accumulate(curves[:, : learner.iterations].astype(np.float64), axis=1)[:, rungs]
        gains = fitness[:, None] - best
        asked[rungs] = fitness.min() - np.quantile(gains, 1.0 - learner.racing_chance, axis=0)
    return asked
