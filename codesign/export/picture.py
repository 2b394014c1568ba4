"""Stills of designs as PNG files."""

from pathlib import Path

from codesign import files
from codesign.export.exporter import each_design
from codesign.export.recording import Gallery, Recording


def write_pictures(gallery: Gallery, path: Path) -> list[Path]:
    """Write a PNG picture of each design, named as `Exporter.write` says, and return the files.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    return each_design(_write_picture, gallery, path)


def _write_picture(recording: Recording, path: Path) -> None:
    from codesign.export.still import render_still  # noqa: PLC0415 - only who asks for a picture loads matplotlib

    files.write_bytes(path, render_still(recording))
