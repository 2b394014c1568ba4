"""What explicit steps can hold: how long a step may be for a body, and how stiff the body for a step."""

import math
from dataclasses import dataclass

import numpy as np

from codesign.export import Recording
from codesign.transfer.arrays import Array
from codesign.transfer.changes import mechanics_of


@dataclass(frozen=True)
class Limits:
    """Beyond these the fastest oscillation of a free body grows, in our simulator as in MuJoCo's Euler steps.

    Attributes:
        step: longest step with the recorded stiffness [s].
        stiffness: largest factor on the stiffness with the recorded step.
    """

    step: float
    stiffness: float


def limits_of(recording: Recording) -> Limits:
    """Return the limits of a body, from the fastest of its small oscillations w about its start.

    A step is v' = d v - dt w^2 x, x' = x + dt v' with the factor d of the drag, which holds while dt^2 w^2 < 2 (1 + d).
    Damping along springs is left out.

    Raises:
        RecordingError: the recording does not say how it was simulated.
    """
    mechanics = mechanics_of(recording)
    square = fastest(recording) ** 2

    def room(dt: float) -> float:
        return 2.0 * (1.0 + math.exp(-mechanics.damping * dt)) / (dt**2 * square)

    low, high = 0.0, 2.0 / math.sqrt(square)
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if room(middle) > 1.0 else (low, middle)
    return Limits(low, room(mechanics.dt))


def fastest(recording: Recording) -> float:
    """Return the angular frequency of the fastest small oscillation of a body about its start [rad/s]."""
    start = recording.after.positions[0].astype(np.float64)
    masses, dim = start.shape
    matrix = np.zeros((masses, dim, masses, dim))
    for (first, second), stiffness in zip(recording.springs, recording.stiffness.astype(np.float64), strict=True):
        along: Array = start[first] - start[second]
        block = stiffness * np.outer(along, along) / max(along @ along, 1e-18)
        for one, other, sign in ((first, first, 1), (second, second, 1), (first, second, -1), (second, first, -1)):
            matrix[one, :, other] += sign * block
    root = np.sqrt(mechanics_of(recording).mass * recording.point_masses.astype(np.float64))
    matrix = matrix / root[:, None, None, None] / root[:, None]
    largest = np.linalg.eigvalsh(matrix.reshape(masses * dim, -1))[-1]
    return math.sqrt(max(float(largest), 1e-12))
