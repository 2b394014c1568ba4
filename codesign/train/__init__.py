"""Learning: the inner loop that improves many controllers by their gradients."""

from codesign.train.adam import Adam
from codesign.train.batch import Batch, LearningProblem
from codesign.train.body_learning import BodyLearning
from codesign.train.kernels import exact_module
from codesign.train.learner import LATER, Learner, Step
from codesign.train.learning import LearningResult, learn
from codesign.train.normalized import Normalized
from codesign.train.smoothing import CopiesProblem, SmoothedProblem
from codesign.train.status import LearningStatus

LEARNERS: dict[str, type[Learner]] = {"normalized": Normalized, "adam": Adam}

__all__ = [
    "LATER",
    "LEARNERS",
    "Adam",
    "Batch",
    "BodyLearning",
    "CopiesProblem",
    "Learner",
    "LearningProblem",
    "LearningResult",
    "LearningStatus",
    "Normalized",
    "SmoothedProblem",
    "Step",
    "exact_module",
    "learn",
]
