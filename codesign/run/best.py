"""The best design of a run, in a small file that anything can read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from codesign.analysis import NewStarts
from codesign.body import develop
from codesign.evaluate import EvaluationSpec, body_weights, controller_weights
from codesign.files import write_bytes, write_text
from codesign.run.design_tables import DesignTables
from codesign.run.designs import design_id
from codesign.run.experiment import Experiment
from codesign.run.folder import RunFolder
from codesign.run.identities import Identity, identity_pair
from codesign.run.learning_again import learn_again
from codesign.run.polish import read_polished
from codesign.run.weights import serialized
from codesign.search import Individuals


class BestDesign:
    """The file of a run's best design, which is written again and again.

    Args:
        experiment: the run's.
        folder: the run's.
    """

    def __init__(self, experiment: Experiment, folder: RunFolder) -> None:
        self._experiment, self._folder = experiment, folder
        self._learned_again: dict[Identity, np.ndarray] = {}

    def write(
        self, population: Individuals, weights: Mapping[Identity, np.ndarray], new_starts: NewStarts | None = None
    ) -> None:
        """Write the best member of a population, or the one that is better than it after it learned on.

        Args:
            population: members, the best first.
            weights: those that were kept, flat, by identity; what is not there is learned again.
            new_starts: what the best are worth from new starts, where that is known.

        Raises:
            OutputError: the folder cannot be written to.
            RunError: what is written of designs that learned on, a table, or a file of weights cannot be read.
        """
        best, spec = population.take(np.array([0])), self._experiment.trial
        if not np.isfinite(best.fitness[0]):
            return
        better = read_polished(self._folder)
        members = [identity_pair(identity) for identity in population.identities.tolist()]
        polished = {place: better[own] for place, own in enumerate(members) if own in better}
        place = max(polished, key=lambda place: polished[place].fitness, default=None)
        if place is not None and polished[place].fitness > best.fitness[0]:
            own = polished[place]
            write_best(self._folder, population.take(np.array([place])), own.weights, spec, own.fitness)
            return
        identity = members[0]
        if identity not in weights and identity not in self._learned_again:
            designs = DesignTables(self._folder).find([identity])
            self._learned_again = learn_again(self._experiment, designs, self._folder)
        learned = weights[identity] if identity in weights else self._learned_again[identity]
        own = None if new_starts is None else new_starts.of(design_id(*identity))
        write_best(self._folder, best, learned, spec, new_starts=own)


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
