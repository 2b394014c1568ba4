"""Searches over designs, by asking and telling; pure host code that knows no simulator, no cluster and no file."""

from codesign.search.asynchronous import AsynchronousSearch
from codesign.search.genetic import Genetic, GeneticSearch
from codesign.search.individuals import NO_PARENT, Individuals
from codesign.search.random_search import RandomSearch
from codesign.search.search import GIVEN, LAMARCKIAN, MIXED, NO_INHERITANCE, Search, SearchSettings, Space
from codesign.search.steady_state import SteadyState, SteadyStateSearch

SEARCHES: dict[str, type[SearchSettings]] = {"genetic": Genetic, "random": RandomSearch, "steady_state": SteadyState}

__all__ = [
    "GIVEN",
    "LAMARCKIAN",
    "MIXED",
    "NO_INHERITANCE",
    "NO_PARENT",
    "SEARCHES",
    "AsynchronousSearch",
    "Genetic",
    "GeneticSearch",
    "Individuals",
    "RandomSearch",
    "Search",
    "SearchSettings",
    "Space",
    "SteadyState",
    "SteadyStateSearch",
]
