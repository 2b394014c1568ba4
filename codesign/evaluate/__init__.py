"""From genomes to fitness: how designs are evaluated, in this process or by many others, with the same numbers."""

from codesign.evaluate.assessment import assess, assess_bodies
from codesign.evaluate.batches import batch_budget, batches, bytes_needed
from codesign.evaluate.evaluations import Evaluations
from codesign.evaluate.evaluator import Evaluator, EvaluatorSettings
from codesign.evaluate.local import Local
from codesign.evaluate.memory_estimate import MemoryEstimate
from codesign.evaluate.racing import elimination_thresholds
from codesign.evaluate.ray_evaluator import Ray
from codesign.evaluate.together import learn_together
from codesign.evaluate.trial import Trial
from codesign.evaluate.worlds import Worlds

EVALUATORS: dict[str, type[EvaluatorSettings]] = {"local": Local, "ray": Ray}

__all__ = [
    "EVALUATORS",
    "Evaluations",
    "Evaluator",
    "EvaluatorSettings",
    "MemoryEstimate",
    "Trial",
    "Worlds",
    "assess",
    "assess_bodies",
    "batch_budget",
    "batches",
    "bytes_needed",
    "elimination_thresholds",
    "learn_together",
]
