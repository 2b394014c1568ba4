"""The populations that a run went through."""

from collections.abc import Iterator

from codesign.run.asynchronous import replayed
from codesign.run.design_tables import DesignTables
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.search import AsynchronousSearch, Individuals


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
    search = experiment.search.start(experiment.space, experiment.seed)
    tables = DesignTables(folder)
    if isinstance(search, AsynchronousSearch):
        yield from replayed(search, tables)
        return
    for generation in tables.generations():
        search.receive(tables.evaluated(generation, experiment.search.measured))
        yield search.population
