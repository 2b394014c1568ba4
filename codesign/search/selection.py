"""Who survives a generation."""

import numpy as np

from codesign.search.individuals import Individuals


def truncate(population: Individuals | None, evaluated: Individuals, size: int) -> Individuals:
    """Return the best `size` of both, best first; among equals the older one, then the lower number stays."""
    everyone = evaluated if population is None else population.joined(evaluated)
    return everyone.take(everyone.best_first()[:size])


def last_place(population: Individuals | None, size: int) -> float:
    """Return the fitness that a design must exceed to be among the best `size`, minus infinity while there is room."""
    return -np.inf if population is None or len(population) < size else float(population.fitness[size - 1])
