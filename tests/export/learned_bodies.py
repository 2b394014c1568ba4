"""Recordings of bodies that learned: springs longer to the right, stiffer or softer, and the body that was drawn."""

from dataclasses import replace

import numpy as np

from codesign.export import DrawnBody, Gallery, Recording

LEAST, MOST = 0.8, 1.2
"""Lengths of springs at the left and at the right of a body, as shares of what was drawn."""


def learned(recording: Recording) -> Recording:
    """Return a recording of a body that was drawn as it stands in the first frame, and learned."""
    positions = recording.after.positions[0].astype(np.float64)
    ends = positions[recording.springs]
    drawn = DrawnBody(
        positions,
        np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1),
        recording.stiffness,
        recording.swings,
        recording.point_masses,
    )
    along = ends[:, :, 0].mean(axis=1)
    share = (along - along.min()) / np.ptp(along)
    return replace(
        recording,
        drawn=drawn,
        rest_lengths=drawn.rest_lengths * (LEAST + (MOST - LEAST) * share),
        stiffness=recording.stiffness * (1.0 + 0.1 * share),
    )


def learned_gallery(gallery: Gallery) -> Gallery:
    """Return a gallery whose designs learned, all but the last."""
    return replace(gallery, recordings=(*map(learned, gallery.recordings[:-1]), gallery.recordings[-1]))
