"""Runs: the outer loop, the folder that survives it, and looking back."""

from codesign.run.design_map import require_design_map
from codesign.run.design_tables import DesignTables
from codesign.run.designs import Design, design_id
from codesign.run.evolution import evolve, resume
from codesign.run.experiment import CheckpointSettings, Experiment
from codesign.run.first_designs import FIRST_RECORD, FirstDesigns
from codesign.run.folder import RunFolder
from codesign.run.learned import gallery_of, learned_recordings
from codesign.run.listeners import Listener, Listeners, Outcome
from codesign.run.loggers import LOGGERS, Delivery, LoggedRun, LoggerConnection, LoggerSettings
from codesign.run.mechanics import mechanics_of
from codesign.run.metrics import Metrics, diversity, metrics_table
from codesign.run.populations import Lifespans, lifespans, populations
from codesign.run.reevaluation import read_new_starts
from codesign.run.replay import first_weights, galleries, gallery, history, learned_weights, replay
from codesign.run.report import Report
from codesign.run.report_writer import ReportWriter
from codesign.run.rollout import Story, rollout, split_at
from codesign.run.selection import select
from codesign.run.settings import flattened, renewed
from codesign.run.start_tables import StartTables
from codesign.run.status import RunStatus, read_status
from codesign.run.summary import SummaryReader
from codesign.run.time_left import TimeLeft
from codesign.run.weights import read_weights, write_weights

__all__ = [
    "FIRST_RECORD",
    "LOGGERS",
    "CheckpointSettings",
    "Delivery",
    "Design",
    "DesignTables",
    "Experiment",
    "FirstDesigns",
    "Lifespans",
    "Listener",
    "Listeners",
    "LoggedRun",
    "LoggerConnection",
    "LoggerSettings",
    "Metrics",
    "Outcome",
    "Report",
    "ReportWriter",
    "RunFolder",
    "RunStatus",
    "StartTables",
    "Story",
    "SummaryReader",
    "TimeLeft",
    "design_id",
    "diversity",
    "evolve",
    "first_weights",
    "flattened",
    "galleries",
    "gallery",
    "gallery_of",
    "history",
    "learned_recordings",
    "learned_weights",
    "lifespans",
    "mechanics_of",
    "metrics_table",
    "populations",
    "read_new_starts",
    "read_status",
    "read_weights",
    "renewed",
    "replay",
    "require_design_map",
    "resume",
    "rollout",
    "select",
    "split_at",
    "write_weights",
]
