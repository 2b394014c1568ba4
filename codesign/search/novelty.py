"""Novelty search (Lehman & Stanley 2011): designs that do what none did before, mixed with fitness."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_count, require_number
from codesign.search.individuals import Individuals
from codesign.search.looked_at import FITNESS, require_names, require_some, values_of
from codesign.search.overview import Axis, Overview
from codesign.search.reproduction import offspring, reproduction_draws
from codesign.search.search import Search
from codesign.search.settings import SearchSettings, Space
from codesign.streams import Draws, Purpose, stream_keys

_ARCHIVE = "archive"
"""Name under which the past is remembered."""

_AT_A_TIME = 1 << 22
"""Distances that are computed together."""


@dataclass(frozen=True)
class Novelty(SearchSettings):
    """Settings of a search for what is new: far from what the living do, and from what was done in the past.

    Novelty is the mean distance to the nearest neighbours in measures, each divided by its standard deviation. What
    survives is decided by a weighted sum of novelty and fitness, each from 0 to 1 among those compared (Cuccu & Gomez
    2011). The fittest design always survives.

    Attributes:
        measures: names of the measures that designs are compared by; `fitness` may be one of them.
        neighbours: nearest neighbours whose distance counts.
        weight: of novelty, from 0 for fitness alone to 1 for novelty alone.
        remembered: share of the evaluated designs, drawn at random, whose measures are remembered for the whole run.

    Raises:
        ConfigError: a measure twice, or a number out of range.
    """

    name: str = "novelty"
    measures: tuple[str, ...] = ("size", "muscle_share")
    neighbours: int = 15
    weight: float = 0.5
    remembered: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require_names(self, "measures")
        require_count(self, "neighbours")
        require_number(self, "weight", at_least=0.0, at_most=1.0, example=0.5)
        require_number(self, "remembered", at_least=0.0, at_most=1.0, example=0.1)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measures, without fitness, which every search is told."""
        return tuple(name for name in self.measures if name != FITNESS)

    def start(self, space: Space, seed: int) -> "NoveltySearch":
        """Return a search in `space` that has not asked for anything yet.

        Raises:
            ConfigError: there are no measures.
        """
        require_some(self, "measures")
        return NoveltySearch(self, space, seed)


class NoveltySearch(Search):
    """Every member has as many offspring; those of parents and offspring survive that are new and fit.

    Args:
        settings: sizes, measures and weight.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: Novelty, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._own = settings
        self._past = np.zeros((0, len(settings.measures)))

    def propose(self, population: Individuals) -> Individuals:
        """Return offspring of members drawn with equal chances."""
        return offspring(self, population, reproduction_draws(self).integers(len(population)))

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the fittest, and those with most novelty and fitness; designs without measures behind all others."""
        everyone = evaluated if population is None else population.joined(evaluated)
        everyone = everyone.take(everyone.best_first())
        known = self._known_of(everyone)
        scores = np.full(len(everyone), -np.inf)
        weight = self._own.weight
        fitness, novelty = everyone.fitness[known], self.novelty(everyone)[known]
        scores[known] = (1.0 - weight) * _stretched(fitness) + weight * _stretched(novelty)
        scores[:1] = np.inf
        chosen = np.sort(np.argsort(-scores, kind="stable")[: self.settings.population_size])
        drawn = Draws(stream_keys(self.seed, evaluated.identities, Purpose.SELECTION)).uniform(1)[:, 0]
        kept = (drawn < self._own.remembered) & self._known_of(evaluated)
        self._past = np.concatenate([self._past, values_of(evaluated.take(kept), self._own.measures)])
        return everyone.take(chosen)

    def novelty(self, individuals: Individuals) -> NDArray[np.float64]:
        """Return the mean distance of each to its nearest neighbours among them and in the past, shape (n,).

        NaN where a design is invalid or has no measures.
        """
        known = self._known_of(individuals)
        found = np.full(len(individuals), np.nan)
        own = values_of(individuals.take(known), self._own.measures)
        others = np.concatenate([own, self._past])
        if len(own):
            spread = others.std(axis=0)
            scale = np.where(spread > 0.0, spread, 1.0)
            found[known] = nearest_distance(own / scale, others / scale, self._own.neighbours)
        return found

    def _known_of(self, individuals: Individuals) -> NDArray[np.bool_]:
        """Return which designs are valid and have all measures."""
        values = values_of(individuals, self._own.measures)
        return np.isfinite(individuals.fitness) & np.isfinite(values).all(axis=1)

    def memory(self) -> dict[str, np.ndarray]:
        """Return the measures that are remembered, float64, shape (any, measures)."""
        return {_ARCHIVE: self._past}

    def recall(self, memory: Mapping[str, np.ndarray]) -> None:
        """Take what `memory` returned.

        Raises:
            ValueError: it is not that.
        """
        past = memory.get(_ARCHIVE)
        wanted = len(self._own.measures)
        if set(memory) != {_ARCHIVE} or past is None or past.dtype != np.float64 or past.shape[1:] != (wanted,):
            raise ValueError(f"expected {wanted} measures of the past; got {sorted(memory)}")
        self._past = past

    def overview(self) -> Overview:
        """Return the living by novelty and fitness."""
        population = self.population.take(self._known_of(self.population))
        looked_at = ", ".join(name.replace("_", " ") for name in self._own.measures)
        return Overview(
            "Novelty and fitness",
            f"Novelty is the mean distance to the nearest neighbours in {looked_at}, in standard deviations.",
            population.identities,
            population.fitness,
            Axis("novelty", self.novelty(population)),
            Axis("fitness", population.fitness),
            np.zeros(len(population), dtype=np.bool_),
        )


def nearest_distance(points: NDArray[np.float64], others: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    """Return the mean distance of points to their nearest neighbours, shape (n,).

    Args:
        points: the first of the others, shape (n, measures).
        others: what they are compared with, among them the points themselves, which are not their own neighbours,
            shape (m, measures).
        neighbours: how many count, if there are as many.
    """
    count = min(neighbours, len(others) - 1)
    found = np.zeros(len(points))
    step = max(_AT_A_TIME // max(len(others), 1), 1)
    for start in range(0, len(points) if count else 0, step):
        part = points[start : start + step]
        squares = np.zeros((len(part), len(others)))
        for axis in range(points.shape[1]):
            squares += (part[:, axis, None] - others[None, :, axis]) ** 2
        squares[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        nearest = np.sort(np.partition(squares, count - 1, axis=1)[:, :count], axis=1)
        found[start : start + step] = np.sqrt(nearest).mean(axis=1)
    return found


def _stretched(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values from 0, the lowest, to 1, the highest; all 0 where they are equal."""
    if not len(values):
        return values
    low, extent = values.min(), np.ptp(values)
    return (values - low) / extent if extent > 0.0 else np.zeros(len(values))
