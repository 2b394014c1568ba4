"""The public Python interface: problems, what becomes of bodies, runs, and files of bodies.

`import codesign` has all of these names, and loads this room when one of them is used.
"""

from codesign.api.evolving import evolve, resume
from codesign.api.genomes import NamedBodies, PlacedGenome, PlacedGenomes
from codesign.api.loading import load
from codesign.api.problem import Problem
from codesign.api.results import Results
from codesign.api.runs import Run, analyze, compare, open_run
from codesign.api.weights import Weights, WeightsError

__all__ = [
    "NamedBodies",
    "PlacedGenome",
    "PlacedGenomes",
    "Problem",
    "Results",
    "Run",
    "Weights",
    "WeightsError",
    "analyze",
    "compare",
    "evolve",
    "load",
    "open_run",
    "resume",
]
