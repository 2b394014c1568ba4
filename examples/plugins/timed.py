"""Evaluator `timed`: evaluates in this process, and logs how many designs it managed in a second.

An evaluator may wrap another one. Results must be the same to the bit, whoever evaluates.

Try it in this folder:

    import logging

    from codesign.testing import check_evaluator
    from timed import Timed

    logging.basicConfig(level=logging.INFO)
    check_evaluator(Timed())
"""

import logging
from dataclasses import dataclass
from time import perf_counter

from codesign.evaluate import (
    EvaluateDesigns,
    Evaluations,
    EvaluationSpec,
    Evaluator,
    EvaluatorSettings,
    Local,
    Request,
    evaluate_designs,
)
from codesign.plugins import register

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timed(EvaluatorSettings):
    """Settings of timed evaluation in this process."""

    name: str = "timed"

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> "TimedEvaluator":
        """Return an evaluator of `spec` that times another."""
        return TimedEvaluator(Local().start(spec, function))


class TimedEvaluator(Evaluator):
    """Hands designs on to an evaluator, and keeps how many there were and how long they took [s]."""

    def __init__(self, inner: Evaluator) -> None:
        self.inner, self.designs, self.seconds = inner, 0, 0.0

    def evaluate(
        self,
        request: Request,
    ) -> Evaluations:
        """Return the evaluations of designs, in their order."""
        began = perf_counter()
        evaluations = self.inner.evaluate(request)
        self.designs, self.seconds = self.designs + len(request), self.seconds + perf_counter() - began
        log.info("%d designs, %.1f of them a second", self.designs, self.designs / self.seconds)
        return evaluations

    def close(self) -> None:
        """Close the evaluator that does the work."""
        self.inner.close()


register("evaluator", Timed)
