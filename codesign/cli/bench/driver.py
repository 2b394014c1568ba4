"""What a run costs its driver: everything but simulation, stage by stage, in the generations of a real run."""

import math
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from codesign.body import Bodies, develop
from codesign.cli.bench.plan import body_name
from codesign.cli.bench.speed import seconds_of
from codesign.cli.catalogue import evaluation_spec_of
from codesign.evaluate import (
    DESIGNS_AT_A_TIME,
    EvaluateDesigns,
    Evaluations,
    EvaluationSpec,
    Evaluator,
    EvaluatorSettings,
    KeptWeights,
    Request,
    Worlds,
    batches,
    evaluate_designs,
)
from codesign.genome import LatticeSettings, VariationSettings, keys, repair, vary
from codesign.machine import available_cores
from codesign.run import CheckpointSettings, Experiment, Listener, Metrics, evolve
from codesign.search import SEARCHES, Space
from codesign.streams import Draws, Purpose, stream_keys
from codesign.train import LEARNERS, LearningStatus

ITERATIONS = 35
"""Learning iterations of the papers; learning curves are as long."""

STAGES = ("ask", "vary", "repair", "keys", "develop", "pack", "first weights", "records", "checkpoint")
"""What is timed. What vary, repair and keys take is part of ask, and is measured apart on the same designs."""

INSIDE = ("vary", "repair", "keys")
"""Stages that are parts of the one before them."""

_Result = TypeVar("_Result")


@dataclass
class _Clock:
    """Time by stage in each generation [s], and the memory of this process after each [bytes]."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)
    begin: float = 0.0

    def mark(self) -> None:
        """Begin a stage that ends elsewhere."""
        self.begin = time.perf_counter()

    def since_mark(self) -> float:
        """Return the time since `mark` [s]."""
        return time.perf_counter() - self.begin

    def measured(self, stage: str, work: Callable[[], _Result]) -> _Result:
        """Return what some work returns, its time added to a stage of the current generation."""
        begin = time.perf_counter()
        result = work()
        self.add(stage, time.perf_counter() - begin)
        return result

    def add(self, stage: str, seconds: float) -> None:
        """Add time to a stage of the current generation [s]."""
        spent = self.seconds.setdefault(stage, [])
        spent += [0.0] * (len(self.memory) + 1 - len(spent))
        spent[-1] += seconds

    def typical(self, stage: str) -> float:
        """Return the median over generations [s], without the first, which draws instead of varying, and compiles."""
        return float(np.median(self.seconds[stage][1:]))


def driver(settings: Mapping[str, Any], lattice: LatticeSettings, folder: Path) -> dict[str, Any]:
    """Return how long each stage of a generation takes, of a run whose device computes in no time.

    The run is a real one, with its search, its records and its checkpoints; in place of a simulation its evaluator
    makes simulators of all bodies, draws their first weights, and invents what they learned.

    Args:
        settings: by dotted key, as the command checks them.
        lattice: what designs live on.
        folder: where the run may write for a while; the disk counts.
    """
    count, generations = settings["driver"], settings["driver_generations"]
    learner = LEARNERS["normalized"](iterations=ITERATIONS)
    fixed = {"learner": learner, "conditions": Worlds(), "forces": (), "weights": None, "body.lattice": lattice}
    spec = evaluation_spec_of({**settings, **fixed})
    often, seldom = (_timed_run(spec, count, generations, every, folder) for every in (1, generations))
    seconds = {stage: often.typical(stage) for stage in ("ask", "develop", "pack", "first weights")}
    seconds |= _parts_of_asking(spec, count)
    seconds["records"] = seldom.typical("records")
    seconds["checkpoint"] = max(often.typical("records") - seconds["records"], 0.0)
    whole = sum(seconds[stage] for stage in STAGES if stage not in INSIDE)
    return {
        "designs": count,
        "body": body_name(lattice),
        "controller": spec.controller.name,
        "cores": available_cores(),
        "generations": generations,
        "designs_per_second": count / whole,
        "seconds": {stage: seconds[stage] for stage in STAGES},
        "memory_bytes": [often.memory[min(1, generations - 1)], often.memory[-1]],
    }


def _timed_run(spec: EvaluationSpec, count: int, generations: int, every: int, folder: Path) -> _Clock:
    """Return the times of a run that writes a checkpoint after so many generations, and is removed afterwards."""
    clock = _Clock()
    search = SEARCHES["genetic"](population_size=count, generations=generations)
    experiment = Experiment(spec, VariationSettings(), search, _Unsimulated(clock=clock), CheckpointSettings(every))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".driver-") as place:
        evolve(experiment, Path(place) / "run", "", _Hands(clock))
    return clock


def _parts_of_asking(spec: EvaluationSpec, count: int) -> dict[str, float]:
    """Return what variation, repair and the comparison of designs take of a population, each by itself [s]."""
    lattice, variation = spec.lattice.build(), VariationSettings()
    search = SEARCHES["genetic"](population_size=count, generations=1)
    population = search.start(Space(spec.lattice, variation), spec.seed).ask()
    draws = partial(stream_keys, spec.seed, population.identities, Purpose.VARIATION)
    numbers = np.arange(count)
    return {
        "vary": seconds_of(lambda: vary(lattice, population.genomes, numbers, Draws(draws()), variation)),
        "repair": seconds_of(partial(repair, lattice, population.genomes)),
        "keys": seconds_of(partial(keys, lattice, population.genomes)),
    }


class _Hands(Listener):
    """Tells the clock when a generation is over, and when the next one begins."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        del folder, finished, generations
        self._clock.mark()

    def on_generation(self, metrics: Metrics, best: str) -> None:
        del metrics, best
        self._clock.add("records", self._clock.since_mark())
        self._clock.memory.append(_resident_bytes())
        self._clock.mark()


@dataclass(frozen=True)
class _Unsimulated(EvaluatorSettings):
    """Settings of evaluation on a device that simulates in no time.

    Attributes:
        clock: what times the stages.
    """

    name: str = "unsimulated"
    clock: _Clock = field(default_factory=_Clock)

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> "_UnsimulatedEvaluator":
        del function
        return _UnsimulatedEvaluator(spec, self.clock)


class _UnsimulatedEvaluator(Evaluator):
    """Makes all that a simulation needs, batch by batch, and returns made-up evaluations."""

    def __init__(self, spec: EvaluationSpec, clock: _Clock) -> None:
        self._spec, self._clock = spec, clock

    def evaluate(
        self,
        request: Request,
    ) -> Evaluations:
        genomes, identities, keep = request.genomes, request.identities, request.keep
        clock, spec, lattice = self._clock, self._spec, self._spec.lattice.build()
        clock.add("ask", clock.since_mark())
        found = []
        for start in range(0, len(genomes), DESIGNS_AT_A_TIME):
            group = slice(start, start + DESIGNS_AT_A_TIME)
            bodies = clock.measured("develop", partial(develop, lattice, genomes[group], spec.tissue))
            for part in clock.measured("pack", partial(batches, spec, bodies)):
                own = bodies[part]
                simulator = clock.measured("pack", partial(spec.simulator, own))
                clock.measured("first weights", partial(spec.begin, simulator, identities[group][part]))
                found.append(_made_up(spec, own, identities[group][part], keep))
        evaluations = Evaluations.concatenate(found)
        clock.mark()
        return evaluations.kept(keep, identities)

    def close(self) -> None:
        pass


def _made_up(spec: EvaluationSpec, bodies: Bodies, identities: np.ndarray, keep: KeptWeights | None) -> Evaluations:
    """Return evaluations of random fitness, and weights of the right sizes for those whose weights are kept."""
    count, numbers = len(bodies), Draws(stream_keys(spec.seed, identities, Purpose.WORLD))
    curves = np.maximum.accumulate(numbers.uniform(spec.learner.iterations + 1).astype(np.float32), axis=1)
    masses, springs = np.diff(bodies.mass_start), np.diff(bodies.spring_start)
    fitness = curves[:, -1].astype(np.float64)
    lengths = np.zeros(count, dtype=np.int64)
    for index in range(count) if keep is None else keep.chosen(fitness, identities):
        shapes = spec.weighted.weight_shapes(int(masses[index]), int(springs[index]), 2, spec.physics.steps)
        lengths[index] = sum(math.prod(shape) for shape in shapes.values())
    return Evaluations(
        fitness=fitness,
        curves=curves,
        best_iteration=np.full(count, spec.learner.iterations, dtype=np.int32),
        status=np.full(count, LearningStatus.OK, dtype=np.int8),
        measures={"distance": fitness},
        world_fitness=fitness[:, None],
        weights=np.zeros(lengths.sum(), dtype=spec.execution.precision),
        weight_start=np.concatenate([[0], np.cumsum(lengths)]),
        masses=masses.astype(np.int32),
        springs=springs.astype(np.int32),
        muscles=springs.astype(np.int32),
        robot_steps=0,
    )


def _resident_bytes() -> int:
    """Return the memory that this process has now [bytes], 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
