"""NSGA-II (Deb et al. 2002): several objectives at once, and a front of designs that nothing beats in all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError
from codesign.search.individuals import Individuals
from codesign.search.looked_at import FITNESS, require_names, require_package, values_of
from codesign.search.overview import Axis, Overview
from codesign.search.reproduction import offspring, reproduction_draws
from codesign.search.search import Search
from codesign.search.settings import SearchSettings, Space


@dataclass(frozen=True)
class Nsga2(SearchSettings):
    """Settings of evolution with several objectives, which are measures and `fitness`.

    Attributes:
        maximise: names of what is to be large.
        minimise: names of what is to be small.

    Raises:
        ConfigError: fewer than two objectives, or one twice.
    """

    name: str = "nsga2"
    maximise: tuple[str, ...] = (FITNESS,)
    minimise: tuple[str, ...] = ("size",)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_names(self, "maximise")
        require_names(self, "minimise")
        if len(set(self.objectives)) < max(len(self.objectives), 2):
            got = f"maximise={list(self.maximise)} and minimise={list(self.minimise)}"
            raise ConfigError("two objectives or more, none twice", got, "name measures to maximise and to minimise")

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of all objectives, those to maximise first."""
        return (*self.maximise, *self.minimise)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measures among the objectives."""
        return tuple(name for name in self.objectives if name != FITNESS)

    def start(self, space: Space, seed: int) -> "Nsga2Search":
        """Return an evolution in `space` that has not asked for anything yet.

        Raises:
            ConfigError: pymoo is not installed.
        """
        require_package("pymoo", self.name)
        return Nsga2Search(self, space, seed)


class Nsga2Search(Search):
    """Parents win tournaments of two; the best fronts survive, and of the last one those with most room around.

    Args:
        settings: sizes and objectives.
        space: the designs to search.
        seed: seed of the run.
    """

    def __init__(self, settings: Nsga2, space: Space, seed: int) -> None:
        super().__init__(settings, space, seed)
        self._objectives = settings.objectives
        self._signs = np.array([-1.0] * len(settings.maximise) + [1.0] * len(settings.minimise))

    def propose(self, population: Individuals) -> Individuals:
        """Return offspring of winners of binary tournaments: of two members the one in the better place."""
        pairs = reproduction_draws(self).integers(len(population), 2)
        places = np.empty(len(population), dtype=np.int64)
        places[self._order(population)] = np.arange(len(population))
        first, second = pairs.T
        return offspring(self, population, np.where(places[first] <= places[second], first, second))

    def select(self, population: Individuals | None, evaluated: Individuals) -> Individuals:
        """Return those in the best places of all, the fittest first."""
        everyone = evaluated if population is None else population.joined(evaluated)
        everyone = everyone.take(everyone.best_first())
        return everyone.take(np.sort(self._order(everyone)[: self.settings.population_size]))

    def front(self, individuals: Individuals) -> NDArray[np.bool_]:
        """Return which of the designs none other is at least as good as in everything and better in something."""
        ranks, _ = self._ranked(individuals)
        return (ranks == 0) & np.isfinite(individuals.fitness)

    def _order(self, individuals: Individuals) -> NDArray[np.intp]:
        """Return the order of places: by fronts, those with most room around first, then by fitness and age."""
        ranks, room = self._ranked(individuals)
        places = np.empty(len(individuals), dtype=np.int64)
        places[individuals.best_first()] = np.arange(len(individuals))
        return np.lexsort((places, -room, ranks))

    def _ranked(self, individuals: Individuals) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the front that each is in, from 0, and its crowding distance there; invalid ones are behind all."""
        from pymoo.operators.survival.rank_and_crowding.metrics import calc_crowding_distance  # noqa: PLC0415
        from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting  # noqa: PLC0415 - an extra

        valid = np.flatnonzero(np.isfinite(individuals.fitness))
        ranks, room = np.full(len(individuals), len(individuals)), np.zeros(len(individuals))
        costs = self._signs * values_of(individuals.take(valid), self._objectives)
        worst = np.max(costs, axis=0, initial=0.0, where=np.isfinite(costs)) + 1.0
        costs = np.where(np.isfinite(costs), costs, worst)
        for rank, front in enumerate(NonDominatedSorting().do(costs)):
            ranks[valid[front]] = rank
            room[valid[front]] = calc_crowding_distance(costs[front])
        return ranks, room

    def overview(self) -> Overview:
        """Return the living by the first two objectives, with the front marked."""
        population = self.population.take(np.isfinite(self.population.fitness))
        first, second = values_of(population, self._objectives[:2]).T
        signs = zip(self._objectives, self._signs, strict=True)
        said = ", ".join(f"{name.replace('_', ' ')} {'small' if sign > 0 else 'large'}" for name, sign in signs)
        return Overview(
            "Trade-offs",
            f"What is wanted: {said}. No other living design is better than one of the front in everything.",
            population.identities,
            population.fitness,
            Axis(self._objectives[0], first),
            Axis(self._objectives[1], second),
            self.front(population),
            "front",
        )
