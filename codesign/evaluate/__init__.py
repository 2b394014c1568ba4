"""From genomes to fitness: how designs are evaluated, in this process or by many others, with the same numbers."""

from codesign.evaluate.batches import WIDEST_ROW, batch_budget, batches, bytes_needed
from codesign.evaluate.body_learning import body_weights, controller_weights, learned_bodies
from codesign.evaluate.body_measures import FURTHER_MEASURES
from codesign.evaluate.design_weights import DesignWeights
from codesign.evaluate.evaluation import DESIGNS_AT_A_TIME, evaluate_bodies, evaluate_designs
from codesign.evaluate.evaluation_spec import EvaluationSpec
from codesign.evaluate.evaluation_stream import Completed, EvaluationStream
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import EvaluateDesigns, Evaluator, EvaluatorListener, EvaluatorSettings, Workforce
from codesign.evaluate.inheritance import Ancestors, WeightInheritance, require_heritable
from codesign.evaluate.kept_weights import KeptWeights
from codesign.evaluate.local import Local
from codesign.evaluate.memory_estimate import MemoryEstimate
from codesign.evaluate.racing import elimination_thresholds
from codesign.evaluate.ray_evaluator import Ray
from codesign.evaluate.request import Request
from codesign.evaluate.together import learn_together
from codesign.evaluate.worlds import Worlds

EVALUATORS: dict[str, type[EvaluatorSettings]] = {"local": Local, "ray": Ray}

__all__ = [
    "DESIGNS_AT_A_TIME",
    "EVALUATORS",
    "FURTHER_MEASURES",
    "WIDEST_ROW",
    "Ancestors",
    "Completed",
    "DesignWeights",
    "EvaluateDesigns",
    "EvaluationSpec",
    "EvaluationStream",
    "Evaluations",
    "Evaluator",
    "EvaluatorListener",
    "EvaluatorSettings",
    "KeptWeights",
    "Local",
    "MemoryEstimate",
    "Request",
    "WeightInheritance",
    "Workforce",
    "Worlds",
    "batch_budget",
    "batches",
    "body_weights",
    "bytes_needed",
    "controller_weights",
    "elimination_thresholds",
    "evaluate_bodies",
    "evaluate_designs",
    "learn_together",
    "learned_bodies",
    "require_heritable",
]
