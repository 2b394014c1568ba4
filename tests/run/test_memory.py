"""The memory of a long run: what it holds after many generations is what it held after a few."""

import gc
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from codesign.run import CheckpointSettings, evolve
from tests.evaluate.fakes import quick
from tests.run.fakes import CONFIG, Notes, Quick, experiment

GENERATIONS, EARLY = 40, 10
WEIGHTS = 20_000
LEEWAY = 400_000
"""Bytes by which the memory may vary: the weights of five designs, of which a generation sends home those of two."""


class Weighed(Notes):
    """Remembers how much memory is in use after each generation."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: list[int] = []

    def on_generation(self, metrics, best):
        super().on_generation(metrics, best)
        gc.collect()
        self.bytes.append(tracemalloc.get_traced_memory()[0])


@dataclass(frozen=True)
class Bulky(Quick):
    """Evaluates designs to many weights each, and the younger, the fitter."""

    def start(self, spec, function=quick):
        def bulky(spec, request):
            found, identities = function(spec, replace(request, keep=None)), request.identities
            starts = np.arange(len(request) + 1) * WEIGHTS
            weights = np.zeros(starts[-1], dtype=np.float32)
            fitness = found.fitness + 10.0 * identities[:, 0]
            return replace(found, fitness=fitness, weights=weights, weight_start=starts).kept(request.keep, identities)

        return super().start(spec, bulky)


def weighed_run(folder: Path) -> Weighed:
    """Return what was weighed of a whole run."""
    tracemalloc.start()
    one = experiment("racing", checkpoints=CheckpointSettings(weights=2), evaluator=Bulky())
    notes = Weighed()
    evolve(replace(one, search=replace(one.search, generations=GENERATIONS)), folder, CONFIG, notes)
    return notes


@pytest.mark.slow
def test_memory_stays_flat(tmp_path: Path) -> None:
    # In a process of its own, since threads that earlier tests left behind would be weighed as well.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        notes = process.submit(weighed_run, tmp_path / "run").result()
    assert len(set(notes.bests[EARLY:])) == GENERATIONS - EARLY
    assert max(notes.bytes[EARLY:]) - min(notes.bytes[EARLY:]) < LEEWAY
