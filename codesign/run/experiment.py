"""What one run is: everything that decides its results, and the few settings that do not."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codesign.errors import ConfigError
from codesign.evaluate import EvaluatorSettings, Trial
from codesign.genome import VariationSettings
from codesign.search import SearchSettings, Space

_WITHOUT_EFFECT = (
    "title",
    "evaluator",
    "checkpoints",
    "search.generations",
    "trial.execution",
    "trial.terrain.file",
)
"""What may change between the parts of a run without changing a design of it; of execution, all but the precision. Of a
terrain from a file the heights decide, not where they lay."""

_LONGEST = 200
"""Characters of a setting that are compared as they are; of a longer one, such as many heights, a checksum."""


@dataclass(frozen=True)
class CheckpointSettings:
    """How often a run puts its state away.

    Attributes:
        every: generations between two checkpoints; what lies between is computed again after a crash.
        keep: checkpoints kept.

    Raises:
        ConfigError: a number that is not whole or below 1.
    """

    every: int = 1
    keep: int = 3

    def __post_init__(self) -> None:
        for name in ("every", "keep"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                expected = f"a whole number of at least 1 for checkpoints.{name}"
                raise ConfigError(expected, repr(value), f"set checkpoints.{name} to 1 or more")


@dataclass(frozen=True)
class Experiment:
    """A run's definition.

    Attributes:
        trial: how one design is evaluated, the lattice that designs live on, and the seed of everything random.
        variation: operators that make a design from others.
        search: how designs are chosen, and for how many generations.
        evaluator: where designs are evaluated.
        checkpoints: how often the state is put away.
        title: what the run calls itself.

    Raises:
        ConfigError: none of the operators applies to the lattice.
    """

    trial: Trial
    variation: VariationSettings
    search: SearchSettings
    evaluator: EvaluatorSettings
    checkpoints: CheckpointSettings = field(default_factory=CheckpointSettings)
    title: str = "run"

    def __post_init__(self) -> None:
        self.variation.operators(self.trial.lattice.build())

    @property
    def seed(self) -> int:
        """Seed of everything random."""
        return self.trial.seed

    @property
    def space(self) -> Space:
        """The designs that the search moves in."""
        return Space(self.trial.lattice, self.variation)

    def fingerprint(self) -> dict[str, Any]:
        """Return all settings that decide the results by dotted name: plain values, checksums of the long ones."""
        settings = {"trial.execution.precision": self.trial.execution.precision}
        for name, value in flat(self).items():
            if not any(name == part or name.startswith(f"{part}.") for part in _WITHOUT_EFFECT):
                settings[name] = value
        return settings


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return the plain values inside nested dataclasses and mappings by dotted name, in lists instead of sequences.

    Long lists, such as many heights, become checksums.
    """
    if isinstance(value, tuple) and value and all(map(dataclasses.is_dataclass, value)):
        value = {item.name: item for item in value}
    if dataclasses.is_dataclass(value):
        value = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key in sorted(value):
            found |= flat(value[key], f"{name}.{key}" if name else str(key))
        return found
    return {name: _brief(_listed(value))}


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _brief(value: Any) -> Any:
    if not isinstance(value, list) or len(text := json.dumps(value)) <= _LONGEST:
        return value
    return f"{len(value)} entries with SHA-256 {hashlib.sha256(text.encode()).hexdigest()}"
