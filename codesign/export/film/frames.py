"""The pictures of a film one after the other, drawn by matplotlib in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from codesign.export.film.layout import Layout, Panel
from codesign.export.film.settings import FilmSettings
from codesign.export.film.words import draw_label, draw_lanes, draw_ranking
from codesign.export.scene import STYLE, draw_scene
from codesign.export.theme import THEMES, Theme

Frame = npt.NDArray[np.uint8]
"""Red, green and blue of every pixel, shape (height, width, 3)."""


def frame_times(duration: float, settings: FilmSettings) -> list[float]:
    """Return the time of the motion [s] at each picture, the last one repeated for as long as it stays."""
    count = int(np.ceil(round(duration / settings.speed * settings.frame_rate, 6))) + 1
    times = [min(number * settings.speed / settings.frame_rate, duration) for number in range(count)]
    hold = max(settings.hold, 1.0 if duration == 0 else 0.0)
    return times + [duration] * round(hold * settings.frame_rate)


def draw_frames(layout: Layout, settings: FilmSettings, times: Sequence[float]) -> Iterator[Frame]:
    """Yield the pictures of a film at times [s]. Needs no display and leaves matplotlib's state alone."""
    with rc_context(STYLE):
        film = _Film(layout, settings)
    shown: tuple[float, Frame] | None = None
    for time in times:
        if shown is None or time != shown[0]:
            with rc_context(STYLE):
                shown = time, film.draw(time)
        yield shown[1]


class _Film:
    """A figure whose panels are drawn anew for each picture."""

    def __init__(self, layout: Layout, settings: FilmSettings) -> None:
        self._layout, self._theme = layout, THEMES[settings.theme]
        dpi, self._header = settings.dpi, settings.header
        size = ((settings.width + 0.01) / dpi, (settings.height + 0.01) / dpi)
        self._figure = Figure(figsize=size, dpi=dpi, facecolor=self._theme.sky)
        self._canvas = FigureCanvasAgg(self._figure)
        self._size = (settings.width, settings.height)
        self._panels = [self._panel(number) for number in range(len(layout.panels))]
        self._draw_header()
        self._clock = self._figure.text(
            0.985, 1 - 0.25 * self._header, "", ha="right", va="top", size=11, color=self._theme.ink
        )
        self._speed = "" if settings.speed == 1 else f" · speed {settings.speed:g}"

    def _panel(self, number: int) -> Axes:
        rows, columns = self._layout.rows, self._layout.columns
        row, column = divmod(number, columns)
        high = (1 - self._header) / rows
        gap = 1 / self._size[0], 1 / self._size[1]
        box = (column / columns, 1 - self._header - (row + 1) * high, 1 / columns, high)
        panel = self._figure.add_axes((box[0], box[1], box[2] - gap[0], box[3] - gap[1]))
        panel.set_axis_off()
        return panel

    def _draw_header(self) -> None:
        theme, layout = self._theme, self._layout
        style = {"size": 13, "weight": "bold", "color": theme.ink, "va": "top"}
        title = self._figure.text(0.015, 1 - 0.25 * self._header, layout.title, **style)
        room = self._size[0] * 0.97 - 110 * self._figure.dpi / 100  # up to the clock
        while title.get_window_extent(self._canvas.get_renderer()).x1 > room:
            title.set_text(f"{title.get_text()[:-1].removesuffix('…')[:-1]}…")
        self._figure.text(0.015, 1 - 0.9 * self._header, layout.subtitle, size=9, color=theme.muted, va="bottom")
        pixel = self._figure.dpi / 100 / self._size[0]  # of a picture of the usual size, as a part of this one's width
        legend = self._figure.add_axes((1 - 148 * pixel, 1 - 0.83 * self._header, 70 * pixel, 0.14 * self._header))
        legend.set_axis_off()
        scale = theme.actuation(np.linspace(-1, 1, 64))[None]
        legend.imshow(scale, aspect="auto", interpolation="nearest")
        for place, word, side in ((-0.08, "contracting", "right"), (1.08, "expanding", "left")):
            legend.text(place, 0.4, word, ha=side, va="center", size=8, color=theme.muted, transform=legend.transAxes)

    def draw(self, time: float) -> Frame:
        """Return the picture at a time [s]."""
        self._clock.set_text(f"{time:.2f} s{self._speed}")
        for axes, panel in zip(self._panels, self._layout.panels, strict=True):
            for artist in [*axes.collections, *axes.patches, *axes.lines, *axes.texts]:
                artist.remove()
            _draw_panel(axes, panel, time, self._theme, ended=time >= self._layout.duration)
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[: self._size[1], : self._size[0], :3].copy()


def _draw_panel(axes: Axes, panel: Panel, time: float, theme: Theme, *, ended: bool) -> None:
    view = panel.camera(time)
    draw_scene(axes, panel.actors, time, view, theme)
    if len(panel.actors) > 1:
        draw_lanes(axes, panel.actors, time, view, theme)
        if ended:
            draw_ranking(axes, panel.actors, time, view, theme)
    else:
        draw_label(axes, panel, time, theme)
