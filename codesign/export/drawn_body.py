"""The body that evolution drew, where learning changed it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codesign.export.arrays import Array, RecordingError, convert

CHANGEABLE: Mapping[str, str] = {
    "rest_lengths": "rest lengths",
    "stiffness": "stiffness",
    "swings": "swings",
    "point_masses": "masses",
}
"""What of a body learning may change, by the names of a recording's fields, in words."""


@dataclass(frozen=True, eq=False)
class DrawnBody:
    """What a body was before it learned. Arrays are converted to the types below.

    Attributes:
        positions: float32[masses, dim], metres, the shape at rest, in a frame of its own.
        rest_lengths: float32[springs], metres, above 0.
        stiffness: float32[springs], newtons per metre, above 0.
        swings: float32[springs], largest relative change of rest length; 0 for a passive spring.
        point_masses: float32[masses], kilograms, above 0.

    Raises:
        RecordingError: shapes that disagree, or numbers that are not finite or out of range.
    """

    positions: Array
    rest_lengths: Array
    stiffness: Array
    swings: Array
    point_masses: Array

    def __post_init__(self) -> None:
        convert(self, "positions", np.float32, (None, None))
        convert(self, "rest_lengths", np.float32, (None,))
        convert(self, "point_masses", np.float32, (len(self.positions),))
        for name in ("stiffness", "swings"):
            convert(self, name, np.float32, (len(self.rest_lengths),))
        numbers = np.concatenate([self.positions.ravel(), *(getattr(self, name) for name in CHANGEABLE)])
        above = (self.rest_lengths, self.stiffness, self.point_masses)
        sound = all((each > 0).all() for each in above) and (self.swings >= 0).all()
        if not np.isfinite(numbers).all() or not sound:
            expected = "a drawn body of finite numbers, above 0 but for swings of at least 0"
            raise RecordingError(expected, "other numbers", "record the body that the genome grows into")


def relative_changes(drawn: DrawnBody, learned: Mapping[str, Array]) -> dict[str, tuple[float, float]]:
    """Return mean and largest change of what differs, as shares of what was drawn, by field.

    Args:
        drawn: the body before it learned.
        learned: the fields that it has now.
    """
    found: dict[str, tuple[float, float]] = {}
    for name in CHANGEABLE:
        before, after = (np.asarray(each, dtype=np.float64) for each in (getattr(drawn, name), learned[name]))
        there = before > 0
        change = np.abs(after[there] / before[there] - 1.0)
        if change.any():
            found[name] = float(change.mean()), float(change.max())
    return found
