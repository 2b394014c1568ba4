"""Bodies as binary STL: one closed mesh without units; these files hold millimetres."""

from functools import partial
from pathlib import Path

import numpy as np

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.recording import Gallery, Recording
from codesign.export.workshop.settings import PrintSettings
from codesign.export.workshop.solids import solids

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])


def write_stl(gallery: Gallery, path: Path, settings: PrintSettings | None = None) -> list[Path]:
    """Write an STL file for each design, named as `Exporter.write` says, and return the files.

    Raises:
        RecordingError: a body that cannot be printed so.
        OutputError: `path` cannot be written to.
    """
    return each_design(partial(_write_one, settings=settings or PrintSettings()), gallery, path)


def _write_one(recording: Recording, path: Path, settings: PrintSettings) -> None:
    (solid,) = solids(recording, settings, apart=False)
    corners = solid.vertices[solid.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    facets = np.zeros(len(corners), dtype=_TRIANGLE)
    facets["normal"] = normals / np.where(lengths > 0, lengths, 1.0)
    facets["corners"] = corners
    header = f"codesign {recording.design}, millimetres, {settings.scale:g} for a metre".encode("ascii")[:80]
    count = np.array(len(facets), dtype="<u4").tobytes()
    files.write_bytes(path, header.ljust(80, b" ") + count + facets.tobytes())
