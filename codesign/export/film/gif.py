"""Films as gif, by Pillow, no larger than asked for: pictures become fewer and smaller until they fit."""

import logging
import math
from dataclasses import replace
from pathlib import Path

from codesign import files
from codesign.errors import ConfigError
from codesign.export.film.settings import SMALLEST, FilmSettings
from codesign.export.recording import Gallery

_SLOWEST = 12.0
"""Pictures per second below which pictures become smaller instead of fewer."""


def write_gif(gallery: Gallery, path: Path, settings: FilmSettings | None = None) -> list[Path]:
    """Write a film of all designs and return its path.

    Raises:
        RecordingError: designs that the layout cannot show.
        ConfigError: not even small pictures fit into so many bytes.
        OutputError: `path` cannot be written to.
    """
    from codesign.export.film.gif_encoding import encoded  # noqa: PLC0415 - only who asks for a film loads matplotlib

    asked = settings or FilmSettings()
    tried = _in_hundredths(asked)
    first = tried
    while not isinstance(made := encoded(gallery, tried, asked.max_bytes), bytes):
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
