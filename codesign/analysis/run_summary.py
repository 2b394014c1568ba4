"""A run in numbers, as far as it has gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codesign.analysis.new_starts import NewStarts
from codesign.analysis.operators import Operators
from codesign.analysis.quartiles import Quartiles

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RunSummary:
    """What a run came to, generation by generation. Arrays have an entry per generation, NaN where nothing is known.

    Attributes:
        planned: generations that the run is to have; 0 where that is not known.
        generations: int64, numbers of the finished generations, ascending.
        best, mean: fitness in the population after selection.
        before, after: performance of the valid designs of each generation before and after they learned.
        masses, muscles: sizes of all designs of each generation.
        diversity: mean share of cells in which two members of the population differ.
        valid: share of the designs of each generation that were valid.
        statuses: how learning ended: the share of each status that occurred, by its label.
        survivors: designs of each generation that were selected into the population.
        robots: designs of each generation.
        robot_steps: simulated steps of all robots in each generation, over all iterations of learning.
        robots_per_second, robot_steps_per_second: speed at which both were simulated.
        seconds: time that each generation took [s].
        wall_seconds: time spent on the run until the end of each generation [s].
        operators: what became of the children of each operator.
        island_best: highest fitness of each island, where there are several.
        diversity_within, diversity_between: mean share of cells in which two members of one island differ, and members
            of two; empty where there are not several.
        operator_weights: how often each operator made the designs of each generation, by its name, where that is
            adapted.
        lineage: ids of the best design and its ancestors through first parents, the youngest first.
        from_scratch: mean fitness of the population from drawn weights; empty where the run does not tell of it.
        new_starts: what the best designs are worth from new starts, once the run is finished; None where that was not
            asked for.
    """

    planned: int
    generations: npt.NDArray[np.int64]
    best: Numbers
    mean: Numbers
    before: Quartiles
    after: Quartiles
    masses: Quartiles
    muscles: Quartiles
    diversity: Numbers
    valid: Numbers
    statuses: Mapping[str, Numbers]
    survivors: Numbers
    robots: Numbers
    robot_steps: Numbers
    robots_per_second: Numbers
    robot_steps_per_second: Numbers
    seconds: Numbers
    wall_seconds: Numbers
    operators: Operators
    lineage: tuple[str, ...] = ()
    from_scratch: Numbers = field(default_factory=lambda: np.zeros(0))
    island_best: tuple[Numbers, ...] = ()
    diversity_within: Numbers = field(default_factory=lambda: np.zeros(0))
    diversity_between: Numbers = field(default_factory=lambda: np.zeros(0))
    operator_weights: Mapping[str, Numbers] = field(default_factory=dict)
    new_starts: NewStarts | None = None

    def __len__(self) -> int:
        return len(self.generations)
