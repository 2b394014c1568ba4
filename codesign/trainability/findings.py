"""What an analysis found: tables of numbers, and effects between groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codesign.analysis import Comparison, Effect, Estimate, Factor, Nested, Spent, compare_groups, median_of
from codesign.landscape import BodyLines
from codesign.trainability.measures import MEASURES, fall_share, of_starts
from codesign.trainability.over_generations import PopulationNumbers
from codesign.trainability.samples import Kinship, Sample
from codesign.trainability.settings import AnalysisSettings
from codesign.trainability.trainings import NEW, Training


@dataclass(frozen=True, eq=False)
class Examined:
    """A sample and what its designs came to.

    Attributes:
        sample: the designs.
        starts: of each design its trainings from new starts.
        copies: of each design those of its first new start, itself first, that was moved a little.
        values: numbers of each design by the names of `MEASURES` and of landscapes, each float64[designs].
    """

    sample: Sample
    starts: tuple[tuple[Training, ...], ...]
    copies: tuple[tuple[Training, ...], ...]
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Contrast:
    """A measure of a group beside that of a reference.

    Attributes:
        measure: its name.
        reference, group: names of the groups.
        effect: how they differ.
    """

    measure: str
    reference: str
    group: str
    effect: Effect


@dataclass(frozen=True, eq=False)
class Findings:
    """What an analysis of runs found.

    Attributes:
        runs: names of the runs, in the order of their numbers.
        random_runs: numbers of those that are random searches, which serve as baseline.
        variants: of each run the name of the group of runs that it belongs to, which differ in their seed alone.
        settings: what was asked for.
        unit: that of fitness.
        examined: every group and run.
        kinship: how related the sampled populations are.
        generations: populations after each generation.
        groups: names of groups, references first, the group that all are compared with last of each variant.
        medians: median of each measure by group and name.
        contrasts: how groups differ.
        comparison: the runs side by side.
        spent, factors: the same at equal robot-steps.
        robot_steps: what its trainings simulated; falls and landscapes are not counted.
        notices: what the reader should know.
        lines: losses on the lines of a typical random and a typical evolved design, by what they are called; nothing
            where landscapes were not asked for.
    """

    runs: tuple[str, ...]
    random_runs: tuple[int, ...]
    variants: tuple[str, ...]
    settings: AnalysisSettings
    unit: str
    examined: tuple[Examined, ...]
    kinship: tuple[Kinship, ...]
    generations: tuple[PopulationNumbers, ...]
    comparison: Comparison
    spent: tuple[Spent, ...]
    factors: tuple[Factor, ...]
    robot_steps: float
    notices: tuple[str, ...] = ()
    lines: Mapping[str, BodyLines] = field(default_factory=dict)
    groups: tuple[str, ...] = field(init=False)
    medians: Mapping[tuple[str, str], Estimate] = field(init=False)
    contrasts: tuple[Contrast, ...] = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        object.__setattr__(self, "groups", tuple(dict.fromkeys(self.group_of(each) for each in self.examined)))
        medians, contrasts = dict[tuple[str, str], Estimate](), list[Contrast]()
        pairs = self._pairs()
        for name in self.measures:
            nested = {group: self.nested(group, name) for group in self.groups}
            for group, own in nested.items():
                medians[group, name] = median_of(own, settings.draws, settings.seed)
            for reference, group in pairs:
                effect = compare_groups(nested[reference], nested[group], settings.draws, settings.seed)
                contrasts.append(Contrast(name, reference, group, effect))
        object.__setattr__(self, "medians", medians)
        object.__setattr__(self, "contrasts", tuple(contrasts))

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all numbers that any design has."""
        own = {name for each in self.examined for name in each.values}
        first = [measure.name for measure in MEASURES if measure.name in own]
        return (*first, *sorted(own - set(first)))

    def group_of(self, examined: Examined) -> str:
        """Return the name of a group, with that of its runs where there are several groups of these."""
        sample = examined.sample
        several = len({name for place, name in enumerate(self.variants) if place not in self.random_runs}) > 1
        return (
            f"{sample.group} ({self.variants[sample.run]})"
            if several and sample.run not in self.random_runs
            else sample.group
        )

    def nested(self, group: str, measure: str) -> Nested:
        """Return a number of a group's designs, by run."""
        own = [each for each in self.examined if self.group_of(each) == group]
        values = [each.values.get(measure, np.full(len(each.sample), np.nan)) for each in own]
        runs = [np.full(len(each.sample), each.sample.run) for each in own]
        return Nested(np.concatenate(values), np.concatenate(runs))

    def contrast(self, measure: str, reference: str, group: str) -> Effect | None:
        """Return how two groups differ in a measure; None where they are not compared."""
        found = [
            each.effect
            for each in self.contrasts
            if (each.measure, each.reference, each.group) == (measure, reference, group)
        ]
        return found[0] if found else None

    @property
    def targets(self) -> tuple[str, ...]:
        """The groups of the last generation asked for, one for each variant."""
        evolved = [each for each in self.examined if each.sample.group not in self.settings.baseline]
        latest = {self.variants[each.sample.run]: self.group_of(each) for each in evolved}
        return tuple(latest.values())

    def references(self, target: str) -> tuple[str, ...]:
        """Return the groups that a target is compared with, in order."""
        return tuple(reference for reference, group in self._pairs() if group == target)

    def _pairs(self) -> list[tuple[str, str]]:
        """Return which groups are compared: (reference, group)."""
        pairs = list[tuple[str, str]]()
        targets = self.targets
        for target in targets:
            variant = target[target.index("(") :] if "(" in target else ""
            mine = [each for each in self.groups if each != target and ("(" not in each or each.endswith(variant))]
            pairs += [(reference, target) for reference in mine if reference not in targets]
        return [*pairs, *((targets[0], other) for other in targets[1:])]


def examined(
    sample: Sample, keys: Sequence[str], known: Mapping[tuple[str, int, int], Training], settings: AnalysisSettings
) -> Examined:
    """Return a sample with what its starts came to, from trainings that are all known."""
    own = np.array(
        [
            value if np.isfinite(value) else _fitness(known.get((key, 0, 0)))
            for key, value in zip(keys, sample.own, strict=True)
        ]
    )
    starts = tuple(tuple(known[key, NEW + number, 0] for number in range(settings.inits)) for key in keys)
    copies = tuple(tuple(known[key, NEW, number] for number in range(settings.copies + 1)) for key in keys)
    rows = [of_starts(*each) for each in zip(starts, copies, own.tolist(), strict=True)]
    values = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in (rows[0] if rows else {})}
    return Examined(sample, starts, copies, values)


def with_values(found: Examined, values: Mapping[str, np.ndarray]) -> Examined:
    """Return the same with more numbers of each design, and what follows from these."""
    every = {**found.values, **values}
    every["fall"] = fall_share(every["unactuated"], every["mean"])
    return Examined(found.sample, found.starts, found.copies, every)


def _fitness(training: Training | None) -> float:
    return np.nan if training is None or training.fitness is None else training.fitness


def rounded(value: Any) -> Any:
    """Return a number as JSON holds it, of six digits; None where it is not finite."""
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
