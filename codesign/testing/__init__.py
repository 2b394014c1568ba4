"""Checks for plug-ins: what the package's own tests demand of every task, terrain, controller and so on.

Each `check_...` takes what a plug-in module offers, runs it, and raises `CheckError` with what was expected and what
came. They take seconds to a minute, most of which is compilation.
"""

from codesign.testing.design_checks import check_lattice, check_operator
from codesign.testing.evaluator_checks import check_evaluator
from codesign.testing.export_checks import check_exporter
from codesign.testing.failures import CheckError
from codesign.testing.format_checks import check_format
from codesign.testing.logger_checks import check_logger
from codesign.testing.plugin_checks import (
    check_contact,
    check_controller,
    check_force,
    check_sense,
    check_task,
    check_terrain,
)
from codesign.testing.search_checks import check_learner, check_search

__all__ = [
    "CheckError",
    "check_contact",
    "check_controller",
    "check_evaluator",
    "check_exporter",
    "check_force",
    "check_format",
    "check_lattice",
    "check_learner",
    "check_logger",
    "check_operator",
    "check_search",
    "check_sense",
    "check_task",
    "check_terrain",
]
