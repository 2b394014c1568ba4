"""From genomes to fitness: how designs are evaluated, in this process or by many others, with the same numbers."""

from codesign.evaluate.assessment import assess, assess_bodies, initial_weights
from codesign.evaluate.batches import batch_budget, batches, bytes_needed
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import Evaluator, EvaluatorSettings
from codesign.evaluate.local import Local
from codesign.evaluate.preflight import MemoryEstimate, estimate, estimate_given
from codesign.evaluate.racing import elimination_thresholds
from codesign.evaluate.ray_evaluator import Ray
from codesign.evaluate.together import SEEN, UNSEEN, Transfer, learn_together
from codesign.evaluate.trial import Trial, require_any_body
from codesign.evaluate.worlds import Worlds

EVALUATORS: dict[str, type[EvaluatorSettings]] = {"local": Local, "ray": Ray}

__all__ = [
    "EVALUATORS",
    "SEEN",
    "UNSEEN",
    "Evaluations",
    "Evaluator",
    "EvaluatorSettings",
    "Local",
    "MemoryEstimate",
    "Ray",
    "Transfer",
    "Trial",
    "Worlds",
    "assess",
    "assess_bodies",
    "batch_budget",
    "batches",
    "bytes_needed",
    "elimination_thresholds",
    "estimate",
    "estimate_given",
    "initial_weights",
    "learn_together",
    "require_any_body",
]
