"""What learners make of given bodies: curves from many starts, which show what any budget would buy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import codesign
from codesign.evaluate import EvaluationSpec, Request, evaluate_designs
from codesign.genome import Genomes, random_genomes
from codesign.run import DesignTables, RunFolder
from codesign.streams import Purpose, draws_of
from codesign.train import Adam, Batch, Learner, Normalized, Step
from experiments.tables import Rows

_STEPS = 400
_TRIANGLE = {"body": {"name": "triangle"}, "controller": {"name": "mlp"}}

TASKS: Mapping[str, Mapping[str, Any]] = {
    "walk": {**_TRIANGLE, "physics": {"name": "no_slip", "steps": _STEPS}},
    "voxel_walk": {
        "body": {"name": "voxel_small"},
        "controller": {"name": "cpg"},
        "physics": {"name": "voxel", "steps": _STEPS},
    },
    "hills": {**_TRIANGLE, "terrain": "hills", "physics": {"name": "coulomb", "steps": _STEPS}},
}
"""On what bodies learn to walk, by name."""

SETS, BODIES, STARTS = 5, 5, 4
"""Sets of bodies, the unit of intervals: each is of one run, or random; bodies of a set; starts of each body."""

_SEED = 77
"""Another than those of the runs, so that evolved bodies learn from weights that they were not selected with."""


@dataclass(frozen=True)
class Falling(Normalized):
    """Steps whose length falls to nothing, linearly; on a CPU, where a step may do something on the host."""

    name: str = "falling"

    def bind(self, batch: Batch) -> Step:
        """Return the step on `batch`."""
        lengths = self.step_length * (1.0 - np.arange(self.iterations) / self.iterations)
        steps = iter([Normalized(iterations=self.iterations, step_length=float(each)).bind(batch) for each in lengths])

        def step() -> None:
            next(steps)()

        return step


LEARNERS: Mapping[str, Learner] = {
    "published, 35 steps of 0.2": Normalized(iterations=35, step_length=0.2),
    **{
        f"{count} steps of {length:g}": Normalized(iterations=count, step_length=length)
        for length, count in ((0.2, 15), (0.4, 15), (0.8, 15), (1.6, 15))
    },
    **{f"15 steps falling from {length:g}": Falling(iterations=15, step_length=length) for length in (0.8, 1.6)},
    **{f"15 steps of adam {rate:g}": Adam(iterations=15, rate=rate) for rate in (0.003, 0.01, 0.03, 0.1)},
}
"""Learners by what they do."""


def spec_of(task: str) -> EvaluationSpec:
    """Return how bodies of a task are evaluated."""
    conditions, execution = {"unactuated": False}, {"threads": 1}
    return codesign.Problem(**TASKS[task], conditions=conditions, execution=execution, seed=_SEED).spec


def random_bodies(spec: EvaluationSpec) -> Genomes:
    """Return genomes such as a search begins with."""
    return random_genomes(spec.lattice.build(), spec.lattice, draws_of(_SEED, 0, SETS * BODIES, Purpose.GENOME))


def evolved_bodies(folders: Sequence[RunFolder]) -> Genomes:
    """Return the genomes of the best designs of runs, a set of each."""
    found = []
    for folder in folders:
        tables = DesignTables(folder)
        found += [design.genome for design in tables.find(tables.ranking(BODIES))]
    return Genomes.stack(found)


def curves(spec: EvaluationSpec, genomes: Genomes, learner: Learner, starts: int) -> np.ndarray:
    """Return learning curves of designs from several starts, float64, shape (designs, starts, iterations + 1)."""
    count = len(genomes)
    identities = np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1)
    found = []
    for attempt in range(starts):
        request = Request(genomes, identities, attempts=np.full(count, attempt, dtype=np.int64))
        found.append(evaluate_designs(replace(spec, learner=learner), request).curves)
    return np.stack(found, axis=1).astype(np.float64)


def what_learners_reach(spec: EvaluationSpec, genomes: Genomes, labels: Mapping[str, object]) -> Rows:
    """Return a row for each learner and set: the mean over bodies of the best so far after 4, 8, 15 and all steps."""
    rows = []
    for name, learner in LEARNERS.items():
        best = _by_set(np.fmax.accumulate(curves(spec, genomes, learner, 1)[:, 0], axis=1))
        for place, own in enumerate(best):
            after = {f"after_{steps}": round(float(own[steps]), 5) for steps in (4, 8, 15)}
            found = {**after, "at_the_end": round(float(own[-1]), 5)}
            rows.append({**labels, "learner": name, "set": place, **found})
    return rows


def _by_set(values: np.ndarray) -> np.ndarray:
    """Return the means over the bodies of each set, whose axis is the first one."""
    return values.reshape(SETS, BODIES, *values.shape[1:]).mean(axis=1)


def what_starts_buy(spec: EvaluationSpec, genomes: Genomes, labels: Mapping[str, object]) -> Rows:
    """Return a row for each set and way to spend as many episodes on starts, by curves of 0.8 from each start alone.

    `iterations` steps of the winner follow from the budget: with R further starts that learn for k steps,
    R (k + 1) episodes are gone. Every start is the design's own once, so that the mean is over all orders.
    """
    longest = replace(LEARNERS["15 steps of 0.8"], iterations=16)
    best = np.fmax.accumulate(curves(spec, genomes, longest, STARTS), axis=2)
    rows = []
    for episodes in (9, 16):
        for restarts in range(4):
            for short in (0, 1, 2, 4) if restarts else (0,):
                steps = episodes - 1 - restarts * (short + 1)
                if steps < short:
                    continue
                reached = []
                for first in range(STARTS):
                    own = best[:, (first + np.arange(restarts + 1)) % STARTS]
                    winner = own[:, :, short].argmax(axis=1)
                    reached.append(own[np.arange(len(own)), winner, steps])
                way = {"episodes": episodes, "restarts": restarts, "restart_iterations": short, "iterations": steps}
                for place, fitness in enumerate(_by_set(np.mean(reached, axis=0))):
                    rows.append({**labels, **way, "set": place, "fitness": round(float(fitness), 5)})
    return rows
