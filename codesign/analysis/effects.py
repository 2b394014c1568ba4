"""Differences between groups of designs that come from several runs: runs are the unit, designs lie inside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

LEVEL = 0.95
"""Share of resamples that an interval holds."""


FEWEST_RUNS = 3
"""Runs of each side that a claim needs; two may agree by chance too easily."""


@dataclass(frozen=True, eq=False)
class Nested:
    """A number of many designs, each of which belongs to a run; what is not finite is left out.

    Attributes:
        values: float64[designs].
        runs: int64[designs], number of each one's run.
    """

    values: Numbers
    runs: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        known = np.isfinite(self.values)
        order = np.argsort(self.runs[known], kind="stable")
        object.__setattr__(self, "values", np.asarray(self.values, dtype=np.float64)[known][order])
        object.__setattr__(self, "runs", np.asarray(self.runs, dtype=np.int64)[known][order])

    def __len__(self) -> int:
        return len(self.values)

    @property
    def units(self) -> tuple[int, ...]:
        """The runs that have a value, ascending."""
        return tuple(np.unique(self.runs).tolist())

    def of(self, run: int) -> Numbers:
        """Return the values of one run."""
        return self.values[self.runs == run]


@dataclass(frozen=True)
class Estimate:
    """A number with the interval that resampling gives; NaN where nothing is known.

    Attributes:
        value: of the sample itself.
        low, high: ends of the interval that holds `LEVEL` of the resamples.
    """

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is above zero, or all of it below."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class Effect:
    """How a number of one group differs from that of a reference.

    Attributes:
        delta: Cliff's delta: +1 where every value of the group is above every one of the reference, -1 where below.
        by_run: Cliff's delta inside each run that both groups have, by the run's number.
        p: two-sided Mann-Whitney over designs, NaN where a group is empty. Too small where designs of a run are kin.
        runs: runs of the group and of the reference.
        designs: designs of the group and of the reference.
    """

    delta: Estimate
    by_run: dict[int, float]
    p: float
    runs: tuple[int, int]
    designs: tuple[int, int]

    @property
    def agreeing(self) -> int:
        """Runs whose own delta has the sign of that of all."""
        return sum(np.sign(each) == np.sign(self.delta.value) for each in self.by_run.values())

    @property
    def holds(self) -> bool:
        """Whether the interval excludes zero, in `FEWEST_RUNS` runs at least, and no run says the opposite."""
        opposite = any(np.sign(each) == -np.sign(self.delta.value) for each in self.by_run.values())
        return self.delta.excludes_zero and min(self.runs) >= FEWEST_RUNS and not opposite


def cliffs_delta(reference: npt.ArrayLike, group: npt.ArrayLike) -> float:
    """Return the share of pairs in which the group's value is the larger, less that in which it is the smaller.

    Cliff (1993), Psychological Bulletin 114. NaN where one of both has no value.
    """
    below, above = np.sort(np.asarray(reference, dtype=np.float64)), np.asarray(group, dtype=np.float64)
    if not len(below) or not len(above):
        return float("nan")
    larger = np.searchsorted(below, above, side="left").sum()
    smaller = (len(below) - np.searchsorted(below, above, side="right")).sum()
    return float(larger - smaller) / (len(below) * len(above))


def mann_whitney(reference: npt.ArrayLike, group: npt.ArrayLike) -> float:
    """Return the two-sided p-value of the Mann-Whitney test; NaN where one of both has no value."""
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - takes longer to load than all else here

    one, other = np.asarray(reference, dtype=np.float64), np.asarray(group, dtype=np.float64)
    if not len(one) or not len(other):
        return float("nan")
    return float(mannwhitneyu(other, one, alternative="two-sided").pvalue)


def median_of(group: Nested, draws: int, seed: int) -> Estimate:
    """Return the median over designs with its nested bootstrap interval."""
    if not len(group):
        return Estimate(float("nan"), float("nan"), float("nan"))
    return _estimate(lambda parts: float(np.median(parts[0])), [group], draws, seed)


def compare_groups(reference: Nested, group: Nested, draws: int, seed: int) -> Effect:
    """Return how a group differs from a reference.

    The interval resamples runs and then designs of these (nested bootstrap; Davison & Hinkley 1997, section 3.8). Runs
    that both groups have are drawn together, since a run's groups share its seed. With one run only designs are
    resampled, so that the interval says nothing about other runs.

    Args:
        reference: what is compared with.
        group: what is compared.
        draws: resamples.
        seed: of the resamples.
    """
    if not len(reference) or not len(group):
        nothing = Estimate(float("nan"), float("nan"), float("nan"))
        return Effect(nothing, {}, float("nan"), (len(group.units), len(reference.units)), (len(group), len(reference)))
    delta = _estimate(lambda parts: cliffs_delta(*parts), [reference, group], draws, seed)
    shared = sorted(set(reference.units) & set(group.units))
    return Effect(
        delta,
        {run: cliffs_delta(reference.of(run), group.of(run)) for run in shared},
        mann_whitney(reference.values, group.values),
        (len(group.units), len(reference.units)),
        (len(group), len(reference)),
    )


def _estimate(
    statistic: Callable[[Sequence[Numbers]], float], groups: Sequence[Nested], draws: int, seed: int
) -> Estimate:
    value = statistic([group.values for group in groups])
    found = [statistic(parts) for parts in _resamples(groups, draws, np.random.default_rng(seed))]
    low, high = np.quantile(found, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return Estimate(value, float(low), float(high))


def _resamples(groups: Sequence[Nested], draws: int, generator: np.random.Generator) -> "list[list[Numbers]]":
    """Return resamples of groups: of each its values, of runs drawn with replacement and designs of these likewise."""
    units = [group.units for group in groups]
    together = all(each == units[0] for each in units)
    inside = [{run: group.of(run) for run in own} for group, own in zip(groups, units, strict=True)]
    resamples: list[list[Numbers]] = []
    for _ in range(draws):
        drawn = generator.choice(units[0], len(units[0])) if together else None
        parts = []
        for own, values in zip(units, inside, strict=True):
            runs = generator.choice(own, len(own)) if drawn is None else drawn
            kept = [values[run] for run in runs.tolist()]
            parts.append(np.concatenate([each[generator.integers(len(each), size=len(each))] for each in kept]))
        resamples.append(parts)
    return resamples
