"""Films as gif, by Pillow, no larger than asked for: pictures become fewer and smaller until they fit."""

import logging
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import GifImagePlugin, Image

from codesign import files
from codesign.errors import ConfigError
from codesign.export.film.settings import SMALLEST, FilmSettings
from codesign.export.recording import Gallery

if TYPE_CHECKING:
    from codesign.export.film.frames import Frame

_SLOWEST = 12.0
"""Pictures per second below which pictures become smaller instead of fewer."""

_SAMPLES = 8
"""Pictures that a gif's colours are chosen from."""

_LONGEST = 65535
"""Hundredths of a second that a gif can show a picture."""


def write_gif(gallery: Gallery, path: Path, settings: FilmSettings | None = None) -> list[Path]:
    """Write a film of all designs and return its path.

    Raises:
        RecordingError: designs that the layout cannot show.
        ConfigError: not even small pictures fit into so many bytes.
        OutputError: `path` cannot be written to.
    """
    asked = settings or FilmSettings()
    tried = _in_hundredths(asked)
    first = tried
    while not isinstance(made := _encoded(gallery, tried, asked.max_bytes), bytes):
        tried = _smaller(tried, asked.max_bytes / made)
    files.write_bytes(path, made)
    if tried != first:
        said = "%s has %d x %d pixels and %.3g pictures a second, to be no larger than %.3g MB (film.max_bytes)"
        numbers = (tried.width, tried.height, tried.frame_rate, asked.max_bytes / 1e6)
        logging.getLogger(__name__).warning(said, path, *numbers)
    return [path]


def _in_hundredths(settings: FilmSettings) -> FilmSettings:
    """Return settings with a frame rate that a gif can have, whose pictures stay for whole hundredths of a second.

    Browsers take less than two hundredths for a tenth of a second.
    """
    return replace(settings, frame_rate=100 / max(round(100 / settings.frame_rate), 2))


def _smaller(settings: FilmSettings, factor: float) -> FilmSettings:
    """Return settings for a gif that is smaller by about a factor: pictures become fewer first, then smaller.

    Raises:
        ConfigError: they are the fewest and smallest already.
    """
    slower = _in_hundredths(replace(settings, frame_rate=max(settings.frame_rate * factor, _SLOWEST)))
    if slower.frame_rate < settings.frame_rate:
        return slower
    shrunk = min(math.sqrt(factor), 0.95)
    width, height = (
        max(2 * int(size * shrunk / 2), least)
        for size, least in zip((settings.width, settings.height), SMALLEST, strict=True)
    )
    if (width, height) != (settings.width, settings.height):
        return replace(settings, width=width, height=height)
    if settings.frame_rate > 2:
        return _in_hundredths(replace(settings, frame_rate=max(settings.frame_rate / 2, 1.0)))
    remedy = "raise it, show fewer designs, or use format=mp4"
    raise ConfigError("film.max_bytes that a film fits into", "less than its smallest needs", remedy)


def _encoded(gallery: Gallery, settings: FilmSettings, most: int) -> bytes | float:
    """Return a gif, or about how many bytes it would have if that is more than `most`."""
    from codesign.export.film.frames import draw_frames, frame_times  # noqa: PLC0415 - these load matplotlib
    from codesign.export.film.layout import arrange  # noqa: PLC0415

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
            return size * len(times) / shown
    return b"".join([*parts, b";"])


def _pictures(frames: Iterable["Frame"], palette: Image.Image, hundredths: float) -> Iterator[tuple[bytes, int]]:
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


def _palette(frames: Iterable["Frame"], colours: int) -> Image.Image:
    """Return an image with the colours that some pictures are shown in best, one less than there may be.

    Colours count by the root of how many pixels have them, so that small muscles keep theirs beside a large ground.
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
    weights = np.ceil(np.sqrt(counts[there]) / 4).astype(int)
    pixels = np.repeat(means, weights, axis=0)
    return Image.fromarray(pixels[None]).quantize(colours - 1, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _header(settings: FilmSettings, palette: Image.Image) -> bytes:
    """Return the beginning of a gif that is repeated without end: its size, its 256 colours."""
    colours = bytes(palette.getpalette() or []).ljust(768, b"\0")
    size = struct.pack("<HHBBB", settings.width, settings.height, 0xF7, 0, 0)
    return b"GIF89a" + size + colours + b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
