"""Statistics of studies, with runs as the unit: intervals over seeds, and how far two groups lie apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from codesign.errors import ConfigError

Values = Sequence[float] | npt.NDArray[np.float64]

RESAMPLES = 9999


@dataclass(frozen=True)
class Interval:
    """A mean with its interval.

    Attributes:
        mean: of the values.
        low, high: ends of the interval.
    """

    mean: float
    low: float
    high: float

    def told(self, digits: int = 3, *, signed: bool = False) -> str:
        """Return it as text: 0.123 (0.101 to 0.145)."""
        form = f"{'+' if signed else ''}.{digits}f"
        return f"{self.mean:{form}} ({self.low:{form}} to {self.high:{form}})"

    __str__ = told


def told(values: Values, digits: int = 3) -> str:
    """Return the mean of a number per run with its 95 % t interval as text.

    It says so where a run has no such number, as it was not run for that long, and where there is one run only.
    """
    known = np.asarray(values, np.float64)
    if not np.isfinite(known).all():
        return "not run"
    return f"{known[0]:.{digits}f} (one seed)" if len(known) == 1 else t_interval(known).told(digits)


def t_interval(values: Values, confidence: float = 0.95) -> Interval:
    """Return the mean of a number per run and its interval by Student's t.

    Raises:
        ConfigError: fewer than two values.
    """
    known = _several(values)
    mean, half = float(known.mean()), 0.0
    if known.std(ddof=1) > 0:
        half = float(stats.t.ppf((1 + confidence) / 2, len(known) - 1) * stats.sem(known))
    return Interval(mean, mean - half, mean + half)


def bootstrap_interval(values: Values, confidence: float = 0.95, seed: int = 0) -> Interval:
    """Return the mean and its percentile bootstrap interval, of many values; with few, a t interval is the honest one.

    Raises:
        ConfigError: fewer than two values.
    """
    known = _several(values)
    found = stats.bootstrap(
        (known,),
        np.mean,
        confidence_level=confidence,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(known.mean()), float(found.low), float(found.high))


def paired_difference(ours: Values, theirs: Values, confidence: float = 0.95) -> Interval:
    """Return the mean of ours less theirs, paired by seed, with its t interval.

    Raises:
        ConfigError: fewer than two pairs, or not equally many.
    """
    one, other = _several(ours), _several(theirs)
    if len(one) != len(other):
        raise ConfigError(
            "as many seeds on both sides", f"{len(one)} and {len(other)}", "run the seeds that are missing"
        )
    return t_interval(one - other, confidence)


def difference(ours: Values, theirs: Values, confidence: float = 0.95) -> Interval:
    """Return the mean of ours less that of theirs with Welch's interval, for runs that have nothing in common.

    Raises:
        ConfigError: fewer than two values on a side.
    """
    one, other = _several(ours), _several(theirs)
    if one.std() == 0 and other.std() == 0:
        return Interval(*[float(one.mean() - other.mean())] * 3)
    found = stats.ttest_ind(one, other, equal_var=False).confidence_interval(confidence)
    return Interval(float(one.mean() - other.mean()), float(found.low), float(found.high))


def cliffs_delta(ours: Values, theirs: Values) -> float:
    """Return how much likelier ours is above theirs than below, -1 to 1 (Cliff 1993)."""
    one, other = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    return float(2 * stats.mannwhitneyu(one, other).statistic / (len(one) * len(other)) - 1)


def mann_whitney(ours: Values, theirs: Values) -> float:
    """Return the two-sided p of Mann and Whitney's test; exact for few values without ties."""
    return float(stats.mannwhitneyu(np.asarray(ours, np.float64), np.asarray(theirs, np.float64)).pvalue)


def _several(values: Values) -> npt.NDArray[np.float64]:
    known = np.asarray(values, np.float64)
    if known.ndim != 1 or len(known) < 2:
        raise ConfigError("a number of each of at least two seeds", f"shape {known.shape}", "run more seeds")
    return known
