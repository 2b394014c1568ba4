"""A still of a design: moments of its motion along the ground, its learning curve, its displacement.

One that was never simulated is drawn as it stands.
"""

import io
from typing import Any, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from codesign.export.camera import following
from codesign.export.moment import Actor
from codesign.export.recording import Array, Recording, RecordingError, Trajectory
from codesign.export.scene import STYLE, draw_scene
from codesign.export.theme import LIGHT

INK, MUTED, RULE = LIGHT.ink, LIGHT.muted, LIGHT.rule
MOMENTS = 5
_DPI = 100


def render_still(recording: Recording, form: Literal["png", "svg"] = "png", fitness: str = "") -> bytes:
    """Return the picture of one design as PNG or SVG bytes, the same every time.

    Needs no display and leaves matplotlib's state alone.

    Args:
        recording: the design.
        form: which of both.
        fitness: its fitness in words (`Gallery.fitness_of`); the number alone if not given.
    """
    fitness = fitness or f"{recording.fitness:.3f}"
    if recording.dim not in (2, 3):
        got = f"{recording.dim} ({recording.design})"
        raise RecordingError("a design in two or three dimensions", got, "use format=json")
    ink: dict[Any, Any] = {"text.color": INK, "axes.edgecolor": RULE, "svg.hashsalt": recording.design}
    with rc_context({**STYLE, **ink}):
        at_rest = len(recording.after.times) == 1 and not len(recording.curve)
        figure = Figure(figsize=(6, 5.6) if at_rest else (11, 5.6), dpi=150, facecolor="white")
        FigureCanvasAgg(figure)
        if at_rest:
            _draw_at_rest(recording, fitness, figure)
        else:
            _draw_motion(recording, fitness, figure)
        output = io.BytesIO()
        undated = {"Date": None} if form == "svg" else {}
        figure.savefig(output, format=form, metadata={"Title": recording.design, **undated})
    return output.getvalue()


def draw_frame(recording: Recording, time: float, width: int, height: int) -> np.ndarray:
    """Return a picture of a moment, see `codesign.export.render_frame`."""
    with rc_context(STYLE):
        figure = Figure(figsize=((width + 0.01) / _DPI, (height + 0.01) / _DPI), dpi=_DPI, facecolor=LIGHT.sky)
        canvas = FigureCanvasAgg(figure)
        _draw_moment(recording, time, figure.add_axes((0.0, 0.0, 1.0, 1.0)))
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[:height, :width, :3].copy()


def _draw_at_rest(recording: Recording, fitness: str, figure: Figure) -> None:
    panel = figure.add_axes((0.06, 0.1, 0.88, 0.73))
    _draw_moment(recording, 0.0, panel)
    known = f"fitness {fitness} · " if np.isfinite(recording.fitness) else ""
    figure.text(0.06, 0.945, recording.design, size=14, weight="bold")
    figure.text(0.06, 0.9, f"{known}{_sizes(recording)}", color=MUTED)


def _draw_motion(recording: Recording, fitness: str, figure: Figure) -> None:
    rows = figure.add_gridspec(2, 1, height_ratios=(1.15, 1), left=0.06, right=0.975, top=0.83, bottom=0.1, hspace=0.36)
    _draw_moments(recording, [figure.add_subplot(cell) for cell in rows[0].subgridspec(1, MOMENTS, wspace=0.05)])
    below = rows[1].subgridspec(1, 2, wspace=0.2)
    _draw_curve(recording, figure.add_subplot(below[0]))
    _draw_way(recording, figure.add_subplot(below[1]))
    figure.text(0.06, 0.945, recording.design, size=14, weight="bold")
    figure.text(0.06, 0.9, _facts(recording, fitness), color=MUTED)
    _draw_legend(figure.add_axes((0.8, 0.935, 0.1, 0.018)))


def _facts(recording: Recording, fitness: str) -> str:
    made = f"{recording.operator} of {' and '.join(recording.parents)}" if recording.parents else recording.operator
    return " · ".join(
        (
            f"fitness {fitness}",
            f"generation {recording.generation}",
            made.replace("_", " "),
            _sizes(recording),
            *_worlds(recording.world_fitness),
        )
    )


def _sizes(recording: Recording) -> str:
    return f"{recording.masses} masses · {len(recording.springs)} springs · {recording.muscles} muscles"


def _worlds(fitness: Array | None) -> list[str]:
    valid = np.zeros(0) if fitness is None else fitness[np.isfinite(fitness)]
    if fitness is None or not valid.size:
        return []
    return [f"{len(fitness)} worlds: {valid.min():.2f} to {valid.max():.2f}"]


def _draw_moments(recording: Recording, panels: list[Axes]) -> None:
    """Draw the body at evenly spaced frames, in windows of one size that follow it."""
    times = recording.after.times
    frames = np.linspace(0, len(times) - 1, len(panels)).round().astype(int).tolist()
    for panel, frame in zip(panels, frames, strict=True):
        _draw_moment(recording, float(times[frame]), panel)
        panel.set_title(f"{times[frame]:.2f} s", size=9, color=MUTED, loc="left", pad=4)


def _draw_moment(recording: Recording, time: float, panel: Axes) -> None:
    panel.set_axis_off()
    actor = Actor.alone(recording)
    camera = following(actor, [actor], panel.bbox.width / panel.bbox.height)
    draw_scene(panel, [actor], time, camera(time), LIGHT)


def _draw_curve(recording: Recording, panel: Axes) -> None:
    panel.plot(np.arange(len(recording.curve)), recording.curve, color=INK, linewidth=1.6)
    if np.isfinite(recording.curve).any():
        best = int(np.nanargmax(recording.curve))
        panel.plot(best, recording.curve[best], "o", color=INK, markersize=5)
    panel.set_title("Learning", size=10, weight="bold", loc="left")
    panel.margins(x=0.02, y=0.12)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    _style(panel, "learning step", "performance")


def _draw_way(recording: Recording, panel: Axes) -> None:
    """Draw how far the centre of mass is from its start, or from the light where there is one."""
    trajectories = ((recording.before, "before learning", MUTED, 1.2), (recording.after, "after learning", INK, 1.6))
    for trajectory, name, colour, width in trajectories:
        if trajectory is not None:
            panel.plot(trajectory.times, _way(recording, trajectory), color=colour, linewidth=width, label=name)
    panel.legend(
        loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False, handlelength=1.4, labelcolor=MUTED
    )
    panel.set_title(
        "Displacement" if recording.light is None else "Distance to the light", size=10, weight="bold", loc="left"
    )
    panel.margins(x=0.02, y=0.12)
    _style(panel, "time [s]", "centre of mass [m]")


def _way(recording: Recording, trajectory: Trajectory) -> Array:
    """Return metres per frame: on the level from the light if there is one, else from the start along x."""
    middle, light = recording.centres(trajectory.positions)[:, :-1], recording.light
    if light is None:
        return middle[:, 0] - middle[0, 0]
    return np.linalg.norm(middle - light[:-1], axis=1)


def _draw_legend(panel: Axes) -> None:
    panel.imshow(LIGHT.actuation(np.linspace(-1, 1, 128))[None], aspect="auto")
    panel.set_axis_off()
    for x, text, side in ((-0.06, "contracting", "right"), (1.06, "expanding", "left")):
        panel.text(x, 0.5, text, ha=side, va="center", color=MUTED, transform=panel.transAxes)


def _style(panel: Axes, x_label: str, y_label: str = "") -> None:
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.tick_params(length=0, labelcolor=MUTED, labelsize=8)
    panel.set_xlabel(x_label, color=MUTED, size=8)
    panel.set_ylabel(y_label, color=MUTED, size=8)
    if y_label:
        panel.grid(axis="y", color=RULE, linewidth=0.8)
        panel.set_axisbelow(True)
