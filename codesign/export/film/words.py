"""What is written over the panels of a film: names, distances, the ranking of a race, and motions that diverged."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from codesign.export.eye import Eye
from codesign.export.film.layout import Panel
from codesign.export.moment import Actor
from codesign.export.recording import Array
from codesign.export.scene2d import Window
from codesign.export.theme import Theme

_CORNERS = ((0.985, 0.965, "right", "top"), (0.985, 0.06, "right", "bottom"), (0.2, 0.965, "left", "top"))
"""Where a ranking may be: its corner in parts of the panel, and which one that is."""

_NAMES = 5
"""Bodies of a race in three dimensions that have room for their distances beside their names."""

_LINE = 13.0
"""Distance of two lines of text [points]."""


def draw_label(axes: Axes, panel: Panel, time: float, theme: Theme) -> None:
    """Write in the corner of a panel what it shows, and how far its body has come."""
    (actor,) = panel.actors
    away = "from the light" if actor.light is not None else "along x"
    lines = [(panel.label, 10, "bold", theme.ink)] if panel.label else []
    lines.append((f"{_metres(actor.progress(time))} {away}", 9, "normal", theme.ink))
    if panel.note:
        lines.append((panel.note, 8, "normal", theme.muted))
    lines += [(said, 9, "bold", theme.contract) for said in _divergence(actor, time)]
    _write(axes, lines)


def draw_lanes(axes: Axes, actors: Sequence[Actor], time: float, view: Window | Eye, theme: Theme) -> None:
    """Write beside the bodies of a race who they are and how far they have come."""
    # Many names stand so close in 3D that there is no room for distances, which the ranking tells.
    close = isinstance(view, Eye) and len(actors) > _NAMES
    for actor in actors:
        name = actor.name if close else f"{actor.name}  {_metres(actor.progress(time))}"
        said = [name, *_divergence(actor, time)]
        positions, _ = actor.at(time)
        top = np.array([*positions.mean(axis=0)[:-1], positions[:, -1].max()])
        if isinstance(view, Eye):
            place = view.project(top)
        else:
            left = view.left + 0.012 * view.width
            place = np.array([left, actor.ground[:, 1].max() + 0.45 * actor.size[1]])
        _outlined(axes, float(place[0]), float(place[1]), "\n".join(said), theme, middle=isinstance(view, Eye))


def _outlined(axes: Axes, x: float, y: float, said: str, theme: Theme, *, middle: bool) -> None:
    axes.annotate(
        said,
        (x, y),
        xytext=(0, 4 if middle else 0),
        textcoords="offset points",
        ha="center" if middle else "left",
        va="bottom",
        size=8.5,
        color=theme.ink,
        path_effects=[withStroke(linewidth=2.5, foreground=theme.sky)],
        annotation_clip=False,
        clip_on=True,
        zorder=10_000,
    )


def draw_ranking(axes: Axes, actors: Sequence[Actor], time: float, view: Window | Eye, theme: Theme) -> None:
    """Write who came how far, the first above, where the fewest bodies are."""
    light = actors[0].light is not None
    ranked = sorted(actors, key=lambda actor: actor.progress(time), reverse=not light)
    width = max(len(actor.name) for actor in actors)
    rows = [f"{'':2} {'':{width}}  {'to light' if light else 'along x':>8}  fitness"]
    for place, actor in enumerate(ranked, 1):
        fitness = f"{actor.recording.fitness:7.3f}" if np.isfinite(actor.recording.fitness) else "invalid"
        rows.append(f"{place:2} {actor.name:{width}}  {_metres(actor.progress(time)):>8}  {fitness}")
    places = np.concatenate([_seen(axes, actor.at(time)[0], view) for actor in actors])
    size = 0.034 + 0.0065 * len(rows[0]), 0.06 + 0.033 * len(rows)

    def hidden(corner: tuple[float, float, str, str]) -> int:
        left = corner[0] - (size[0] if corner[2] == "right" else 0)
        bottom = corner[1] - (size[1] if corner[3] == "top" else 0)
        return int(((places > (left, bottom)) & (places < (left + size[0], bottom + size[1]))).all(axis=1).sum())

    x, y, across, up = min(_CORNERS, key=hidden)
    axes.text(
        x,
        y,
        "\n".join(rows),
        ha=across,
        va=up,
        size=8.5,
        family="monospace",
        linespacing=1.5,
        color=theme.ink,
        transform=axes.transAxes,
        bbox={"boxstyle": "round,pad=0.7", "facecolor": theme.sky, "edgecolor": theme.rule, "alpha": 0.92},
        zorder=10_001,
    )


def _seen(axes: Axes, points: Array, view: Window | Eye) -> Array:
    """Return where points are on a panel, from 0 to 1 in both directions, shape (points, 2)."""
    flat = view.project(points) if isinstance(view, Eye) else points
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    return (flat - (left, low)) / (right - left, high - low)


def _write(axes: Axes, lines: Sequence[tuple[str, float, str, str]]) -> None:
    for number, (said, size, weight, colour) in enumerate(lines):
        axes.annotate(
            said,
            (0.0, 1.0),
            xycoords="axes fraction",
            xytext=(9, -9 - _LINE * number),
            textcoords="offset points",
            va="top",
            size=size,
            weight=weight,
            color=colour,
            zorder=10_000,
        )


def _divergence(actor: Actor, time: float) -> list[str]:
    """Return what is said of a motion that diverged, once its last frame is shown."""
    end = float(actor.trajectory.times[-1])
    return [f"diverged at {end:.2f} s"] if actor.trajectory.diverged and time >= end - 1e-6 else []


def _metres(value: float) -> str:
    text = f"{value:.2f}"
    return f"{text.replace('-', '') if float(text) == 0 else text.replace('-', '−')} m"  # noqa: RUF001
