"""Experiments for callers that have no command line: composed by the names of choices, or read from a run folder."""

from codesign.cli.analyze_trainability import analysis_of
from codesign.cli.catalogue import experiment_of, require_effect
from codesign.cli.experiments.choices import composed, current_catalogue, named_plugins, options
from codesign.cli.run_config import (
    found_in,
    input_files,
    plugin_notices,
    read,
    require_same,
    require_same_first,
    to_yaml,
    with_free,
)
from codesign.cli.run_records import comparison_of
from codesign.cli.schemas import Catalogue, plain_fields
from codesign.cli.settings import build
from codesign.cli.suggestions import listed, nearest

__all__ = [
    "Catalogue",
    "analysis_of",
    "build",
    "comparison_of",
    "composed",
    "current_catalogue",
    "experiment_of",
    "found_in",
    "input_files",
    "listed",
    "named_plugins",
    "nearest",
    "options",
    "plain_fields",
    "plugin_notices",
    "read",
    "require_effect",
    "require_same",
    "require_same_first",
    "to_yaml",
    "with_free",
]
