"""Print what a run's records cost: time, disk, and what it takes to find designs in them again.

    python tools/storage_report.py                                    # 1000 generations of 10,000 designs: 3 GB of disk
    python tools/storage_report.py --generations 20 --designs 500 --folder /tmp/made_up

A run is made up, as large as the paper's: bodies of the 13 x 22 grid, learning curves of 35 steps; fitness rises with
the generations, and every design has a parent. Nothing is simulated. The standard output is one line of JSON: times
(by the clock, and of the processor alone) and bytes for each design, and for each selection of designs what time and
memory a process takes to find it.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from codesign.evaluate import Evaluations
from codesign.genome import LATTICES, Genomes, VariationSettings
from codesign.run import RunFolder, select
from codesign.run.checkpoint import Checkpoint, load, manifest_of, save
from codesign.run.curves import Curves
from codesign.run.designs import write_designs
from codesign.run.metrics import summarise
from codesign.search import SEARCHES, Individuals, Space

LATTICE = LATTICES["triangle"](rows=13, columns=22)
ITERATIONS = 35
MEASURES = ("distance", "straightness", "energy", "effort", "airtime")
KEPT, WEIGHTS = 16, 6000
"""Designs whose weights a run keeps by default, and about how many weights `mlp` has for a large body."""

SELECTIONS = ("best", "top12", "lineage")


def main() -> None:
    """Make up a run, and print what it takes to write and to read it."""
    parser = argparse.ArgumentParser(description="Print what a run's records cost.")
    parser.add_argument("--generations", type=int, default=1000)
    parser.add_argument("--designs", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where the run is made, and stays; a temporary one by default")
    parser.add_argument("--find", help="find designs of the run in FOLDER, and print what that took")
    options = parser.parse_args()
    if options.find:
        print(json.dumps(_found(options.folder, options.find)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        path = options.folder or Path(temporary) / "run"
        report = {"generations": options.generations, "designs": options.designs}
        report |= _made(RunFolder(path), options.generations, options.designs)
        for selection in (*SELECTIONS, f"g{options.generations // 2:03d}-i0000"):
            words = [sys.executable, __file__, "--folder", path, "--find", selection]
            found = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            report[f"find {selection}"] = json.loads(found)
    print(json.dumps(report))


def _made(folder: RunFolder, generations: int, count: int) -> dict[str, float]:
    """Make up a run; return the seconds and the bytes that each design took, the medians over generations."""
    folder.create("title: made up\n")
    stages = ("summary", "table", "checkpoint", "checkpoint read")
    seconds, busy = ({name: [] for name in stages} for _ in range(2))

    def timed(name: str, work: Callable[[], object]) -> None:
        begin, computed = time.perf_counter(), time.process_time()
        work()
        seconds[name].append((time.perf_counter() - begin) / count)
        busy[name].append((time.process_time() - computed) / count)

    drawn = SEARCHES["genetic"](population_size=count).start(Space(LATTICE, VariationSettings()), 0).ask()
    with folder.locked():
        folder.prepare_records()
        for generation in range(generations):
            asked, evaluations = _generation(drawn.genomes, generation)
            timed("summary", lambda: summarise(generation, asked, evaluations, 1.0, 1.0))  # noqa: B023 - at once
            timed("table", lambda: write_designs(folder.designs, generation, asked, evaluations))  # noqa: B023
            folder.append_metrics(summarise(generation, asked, evaluations, 1.0, 1.0).row())
            if generation % max(1, generations // 20) == 0:
                kept = {(generation, place): evaluations.weights_of(place) for place in range(min(KEPT, count))}
                search = {"told": np.array([generation]), **asked.arrays()}
                state = Checkpoint(generation, search, kept, Curves.none(), 0.0, {})
                timed("checkpoint", lambda: save(state, folder.checkpoints))  # noqa: B023
                timed("checkpoint read", lambda: load(manifest_of(folder.checkpoints, generation)))  # noqa: B023
    report = {
        f"{name}, microseconds{of}": round(1e6 * float(np.median(values)), 3)
        for of, all_values in (("", seconds), (" of a core", busy))
        for name, values in all_values.items()
    }
    data = sorted(folder.checkpoints.glob("*.safetensors"))
    tables = sum(path.stat().st_size for path in folder.designs.iterdir())
    report["table, bytes"] = round(tables / (count * generations), 1)
    report["checkpoint, bytes"] = round(data[-1].stat().st_size / count, 1)
    return report


def _generation(genomes: Genomes, generation: int) -> tuple[Individuals, Evaluations]:
    """Return made-up designs of a generation and what became of them."""
    random, count = np.random.default_rng(generation), len(genomes)
    parents = np.full((count, 2, 2), -1)
    if generation:
        parents[:, 0] = np.stack([np.full(count, generation - 1), random.integers(0, count, count)], axis=1)
    fitness = random.normal(1.0 + 0.01 * generation, 0.3, count)
    invalid = random.random(count) < 0.05
    fitness[invalid] = -np.inf
    operators = random.choice(["flip_cells", "flip_muscles", "flip_both"], count).tolist()
    identities = np.stack([np.full(count, generation), np.arange(count)], axis=1)
    order = random.permutation(count)
    sizes = np.count_nonzero(genomes.cells[order], axis=1).astype(np.int32)
    evaluations = Evaluations(
        fitness=fitness,
        curves=random.normal(size=(count, ITERATIONS + 1)).astype(np.float32),
        best_iteration=np.full(count, ITERATIONS, dtype=np.int32),
        status=np.where(invalid, np.int8(1), np.int8(0)),
        measures={name: random.random(count) for name in MEASURES},
        world_fitness=np.where(invalid, np.nan, fitness)[:, None],
        weights=np.ones(min(KEPT, count) * WEIGHTS, dtype=np.float32),
        weight_start=np.minimum(np.arange(count + 1), KEPT) * WEIGHTS,
        masses=sizes,
        springs=2 * sizes,
        muscles=sizes,
        robot_steps=0,
    )
    return Individuals(genomes[order], identities, parents, tuple(operators), fitness), evaluations


def _found(path: Path, selection: str) -> dict[str, float]:
    """Return the seconds and the peak memory of this process when it has found designs, and how many these are."""
    begin, computed = time.perf_counter(), time.process_time()
    designs = select(RunFolder(path), selection)
    return {
        "designs": len(designs),
        "seconds": round(time.perf_counter() - begin, 3),
        "seconds of a core": round(time.process_time() - computed, 3),
        "MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
