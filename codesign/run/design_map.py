"""The designs that a run's search keeps, by what it looks at."""

import numpy as np

from codesign.errors import CodesignError, RunError
from codesign.export import DesignMap, MapAxis
from codesign.run import checkpoint as checkpoints
from codesign.run.designs import design_id
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.search import Axis, Search, start_search

SHOWN = 24
"""Designs of a map that a page has moving, besides those that it has anyway."""

_WITHOUT = "without a map, format=json has the numbers of designs"


def design_map(experiment: Experiment, folder: RunFolder) -> DesignMap | None:
    """Return the map of a run as `require_design_map` does, None where there is none."""
    try:
        return require_design_map(experiment, folder)
    except RunError:
        return None


def require_design_map(experiment: Experiment, folder: RunFolder) -> DesignMap:
    """Return the living designs of a run's newest checkpoint by what the search looks at.

    Args:
        experiment: the run's.
        folder: the run's.

    Raises:
        RunError: the search looks at fitness alone, or there is no checkpoint of this run that can be read.
    """
    search = start_search(experiment.search, experiment.space, experiment.seed)
    seen = None
    if type(search).overview is not Search.overview:
        try:
            kept, _ = checkpoints.newest_intact(folder.checkpoints)
            if kept is None:
                raise ValueError("none that can be read")
            checkpoints.check_experiment(kept, experiment, folder.checkpoints)
            search.restore(kept.search)
        except (CodesignError, ValueError, KeyError) as error:
            got = " ".join(str(error).split())
            raise RunError(f"a checkpoint in {folder.checkpoints}", got, f"restore one; {_WITHOUT}") from error
        seen = search.overview()
    if seen is None:
        got = f"{folder.path} with search={experiment.search.name}, which looks at fitness alone"
        remedy = f"name a run of map_elites, novelty, nsga2 or age_fitness; {_WITHOUT}"
        raise RunError("a run whose search keeps a map of its designs", got, remedy)
    if not len(seen.fitness):
        raise RunError("a valid design on the map", f"none in {folder.path}", f"let the run go on; {_WITHOUT}")
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
