"""What waiting for generations costs on workers of unlike speed.

    python -m experiments.steady_state            # measures, and writes the table

Two workers of Ray on this machine evaluate designs by making numbers up and sleeping; one of them sleeps several times
as long. So what is measured is how work is handed out, and nothing else.
"""

import csv
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import codesign
from codesign.evaluate import EvaluateDesigns, Evaluations, EvaluationSpec, Evaluator, Ray, Request, evaluate_designs
from codesign.genome import VariationSettings
from codesign.run import CheckpointSettings, Experiment, evolve
from codesign.search import SEARCHES

TABLE = Path(__file__).parent / "results.csv"
PAUSE = 0.1
"""Time that a design takes on the faster worker [s]."""

SLOWER = (1, 4, 10)
"""How many times as long it takes on the slower one."""

POPULATIONS = (10, 40)
DESIGNS = 120
SEEDS = (0, 1, 2)
KINDS = ("genetic", "steady_state")


@dataclass(frozen=True)
class Unlike(Ray):
    """Settings of two workers, of which one is slow.

    Attributes:
        mark: file that the slow one makes.
        slower: how many times as long it takes.
    """

    mark: str = ""
    slower: float = 1.0

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> Evaluator:
        del function
        return super().start(spec, partial(slept, self.mark, self.slower))


def slept(mark: str, slower: float, spec: EvaluationSpec, request: Request) -> Evaluations:
    """Return made-up evaluations after a while."""
    own = str(os.getpid())
    try:
        Path(mark).symlink_to(own)
    except FileExistsError:
        slower = slower if str(Path(mark).readlink()) == own else 1.0
    time.sleep(PAUSE * slower * len(request))
    count, cells = len(request), request.genomes.cells
    fitness = cells.astype(np.float64) @ np.linspace(-1.0, 1.0, cells.shape[1])
    sizes = np.count_nonzero(cells, axis=1).astype(np.int32)
    return Evaluations(
        fitness=fitness,
        curves=np.repeat(fitness.astype(np.float32)[:, None], spec.learner.iterations + 1, axis=1),
        best_iteration=np.zeros(count, np.int32),
        status=np.zeros(count, np.int8),
        measures={},
        world_fitness=fitness[:, None],
        weights=np.zeros(0, np.float32),
        weight_start=np.zeros(count + 1, np.int64),
        masses=sizes,
        springs=sizes,
        muscles=sizes,
        robot_steps=count,
    )


def designs_per_second(kind: str, population: int, slower: float, seed: int) -> float:
    """Return how many designs a run evaluates in a second, after its first generation, when workers are there."""
    problem = codesign.Problem(seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        search = SEARCHES[kind](population_size=population, generations=1 + DESIGNS // population)
        one = Experiment(
            trial=problem.spec,
            variation=VariationSettings(),
            search=search,
            evaluator=Unlike(workers=2, mark=f"{folder}/slow", slower=slower),
            checkpoints=CheckpointSettings(every=100),
        )
        evolve(one, Path(folder) / "run", "")
        rows = codesign.open_run(Path(folder) / "run").metrics.to_pylist()
    return sum(row["robots"] for row in rows[1:]) / (rows[-1]["wall_seconds"] - rows[0]["wall_seconds"])


def main() -> None:
    """Measure all cases that the table does not have yet, and write a row for each."""
    rows = list(csv.DictReader(TABLE.open(newline=""))) if TABLE.exists() else []
    known = {tuple(row[name] for name in NAMES) for row in rows}
    for seed in SEEDS:
        for population in POPULATIONS:
            for slower in SLOWER:
                for kind in KINDS:
                    case = (kind, str(population), str(slower), str(seed))
                    if case in known:
                        continue
                    found = designs_per_second(kind, population, slower, seed)
                    most = (1.0 + 1.0 / slower) / PAUSE
                    numbers = {"designs_per_second": f"{found:.3f}", "share_of_most": f"{found / most:.3f}"}
                    rows.append(dict(zip(NAMES, case, strict=True)) | numbers)
                    sys.stderr.write(f"{rows[-1]}\n")
                    with TABLE.open("w", newline="") as file:
                        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                        writer.writeheader()
                        writer.writerows(rows)


NAMES = ("search", "population_size", "times_slower", "seed")
"""What a case is, in columns of the table; the others are measured. `share_of_most` is the speed as a share of that of
two workers that never wait."""


if __name__ == "__main__":
    main()
