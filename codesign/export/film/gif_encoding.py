"""Pictures of a film as the bytes of a gif: one table of colours, and of each picture what changes."""

import struct
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import GifImagePlugin, Image

from codesign.export.film.frames import Frame, draw_frames, frame_times
from codesign.export.film.layout import arrange
from codesign.export.film.settings import FilmSettings
from codesign.export.recording import Gallery

_SAMPLES = 8
"""Pictures that a gif's colours are chosen from."""

_LONGEST = 65535
"""Hundredths of a second that a gif can show a picture."""


def encoded(gallery: Gallery, settings: FilmSettings, most: int) -> bytes | float:
    """Return a gif, or about how many bytes it would have if that is more than `most`."""
    layout = arrange(gallery, settings)
    times = frame_times(layout.duration, settings)
    samples = [times[place] for place in np.linspace(0, len(times) - 1, _SAMPLES).round().astype(int).tolist()]
    palette = _palette(draw_frames(layout, settings, samples), settings.colours)
    parts = [_header(settings, palette)]
    size, shown = len(parts[0]), 0
    for data, count in _pictures(draw_frames(layout, settings, times), palette, 100 / settings.frame_rate):
        parts.append(data)
        size, shown = size + len(data), shown + count
        if size > most:
            return size * len(set(times)) / shown
    return b"".join([*parts, b";"])


def _pictures(frames: Iterable[Frame], palette: Image.Image, hundredths: float) -> Iterator[tuple[bytes, int]]:
    """Yield each picture of a gif as it is in the file, with how many frames it is shown for.

    Pixels that stay as they are get the number of the colour behind the last, which means that they do.
    """
    nothing = len(palette.getpalette() or []) // 3
    before: npt.NDArray[np.uint8] | None = None
    waiting: tuple[Any, tuple[int, int], int] | None = None
    for frame in frames:
        pixels = np.asarray(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE))
        changed = np.ones(pixels.shape, bool) if before is None else pixels != before
        before = pixels
        if waiting is not None and not changed.any():
            waiting = (waiting[0], waiting[1], waiting[2] + 1)
            continue
        if waiting is not None:
            yield _picture(*waiting, nothing, hundredths), waiting[2]
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        waiting = (np.where(changed, pixels, nothing)[box].astype(np.uint8), (int(columns[0]), int(rows[0])), 1)
    if waiting is not None:
        yield _picture(*waiting, nothing, hundredths), waiting[2]


def _picture(pixels: Any, corner: tuple[int, int], count: int, nothing: int, hundredths: float) -> bytes:
    duration = min(round(count * hundredths), _LONGEST) * 10
    image = Image.fromarray(pixels, mode="P")
    parts = GifImagePlugin.getdata(image, corner, duration=duration, disposal=1, transparency=nothing)
    return b"".join(parts)


def _palette(frames: Iterable[Frame], colours: int) -> Image.Image:
    """Return an image with the colours that some pictures are shown in best, one less than there may be.

    Colours count by a power below 1 of how many pixels have them, so that small muscles keep theirs beside much ground.
    """
    counts = np.zeros(32**3, dtype=np.int64)
    sums = np.zeros((32**3, 3))
    for frame in frames:
        flat = frame.reshape(-1, 3)
        number = (flat >> 3).astype(np.int64) @ (1024, 32, 1)
        counts += np.bincount(number, minlength=len(counts))
        for channel in range(3):
            sums[:, channel] += np.bincount(number, flat[:, channel], minlength=len(counts))
    there = np.flatnonzero(counts)
    means = (sums[there] / counts[there, None]).round().astype(np.uint8)
    weights = np.ceil(counts[there] ** 0.4 / 2).astype(int)
    pixels = np.repeat(means, weights, axis=0)
    return Image.fromarray(pixels[None]).quantize(colours - 1, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _header(settings: FilmSettings, palette: Image.Image) -> bytes:
    """Return the beginning of a gif that is repeated without end: its size, its 256 colours."""
    colours = bytes(palette.getpalette() or []).ljust(768, b"\0")
    size = struct.pack("<HHBBB", settings.width, settings.height, 0xF7, 0, 0)
    return b"GIF89a" + size + colours + b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
