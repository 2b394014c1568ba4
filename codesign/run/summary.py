"""A run in numbers, read from its folder; what was read once of a finished generation is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from codesign.analysis import Children, Operators, Quartiles, RunSummary
from codesign.run.design_tables import DesignTables, Outcomes
from codesign.run.folder import RunFolder
from codesign.run.reevaluation import read_new_starts

_TAUGHT = "from_scratch_mean"

_PARTS = ("before", "after", "masses", "muscles")
"""What quartiles are told of."""


@dataclass(frozen=True, eq=False)
class _Generation:
    """What is kept of a generation's table.

    Attributes:
        quartiles: of each of `_PARTS`.
        fitness: by the number of the individual, float64; NaN where there is none.
        children: those of its designs that have parents.
    """

    quartiles: Mapping[str, Quartiles]
    fitness: np.ndarray
    children: Children


class SummaryReader:
    """Reads a run in numbers again and again, while the run may go on.

    Args:
        folder: the run's.
        planned: generations that the run is to have; 0 where that is not known.
    """

    def __init__(self, folder: RunFolder, planned: int = 0) -> None:
        self._folder, self._planned = folder, planned
        self._known: dict[int, _Generation] = {}

    def read(self, lineage: tuple[str, ...] = ()) -> RunSummary:
        """Return the run in numbers as it stands now; lines and tables of older versions may lack some of them.

        Args:
            lineage: ids that become those of the summary.

        Raises:
            RunError: its records cannot be read.
        """
        rows = self._folder.read_metrics()
        tables = DesignTables(self._folder)
        there = set(tables.generations())
        for row in rows:
            generation = row["generation"]
            if generation in there and generation not in self._known:
                self._known[generation] = self._digest(tables.outcomes(generation), row)
        known = [self._known.get(row["generation"]) for row in rows]
        return RunSummary(
            planned=self._planned,
            generations=np.array([row["generation"] for row in rows], dtype=np.int64),
            best=_column(rows, "best_fitness"),
            mean=_column(rows, "mean_fitness"),
            **{name: _joined([each and each.quartiles[name] for each in known]) for name in _PARTS},
            diversity=_column(rows, "diversity"),
            valid=_column(rows, "valid_share"),
            statuses=_shares(rows),
            survivors=_column(rows, "survivors"),
            robots=_column(rows, "robots"),
            robot_steps=_column(rows, "robot_steps"),
            robots_per_second=_column(rows, "robots_per_second"),
            robot_steps_per_second=_column(rows, "robot_steps_per_second"),
            seconds=_column(rows, "generation_seconds"),
            wall_seconds=_column(rows, "wall_seconds"),
            operators=Operators.of(each.children for each in known if each),
            lineage=lineage,
            from_scratch=_column(rows, _TAUGHT) if any(_TAUGHT in row for row in rows) else np.zeros(0),
            island_best=tuple(_by_name(rows, "island_best").values()),
            diversity_within=_diversity(rows, "within"),
            diversity_between=_diversity(rows, "between"),
            operator_weights=_by_name(rows, "operator_weights"),
            new_starts=read_new_starts(self._folder),
        )

    def _digest(self, found: Outcomes, row: Mapping[str, Any]) -> _Generation:
        """Return what is kept of a generation; those of its parents that are of earlier ones were read before."""
        valid = np.isfinite(found.fitness)
        numbers = (found.before[valid], found.fitness[valid], found.masses, found.muscles)
        individuals = found.identities[:, 1]
        fitness = np.full(int(individuals.max(initial=-1)) + 1, np.nan)
        fitness[individuals] = found.fitness
        born = found.parents[:, 0, 0] >= 0
        # A search that waits for no generation also makes children of designs of the same one.
        known = {number: each.fitness for number, each in self._known.items()} | {row["generation"]: fitness}
        parents = np.stack([_fitness_of(found.parents[born, place], known) for place in (0, 1)])
        entered = _fittest(found, _number(row.get("survivors"))) if found.entered is None else found.entered
        return _Generation(
            {name: Quartiles.of([values]) for name, values in zip(_PARTS, numbers, strict=True)},
            fitness,
            Children(found.operators[born], found.fitness[born], np.fmax(*parents), entered[born]),
        )


def _fitness_of(identities: np.ndarray, known: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the fitness of designs, NaN where it is not known.

    Args:
        identities: (generation, individual) of each, int64, shape (n, 2).
        known: fitness by generation and number of the individual.
    """
    found = np.full(len(identities), np.nan)
    for generation in known.keys() & np.unique(identities[:, 0]).tolist():
        fitness = known[generation]
        of = np.flatnonzero((identities[:, 0] == generation) & (identities[:, 1] < len(fitness)))
        found[of] = fitness[identities[of, 1]]
    return found


def _fittest(found: Outcomes, survivors: float) -> np.ndarray:
    """Return which designs are among the fittest, as many as survived; among equals those of lower numbers."""
    order = np.lexsort((found.identities[:, 1], -found.fitness))
    entered = np.zeros(len(order), dtype=bool)
    entered[order[: int(survivors) if survivors >= 0 else 0]] = True
    return entered


def _joined(parts: list[Quartiles | None]) -> Quartiles:
    """Return quartiles of one generation each as those of all of them."""
    unknown = Quartiles.of([[]])
    found = [part or unknown for part in parts]
    none = [np.zeros(0)]
    return Quartiles(
        *(np.concatenate([*none, *(getattr(part, name) for part in found)]) for name in ("low", "median", "high"))
    )


def _column(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([_number(row.get(name)) for row in rows], dtype=np.float64)


def _number(value: Any) -> float:
    """Return a number of a line of metrics, NaN where it is none; what may be a stranger's is not always one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > np.finfo(np.float64).max:
        return np.nan
    return float(value)


def _shares(rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    return _by_name(rows, "status_shares", absent=0.0)


def _diversity(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    return _by_name(rows, "island_diversity").get(name, np.zeros(0))


def _by_name(rows: list[dict[str, Any]], group: str, absent: float = np.nan) -> dict[str, np.ndarray]:
    """Return the numbers of a group in each line of metrics, by their names; NaN where there is no such group."""
    several = [inner if isinstance(inner := row.get(group), Mapping) else None for row in rows]
    names = dict.fromkeys(str(name) for inner in several for name in inner or ())
    return {
        name: np.array([np.nan if inner is None else _number(inner.get(name, absent)) for inner in several])
        for name in names
    }
