"""Checks of evaluators."""

from dataclasses import fields, replace

import numpy as np

from codesign.body import Tissue
from codesign.control import CONTROLLERS
from codesign.evaluate import (
    EVALUATORS,
    DesignWeights,
    Evaluations,
    EvaluationSpec,
    EvaluatorSettings,
    KeptWeights,
    Request,
)
from codesign.genome import LATTICES, random_genomes
from codesign.sim import Execution, Physics
from codesign.streams import Purpose, draws_of, stream
from codesign.tasks import TASKS, TERRAINS
from codesign.testing.failures import check_settings, expect, expect_same
from codesign.train import LEARNERS, LearningStatus

LATTICE = LATTICES["triangle"](rows=5, columns=6)
ITERATIONS = 3

COUNTS = (1, 5, 24)
"""Designs that are evaluated at a time: fewer than there are processes, and more."""


def check_evaluator(settings: EvaluatorSettings) -> None:
    """Check an evaluator: it returns what the function that it calls returns for each design, in order, to the bit.

    The function is made up, so that nothing is simulated; other processes must be able to import it.

    Args:
        settings: the evaluator's settings.

    Raises:
        CheckError: the evaluator breaks its contract.
    """
    check_settings(settings, EVALUATORS)
    spec = _spec()
    with settings.start(spec, made_up) as evaluator:
        for count in COUNTS:
            genomes = random_genomes(LATTICE.build(), LATTICE, draws_of(0, 0, count, Purpose.GENOME))
            identities = np.stack([np.full(count, 4), np.arange(count)[::-1]], axis=1)
            changed = DesignWeights.joined([np.full(each % 3, 0.5 + each, dtype=np.float32) for each in range(count)])
            plain = Request(genomes, identities)
            for request in (
                plain,
                replace(plain, thresholds=np.array([-np.inf, 0.5, 0.5])),
                replace(plain, keep=KeptWeights(3)),
                replace(plain, first=changed),
                replace(plain, attempts=np.arange(count)),
            ):
                found = evaluator.evaluate(request).kept(request.keep, identities)
                wanted = made_up(spec, request)
                expect(len(found) == count, f"{count} evaluations", len(found))
                ours, theirs = _arrays(found), _arrays(wanted)
                expect(ours.keys() == theirs.keys(), f"the measures {sorted(theirs)}", sorted(ours))
                expect_same(theirs, ours, "wherever it is evaluated")
    evaluator.close()  # a second time, which must do no harm


def made_up(
    spec: EvaluationSpec,
    request: Request,
) -> Evaluations:
    """Return evaluations that are a function of each design and its identity; a design below a threshold is stopped."""
    genomes, identities, first, thresholds = request.genomes, request.identities, request.first, request.thresholds
    draws = [stream(spec.seed, born, number, Purpose.CONTROLLER).random(8) for born, number in identities.tolist()]
    noise = np.stack(draws)
    sizes = np.count_nonzero(genomes.cells, axis=1)
    attempts = np.zeros(len(genomes)) if request.attempts is None else request.attempts
    curves = noise[:, : ITERATIONS + 1].astype(np.float32)
    limits = np.full(ITERATIONS, -np.inf) if thresholds is None else thresholds
    stopped = (curves[:, :ITERATIONS] < limits).any(axis=1)
    begun = np.zeros(len(genomes)) if first is None else [first.of(place).sum() for place in range(len(genomes))]
    fitness = sizes + noise[:, 4] - stopped + begun + attempts
    return Evaluations(
        fitness=fitness,
        curves=curves,
        best_iteration=np.argmax(curves, axis=1).astype(np.int32),
        status=np.where(stopped, LearningStatus.STOPPED, LearningStatus.OK).astype(np.int8),
        measures={"height": noise[:, 5].copy()},
        world_fitness=fitness[:, None],
        weights=np.concatenate([np.resize(row, size) for row, size in zip(noise, sizes, strict=True)]),
        weight_start=np.append(0, np.cumsum(sizes)).astype(np.int64),
        masses=sizes.astype(np.int32),
        springs=(2 * sizes).astype(np.int32),
        muscles=np.count_nonzero(genomes.muscles, axis=1).astype(np.int32),
        robot_steps=20 * len(genomes),
        body_weights=first,
    ).kept(request.keep, identities)


def _arrays(evaluations: Evaluations) -> dict[str, np.ndarray]:
    """Return everything in a record as arrays by name."""
    values = {field.name: getattr(evaluations, field.name) for field in fields(evaluations)}
    measures, bodies, starts = (values.pop(name) for name in ("measures", "body_weights", "starts"))
    own = {} if bodies is None else {"body weights": bodies.values, "body weights of each": bodies.start}
    own |= {} if starts is None else {"starts": starts}
    return {name: np.asarray(value) for name, value in values.items()} | own | measures


def _spec() -> EvaluationSpec:
    """Return a spec that only made-up functions can carry out."""
    return EvaluationSpec(
        lattice=LATTICE,
        tissue=Tissue(),
        physics=Physics(),
        execution=Execution(device="cpu", memory_mib=64),
        controller=CONTROLLERS["mlp"](),
        task=TASKS["walk"](),
        terrain=TERRAINS["flat"](),
        learner=LEARNERS["normalized"](iterations=ITERATIONS),
        seed=7,
    )
