"""Bodies of designs as small tables, and pictures of them in figures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import codesign
from codesign.export import Recording
from codesign.run import Design
from experiments.figures import INK, library

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MUSCLE = "#e0730f"

FRAME_SECONDS = 2.0
"""Seconds between the poses of a design that pictures show."""


def best_designs(run: codesign.Run, count: int, generations: int | None = None) -> list[Design]:
    """Return the best designs that a run ever had, or had in its first generations, no two of equal fitness."""
    found: dict[float, str] = {}
    for row in run.designs.select(["design", "fitness", "generation"]).to_pylist():
        if np.isfinite(row["fitness"]) and (generations is None or row["generation"] < generations):
            found.setdefault(round(row["fitness"], 9), row["design"])
    return run.select([found[fitness] for fitness in sorted(found, reverse=True)[:count]])


def posed(run: codesign.Run, design: str = "best") -> dict[str, Any]:
    """Return a design as a table in JSON: what it is, its measures, and its poses every two seconds after learning."""
    recording: Recording = run.recording(design)
    found = run.select(design)[0]
    seconds = np.arange(0.0, recording.after.times[-1] + 1e-6, FRAME_SECONDS)
    frames = [int(np.argmin(abs(recording.after.times - second))) for second in seconds]
    return {
        "design": found.id,
        "fitness": round(float(found.fitness), 4),
        "generation": recording.generation,
        "masses": len(recording.point_masses),
        "muscles": int((recording.swings > 0).sum()),
        "measures": {name: round(float(value), 4) for name, value in recording.measures.items()},
        "before": round(float(recording.curve[0]), 4),
        "springs": recording.springs.tolist(),
        "is_muscle": (recording.swings > 0).astype(int).tolist(),
        "poses": np.round(recording.after.positions[frames], 3).tolist(),
    }


def draw_poses(axes: "Axes", design: Mapping[str, Any]) -> None:
    """Draw the poses of a flat design over its way: muscles in colour, the ground as a line."""
    lines = library("matplotlib.collections").LineCollection
    springs, muscles = np.array(design["springs"]), np.array(design["is_muscle"], bool)
    poses = np.array(design["poses"])
    for number, pose in enumerate(poses):
        strength = 0.25 + 0.75 * (number + 1) / len(poses)
        for kind, colour in ((~muscles, INK), (muscles, MUSCLE)):
            axes.add_collection(lines(pose[springs[kind]], colors=colour, linewidths=0.7, alpha=strength))
    axes.axhline(0.1, color=INK, linewidth=0.6)
    axes.set(aspect="equal", xlim=(poses[..., 0].min() - 0.05, poses[..., 0].max() + 0.05))
    axes.set_ylim(0.05, poses[..., 1].max() + 0.05)
    axes.grid(visible=False)
    axes.set_yticks([])
