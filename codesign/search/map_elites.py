"""MAP-Elites (Mouret & Clune 2015): the best design of every cell of a space of measures."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.checks import require_choice, require_numbers
from codesign.errors import ConfigError
from codesign.search.individuals import Individuals
from codesign.search.looked_at import FITNESS, require_names, require_package, require_some, values_of
from codesign.search.overview import Axis, Overview
from codesign.search.reproduction import offspring, reproduction_draws
from codesign.search.search import Search
from codesign.search.selection import truncate
from codesign.search.settings import SearchSettings, Space
from codesign.search.tessellation import centroids
from codesign.streams import Purpose, stream

GRID, CVT = "grid", "cvt"

MOST_CELLS = 1_000_000


@dataclass(frozen=True)
class MapElites(SearchSettings):
    """Settings of a search for the best design of every kind; its population is the elites, one of each cell.

    As many designs are evaluated in a generation as evolution would have offspring; the archive may be larger or
    smaller than `population_size`.

    Attributes:
        measures: names of the measures that an archive is spread out over; `fitness` may be one of them.
        lowest: where each of them begins; what is below counts as this.
        highest: where each of them ends; what is above counts as this.
        archive: whether cells are a "grid", or those of a centroidal Voronoi tessellation, "cvt", which has as many
            cells in any number of measures (Vassiliades, Chatzilygeroudis & Mouret 2018).
        cells: cells along each measure of a grid, one number for all or one of each; their product is the number of
            cells of a tessellation.

    Raises:
        ConfigError: a measure twice, ranges without extent, or another number of ranges than of measures.
    """

    name: str = "map_elites"
    measures: tuple[str, ...] = ("size", "muscle_share")
    lowest: tuple[float, ...] = (0.0, 0.0)
    highest: tuple[float, ...] = (100.0, 1.0)
    archive: str = GRID
    cells: tuple[int, ...] = (10,)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_names(self, "measures")
        if not self.measures:
            return
        count = len(self.measures)
        require_numbers(self, "lowest", count, example=f"[{','.join(['0'] * count)}]")
        require_numbers(self, "highest", count, example=f"[{','.join(['1'] * count)}]")
        require_choice(self, "archive", (GRID, CVT))
        for name, low, high in zip(self.measures, self.lowest, self.highest, strict=True):
            if not low < high:
                got = f"{low:g} to {high:g} of {name}"
                raise ConfigError("above lowest", got, "raise {field}, or lower lowest", "highest")
        listed = isinstance(self.cells, tuple | list) and len(self.cells) in (1, count)
        if not listed or not all(type(each) is int and each > 0 for each in self.cells):
            expected = f"one whole number above 0, or one for each of {count} measures"
            raise ConfigError(expected, repr(self.cells), "set {field}=[10]", "cells")
        if self.count > MOST_CELLS:
            raise ConfigError(f"at most {MOST_CELLS:,} cells in all", f"{self.count:,}", "lower {field}", "cells")

    @property
    def dims(self) -> tuple[int, ...]:
        """Cells along each measure."""
        return self.cells * len(self.measures) if len(self.cells) == 1 else self.cells

    @property
    def count(self) -> int:
        """Cells in all."""
        return int(np.prod(np.array(self.dims, dtype=object)))

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measures, without fitness, which every search is told."""
        return tuple(name for name in self.measures if name != FITNESS)

    def start(self, space: Space, seed: int) -> "MapElitesSearch":
        """Return a search in `space` that has not asked for anything yet.

        Raises:
            ConfigError: pyribs is not installed, or there are no measures.
        """
        require_some(self, "measures")
        require_package("ribs", self.name)
        return MapElitesSearch(self, space, seed)


class MapElitesSearch(Search):
    """Parents are elites, drawn with equal chances; a child stays if it is the best of its cell.

    The archive is made anew from the elites in every generation, so that they are all there is to remember.

    Args:
        settings: sizes, measures and cells.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: MapElites, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._own = settings
        self._lowest = np.array(settings.lowest, dtype=np.float64)
        self._extent = np.array(settings.highest, dtype=np.float64) - self._lowest

    def propose(self, population: Individuals) -> Individuals:
        """Return offspring of elites."""
        return offspring(self, population, reproduction_draws(self).integers(len(population)))

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return the best design of every cell, the fittest first; where none is valid, those that there are."""
        everyone = evaluated if population is None else population.joined(evaluated)
        valid = everyone.take(self._placeable(everyone))
        if not len(valid):
            return truncate(population, evaluated, self.settings.population_size)
        valid = valid.take(valid.best_first())
        archive = self._archive()
        # Of equals in a cell the first one stays, which is the older.
        archive.add(np.arange(len(valid))[:, None], valid.fitness, self._scaled(valid))
        return valid.take(np.sort(archive.data("solution")[:, 0].astype(np.int64)))

    @property
    def coverage(self) -> float:
        """Share of the cells that have an elite, from 0 to 1."""
        return float(np.count_nonzero(self._placeable(self.population))) / self._own.count

    def _placeable(self, individuals: Individuals) -> NDArray[np.bool_]:
        """Return which designs are valid and have all measures."""
        values = values_of(individuals, self._own.measures)
        return np.isfinite(individuals.fitness) & np.isfinite(values).all(axis=1)

    def _scaled(self, individuals: Individuals) -> NDArray[np.float64]:
        """Return the measures as shares of their ranges, so that all of them weigh the same, shape (n, measures)."""
        return np.clip((values_of(individuals, self._own.measures) - self._lowest) / self._extent, 0.0, 1.0)

    def _archive(self) -> Any:
        """Return an empty archive over shares of the ranges."""
        from ribs.archives import CVTArchive, GridArchive  # noqa: PLC0415 - an extra, and slow to load

        about = {"solution_dim": 1, "ranges": [(0.0, 1.0)] * len(self._own.measures), "seed": 0}
        if self._own.archive == GRID:
            return GridArchive(dims=self._own.dims, **about)
        return CVTArchive(centroids=self._centroids, **about)

    @cached_property
    def _centroids(self) -> NDArray[np.float64]:
        """Centres of the cells of a tessellation, shape (cells, measures)."""
        return centroids(self._own.count, len(self._own.measures), stream(self.seed, 0, 0, Purpose.SELECTION))

    def overview(self) -> Overview:
        """Return the elites by the first two measures, or by the only one and fitness."""
        elites = self.population.take(self._placeable(self.population))
        names = (*self._own.measures, FITNESS)[:2]
        values = values_of(elites, names)
        axes = [self._axis(name, column) for name, column in zip(names, values.T, strict=True)]
        filled = f"{len(elites)} of {self._own.count} cells have a design."
        more = (
            " Of cells that differ in further measures only, the best is shown." if len(self._own.measures) > 2 else ""
        )
        return Overview(
            "Archive",
            f"The best design of each cell. {filled}{more}",
            elites.identities,
            elites.fitness,
            axes[0],
            axes[1],
            np.zeros(len(elites), dtype=np.bool_),
            empty=self._empty(elites),
        )

    def _axis(self, name: str, values: NDArray[np.float64]) -> Axis:
        if name not in self._own.measures:
            return Axis(name, values)
        at = self._own.measures.index(name)
        cells = self._own.dims[at] if self._own.archive == GRID and len(self._own.measures) > 1 else 0
        return Axis(name, values, self._own.lowest[at], self._own.highest[at], cells)

    def _empty(self, elites: Individuals) -> NDArray[np.float64]:
        """Return the centres of the cells of a tessellation of two measures that have no elite, shape (any, 2)."""
        if self._own.archive == GRID or len(self._own.measures) != 2:
            return np.zeros((0, 2))
        filled = self._archive().index_of(self._scaled(elites)) if len(elites) else []
        return self._lowest + self._extent * np.delete(self._centroids, filled, axis=0)
