"""Whether evolution makes bodies that learn better: designs of runs learn from new starts, beside random bodies."""

from codesign.trainability.analysis import Analysis, AnalysisListener
from codesign.trainability.answers import Answer, answers
from codesign.trainability.findings import Contrast, Examined, Findings
from codesign.trainability.measures import MEASURES, Measure
from codesign.trainability.over_generations import PopulationNumbers
from codesign.trainability.page import PAGE, RESULT, write_findings
from codesign.trainability.samples import Kinship, Sample
from codesign.trainability.settings import BASELINES, LAST, AnalysisSettings
from codesign.trainability.sources import AnalysedRun
from codesign.trainability.tables import TABLES
from codesign.trainability.trainings import Training

__all__ = [
    "BASELINES",
    "LAST",
    "MEASURES",
    "PAGE",
    "RESULT",
    "TABLES",
    "AnalysedRun",
    "Analysis",
    "AnalysisListener",
    "AnalysisSettings",
    "Answer",
    "Contrast",
    "Examined",
    "Findings",
    "Kinship",
    "Measure",
    "PopulationNumbers",
    "Sample",
    "Training",
    "answers",
    "write_findings",
]
