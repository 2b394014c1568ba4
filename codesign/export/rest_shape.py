"""The shape of a body at rest, from a recording of its motion."""

import numpy as np

from codesign.export.recording import Array, Recording, RecordingError

_UNDEFORMED = 1e-3
"""Share of a rest length by which springs of the first frame may differ from it: a recording is in single precision."""

_STEPS = 3000
"""Most steps of the search for a shape at rest."""


def rest_positions(recording: Recording) -> Array:
    """Return where the masses are while no spring is strained, float64[masses, dim], metres.

    A recording begins with the body as it is put on the ground, which is its shape at rest; that frame is returned as
    it is. Where a motion begins otherwise, the shape is the one nearest to its first frame whose springs have their
    rest lengths, or come as close to them as they can in the sense of least squares.

    Raises:
        RecordingError: the body has neither two nor three dimensions, no spring, or a rest length that is not above 0.
    """
    if recording.dim not in (2, 3):
        raise RecordingError("designs in two or three dimensions", f"{recording.dim}", "use format=json")
    first = recording.after.positions[0].astype(np.float64)
    if not len(recording.springs):
        raise RecordingError("a body with springs", f"{recording.design} without any", "choose another design")
    lengths = recording.rest_lengths.astype(np.float64)
    sound = np.isfinite(lengths) & (lengths > 0)
    if not sound.all():
        number = int(np.argmin(sound))
        got = f"{lengths[number]:g} m at spring {number} of {recording.design}"
        raise RecordingError("springs with a rest length above 0", got, "leave such springs out of the body")
    strained = np.abs(_lengths(first, recording.springs) / lengths - 1.0)
    return first if strained.max() <= _UNDEFORMED else _relaxed(first, recording.springs, lengths)


def _lengths(positions: Array, springs: Array) -> Array:
    return np.linalg.norm(positions[springs[:, 1]] - positions[springs[:, 0]], axis=1)


def _relaxed(positions: Array, springs: Array, lengths: Array) -> Array:
    """Return positions whose springs come close to their rest lengths, by stress majorisation (de Leeuw 1977).

    Each step puts the masses where springs of rest length, in the directions that they have now, would hold them. No
    step raises the sum of squared differences of length.
    """
    from scipy.sparse import csr_array, diags_array  # noqa: PLC0415 - hardly a recording needs it
    from scipy.sparse.linalg import splu  # noqa: PLC0415

    rows = np.arange(len(springs))
    entries = np.concatenate([np.full(len(springs), -1.0), np.ones(len(springs))])
    ends = (np.concatenate([rows, rows]), springs.T.ravel())
    differences = csr_array((entries, ends), shape=(len(springs), len(positions)))
    # A body may be moved as a whole, which no spring hinders: a little more on the diagonal holds it where it is.
    held = splu((differences.T @ differences + diags_array(np.full(len(positions), 1e-9))).tocsc())
    for _ in range(_STEPS):
        reach = differences @ positions
        now = np.linalg.norm(reach, axis=1)
        wanted = np.where(now > 0, lengths / np.where(now > 0, now, 1.0), 1.0) - 1.0
        step = held.solve(differences.T @ (wanted[:, None] * reach))
        positions = positions + step
        if np.abs(step).max() <= 1e-8 * lengths.mean():
            break
    return positions


def shapes_at_rest(recording: Recording) -> tuple[Array, Array]:
    """Return where the masses are at rest as the body was drawn, and as it learned to be, each float64[masses, dim].

    Both are in metres and stand where the motion begins, the learned one turned and moved so that its masses are as
    near to the drawn ones as they can be (Kabsch 1976), and as high above the ground.

    Args:
        recording: of a body that learned.

    Raises:
        RecordingError: as `rest_positions`.
    """
    assert recording.drawn is not None
    learned = rest_positions(recording)
    drawn = recording.drawn.positions.astype(np.float64)
    drawn -= drawn.mean(axis=0)
    centred = learned - learned.mean(axis=0)
    left, _, right = np.linalg.svd(centred.T @ drawn)
    flips = np.ones(recording.dim)
    flips[-1] = np.sign(np.linalg.det(left @ right))  # a body that is turned, not its mirror image
    learned = centred @ (left * flips) @ right
    middle = recording.after.positions[0].mean(axis=0, dtype=np.float64)
    drawn, learned = drawn + middle, learned + middle
    learned[:, -1] += drawn[:, -1].min() - learned[:, -1].min()
    return drawn, learned
