"""Groups of runs at equal cost: fitness at shares of a budget, and the budget that a fitness takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.analysis.comparison import Comparison, RunRecord
from codesign.analysis.effects import LEVEL, Estimate

SHARES = (0.1, 0.3, 1.0)
"""Shares of the smallest budget of all runs at which fitness is told."""


@dataclass(frozen=True)
class Spent:
    """Fitness of a group of runs when so much was spent.

    Attributes:
        group: place in `Comparison.groups`.
        share: of the smallest budget of all runs.
        robot_steps: this share.
        best: mean over the group's runs of the best fitness until then, with its interval over runs.
        mean: the same of the mean fitness of the population.
    """

    group: int
    share: float
    robot_steps: float
    best: Estimate
    mean: Estimate


@dataclass(frozen=True)
class Factor:
    """How much cheaper a group of runs comes to a fitness than a reference does.

    Attributes:
        group, reference: places in `Comparison.groups`.
        value: the fitness: what the reference's population had on average at the end of the smallest budget.
        reached: runs of the group whose population came to it at all.
        factor: robot-steps of the reference over those of the group, medians over runs, with their interval; NaN where
            fewer than half of a group's runs come to it.
    """

    group: int
    reference: int
    value: float
    reached: int
    factor: Estimate


def at_equal_cost(comparison: Comparison, draws: int, seed: int) -> tuple[list[Spent], list[Factor]]:
    """Return what groups of runs came to at equal robot-steps, and by what factor one is cheaper than the first.

    Robot-steps are what the tables of metrics count. Intervals resample runs; of one run there is none (NaN).

    Args:
        comparison: the runs.
        draws: resamples.
        seed: of the resamples.
    """
    budgets = [np.nansum(run.summary.robot_steps) for run in comparison.runs]
    smallest = min((float(each) for each in budgets if each > 0.0), default=0.0)
    if not smallest:
        return [], []
    spent = list[Spent]()
    for number, group in enumerate(comparison.groups):
        own = [comparison.runs[place] for place in group.runs.tolist()]
        for share in SHARES:
            parts = [[_reached(run, share * smallest, name) for run in own] for name in ("best", "mean")]
            best, mean = (_mean(values, draws, seed) for values in parts)
            spent.append(Spent(number, share, share * smallest, best, mean))
    factors = [_factor(comparison, number, smallest, draws, seed) for number in range(1, len(comparison.groups))]
    return spent, factors


def _factor(comparison: Comparison, number: int, smallest: float, draws: int, seed: int) -> Factor:
    reference, group = (
        [comparison.runs[place] for place in comparison.groups[each].runs.tolist()] for each in (0, number)
    )
    value = float(np.mean([_reached(run, smallest, "mean") for run in reference]))
    needed = [np.array([_steps_to(run, value) for run in runs]) for runs in (reference, group)]
    reached = int(np.isfinite(needed[1]).sum())
    estimate = Estimate(float("nan"), float("nan"), float("nan"))
    if all(np.isfinite(np.median(each)) for each in needed):
        generator = np.random.default_rng(seed)
        drawn = [
            np.array([np.median(generator.choice(each, len(each))) for _ in range(draws)], dtype=np.float64)
            for each in needed
        ]
        with np.errstate(invalid="ignore"):
            ratios = drawn[0] / drawn[1]
        ratios = ratios[np.isfinite(ratios)]
        low, high = _ends(ratios) if min(map(len, needed)) > 1 and len(ratios) else (float("nan"), float("nan"))
        estimate = Estimate(float(np.median(needed[0]) / np.median(needed[1])), low, high)
    return Factor(number, 0, value, reached, estimate)


def _reached(run: RunRecord, robot_steps: float, name: str) -> float:
    """Return the highest value of a curve of a run until so much was spent, NaN where none was."""
    within = np.cumsum(np.nan_to_num(run.summary.robot_steps)) <= robot_steps * (1.0 + 1e-9)
    values = getattr(run.summary, name)[within]
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else float("nan")


def _steps_to(run: RunRecord, value: float) -> float:
    """Return the robot-steps after which the population's mean had come to a value; infinite where it never did."""
    there = np.flatnonzero(run.summary.mean >= value - 1e-9 * abs(value))  # a mean is rounded
    return float(np.cumsum(np.nan_to_num(run.summary.robot_steps))[there[0]]) if len(there) else float("inf")


def _mean(values: Sequence[float], draws: int, seed: int) -> Estimate:
    known = np.array([each for each in values if np.isfinite(each)])
    if not len(known):
        return Estimate(float("nan"), float("nan"), float("nan"))
    if len(known) == 1:
        return Estimate(float(known[0]), float("nan"), float("nan"))
    generator = np.random.default_rng(seed)
    drawn = known[generator.integers(len(known), size=(draws, len(known)))].mean(axis=1)
    return Estimate(float(known.mean()), *_ends(drawn))


def _ends(drawn: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(low), float(high)
