"""Runs that cost nothing, and what there is to compare of a run folder."""

import hashlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from codesign.control import CONTROLLERS
from codesign.evaluate import Evaluations, EvaluationSpec, EvaluatorSettings, Request
from codesign.evaluate.evaluator import EvaluateDesigns
from codesign.evaluate.local import LocalEvaluator
from codesign.genome import VariationSettings
from codesign.run import CheckpointSettings, Experiment, Listener, Outcome, RunFolder, evolve
from codesign.run.checkpoint import newest_intact
from codesign.run.metrics import CLOCK_FIELDS
from codesign.search import SEARCHES
from tests.evaluate.fakes import quick, spec

KINDS = [*sorted(SEARCHES), "racing", "lamarckian", "reevaluated"]
"""What runs differ in that are to survive the same: their search, and whether the designs of a genetic one race,
inherit weights and are taught from scratch as well, or have several starts."""

CONFIG = "seed: 7\ntitle: fake\n"
GENERATIONS = 6


@dataclass(frozen=True)
class Quick(EvaluatorSettings):
    """Evaluates by a formula.

    Attributes:
        disturbance: called with the generation before it is evaluated.
        hopeless: whether every design is invalid.
    """

    name: str = "quick"
    disturbance: Callable[[int], None] | None = None
    hopeless: bool = False

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = quick) -> LocalEvaluator:
        def disturbed(spec: EvaluationSpec, request: Request) -> Evaluations:
            if self.disturbance is not None:
                self.disturbance(int(request.identities[0, 0]))
            evaluations = function(spec, request)
            if spec.controller.name == "shared":
                evaluations = with_heredity(spec, request, evaluations)
            return replace(evaluations, fitness=np.full(len(request), -np.inf)) if self.hopeless else evaluations

        return LocalEvaluator(spec, disturbed)


def with_heredity(spec: EvaluationSpec, request: Request, evaluations: Evaluations) -> Evaluations:
    """Return evaluations whose weights and fitness depend on the weights that designs began with."""
    each = spec.require_any_body()
    drawn = np.random.default_rng(request.identities[:, 1].tolist()).normal(size=(len(request), each))
    first = [request.first.of(place) for place in range(len(request))] if request.first else [[]] * len(request)
    begun = np.stack([own if len(own) else zeros for own, zeros in zip(first, np.zeros_like(drawn), strict=True)])
    weights = 0.9 * begun + drawn
    kept = np.diff(evaluations.weight_start) > 0
    return replace(
        evaluations,
        fitness=evaluations.fitness + 0.01 * begun.mean(axis=1),
        weights=weights[kept].astype(np.float32).ravel(),
        weight_start=np.concatenate([[0], np.cumsum(np.where(kept, each, 0))]).astype(np.int64),
    )


def experiment(kind: str = "genetic", **changes: Any) -> Experiment:
    """Return an experiment of a few designs and generations, one of `KINDS`."""
    own_kinds = ("racing", "lamarckian", "reevaluated")
    search, racing = ("genetic" if kind in own_kinds else kind), 2 * (kind == "racing")
    heredity = {"inheritance": "lamarckian", "from_scratch": True} if kind == "lamarckian" else {}
    several = {"starts": 2, "reevaluate": True} if kind == "reevaluated" else {}
    own = replace(spec(), controller=CONTROLLERS["shared"]()) if heredity else spec()
    return replace(
        Experiment(
            trial=replace(own, learner=replace(own.learner, racing=racing)),
            variation=VariationSettings(),
            search=SEARCHES[search](population_size=6, generations=GENERATIONS, **heredity, **several),
            evaluator=Quick(),
            checkpoints=CheckpointSettings(every=2, keep=2),
            title="fake",
        ),
        **changes,
    )


class Notes(Listener):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.generations: list[int] = []
        self.bests: list[str] = []
        self.starts: list[int] = []
        self.outcomes: list[Outcome] = []

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        assert finished <= generations
        assert folder.is_dir()
        self.starts.append(finished)

    def on_notice(self, text):
        self.notices.append(text)

    def on_generation(self, metrics, best):
        self.generations.append(metrics.generation)
        self.bests.append(best)

    def on_stop(self, outcome):
        self.outcomes.append(outcome)


def finished(path: Path, kind: str = "genetic", **changes: Any) -> RunFolder:
    """Return the folder of a run that was never disturbed."""
    evolve(experiment(kind, **changes), path, CONFIG)
    return RunFolder(path)


def results(folder: RunFolder) -> dict[str, Any]:
    """Return all of a run's results that must not depend on when and where it was computed."""
    kept, faults = newest_intact(folder.checkpoints)
    assert kept is not None
    assert faults == []
    return {
        "metrics": [{name: row[name] for name in row if name not in CLOCK_FIELDS} for row in folder.read_metrics()],
        "lines": folder.metrics.read_bytes().count(b"\n"),
        "designs": {path.name: digest(path) for path in sorted(folder.designs.iterdir())},
        "parents": {path.name: digest(path) for path in sorted(folder.weights.glob("*"))},
        "starts": {path.name: digest(path) for path in sorted(folder.starts.glob("*"))},
        "generation": kept.generation,
        "search": {name: array.tobytes() for name, array in kept.search.items()},
        "weights": {identity: weights.tobytes() for identity, weights in kept.weights.items()},
        "curves": (kept.curves.identities.tobytes(), kept.curves.values.tobytes()),
        "best": json.loads(folder.best.read_text()),
        "best weights": digest(folder.best_weights),
        "config": folder.config.read_text(),
    }


def digest(path: Path) -> str:
    """Return a checksum of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def everything(path: Path) -> dict[str, tuple[int, str]]:
    """Return all files below a folder, to see whether anything changed."""
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    return {str(file.relative_to(path)): (file.stat().st_mtime_ns, digest(file)) for file in files}


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own and return how it ended: 0, 1 after an error, or minus the signal's number."""
    child = start_child(work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def start_child(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own and return its number at once."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
