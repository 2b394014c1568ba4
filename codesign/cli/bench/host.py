"""The host's part of a run: designs bred a second, and what it costs to evaluate them by Ray's workers."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from codesign.body import develop
from codesign.cli.bench.plan import body_name
from codesign.cli.bench.speed import seconds_of
from codesign.cli.catalogue import evaluation_spec_of
from codesign.evaluate import EVALUATORS, EvaluatorSettings, Request, Worlds
from codesign.genome import LatticeSettings, VariationSettings, random_genomes, vary
from codesign.machine import available_cores
from codesign.sim.layout import ROWS, pack
from codesign.streams import Purpose, draws_of
from codesign.train import LEARNERS

_ITERATIONS = 3
"""Learning iterations of what both evaluators compute."""


def breeding(settings: Mapping[str, Any], lattice: LatticeSettings) -> dict[str, Any]:
    """Return how many designs a second one core draws, varies, repairs, develops and packs."""
    count, seed, built, variation = settings["breeding"], settings["seed"], lattice.build(), VariationSettings()

    def breed() -> None:
        genomes = random_genomes(built, lattice, draws_of(seed, 0, count, Purpose.GENOME))
        draws = draws_of(seed, 1, count, Purpose.VARIATION)
        children = vary(built, genomes, np.arange(count), draws, variation).genomes
        pack(develop(built, children, settings["body.tissue"]), ROWS["float32"])

    breed()
    return {"designs": count, "body": body_name(lattice), "designs_per_second": count / seconds_of(breed)}


def cluster(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the time of the same work through `local` and through `ray`, each after a first time that warms it up.

    `overhead` is what Ray takes more, as a share of what `local` takes; below zero where its workers share the work
    better than threads do. Starting the cluster and its workers is apart.
    """
    count = settings["cluster"]
    lattice = settings["body.lattice"]
    learner = LEARNERS["normalized"](iterations=_ITERATIONS)
    fixed = {"learner": learner, "conditions": Worlds(), "forces": (), "weights": None}
    spec = evaluation_spec_of({**settings, **fixed})
    genomes = random_genomes(lattice.build(), lattice, draws_of(spec.seed, 0, count, Purpose.GENOME))
    identities = np.stack([np.zeros(count, np.int64), np.arange(count)], axis=1)

    def evaluated(evaluator: EvaluatorSettings) -> tuple[float, float]:
        """Return the time until a first evaluation is there, and that of a second one."""
        begin = time.perf_counter()
        with evaluator.start(spec) as running:
            running.evaluate(Request(genomes, identities))
            first = time.perf_counter() - begin
            return first, seconds_of(partial(running.evaluate, Request(genomes, identities)))

    local_first, local = evaluated(EVALUATORS["local"]())
    ray_first, ray = evaluated(EVALUATORS["ray"]())
    return {
        "designs": count,
        "body": body_name(lattice),
        "iterations": _ITERATIONS,
        "cores": available_cores(),
        "local_seconds": local,
        "ray_seconds": ray,
        "overhead": ray / local - 1.0,
        "local_start_seconds": max(local_first - local, 0.0),
        "ray_start_seconds": max(ray_first - ray, 0.0),
    }
