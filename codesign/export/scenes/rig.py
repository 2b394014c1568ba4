"""A body's motion as joints, one at each mass, that move with it and turn with what is around it."""

from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array, Recording, Trajectory
from codesign.export.scenes.space import lifted

_WHOLE = 1e-3
"""How much the whole body counts beside the neighbours of a mass, so that one with few neighbours turns with it."""


@dataclass(frozen=True, eq=False)
class Rig:
    """The motion of joints, with y up.

    Attributes:
        times: float64[frames], seconds.
        centre: float64[frames, 3], centre of mass, metres, world frame.
        places: float64[frames, masses, 3], masses in metres from the centre.
        turns: float64[frames, masses, 4], unit quaternions (x, y, z, w): how far the neighbourhood of each mass has
            turned since the first frame.
    """

    times: Array
    centre: Array
    places: Array
    turns: Array


def rig_of(recording: Recording, trajectory: Trajectory) -> Rig:
    """Return the joints of a body for a motion."""
    points = lifted(trajectory.positions, "y")
    centre = recording.centres(points)
    places = points - centre[:, None]
    return Rig(trajectory.times.astype(np.float64), centre, places, _quaternions(_rotations(recording, places)))


def _rotations(recording: Recording, places: Array) -> Array:
    """Return the rotation, float64[frames, masses, 3, 3], that best takes the springs at a mass from the first frame.

    That is the least squares fit of Kabsch (1976).
    """
    first = places[0]
    whole = np.einsum("fma,mb->fab", places, first) / len(first)
    products = np.repeat(_WHOLE * whole[:, None], len(first), axis=1)
    a, b = recording.springs.T
    along = places[:, b] - places[:, a]
    each = along[..., :, None] * (first[b] - first[a])[..., None, :]
    for mass in range(len(first)):
        products[:, mass] += each[:, (a == mass) | (b == mass)].sum(axis=1)
    if recording.dim == 2:
        # Only about the axis out of the plane, so that nothing turns over where the fit leaves it open.
        products[..., 2, :] = products[..., :, 2] = 0.0
        products[..., 2, 2] = 1e6 * np.abs(products).max(initial=1e-12)
    left, _, right = np.linalg.svd(products)
    mirrored = np.linalg.det(left @ right) < 0
    left[mirrored, :, -1] *= -1
    return left @ right


def _quaternions(rotations: Array) -> Array:
    """Return unit quaternions (x, y, z, w) of rotations, each on the side of the one of the frame before."""
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 - only who asks for a scene loads SciPy

    found = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat().reshape(*rotations.shape[:2], 4)
    against = (found[1:] * found[:-1]).sum(axis=-1) < 0
    signs = np.cumprod(np.where(against, -1.0, 1.0), axis=0)
    found[1:] *= signs[..., None]
    return found
