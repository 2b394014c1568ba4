"""The runs of an analysis: read, and checked for being comparable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from codesign.analysis import Lineages
from codesign.errors import ConfigError, RunError
from codesign.evaluate import EvaluationSpec
from codesign.run import DesignTables, Experiment, RunFolder, populations
from codesign.search import Individuals

RANDOM_SEARCH = "random"

_SAME = ("task", "terrain", "physics", "worlds", "controller", "lattice", "tissue", "start", "execution.precision")
"""Settings of a trial in which runs that are compared may not differ."""

_FREE = ("lattice.fill", "lattice.muscle", "worlds.unactuated")
"""What is part of these and changes no fitness: how random designs are drawn, and what else is measured."""

_LATER = "later_"
"""What the names of a learner's settings for later generations begin with (`Learner.in_generation`)."""

_KEYS = {
    "physics": "sim",
    "worlds": "conditions",
    "lattice": "body.lattice",
    "tissue": "body.tissue",
    "start": "weights",
}
"""What settings of a trial are called in a configuration, where that is another word."""


@dataclass(frozen=True)
class AnalysedRun:
    """A run as an analysis reads it.

    Attributes:
        path: its folder.
        experiment: its definition.
    """

    path: Path
    experiment: Experiment

    @property
    def name(self) -> str:
        """Its folder as it was given."""
        return str(self.path)

    @property
    def spec(self) -> EvaluationSpec:
        """How its designs are evaluated."""
        return self.experiment.trial

    @property
    def random(self) -> bool:
        """Whether its designs are random in every generation."""
        return self.experiment.search.name == RANDOM_SEARCH

    @cached_property
    def tables(self) -> DesignTables:
        """All of its designs."""
        return DesignTables(RunFolder(self.path))

    @cached_property
    def generations(self) -> list[int]:
        """Its finished generations, at least one.

        Raises:
            RunError: there is none.
        """
        found = self.tables.generations()
        if not found:
            raise RunError("a run with a finished generation", f"none in {self.path}", "let it go on first")
        return found

    def populations(self) -> Iterator[Individuals]:
        """Yield its population after each generation, see `codesign.run.populations`."""
        return populations(self.experiment, RunFolder(self.path))

    @cached_property
    def lineages(self) -> Lineages:
        """Who descends from whom among all of its designs."""
        found = [self.tables.outcomes(generation) for generation in self.generations]
        return Lineages(
            np.concatenate([each.identities for each in found]), np.concatenate([each.parents for each in found])
        )

    def evaluated(self) -> int:
        """Return how many designs it has evaluated."""
        return sum(len(self.tables.outcomes(generation).fitness) for generation in self.generations)


def require_comparable(runs: Sequence[AnalysedRun]) -> list[str]:
    """Check that what designs of different runs can do may be compared; return what differs and is only to be told.

    Searches, mutations and learners may differ: new starts all learn as those of the first run do.

    Raises:
        ConfigError: task, ground, physics, worlds, controller, lattice or precision differ.
    """
    first, settings = runs[0], [_of_trial(run.experiment.fingerprint()) for run in runs]
    learners = set[str]()
    for run, own in zip(runs[1:], settings[1:], strict=True):
        for key in sorted(settings[0].keys() | own.keys(), key=lambda key: (not key.endswith(".name"), key)):
            here, there = settings[0].get(key), own.get(key)
            if here == there:
                continue
            if key not in _FREE and any(key == name or key.startswith(f"{name}.") for name in _SAME):
                word, _, rest = key.partition(".")
                said = f"{_KEYS.get(word, word)}{'.' if rest else ''}{rest}"
                got = f"{said} {there!r} in {run.name} and {here!r} in {first.name}"
                raise ConfigError("runs that can be compared", got, "analyze them apart")
            if key.startswith("learner."):
                learners.add(key)
    if not learners:
        return []
    told = f"The runs differ in {', '.join(sorted(learners))}; all new starts learn as those of {first.name} did."
    return [told]


def common_spec(
    runs: Sequence[AnalysedRun], run: AnalysedRun, threads: int | None, device: str | None
) -> EvaluationSpec:
    """Return how new starts of a run's designs are evaluated.

    With its own seed, and the learner of the first run, as that of its first generation: from scratch and one start,
    to the end.
    """
    execution = run.spec.execution
    if threads is not None:
        execution = replace(execution, threads=threads)
    if device is not None:
        execution = replace(execution, device=device)
    learner = runs[0].spec.learner
    later = {item.name: None for item in fields(learner) if item.name.startswith(_LATER)}
    return replace(
        run.spec,
        learner=replace(learner, restarts=0, restart_iterations=None, **later),
        worlds=replace(run.spec.worlds, unactuated=False),  # computed once for each design, not for each start
        execution=execution,
    )


def _of_trial(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    own = {name.removeprefix("trial."): value for name, value in fingerprint.items() if name.startswith("trial.")}
    return {name: value for name, value in own.items() if name != "seed"}
