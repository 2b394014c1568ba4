"""Runs: the outer loop, the folder that survives it, and looking back."""

from codesign.run.designs import Design
from codesign.run.evolution import Listener, NullListener, Outcome, evolve, resume
from codesign.run.experiment import CheckpointSettings, Experiment
from codesign.run.folder import RunFolder
from codesign.run.metrics import CLOCK_FIELDS, Metrics
from codesign.run.replay import gallery, replay
from codesign.run.selection import select
from codesign.run.weights import meaning, read_weights, write_weights

__all__ = [
    "CLOCK_FIELDS",
    "CheckpointSettings",
    "Design",
    "Experiment",
    "Listener",
    "Metrics",
    "NullListener",
    "Outcome",
    "RunFolder",
    "evolve",
    "gallery",
    "meaning",
    "read_weights",
    "replay",
    "resume",
    "select",
    "write_weights",
]
