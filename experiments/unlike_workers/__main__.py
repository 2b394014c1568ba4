"""What does waiting for generations cost on workers of unlike speed? The study's README says.

Two workers of Ray on this machine evaluate designs by making numbers up and sleeping; one of them sleeps several times
as long. So what is measured is how work is handed out, and what a run does besides.
"""

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import codesign
from codesign.evaluate import EvaluateDesigns, Evaluations, EvaluationSpec, Ray, Request, evaluate_designs
from codesign.evaluate.ray_evaluator import RayEvaluator
from codesign.files import write_text
from codesign.genome import VariationSettings
from codesign.run import CheckpointSettings, Experiment, evolve
from codesign.search import SEARCHES
from experiments.figures import COLOURS, panels, points
from experiments.intervals import told
from experiments.study import Figures, Study
from experiments.tables import Tables, markdown

PAUSE = 0.4
"""Time that a design takes on the faster worker [s]."""

SLOWER = (1, 4)
"""How many times as long it takes on the slower one."""

POPULATION = 20
GENERATIONS = 4
SEEDS = (0, 1, 2)
KINDS = ("genetic", "steady_state")
SPEEDS = "speeds.csv"


@dataclass(frozen=True)
class Unlike(Ray):
    """Settings of two workers, of which one is slow.

    Attributes:
        mark: file that the slow one makes.
        slower: how many times as long it takes.
    """

    mark: str = ""
    slower: float = 1.0

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> RayEvaluator:
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


def designs_per_second(kind: str, slower: float, seed: int) -> float:
    """Return how many designs a run evaluates in a second after its first generation, when all workers are there."""
    with tempfile.TemporaryDirectory() as folder:
        one = Experiment(
            trial=codesign.Problem(seed=seed).spec,
            variation=VariationSettings(),
            search=SEARCHES[kind](population_size=POPULATION, generations=1 + GENERATIONS),
            evaluator=Unlike(workers=2, mark=f"{folder}/slow", slower=slower),
            checkpoints=CheckpointSettings(every=100),
        )
        evolve(one, Path(folder) / "run", "")
        rows = codesign.open_run(Path(folder) / "run").metrics.to_pylist()
    return sum(row["robots"] for row in rows[1:]) / (rows[-1]["wall_seconds"] - rows[0]["wall_seconds"])


def measure(runs: Path) -> Tables:
    """Return the speed of every run; a file in the folder remembers each."""
    rows = []
    for seed in SEEDS:
        for slower in SLOWER:
            for kind in KINDS:
                path = runs / f"{kind}_{slower}_{seed}.json"
                if not path.exists():
                    write_text(path, json.dumps({"speed": designs_per_second(kind, slower, seed)}))
                speed = json.loads(path.read_text(encoding="utf-8"))["speed"]
                share = speed * PAUSE / (1.0 + 1.0 / slower)
                rows.append({"search": kind, "slower": slower, "seed": seed, "speed": speed, "share": share})
    return {SPEEDS: rows}


def _of(tables: Tables, kind: str, slower: int, number: str) -> list[float]:
    return [row[number] for row in tables[SPEEDS] if row["search"] == kind and row["slower"] == slower]


def report(tables: Tables) -> str:
    """Return designs per second, and their share of what two workers do that never wait, in Markdown."""
    numbers = [(kind, number) for kind in KINDS for number in ("speed", "share")]
    lines = [[slower, *(told(_of(tables, kind, slower, number), 2) for kind, number in numbers)] for slower in SLOWER]
    heads = [f"{kind}: {what}" for kind in KINDS for what in ("designs/s", "share of the most")]
    return markdown(["times slower", *heads], lines)


def draw(tables: Tables) -> Figures:
    """Return the shares as a figure."""
    figure, (axes,) = panels(width=6.4)
    cases = [(kind, slower) for slower in SLOWER for kind in KINDS]
    groups = [
        (f"{kind}\n{_workers(slower)}".replace("_", " "), _of(tables, kind, slower, "share")) for kind, slower in cases
    ]
    points(axes, groups, COLOURS[:2] * len(SLOWER))
    axes.set_ylabel("designs/s, share of the most")
    axes.set_ylim(0.0, 1.2)
    return {"speeds.svg": figure}


def _workers(slower: int) -> str:
    return "equal workers" if slower == 1 else f"one {slower} times slower"


STUDY = Study(Path(__file__).parent, (SPEEDS,), measure, report, draw)

if __name__ == "__main__":
    sys.exit(STUDY.main())
