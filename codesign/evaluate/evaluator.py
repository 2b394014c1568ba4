"""What every evaluator promises: the same numbers for the same designs, wherever they are computed."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations, KeptWeights
from codesign.genome import Genomes
from codesign.sim import Execution

EvaluateDesigns = Callable[[EvaluationSpec, Genomes, np.ndarray, np.ndarray | None, KeptWeights | None], Evaluations]
"""(spec, genomes, identities, thresholds, kept weights) -> evaluations, a pure function of its arguments; but for which
weights are kept, design by design."""


class Evaluator(ABC):
    """Evaluates designs; holds what is worth keeping between generations, and gives it back when closed."""

    @abstractmethod
    def evaluate(
        self,
        genomes: Genomes,
        identities: np.ndarray,
        thresholds: np.ndarray | None = None,
        keep: KeptWeights | None = None,
    ) -> Evaluations:
        """Return the evaluations of designs, in their order.

        Args:
            genomes: the designs, at least one.
            identities: (generation, individual) of each, which addresses its random stream, int64, shape (n, 2).
            thresholds: performance that a design must have reached after so many learning steps to go on, -inf where
                any will do, float64, shape (iterations,); None where every design learns to the end.
            keep: of which of these designs weights are needed, None for all; others may come without theirs, so that
                they need not be sent.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back processes and memory; closing twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class EvaluatorSettings(ABC):
    """Settings that every evaluator has; none of them changes a result.

    Attributes:
        name: key in the registry.
    """

    name: str = ""

    def processes(self, execution: Execution) -> int | None:
        """Return how many processes will share this machine's memory, None where other machines may do the work.

        Raises:
            ConfigError: the execution's device is not there.
        """
        del execution
        return 1

    @abstractmethod
    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> Evaluator:
        """Return a running evaluator of `spec`, which hands designs to `function`."""
