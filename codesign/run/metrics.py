"""The numbers of a generation, a line of metrics.jsonl."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from codesign.errors import RunError
from codesign.evaluate import Evaluations
from codesign.genome import Genomes
from codesign.run.folder import RunFolder
from codesign.run.speed import Speed
from codesign.search import Individuals
from codesign.train import LearningStatus

CLOCK_FIELDS = ("wall_seconds", "generation_seconds", "robots_per_second", "robot_steps_per_second")
"""Fields that depend on the machine; all others are the same whenever and wherever a run is repeated."""


_Value = TypeVar("_Value")

_OWN = ("island_best", "island_mean", "island_diversity", "operator_weights")
"""Fields of runs that have several islands or adapt operators' weights."""


@dataclass(frozen=True)
class Metrics:
    """A generation in numbers; None where there was no valid design to take them from.

    Attributes:
        generation: number, from 0.
        best_fitness: highest fitness in the population after selection.
        mean_fitness: mean fitness of the valid members of the population after selection.
        offspring_best, offspring_mean: the same of the designs evaluated in this generation, before selection.
        offspring_before_learning: mean performance of the valid ones of these before they learned.
        offspring_spread: mean standard deviation of what the valid ones of these do in their worlds, 0 for one world.
        valid_share: share of the designs evaluated in this generation that were valid.
        status_shares: how learning ended for the designs evaluated in this generation: the share of each
            `LearningStatus` by its label; one that no design had is absent. A design counts whether it improved before
            or not, and whether it is valid or not.
        survivors: of these, how many were selected.
        diversity: mean share of cells in which two members of the population differ.
        mean_masses, mean_springs: mean size of the bodies evaluated in this generation.
        robots: designs evaluated in this generation.
        robot_steps: simulated steps in this generation, over all robots and iterations.
        wall_seconds: time spent on the run so far [s], not counting pauses.
        generation_seconds: time spent on this generation [s]; of a search that waits for none, since the one before.
        robots_per_second, robot_steps_per_second: speed in this generation; of a search that waits for none, that at
            which designs of any were simulated until this one was complete.
        island_best, island_mean: highest and mean fitness of the valid members of each island, by its number; None, and
            not in the line, where there is one population.
        island_diversity: diversity of each island by its number, their mean as "within", and as "between" the mean
            share of cells in which members of two islands differ; None as above.
        operator_weights: how often each operator made the designs of this generation that have parents, by its name;
            None, and not in the line, where weights are not adapted.
    """

    generation: int
    best_fitness: float | None
    mean_fitness: float | None
    offspring_best: float | None
    offspring_mean: float | None
    offspring_before_learning: float | None
    offspring_spread: float | None
    valid_share: float
    status_shares: dict[str, float]
    survivors: int
    diversity: float
    mean_masses: float
    mean_springs: float
    robots: int
    robot_steps: int
    wall_seconds: float
    generation_seconds: float
    robots_per_second: float
    robot_steps_per_second: float
    island_best: dict[str, float | None] | None = None
    island_mean: dict[str, float | None] | None = None
    island_diversity: dict[str, float] | None = None
    operator_weights: dict[str, float] | None = None

    def row(self) -> dict[str, Any]:
        """Return the numbers by name, as they stand in metrics.jsonl."""
        return {name: value for name, value in asdict(self).items() if value is not None or name not in _OWN}


def summarise(
    generation: int,
    population: Individuals,
    evaluations: Evaluations,
    seconds: float,
    wall_seconds: float,
    further_steps: int = 0,
    islands: Sequence[Individuals] = (),
    operator_weights: Mapping[str, float] | None = None,
    speed: Speed | None = None,
) -> Metrics:
    """Return the numbers of a generation.

    Args:
        generation: its number.
        population: the members after selection.
        evaluations: the designs evaluated in this generation.
        seconds: time that took [s].
        wall_seconds: time spent on the run so far [s].
        further_steps: steps simulated besides, to tell more of its designs.
        islands: populations that evolve apart, where there are several.
        operator_weights: how often each operator made the designs, where that is adapted.
        speed: at which designs are simulated; None for these in that time.
    """
    steps = evaluations.robot_steps + further_steps
    valid = np.isfinite(evaluations.fitness)
    pace = 1.0 / max(seconds, 1e-9)
    own = Speed(len(evaluations) * pace, steps * pace) if speed is None else speed
    return Metrics(
        generation=generation,
        best_fitness=_best(population.fitness),
        mean_fitness=_mean(population.fitness),
        offspring_best=_best(evaluations.fitness),
        offspring_mean=_mean(evaluations.fitness),
        offspring_before_learning=_mean(evaluations.curves[valid, 0].astype(np.float64)),
        offspring_spread=_mean(evaluations.spread[valid]),
        valid_share=float(valid.mean()),
        status_shares=_status_shares(evaluations.status),
        survivors=int(np.count_nonzero(population.identities[:, 0] == generation)),
        diversity=diversity(population.genomes),
        mean_masses=float(evaluations.masses.mean()),
        mean_springs=float(evaluations.springs.mean()),
        robots=len(evaluations),
        robot_steps=steps,
        wall_seconds=round(wall_seconds, 6),
        generation_seconds=round(seconds, 6),
        robots_per_second=round(own.robots, 3),
        robot_steps_per_second=round(own.robot_steps, 1),
        island_best=_by_island(islands, lambda island: _best(island.fitness)),
        island_mean=_by_island(islands, lambda island: _mean(island.fitness)),
        island_diversity=_island_diversity(islands),
        operator_weights=dict(operator_weights) if operator_weights else None,
    )


def metrics_table(folder: RunFolder) -> Any:
    """Return the numbers of all finished generations as an Arrow table, a row each; None is null.

    The shares of statuses are columns of their own, `status_shares.ok` and so on, 0 where a generation had none.

    Raises:
        RunError: the file of metrics cannot be read, or holds something else.
    """
    import pyarrow  # noqa: PLC0415 - only who reads or writes tables loads it

    rows = [_flat(row) for row in folder.read_metrics()]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["generation"]
    absent = {name: 0.0 if name.startswith(_SHARES) else None for name in names}
    columns = {name: [row.get(name, absent[name]) for row in rows] for name in names}
    try:
        # What no generation had a number for is a column of numbers all the same.
        return pyarrow.table(
            {
                name: pyarrow.array(values, pyarrow.float64() if all(value is None for value in values) else None)
                for name, values in columns.items()
            }
        )
    except (pyarrow.ArrowException, OverflowError) as error:
        got = f"{folder.metrics} ({' '.join(str(error).split())})"
        raise RunError("metrics of one type in all generations", got, "mend or restore the file") from error


_SHARES = "status_shares."


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of metrics with numbers by name, such as the shares of statuses, beside the other numbers."""
    grouped = ("status_shares", *_OWN)
    own = {name: value for name, value in row.items() if name not in grouped}
    groups = {name: row[name] for name in grouped if isinstance(row.get(name), Mapping)}
    return own | {f"{group}.{name}": value for group, inner in groups.items() for name, value in inner.items()}


def diversity(genomes: Genomes) -> float:
    """Return the mean share of cells in which two genomes differ, over all pairs; 0 for a single one."""
    count = len(genomes)
    if count < 2:
        return 0.0
    # Pairs that agree in a cell, material by material, instead of all pairs of genomes one by one.
    alike = np.zeros(genomes.cells.shape[1])
    for material in range(int(genomes.cells.max()) + 1):
        members = np.count_nonzero(genomes.cells == material, axis=0)
        alike += members * (members - 1)
    return float(np.mean(1.0 - alike / (count * (count - 1))))


def diversity_between(parts: Sequence[Genomes]) -> float:
    """Return the mean share of cells in which genomes of two different parts differ, over all such pairs."""
    alike = 0.0
    sizes = np.array([len(part) for part in parts])
    for material in range(max(int(part.cells.max()) for part in parts) + 1):
        members = np.stack([np.count_nonzero(part.cells == material, axis=0) for part in parts]).astype(np.float64)
        alike += float(np.mean(members.sum(axis=0) ** 2 - (members**2).sum(axis=0)))
    pairs = int(sizes.sum() ** 2 - (sizes**2).sum())
    return 1.0 - alike / pairs


def _by_island(islands: Sequence[Individuals], value: Callable[[Individuals], _Value]) -> dict[str, _Value] | None:
    """Return a value of each island by its number, None where there are not several."""
    return {str(number): value(island) for number, island in enumerate(islands)} if len(islands) > 1 else None


def _island_diversity(islands: Sequence[Individuals]) -> dict[str, float] | None:
    own = _by_island(islands, lambda island: diversity(island.genomes))
    if own is None:
        return None
    between = diversity_between([island.genomes for island in islands])
    return own | {"within": float(np.mean(list(own.values()))), "between": between}


def _status_shares(status: np.ndarray) -> dict[str, float]:
    """Return the share of each status that occurs, by its label."""
    codes, counts = np.unique(status, return_counts=True)
    return {
        LearningStatus(code).label: count / len(status)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
    }


def _best(fitness: np.ndarray) -> float | None:
    best = float(np.max(fitness, initial=-math.inf))
    return best if math.isfinite(best) else None


def _mean(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None
