"""Stills of designs as PNG and SVG files, and contact sheets of many."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from codesign import files
from codesign.checks import require_choice, require_count
from codesign.export.exporter import each_design
from codesign.export.recording import Gallery, Recording, Trajectory
from codesign.export.theme import THEMES


@dataclass(frozen=True)
class SheetSettings:
    """Contact sheets: a small picture of each design.

    Attributes:
        columns: pictures in a row; None for about as many as there are rows.
        theme: light or dark.
    """

    columns: int | None = None
    theme: str = "light"

    def __post_init__(self) -> None:
        if self.columns is not None:
            require_count(self, "columns", at_most=40, example=8)
        require_choice(self, "theme", tuple(THEMES))


def write_pictures(gallery: Gallery, path: Path, form: Literal["png", "svg"] = "png") -> list[Path]:
    """Write a picture of each design, named as `Exporter.write` says, and return the files.

    Raises:
        RecordingError: designs that have neither two nor three dimensions.
        OutputError: `path` cannot be written to.
    """
    return each_design(partial(_write_picture, gallery=gallery, form=form), gallery, path, f".{form}")


def write_drawings(gallery: Gallery, path: Path) -> list[Path]:
    """Write an SVG picture of each design; for the rest see `write_pictures`."""
    return write_pictures(gallery, path, "svg")


def write_sheet(gallery: Gallery, path: Path, settings: SheetSettings | None = None) -> list[Path]:
    """Write one PNG picture with all designs, and return its path.

    Raises:
        RecordingError: designs that have neither two nor three dimensions, or more of them than a picture holds.
        OutputError: `path` cannot be written to.
    """
    from codesign.export.sheet import render_sheet  # noqa: PLC0415 - only who asks for a picture loads matplotlib

    files.write_bytes(path, render_sheet(gallery, settings or SheetSettings()))
    return [path]


def render_frame(recording: Recording, time: float, width: int, height: int) -> np.ndarray:
    """Return a picture of the motion after learning at a time [s], without any words.

    Args:
        recording: the design, in two or three dimensions.
        time: of its motion [s].
        width: pixels across.
        height: pixels down.

    Returns:
        Red, green and blue of every pixel, uint8, shape (height, width, 3).
    """
    from codesign.export.still import draw_frame  # noqa: PLC0415 - only who asks for a picture loads matplotlib

    return draw_frame(recording, time, width, height)


def moment_of(recording: Recording) -> Recording:
    """Return the recording with one frame of its motion after learning, which is all that a contact sheet shows."""
    frames = recording.after
    middle = slice(len(frames.times) // 2, len(frames.times) // 2 + 1)
    frame = Trajectory(frames.times[middle], frames.positions[middle], frames.actuation[middle], frames.diverged)
    return replace(recording, after=frame, before=None, weights=np.zeros(0))


def _write_picture(recording: Recording, path: Path, gallery: Gallery, form: Literal["png", "svg"]) -> None:
    from codesign.export.still import render_still  # noqa: PLC0415 - only who asks for a picture loads matplotlib

    files.write_bytes(path, render_still(recording, form, gallery.fitness_of(recording)))
