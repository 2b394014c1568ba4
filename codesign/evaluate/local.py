"""Evaluation in this process."""

from dataclasses import dataclass

import numpy as np

from codesign.evaluate.assessment import assess
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import Assess, Evaluator, EvaluatorSettings
from codesign.evaluate.trial import Trial
from codesign.genome import Genomes


@dataclass(frozen=True)
class Local(EvaluatorSettings):
    """Settings of evaluation in this process, on as many threads as the simulator is given."""

    name: str = "local"

    def start(self, trial: Trial, function: Assess = assess) -> "LocalEvaluator":
        """Return an evaluator of `trial` in this process."""
        return LocalEvaluator(trial, function)


class LocalEvaluator(Evaluator):
    """Calls `function` here and now."""

    def __init__(self, trial: Trial, function: Assess) -> None:
        self._trial, self._function = trial, function

    def evaluate(self, genomes: Genomes, identities: np.ndarray, thresholds: np.ndarray | None = None) -> Evaluations:
        """Return the evaluations of designs, in their order."""
        return self._function(self._trial, genomes, identities, thresholds)

    def close(self) -> None:
        """Do nothing: this process ends by itself."""
