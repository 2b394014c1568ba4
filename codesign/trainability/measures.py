"""What the starts of a design come to: one number each of many, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codesign.trainability.trainings import Training

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A number of a design.

    Attributes:
        name: in tables.
        meaning: what it is, as the end of a sentence.
        fitness: whether it has the unit of fitness; else it is a share or a count.
    """

    name: str
    meaning: str
    fitness: bool = False


MEASURES = (
    Measure("own", "fitness that selection saw", True),
    Measure("mean", "mean fitness over new starts", True),
    Measure("median", "median fitness over new starts", True),
    Measure("best", "best fitness over new starts", True),
    Measure("worst", "worst fitness over new starts", True),
    Measure("sd", "standard deviation of fitness over new starts", True),
    Measure("luck", "fitness that selection saw, less the mean over new starts", True),
    Measure("untrained", "mean performance before learning", True),
    Measure("gain", "median gain by learning", True),
    Measure("best_gain", "best gain by learning", True),
    Measure("gain_variation", "standard deviation of the gain over starts, of its mean"),
    Measure("share_90", "share of starts whose gain is at least 90 % of the design's best"),
    Measure("share_75", "share of starts whose gain is at least 75 % of the design's best"),
    Measure("share_90_fitness", "share of starts whose fitness is at least 90 % of the design's best"),
    Measure("improving", "share of learning steps that improve on the one before"),
    Measure("failed", "share of starts after which the design is invalid"),
    Measure("chaos", "standard deviation of fitness over copies of one start that were moved a little", True),
    Measure("chaos_share", "variance over these copies, of that over new starts"),
    Measure("unactuated", "performance without actuation", True),
    Measure("fall", "performance without actuation, of the mean fitness over new starts"),
    Measure("second_half", "what the second half of the episode brings, of what the first brings"),
    Measure("masses", "masses of the body"),
    Measure("muscles", "muscles of the body"),
)
"""Numbers of every design, in the order of the tables; landscapes bring their own."""


def of_starts(starts: Sequence[Training], copies: Sequence[Training], own: float) -> dict[str, float]:
    """Return what the starts of one design come to, by the names of `MEASURES`; NaN where nothing is known.

    Args:
        starts: its trainings from new starts.
        copies: those of one of these starts, itself among them, that was moved a little.
        own: fitness that selection saw, NaN where it saw none.
    """
    fitness, untrained = _numbers(starts, "fitness"), _numbers(starts, "untrained")
    valid = np.isfinite(fitness)
    known = fitness[valid]
    gain = (fitness - untrained)[valid & np.isfinite(untrained)]
    mean, sd = _mean(known), _sd(known)
    moved = _numbers(copies, "fitness")
    chaos = _sd(moved[np.isfinite(moved)])
    return {
        "own": own,
        "mean": mean,
        "median": float(np.median(known)) if len(known) else np.nan,
        "best": float(known.max()) if len(known) else np.nan,
        "worst": float(known.min()) if len(known) else np.nan,
        "sd": sd,
        "luck": own - mean,
        "untrained": _mean(untrained[np.isfinite(untrained)]),
        "gain": float(np.median(gain)) if len(gain) else np.nan,
        "best_gain": float(gain.max()) if len(gain) else np.nan,
        "gain_variation": _ratio(_sd(gain), _mean(gain)),
        "share_90": _share_near_best(gain, 0.9),
        "share_75": _share_near_best(gain, 0.75),
        "share_90_fitness": _share_near_best(known, 0.9),
        "improving": _mean(_known(_numbers(starts, "improving"))),
        "failed": float(1.0 - valid.mean()) if len(starts) else np.nan,
        "chaos": chaos,
        "chaos_share": _ratio(chaos**2, sd**2),
    }


def fall_share(unactuated: npt.ArrayLike, mean: npt.ArrayLike) -> Numbers:
    """Return the size of performance without actuation over the mean fitness, NaN where that is not above 0."""
    still, moving = np.abs(np.asarray(unactuated, dtype=np.float64)), np.asarray(mean, dtype=np.float64)
    return np.divide(still, moving, out=np.full(still.shape, np.nan), where=moving > 0.0)


def failures(trainings: Sequence[Training]) -> Mapping[str, int]:
    """Return how many trainings ended in each way, by the status's label, the commonest first."""
    labels, counts = np.unique([each.status for each in trainings], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(labels[place]): int(counts[place]) for place in order}


def _numbers(trainings: Sequence[Training], name: str) -> Numbers:
    values = [getattr(each, name) for each in trainings]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _known(values: Numbers) -> Numbers:
    return values[np.isfinite(values)]


def _mean(values: Numbers) -> float:
    return float(values.mean()) if len(values) else np.nan


def _sd(values: Numbers) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _ratio(value: float, of: float) -> float:
    return value / of if of > 0.0 else np.nan


def _share_near_best(values: Numbers, share: float) -> float:
    """Return the share of values that come to a share of the best; NaN where the best is not above 0."""
    return float((values >= share * values.max()).mean()) if len(values) and values.max() > 0.0 else np.nan
