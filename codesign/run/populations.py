"""The populations that a run went through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from codesign.run.asynchronous import replayed
from codesign.run.design_tables import DesignTables
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.start_tables import StartTables
from codesign.search import AsynchronousSearch, Individuals, start_search


def populations(experiment: Experiment, folder: RunFolder) -> Iterator[Individuals]:
    """Yield the population after each generation of a run, from generation 0 on, best first.

    A run keeps the designs that each generation evaluated, not who lived on. Its search selects among them again, which
    takes no simulation.

    Args:
        experiment: the run's.
        folder: the run's.

    Raises:
        RunError: a table of designs cannot be read.
    """
    search = start_search(experiment.search, experiment.space, experiment.seed)
    tables = DesignTables(folder)
    if isinstance(search, AsynchronousSearch):
        yield from replayed(search, tables)
        return
    starts = StartTables(folder)
    for generation in tables.generations():
        judged = starts.generation(generation).judged()
        if judged and search.generation:
            search.revise(_fitness(search.population, judged))
        evaluated = tables.evaluated(generation, experiment.search.measured)
        search.receive(replace(evaluated, fitness=_fitness(evaluated, judged)))
        yield search.population


def _fitness(individuals: Individuals, judged: Mapping[tuple[int, int], float]) -> np.ndarray:
    """Return the fitness of individuals, with what some are worth by several starts."""
    pairs = zip(individuals.identities.tolist(), individuals.fitness.tolist(), strict=True)
    return np.array([judged.get((born, number), own) for (born, number), own in pairs], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Lifespans:
    """How long designs lived; entry i of each field belongs to design i.

    Attributes:
        identities: (generation, individual) of each design, int64, shape (n, 2).
        survived_until: last generation after whose selection it was in the population, -1 where it never was; the
            run's last generation for those that live, int64.
    """

    identities: np.ndarray
    survived_until: np.ndarray

    @property
    def died(self) -> np.ndarray:
        """Generation whose selection ended each design: that of its birth where it never lived, int64.

        One that lives has the generation after the run's last.
        """
        return np.where(self.survived_until < 0, self.identities[:, 0], self.survived_until + 1)


def lifespans(experiment: Experiment, folder: RunFolder) -> Lifespans:
    """Return how long each design of a run lived, which takes no simulation, see `populations`.

    Args:
        experiment: the run's.
        folder: the run's.

    Raises:
        RunError: a table of designs cannot be read.
    """
    tables = DesignTables(folder)
    found = [tables.outcomes(generation).identities for generation in tables.generations()]
    identities = np.concatenate([np.zeros((0, 2), dtype=np.int64), *found])
    order = np.lexsort((identities[:, 1], identities[:, 0]))
    known = _numbers(identities[order])
    last = np.full(len(identities), -1, dtype=np.int64)
    for generation, population in enumerate(populations(experiment, folder)):
        last[order[np.searchsorted(known, _numbers(population.identities))]] = generation
    return Lifespans(identities, last)


def _numbers(identities: np.ndarray) -> np.ndarray:
    """Return one number for each identity, ascending with it, int64."""
    return identities[:, 0] * np.int64(1 << 32) + identities[:, 1]
