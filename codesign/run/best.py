"""The best design of a run, in a small file that anything can read."""

import hashlib
import json
from typing import Any

import numpy as np

from codesign.analysis import NewStarts
from codesign.body import develop
from codesign.evaluate import EvaluationSpec, body_weights, controller_weights
from codesign.files import write_bytes, write_text
from codesign.run.designs import design_id
from codesign.run.folder import RunFolder
from codesign.run.weights import serialized
from codesign.search import Individuals


def write_best(
    folder: RunFolder,
    best: Individuals,
    weights: np.ndarray,
    spec: EvaluationSpec,
    polished: float | None = None,
    new_starts: NewStarts | None = None,
) -> None:
    """Write the best design, its controller, and what its body learned.

    Args:
        folder: the run's.
        best: the design, length 1.
        weights: its controller's and its body's, flat.
        spec: how it was evaluated, which says what controller the weights are of.
        polished: its fitness with these weights, if it learned on after the run; None if it did not.
        new_starts: what it is worth from new starts, where that is known.
    """
    generation, individual = best.identities[0].tolist()
    bodies = develop(spec.lattice.build(), best.genomes, spec.tissue)
    (own,) = controller_weights(spec, bodies, [weights])
    learned = body_weights(spec, bodies, [weights])[0] if spec.learner.body.learned else None
    data = serialized(own, spec.controller, spec.dimension, learned)
    about: dict[str, Any] = {
        "design": design_id(generation, individual),
        "fitness": float(best.fitness[0]),
        **({} if new_starts is None else {"mean_from_new_starts": _finite(float(new_starts.means[0]))}),
        "generation": generation,
        "parents": [design_id(*parent) for parent in best.parents[0].tolist() if parent[0] >= 0],
        "operator": best.operators[0],
        "cells": best.genomes.cells[0].tolist(),
        "muscles": best.genomes.muscles[0].tolist(),
        "weights": folder.best_weights.name,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
    }
    if polished is not None:
        about["polished_fitness"] = polished
    write_bytes(folder.best_weights, data, make_folder=False)
    write_text(folder.best, json.dumps(about) + "\n", make_folder=False)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
