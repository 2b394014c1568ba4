"""The definition of a run: all settings that decide its results, and the few that do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from codesign.checks import require_count
from codesign.errors import ConfigError
from codesign.evaluate import FURTHER_MEASURES, EvaluationSpec, EvaluatorSettings, require_heritable
from codesign.formats import read_plans
from codesign.genome import VariationSettings
from codesign.run.first_designs import FIRST_RECORD, FirstDesigns
from codesign.run.settings import completed, flattened
from codesign.search import NO_INHERITANCE, SearchSettings, Space

_WITHOUT_EFFECT = (
    "title",
    "evaluator",
    "checkpoints",
    "search.generations",
    "search.polish_designs",
    "search.polish_iterations",
    "search.final_designs",
    "search.final_starts",
    "trial.execution",
    "trial.terrain.file",
    "search.first",
    "first.genomes",
    "first.record",
    "first.told",
)
"""What may change between the parts of a run without changing a design of it. Of a terrain from a file the heights
decide, not where they lay, and of first designs their checksum."""

_DECISIVE = ("trial.execution.precision",)
"""What is part of these and changes results all the same."""


@dataclass(frozen=True)
class CheckpointSettings:
    """How often a run writes its state to its folder, so that it can go on from there.

    Attributes:
        every: generations between two checkpoints; what lies between is computed again after a crash.
        keep: checkpoints kept.
        weights: living designs, the best ones, whose learned weights are kept; those of others are learned again, to
            the same bits, when they are asked for.

    Raises:
        ConfigError: a number that is not whole or below 1.
    """

    every: int = 1
    keep: int = 3
    weights: int = 16

    def __post_init__(self) -> None:
        for name in ("every", "keep", "weights"):
            require_count(self, name)


@dataclass(frozen=True)
class Experiment:
    """A run's definition.

    Attributes:
        trial: how one design is evaluated, the lattice that designs live on, and the seed of everything random.
        variation: operators that make a design from others.
        search: how designs are chosen, and for how many generations.
        evaluator: where designs are evaluated.
        checkpoints: how often the state is written.
        title: what the run calls itself.
        first: designs that the run begins with; where `search.first` names files and nothing is given here, those in
            the files.

    Raises:
        ConfigError: none of the operators applies to the lattice, weights are to be inherited of a controller that does
            not say whose they are, a search that waits for no generation, or designs of several starts, are to race, or
            a search looks at measures that designs do not have.
        FormatError: files of first designs that cannot be read, or bodies that do not fit on the lattice.
    """

    trial: EvaluationSpec
    variation: VariationSettings
    search: SearchSettings
    evaluator: EvaluatorSettings
    checkpoints: CheckpointSettings = field(default_factory=CheckpointSettings)
    title: str = "run"
    first: FirstDesigns | None = None

    def __post_init__(self) -> None:
        self.variation.operators(self.trial.lattice.build())
        self._measure_what_is_looked_at()
        if self.search.inheritance != NO_INHERITANCE:
            require_heritable(self.trial.controller)
        if self.search.asynchronous and self.trial.learner.in_generation(1).rungs:
            got = f"{self.trial.learner.racing} with search={self.search.name}, which waits for no generation"
            raise ConfigError("0", got, "set {field}=0, or choose another search", "racing").within("learner")
        if self.search.several_starts and self.trial.learner.racing:
            got = f"{self.trial.learner.racing} with search.reevaluate, or search.starts above 1"
            remedy = "set {field}=0: who was stopped early has nothing to compare a new start with"
            raise ConfigError("0", got, remedy, "racing").within("learner")
        if self.first is None and self.search.first_paths:
            given = [(name, plan) for name in self.search.first_paths for plan in read_plans(Path(name))]
            count, symmetric = self.search.population_size, self.search.symmetric
            first = FirstDesigns.of(given, self.trial.lattice, count, symmetric=symmetric)
            object.__setattr__(self, "first", first)

    def _measure_what_is_looked_at(self) -> None:
        """Have designs measured by what the search looks at.

        Raises:
            ConfigError: there are no such measures.
        """
        names = self.search.measured
        settings = {item.name: getattr(self.search, item.name) for item in fields(self.search)}
        if settings.get("measures") == ():
            expected = f"any of {', '.join(self.trial.measures)}"
            raise ConfigError(expected, "none", "name what designs are to differ in", "measures").within("search")
        for name in names:
            holders = [field for field, value in settings.items() if isinstance(value, tuple) and name in value]
            try:
                self.trial.require_measures([name], self.trial.measures, holders[0] if holders else "name")
            except ConfigError as error:
                raise error.within("search") from error
        further = tuple(name for name in names if name in FURTHER_MEASURES)
        if further:
            measured = tuple(dict.fromkeys([*self.trial.measured, *further]))
            object.__setattr__(self, "trial", replace(self.trial, measured=measured))

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.trial.seed

    @property
    def space(self) -> Space:
        """The designs that the search moves in."""
        return Space(self.trial.lattice, self.variation, None if self.first is None else self.first.genomes)

    @property
    def inputs(self) -> dict[str, bytes]:
        """Content of the files that a run of this keeps among its inputs, by name."""
        return {} if self.first is None else {FIRST_RECORD: self.first.record}

    def fingerprint(self) -> dict[str, Any]:
        """Return all settings that decide the results by dotted name: plain values, checksums of the long ones."""
        return _decisive(flattened(self))

    def completed_fingerprint(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored fingerprint with the settings that its version did not have yet, at what they mean."""
        return _decisive(completed(stored, self))


def _decisive(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of an experiment's settings that decide its results."""
    return {
        name: value
        for name, value in settings.items()
        if name in _DECISIVE or not any(name == part or name.startswith(f"{part}.") for part in _WITHOUT_EFFECT)
    }
