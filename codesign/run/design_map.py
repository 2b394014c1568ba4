"""The designs that a run's search keeps, by what it looks at."""

import numpy as np

from codesign.errors import CheckpointError
from codesign.export import DesignMap, MapAxis
from codesign.run import checkpoint as checkpoints
from codesign.run.designs import design_id
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.search import Axis, Search, start_search

SHOWN = 24
"""Designs of a map that a page has moving, besides those that it has anyway."""


def design_map(experiment: Experiment, folder: RunFolder) -> DesignMap | None:
    """Return the living designs of a run's newest checkpoint by what the search looks at.

    None where it looks at fitness alone, or where there is no checkpoint of this run that can be read.

    Args:
        experiment: the run's.
        folder: the run's.
    """
    search = start_search(experiment.search, experiment.space, experiment.seed)
    if type(search).overview is Search.overview:
        return None
    try:
        kept, _ = checkpoints.newest_intact(folder.checkpoints)
        if kept is None:
            return None
        checkpoints.check_experiment(kept, experiment, folder.checkpoints)
        search.restore(kept.search)
    except (CheckpointError, ValueError, KeyError):
        return None
    seen = search.overview()
    if seen is None or not len(seen.fitness):
        return None
    units = experiment.trial.units

    def axis(own: Axis) -> MapAxis:
        return MapAxis(own.name, own.values, units.get(own.name, ""), own.lowest, own.highest, own.cells)

    names = tuple(design_id(born, number) for born, number in seen.identities.tolist())
    return DesignMap(
        seen.title, seen.note, names, seen.fitness, axis(seen.across), axis(seen.up), seen.marked, seen.mark, seen.empty
    )


def spread_over(found: DesignMap, count: int = SHOWN) -> tuple[str, ...]:
    """Return the ids of at most `count` designs of a map: of all ranks of fitness alike, the fittest among them."""
    order = np.argsort(-found.fitness, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int))
    return tuple(found.designs[index] for index in order[places].tolist())
