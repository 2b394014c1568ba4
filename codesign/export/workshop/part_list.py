"""What a body is built from: struts, muscles and joints, numbered, with what each muscle does."""

from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array, Recording
from codesign.export.rest_shape import rest_positions
from codesign.export.workshop.oscillation import Oscillations, fit
from codesign.export.workshop.settings import PrintSettings


@dataclass(frozen=True)
class Part:
    """A strut or a muscle.

    Attributes:
        number: what lists and drawings call it: S and a number for a strut, M for a muscle.
        spring: its spring in the recording, from 0.
        joints: places of its two joints in `Parts.joints`.
        length: between the centres of its joints at rest, by the spring's rest length, millimetres at scale.
    """

    number: str
    spring: int
    joints: tuple[int, int]
    length: float

    @property
    def muscle(self) -> bool:
        """Whether it changes its length by itself."""
        return self.number.startswith("M")


@dataclass(frozen=True, eq=False)
class Parts:
    """All parts of a body.

    Attributes:
        design: id.
        scale: millimetres for one metre of the simulated body.
        parts: in the order of the springs.
        places: float64[joints, dim], millimetres at scale, from the lowest corner of the body at rest; joint k is mass
            k and is called J and k + 1.
        recording: what all this is of.
        motion: the sine that the actuation of each muscle comes closest to, in the order of the muscles.
    """

    design: str
    scale: float
    parts: tuple[Part, ...]
    places: Array
    recording: Recording
    motion: Oscillations

    @property
    def muscles(self) -> list[Part]:
        """Those parts that are muscles."""
        return [part for part in self.parts if part.muscle]


def parts_of(recording: Recording, settings: PrintSettings) -> Parts:
    """Return what a body is built from.

    Raises:
        RecordingError: a body that is not in two or three dimensions, has no spring, or one without length.
    """
    places = rest_positions(recording) * settings.scale
    muscle = recording.swings != 0
    counts = np.where(muscle, np.cumsum(muscle), np.cumsum(~muscle)).tolist()
    lengths = (recording.rest_lengths.astype(np.float64) * settings.scale).tolist()
    parts = tuple(
        Part(f"{'M' if moves else 'S'}{count}", spring, (first, second), length)
        for spring, (moves, count, (first, second), length) in enumerate(
            zip(muscle.tolist(), counts, recording.springs.tolist(), lengths, strict=True)
        )
    )
    motion = fit(recording.after.times, recording.after.actuation[:, muscle])
    return Parts(recording.design, settings.scale, parts, places - places.min(axis=0), recording, motion)


def joint_name(joint: int) -> str:
    """Return what lists and drawings call a joint."""
    return f"J{joint + 1}"


def cut_list(parts: Parts) -> list[tuple[str, int, float]]:
    """Return how many struts and muscles there are of each length, rounded to a tenth of a millimetre."""
    counts: dict[tuple[str, float], int] = {}
    for part in parts.parts:
        key = ("muscle" if part.muscle else "strut", round(part.length, 1))
        counts[key] = counts.get(key, 0) + 1
    return [(kind, counts[kind, length], length) for kind, length in sorted(counts, reverse=True)]
