"""Designs that codesign exported, .json: masses and springs as they are, and cells where they lie on a lattice."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.body import Body
from codesign.errors import BodyError
from codesign.export import DrawnBody, Recording, RecordingError, read_json
from codesign.formats.body_plan import BodyPlan
from codesign.formats.fitting import fitted
from codesign.formats.format import Format

DESIGN = "design"
"""What plans of exported designs, and no others, say about themselves: the design's id."""


def read(path: Path) -> list[BodyPlan]:
    """Return the body that an exported design shows, as it stands at the start.

    Its springs are just those of the file. Where they are those that its cells have on a lattice of ours, the plan has
    the cells and muscle bits too, and can begin a search.

    Raises:
        RecordingError: no exported design, no body that can be simulated, or one in pieces.
    """
    recording = read_json(path)
    body = body_of(recording, str(path))
    fitness = recording.fitness if math.isfinite(recording.fitness) else None
    about = {DESIGN: recording.design, "task": recording.task, "controller": recording.controller}
    lattice = fitted(body if recording.drawn is None else _as_drawn(body, recording.drawn))
    if lattice is None:
        return [BodyPlan(recording.design, body=body, fitness=fitness, about=about)]
    return [BodyPlan(recording.design, **vars(lattice), body=body, fitness=fitness, about=about)]


def _as_drawn(body: Body, drawn: DrawnBody) -> Body:
    """Return the body that a genome grows into, which lies on a lattice, of one that learned."""
    positions = drawn.positions.astype(np.float64)
    arrays = {name: getattr(drawn, name).astype(np.float64) for name in ("rest_lengths", "stiffness", "swings")}
    arrays["masses"] = drawn.point_masses.astype(np.float64)
    return replace(body, positions=positions - positions.min(axis=0), **arrays)


def body_of(recording: Recording, name: str) -> Body:
    """Return the body that a recording in a file shows, as it stands at the start.

    Raises:
        RecordingError: no body that can be simulated, or one in pieces.
    """
    start = recording.after.positions[0].astype(np.float64)
    try:
        body = Body(
            positions=start - start.min(axis=0),
            springs=recording.springs,
            rest_lengths=recording.rest_lengths.astype(np.float64),
            stiffness=recording.stiffness.astype(np.float64),
            swings=recording.swings.astype(np.float64),
            cells=recording.cells,
            materials=recording.materials,
            masses=recording.point_masses.astype(np.float64),
            damping=recording.damping.astype(np.float64),
            force_limits=recording.force_limits.astype(np.float64),
        )
    except BodyError as error:
        raise RecordingError(error.expected, f"{error.got} in {name}", error.remedy) from error
    if body.pieces != 1:
        expected = f"a body whose {len(start)} masses are joined by springs in {name}"
        raise RecordingError(expected, f"{body.pieces} pieces", "leave the loose masses out, or join them")
    return body


RECORDING = Format(name="json", suffixes=(".json",), read=read)
