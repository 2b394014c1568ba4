"""Exporter `parts`: lists of struts, muscles and joints, and a drawing to scale of how they go together."""

from pathlib import Path

from codesign import files
from codesign.export.exporter import named_after_designs
from codesign.export.recording import Gallery
from codesign.export.workshop.drawing import draw
from codesign.export.workshop.dxf import dxf
from codesign.export.workshop.part_list import parts_of
from codesign.export.workshop.part_tables import joints_table, parts_table
from codesign.export.workshop.settings import PrintSettings
from codesign.export.workshop.svg import svg

SUFFIX = ".parts.csv"
BESIDE = (".joints.csv", ".parts.svg", ".parts.dxf")


def write_parts(gallery: Gallery, path: Path, settings: PrintSettings | None = None) -> list[Path]:
    """Write lists and drawings of each design, named as `Exporter.write` says, and return the files.

    Raises:
        RecordingError: a body that is not in two or three dimensions, has no spring, or one without length.
        OutputError: `path` cannot be written to.
    """
    settings = settings or PrintSettings()
    written = []
    mains = named_after_designs(path, [recording.design for recording in gallery.recordings], SUFFIX)
    for recording, main in zip(gallery.recordings, mains, strict=True):
        parts = parts_of(recording, settings)
        sheet = draw(parts, settings)
        stem = main.name.removesuffix(SUFFIX)
        texts = (parts_table(parts), joints_table(parts), svg(sheet), dxf(sheet))
        for file, text in zip((main, *(main.with_name(stem + each) for each in BESIDE)), texts, strict=True):
            files.write_text(file, text)
            written.append(file)
    return written
