"""A contact sheet: a small picture of each design, with its id, fitness and generation, as one PNG."""

import io
import math

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from codesign.export.camera import following
from codesign.export.moment import Actor
from codesign.export.picture import SheetSettings, moment_of
from codesign.export.recording import Gallery, Recording, RecordingError
from codesign.export.scene import STYLE, draw_scene
from codesign.export.theme import THEMES, Theme

_MOST = 2000
"""Designs on a sheet."""

_WIDTH, _HEIGHT, _HEADER = 220, 236, 56
"""Pixels of a picture with its words, and of the title above all."""

_WORDS = 40
"""Pixels below a picture that its words take."""

_DPI = 100


def render_sheet(gallery: Gallery, settings: SheetSettings) -> bytes:
    """Return the sheet as PNG bytes. Holds one small picture at a time beside the sheet itself.

    Raises:
        RecordingError: designs that have neither two nor three dimensions, or more than 2000.
    """
    count = len(gallery.recordings)
    if count > _MOST:
        remedy = f"choose fewer, as in design=top{_MOST}"
        raise RecordingError(f"at most {_MOST} designs on a sheet", f"{count}", remedy)
    for recording in gallery.recordings:
        if recording.dim not in (2, 3):
            got = f"{recording.dim} ({recording.design})"
            raise RecordingError("designs in two or three dimensions", got, "use format=json")
    theme = THEMES[settings.theme]
    columns = min(settings.columns or math.ceil(math.sqrt(count * 1.3)), count)
    size = max(columns, 2) * _WIDTH, _HEADER + -(-count // columns) * _HEIGHT
    sheet = Image.new("RGB", size, theme.sky)
    with rc_context(STYLE):
        sheet.paste(_title(gallery, size[0], theme), (0, 0))
        for number, recording in enumerate(gallery.recordings):
            row, column = divmod(number, columns)
            picture = _picture(recording, gallery.fitness_of(recording), theme)
            sheet.paste(picture, (column * _WIDTH, _HEADER + row * _HEIGHT))
    output = io.BytesIO()
    about = PngInfo()
    about.add_itxt("Title", gallery.title)
    sheet.save(output, format="png", pnginfo=about)
    return output.getvalue()


def _figure(width: int, height: int, theme: Theme) -> Figure:
    figure = Figure(figsize=((width + 0.01) / _DPI, (height + 0.01) / _DPI), dpi=_DPI, facecolor=theme.sky)
    FigureCanvasAgg(figure)
    return figure


def _image(figure: Figure) -> Image.Image:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy())


def _title(gallery: Gallery, width: int, theme: Theme) -> Image.Image:
    figure = _figure(width, _HEADER, theme)
    births = gallery.generations
    born = f"generation {births[0]}" if len(births) == 1 else f"generations {births[0]} to {births[-1]}"
    count = len(gallery.recordings)
    said = f"{count} design{'s' if count > 1 else ''} of {born}"
    figure.text(12 / width, 0.82, gallery.title, size=13, weight="bold", color=theme.ink, va="top")
    figure.text(12 / width, 0.16, said, size=9, color=theme.muted, va="bottom")
    return _image(figure)


def _picture(recording: Recording, fitness: str, theme: Theme) -> Image.Image:
    """Return the small picture of one design with its words."""
    figure = _figure(_WIDTH, _HEIGHT, theme)
    panel = figure.add_axes((4 / _WIDTH, _WORDS / _HEIGHT, 1 - 8 / _WIDTH, 1 - _WORDS / _HEIGHT))
    panel.set_axis_off()
    actor = Actor.alone(moment_of(recording))
    camera = following(actor, [actor], panel.bbox.width / panel.bbox.height)
    time = float(actor.trajectory.times[0])
    draw_scene(panel, [actor], time, camera(time), theme, detailed=False)
    figure.text(0.05, 34 / _HEIGHT, recording.design, size=9, weight="bold", color=theme.ink, va="top")
    said = f"fitness {fitness} · generation {recording.generation}"
    figure.text(0.05, 18 / _HEIGHT, said, size=8, color=theme.muted, va="top")
    return _image(figure)
