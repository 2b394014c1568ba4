"""What a run's search keeps as JSON: the numbers behind the map on its page, and those of chosen designs."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.export.numbers import plain, plain_list
from codesign.export.recording import Gallery, Recording

FORMAT = "codesign-map"
SCHEMA_VERSION = 1


def write_map(gallery: Gallery, path: Path) -> list[Path]:
    """Write the gallery's map and the numbers of its designs as JSON, and return the path.

    In place of a map there is null where the search looks at fitness alone, or the designs are no run's.

    Raises:
        OutputError: `path` cannot be written to.
    """
    told = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "title": gallery.title,
        "units": dict(gallery.units),
        "map": None if gallery.map is None else gallery.map.numbers(),
        "designs": [_numbers_of(recording) for recording in gallery.recordings],
    }
    files.write_text(path, json.dumps(told, allow_nan=False, indent=2) + "\n")
    return [path]


def _numbers_of(recording: Recording) -> dict[str, Any]:
    return {
        "design": recording.design,
        "generation": recording.generation,
        "parents": list(recording.parents),
        "operator": recording.operator,
        "controller": recording.controller,
        "task": recording.task,
        "fitness": plain(recording.fitness),
        "learning_curve": plain_list(recording.curve),
        "measures": {name: plain(value) for name, value in recording.measures.items()},
        "dimensions": recording.dim,
        "masses": recording.masses,
        "springs": len(recording.springs),
        "muscles": int(np.count_nonzero(recording.swings)),
        "cells": len(recording.cells),
    }
