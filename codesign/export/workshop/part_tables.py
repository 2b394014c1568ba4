"""Lists of parts and of joints as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from codesign.export.workshop.part_list import Part, Parts, joint_name

PART_COLUMNS = (
    *("part", "kind", "spring", "first_joint", "second_joint", "length_mm", "rest_length_m", "stiffness_N_per_m"),
    *("swing", "stroke_mm", "shortest_mm", "longest_mm"),
    *("offset", "amplitude", "amplitude_mm", "frequency_hz", "phase_deg", "fit_r2"),
)


def parts_table(parts: Parts) -> str:
    """Return a row for each strut and muscle; cells of what only muscles have are empty for struts."""
    place = {part.number: number for number, part in enumerate(parts.muscles)}
    rows = (_passive(parts, part) + _active(parts, part, place.get(part.number)) for part in parts.parts)
    return _table(PART_COLUMNS, rows)


def joints_table(parts: Parts) -> str:
    """Return a row for each joint: where it is at rest, how many parts meet there, and which."""
    meeting: list[list[str]] = [[] for _ in parts.places]
    for part in parts.parts:
        for joint in part.joints:
            meeting[joint].append(part.number)
    axes = [f"{axis}_mm" for axis in "xyz"[: parts.places.shape[1]]]
    rows = (
        [joint_name(joint), joint, *map(_decimal, place), len(meeting[joint]), " ".join(meeting[joint])]
        for joint, place in enumerate(parts.places.tolist())
    )
    return _table(("joint", "mass", *axes, "parts", "which"), rows)


def _passive(parts: Parts, part: Part) -> list[Any]:
    recording = parts.recording
    first, second = part.joints
    return [
        part.number,
        "muscle" if part.muscle else "strut",
        part.spring,
        joint_name(first),
        joint_name(second),
        _decimal(part.length),
        recording.rest_lengths[part.spring],
        recording.stiffness[part.spring],
    ]


def _active(parts: Parts, part: Part, muscle: int | None) -> list[Any]:
    """Return what a muscle does over the whole episode."""
    if muscle is None:
        return [""] * 10
    swing, motion = float(parts.recording.swings[part.spring]), parts.motion
    asked = parts.recording.after.actuation[:, part.spring].astype(np.float64)
    shortest, longest = (part.length * (1.0 + swing * float(each)) for each in (asked.min(), asked.max()))
    amplitude = float(motion.amplitude[muscle])
    lengths = (longest - shortest, shortest, longest)
    wave = (motion.frequency[muscle], motion.phase[muscle], motion.quality[muscle])
    return [
        parts.recording.swings[part.spring],
        *map(_decimal, lengths),
        *map(_decimal, (motion.offset[muscle], amplitude, amplitude * swing * part.length)),
        *map(_decimal, wave),
    ]


def _decimal(value: float) -> str:
    """Return a number to a ten-thousandth, of a millimetre for instance; nothing for what has no value."""
    return f"{value:.4f}" if np.isfinite(value) else ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
