"""The figure of a comparison: what designs come to, how far the simulators get apart, what changes do."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from codesign.export import COLOURS, figure_files
from codesign.transfer.comparison import Transfer

_METRES = "displacement {} [m]"


def draw(transfers: Sequence[Transfer], kinds: Sequence[str]) -> list[bytes]:
    """Return the figure as files of some kinds ("svg", "png")."""
    figure = Figure(figsize=(13.0, 4.4), layout="constrained")
    first, second, third = figure.subplots(1, 3)
    _draw_displacements(first, transfers)
    _draw_distances(second, transfers)
    _draw_changes(third, transfers)
    return figure_files(figure, kinds)


def _draw_displacements(panel: Axes, transfers: Sequence[Transfer]) -> None:
    """Draw what each design comes to in MuJoCo over what it comes to here, as recorded and changed."""
    seen = []
    for number, each in enumerate(transfers):
        colour = COLOURS[number % len(COLOURS)]
        changed = [outcome for loop in ("open", "closed") for outcome in each.changed(loop)]
        panel.plot(
            [outcome.here for outcome in changed],
            [outcome.there for outcome in changed],
            ".",
            color=colour,
            alpha=0.45,
            markersize=5,
            markeredgewidth=0,
        )
        nominal = [outcome for outcome in each.outcomes if outcome not in changed]
        panel.plot(
            [outcome.here for outcome in nominal],
            [outcome.there for outcome in nominal],
            "o",
            color=colour,
            markersize=7,
            label=each.design,
        )
        seen += [value for outcome in each.outcomes for value in (outcome.here, outcome.there)]
    finite = [value for value in seen if np.isfinite(value)] or [0.0, 1.0]
    ends = min(finite), max(finite)
    panel.plot(ends, ends, color="#888888", linewidth=0.8, zorder=0)
    panel.set(
        xlabel=_METRES.format("here"), ylabel=_METRES.format("in MuJoCo"), title="As recorded (large) and changed"
    )
    panel.legend(fontsize=7, frameon=False)


def _draw_distances(panel: Axes, transfers: Sequence[Transfer]) -> None:
    """Draw over time how far the masses of a design are apart in both simulators, for the longest and shortest step."""
    for number, each in enumerate(transfers):
        colour = COLOURS[number % len(COLOURS)]
        nominal = [outcome for outcome in each.outcomes if outcome not in each.changed(outcome.loop)]
        shown = [outcome for outcome in nominal if outcome.loop == nominal[0].loop]
        for outcome, style in ((shown[0], "-"), (shown[-1], ":")):
            times = each.dt * np.arange(len(outcome.rms_distance))
            panel.semilogy(times, np.maximum(outcome.rms_distance, 1e-5), style, color=colour, linewidth=1)
    panel.set(xlabel="time [s]", ylabel="distance of masses, root mean square [m]")
    panel.set_title("Longest step (lines) and shortest step (dots)")


def _draw_changes(panel: Axes, transfers: Sequence[Transfer]) -> None:
    """Draw which share of the recorded displacement is left under each change, here and in MuJoCo."""
    loops = [loop for loop in ("open", "closed") if all(each.changed(loop) for each in transfers)]
    names = list(dict.fromkeys(each.change.name for t in transfers for each in t.changed(loops[0]))) if loops else []
    for number, each in enumerate(transfers):
        for outcome in each.changed(loops[0]) if loops else []:
            row = names.index(outcome.change.name)
            style = {"color": COLOURS[number % len(COLOURS)], "markersize": 5, "alpha": 0.8}
            panel.plot(each.share(outcome.here), row + 0.18, "|", **style)
            panel.plot(each.kept(outcome), row - 0.12, "o", markeredgewidth=0, **style)
    panel.axvline(1.0, color="#888888", linewidth=0.8, zorder=0)
    panel.set_yticks(range(len(names)), names, fontsize=7)
    panel.invert_yaxis()
    panel.set_xlabel("share of the recorded displacement")
    panel.set_title(f"Changed, {loops[0]} loop: MuJoCo (dots), here (|)" if loops else "No changes")
