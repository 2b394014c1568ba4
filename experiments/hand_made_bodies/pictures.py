"""Pictures of the study: what evolved and drawn bodies reach, over robot-steps and at the end, and the bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import codesign
from experiments.figures import COLOURS, INK, band, panels, points
from experiments.runs import curves
from experiments.tables import Rows

KINDS = ("evolved", "drawn")


def ends(tasks: Mapping[tuple[str, str], Sequence[np.ndarray]]) -> Any:
    """Return the figure of what bodies reach in the end.

    Args:
        tasks: by title and label of the axis: best of the run, this taught on, and of the drawn; taught anew evolved
            and drawn; a number for each seed.
    """
    figure, axes = _panels(len(tasks))
    for axis, ((title, label), groups) in zip(axes, tasks.items(), strict=True):
        colours = [COLOURS[0], COLOURS[4], COLOURS[1], COLOURS[0], COLOURS[1]]
        points(axis, [("", values.tolist()) for values in groups], colours)
        axis.set_xticks([1.1, 3.6], ["best for equal\nrobot-steps", "taught anew,\nmean"])
        axis.set(title=title, ylabel=label)
        axis.set_ylim(min(0.0, axis.get_ylim()[0]), None)
    for kind, colour in zip(("evolved", "and taught on", "drawn"), (0, 4, 1), strict=True):
        axes[0].plot([], [], "o", color=COLOURS[colour], label=kind)
    axes[0].legend(loc="lower left")
    return figure


def _panels(count: int) -> tuple[Any, Sequence[Any]]:
    """Return a figure with three panels in a row, as many as are wanted, and these."""
    figure, axes = panels(3, -(-count // 3), width=3.0, height=2.6)
    for axis in axes[count:]:
        axis.axis("off")
    return figure, axes[:count]


def over_robot_steps(tasks: Mapping[tuple[str, str], tuple[Rows, Rows]]) -> Any:
    """Return the figure of the best so far over robot-steps, of runs and of rounds of halving."""
    figure, axes = _panels(len(tasks))
    for axis, ((title, label), kinds) in zip(axes, tasks.items(), strict=True):
        for kind, colour, rows in zip(KINDS, COLOURS, kinds, strict=False):
            band(axis, curves(rows, "best"), kind, colour, unit=1e6)
        axis.set(title=title, xlabel="robot-steps [millions]", ylabel=label)
        axis.set_ylim(min(0.0, axis.get_ylim()[0]), None)
    axes[0].legend(loc="lower right")
    return figure


def shape(body: codesign.Body) -> dict[str, Any]:
    """Return what a picture of a body needs; of cubes without the diagonals, which hide it."""
    springs, lengths = body.springs, np.linalg.norm(np.diff(body.positions[body.springs], axis=1)[:, 0], axis=-1)
    shown = lengths < 1.01 * lengths.min() if body.positions.shape[1] == 3 else np.ones(len(springs), bool)
    return {
        "positions": body.positions.round(3).tolist(),
        "springs": springs[shown].tolist(),
        "muscles": (body.swings[shown] > 0).astype(int).tolist(),
    }


def bodies(shapes: Mapping[str, Any], drawn: Mapping[str, Sequence[str]]) -> Any:
    """Return the figure of all bodies, by lattice: those drawn by hand, then the best of each run, task by task.

    Args:
        shapes: by `LATTICE/NAME` and `TASK/SEED`.
        drawn: names of the tasks on each lattice.
    """
    rows = []
    for lattice, tasks in drawn.items():
        rows += [[name for name in shapes if name.startswith(f"{own}/")] for own in (lattice, *tasks)]
    columns = max(len(row) for row in rows)
    figure, axes = panels(columns, len(rows), width=1.2, height=1.2)
    for place, axis in enumerate(axes):
        row, column = divmod(place, columns)
        axis.axis("off")
        if column < len(rows[row]):
            name = rows[row][column]
            kind, own = name.split("/")
            _picture(axis, shapes[name], own if kind in drawn else f"{kind}, seed {own}")
    return figure


def _picture(axis: Any, shape: Mapping[str, Any], title: str) -> None:
    positions, springs = np.array(shape["positions"]), np.array(shape["springs"])
    if positions.shape[1] == 3:  # seen from above and from the side
        x, y, z = positions.T
        positions = np.stack([x + 0.45 * y, z + 0.3 * y], axis=1)
    muscles = np.array(shape["muscles"], bool)
    for kind, colour in ((~muscles, INK), (muscles, COLOURS[1])):
        ends = positions[springs[kind]]
        gaps = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan)], axis=1).reshape(-1, 2)
        axis.plot(gaps[:, 0], gaps[:, 1], color=colour, linewidth=0.8)
    axis.set_title(title, fontsize=7)
    axis.set_aspect("equal")
