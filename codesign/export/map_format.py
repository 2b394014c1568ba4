"""What a run's search keeps as JSON: the numbers behind the map on its page, and those of chosen designs."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from codesign import files
from codesign.export.numbers import plain, plain_list
from codesign.export.recording import Gallery, Recording, RecordingError

FORMAT = "codesign-map"
SCHEMA_VERSION = 1


def write_map(gallery: Gallery, path: Path) -> list[Path]:
    """Write the gallery's map and the numbers of its designs as JSON, and return the path.

    Raises:
        RecordingError: there is no map, since the search looks at fitness alone, or the designs are no run's.
        OutputError: `path` cannot be written to.
    """
    if gallery.map is None:
        remedy = "use designs of a run of such a search, or another format"
        raise RecordingError("designs of a search that keeps a map", f"{gallery.title}, which has none", remedy)
    told = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "title": gallery.title,
        "units": dict(gallery.units),
        "map": gallery.map.numbers(),
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
