"""Searches over designs, by asking and telling; pure host code that knows no simulator, no cluster and no file."""

from codesign.search.age_fitness import AgeFitness
from codesign.search.asynchronous import AsynchronousSearch
from codesign.search.design_source import GIVEN
from codesign.search.genetic import Genetic, GeneticSearch
from codesign.search.individuals import NO_PARENT, Individuals
from codesign.search.islands import Islands, start_search
from codesign.search.looked_at import FITNESS
from codesign.search.map_elites import MapElites
from codesign.search.novelty import Novelty
from codesign.search.nsga2 import Nsga2
from codesign.search.overview import Axis, Overview
from codesign.search.random_search import RandomSearch
from codesign.search.search import Search
from codesign.search.settings import LAMARCKIAN, MIXED, NO_INHERITANCE, SearchSettings, Space
from codesign.search.steady_state import SteadyState, SteadyStateSearch

SEARCHES: dict[str, type[SearchSettings]] = {
    "age_fitness": AgeFitness,
    "genetic": Genetic,
    "map_elites": MapElites,
    "novelty": Novelty,
    "nsga2": Nsga2,
    "random": RandomSearch,
    "steady_state": SteadyState,
}

__all__ = [
    "FITNESS",
    "GIVEN",
    "LAMARCKIAN",
    "MIXED",
    "NO_INHERITANCE",
    "NO_PARENT",
    "SEARCHES",
    "AgeFitness",
    "AsynchronousSearch",
    "Axis",
    "Genetic",
    "GeneticSearch",
    "Individuals",
    "Islands",
    "MapElites",
    "Novelty",
    "Nsga2",
    "Overview",
    "RandomSearch",
    "Search",
    "SearchSettings",
    "Space",
    "SteadyState",
    "SteadyStateSearch",
    "start_search",
]
