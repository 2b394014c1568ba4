"""What a scene says of its design in words and numbers."""

import math
from typing import Any

from codesign.export.recording import Array, Recording
from codesign.export.scenes.space import frame_rate


def facts(recording: Recording, times: Array) -> dict[str, Any]:
    """Return id, fitness, origin and measures of a design, its size, and the units of the scene; finite numbers only.

    Args:
        recording: the design.
        times: of the frames that the scene has [s].
    """
    found: dict[str, Any] = {
        "design": recording.design,
        "fitness": recording.fitness,
        "generation": recording.generation,
        "parents": list(recording.parents),
        "operator": recording.operator,
        "task": recording.task,
        "controller": recording.controller,
        "masses": recording.masses,
        "springs": len(recording.springs),
        "muscles": recording.muscles,
        "length_unit": "m",
        "time_unit": "s",
        "frame_rate": frame_rate(times),
        "diverged": recording.after.diverged,
    }
    found |= {f"measure_{name}": value for name, value in recording.measures.items()}
    return {key: value for key, value in found.items() if not isinstance(value, float) or math.isfinite(value)}
