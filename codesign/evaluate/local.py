"""Evaluation in this process."""

from dataclasses import dataclass

from codesign.evaluate.evaluation import evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import EvaluateDesigns, Evaluator, EvaluatorSettings
from codesign.evaluate.request import Request


@dataclass(frozen=True)
class Local(EvaluatorSettings):
    """Settings of evaluation in this process, on as many threads as the simulator is given."""

    name: str = "local"

    def start(self, spec: EvaluationSpec, function: EvaluateDesigns = evaluate_designs) -> "LocalEvaluator":
        """Return an evaluator of `spec` in this process."""
        return LocalEvaluator(spec, function)


class LocalEvaluator(Evaluator):
    """Calls `function` here and now."""

    def __init__(self, spec: EvaluationSpec, function: EvaluateDesigns) -> None:
        self._spec, self._function = spec, function

    def evaluate(
        self,
        request: Request,
    ) -> Evaluations:
        """Return the evaluations of designs, in their order."""
        return self._function(self._spec, request)

    def close(self) -> None:
        """Do nothing: this process ends by itself."""
