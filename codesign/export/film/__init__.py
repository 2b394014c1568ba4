"""Films of designs: panels with bodies that a camera follows, drawn frame after frame without a display."""

from codesign.export.film.gif import write_gif
from codesign.export.film.mp4 import write_mp4
from codesign.export.film.settings import FilmSettings

__all__ = ["FilmSettings", "write_gif", "write_mp4"]
