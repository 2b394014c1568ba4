"""The figure of landscapes: the loss of bodies around their first weights, and on the way to what they learned."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from codesign.export import COLOURS, figure_files
from codesign.landscape.lines import BodyLines


def draw_landscapes(lines: Mapping[str, BodyLines], unit: str = "", kinds: Sequence[str] = ("svg",)) -> list[bytes]:
    """Return the figure as files of some kinds ("svg", "png").

    The left panel has the loss down the gradient and in random directions, seen from the first weights; the right one
    the straight line from first to learned weights. Both are relative to the loss at the first weights.

    Args:
        lines: of each body by its name, for example an evolved one and a random one of its size.
        unit: of the loss.
        kinds: of files.
    """
    figure = Figure(figsize=(11.0, 4.2), layout="constrained")
    around, straight = figure.subplots(1, 2)
    for colour, (name, own) in zip(_colours(len(lines)), lines.items(), strict=True):
        _draw_around(around, own, colour, name)
        _draw_straight(straight, own, colour, name)
    loss = f"change of the loss{f' [{unit}]' if unit else ''}"
    around.set(xlabel="distance from the first weights", ylabel=loss, title="Down the gradient (thick), random (thin)")
    straight.set(xlabel="share of the way to the learned weights", ylabel=loss, title="Straight to what was learned")
    for panel in (around, straight):
        panel.axhline(0.0, color="#888888", linewidth=0.8, zorder=0)
        if lines:
            panel.legend(fontsize=8, frameon=False)
    return figure_files(figure, kinds)


def _colours(count: int) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _draw_around(panel: Axes, lines: BodyLines, colour: str, name: str) -> None:
    start, points = lines.at("first"), len(lines.straight)
    both = np.linspace(-lines.radius, lines.radius, points)
    panel.plot(both, lines.first.random.T - start, color=colour, linewidth=0.5, alpha=0.45)
    panel.plot(np.linspace(0.0, lines.radius, points), lines.first.downhill - start, color=colour, label=name)


def _draw_straight(panel: Axes, lines: BodyLines, colour: str, name: str) -> None:
    along = np.linspace(0.0, 1.0, len(lines.straight))
    panel.plot(along, lines.straight - lines.straight[0], color=colour, label=f"{name} (length {lines.length:.2g})")
