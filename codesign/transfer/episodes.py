"""What both simulators of a comparison take and return."""

from dataclasses import dataclass

import numpy as np

from codesign.export import Recording
from codesign.transfer.arrays import Array
from codesign.transfer.changes import mechanics_of
from codesign.transfer.controllers import Actuate

FARTHEST = 1000.0
"""Coordinates [m] beyond which a body has exploded."""


@dataclass(frozen=True)
class Drive:
    """What moves the muscles of a robot, in steps of the recording.

    Attributes:
        actuate: the controller, which is asked once in every step of the recording; None for the recorded actuation.
        latency: steps after which muscles do what they are told; until then nothing is asked of them.
    """

    actuate: Actuate | None = None
    latency: int = 0


@dataclass(frozen=True, eq=False)
class Episode:
    """The motion of a robot at the steps of its recording, as far as it is finite.

    Attributes:
        positions: float64[frames, masses, dim], metres.
        steps: frames that there would be without a divergence.
    """

    positions: Array
    steps: int

    @property
    def diverged(self) -> bool:
        """Whether the body exploded."""
        return len(self.positions) < self.steps


class Asked:
    """What is asked of the springs of robots with one body in every step, kept for latencies.

    Args:
        recording: of the robot.
        drives: of each robot.
    """

    def __init__(self, recording: Recording, drives: list[Drive]) -> None:
        self._recorded = recording.after.actuation.astype(np.float64) * (recording.swings > 0.0)
        self._muscles = (recording.swings > 0.0).astype(np.float64)
        self._dt = mechanics_of(recording).dt
        self._drives = drives
        self._past: list[Array] = []

    def at(self, step: int, x: Array, v: Array) -> Array:
        """Return what muscles do in a step, shape (robots, springs), given states of shape (robots, masses, dim)."""
        recorded = self._recorded[min(step, len(self._recorded) - 1)]
        now = np.tile(recorded, (len(self._drives), 1))
        actuate = self._drives[0].actuate
        if actuate is not None:
            now = actuate(step * self._dt, x, v) * self._muscles
        self._past.append(now)
        late = [step - drive.latency for drive in self._drives]
        return np.stack(
            [self._past[at][robot] if at >= 0 else np.zeros_like(recorded) for robot, at in enumerate(late)]
        )


def exploded(x: Array) -> Array:
    """Return which robots exploded, bool[robots], given positions of shape (robots, masses, dim)."""
    with np.errstate(invalid="ignore"):
        return np.logical_not((np.abs(x) < FARTHEST).all(axis=(1, 2)))
