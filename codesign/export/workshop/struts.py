"""Springs as struts with a joint at every mass: flat bars and discs in 2D, rods and balls in 3D."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from codesign.export.recording import Array, Recording, RecordingError
from codesign.export.workshop.settings import PrintSettings

if TYPE_CHECKING:
    from manifold3d import CrossSection, Manifold

_FLAT, _SPATIAL = 32, 12
"""Corners of what is round in 2D and in 3D."""

_TURN = np.pi * (3 - np.sqrt(5))
_ASKEW = (17.0, 29.0, 41.0)
"""Angle between one rod and the next [radians], and angles of balls [degrees]: whatever they are, so that no facets of
rods that cross lie in one plane, where rounding would decide which is in front."""


def struts_by_kind(
    recording: Recording, positions: Array, settings: PrintSettings, *, apart: bool
) -> "dict[str, Manifold]":
    """Return the passive struts with all joints as one solid, and the muscles as another.

    Struts that cross without a joint are one where they cross.

    Args:
        recording: the body.
        positions: float64[masses, dim], millimetres, at rest.
        settings: sizes.
        apart: whether muscles are a solid of their own, which ends where joints and passive struts begin.

    Raises:
        RecordingError: muscles are left out, and there is nothing else.
    """
    muscle = recording.swings != 0
    if not settings.muscles and muscle.all():
        raise RecordingError("struts that are not muscles", f"none in {recording.design}", "set print.muscles=true")
    passive, driven = recording.springs[~muscle], recording.springs[muscle & settings.muscles]
    joints = np.unique(np.concatenate([passive, driven]))
    return (_flat if recording.dim == 2 else _spatial)(positions, passive, driven, joints, settings, apart)


def _flat(
    positions: Array, passive: Array, driven: Array, joints: Array, settings: PrintSettings, apart: bool
) -> "dict[str, Manifold]":
    from manifold3d import CrossSection, FillRule  # noqa: PLC0415 - an extra

    def area(outlines: Sequence[Array]) -> "CrossSection":
        return CrossSection(list(outlines), FillRule.NonZero)

    holes = area([positions[joint] + _circle(settings.hole, _FLAT) for joint in joints.tolist() if settings.hole])
    discs = area([positions[joint] + _circle(settings.joint, _FLAT) for joint in joints.tolist()])
    bars = area([_bar(positions[spring], settings.width) for spring in passive]) + discs
    muscles = area([_bar(positions[spring], settings.width) for spring in driven])
    if not apart:
        return {"struts": (bars + muscles - holes).extrude(settings.thickness)}
    solids = {"struts": bars - holes, "muscles": muscles - bars - holes}
    return {name: solid.extrude(settings.thickness) for name, solid in solids.items() if not solid.is_empty()}


def _circle(diameter: float, corners: int) -> Array:
    angles = 2 * np.pi * (np.arange(corners) + 0.5) / corners
    return diameter / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _bar(ends: Array, width: float) -> Array:
    """Return the outline of a flat bar from joint to joint, counter-clockwise."""
    start, end = ends
    along = (end - start) / np.linalg.norm(end - start)
    across = width / 2 * np.array([-along[1], along[0]])
    return np.array([start - across, end - across, end + across, start + across])


def _spatial(
    positions: Array, passive: Array, driven: Array, joints: Array, settings: PrintSettings, apart: bool
) -> "dict[str, Manifold]":
    from manifold3d import Manifold, OpType  # noqa: PLC0415 - an extra

    ball = Manifold.sphere(settings.joint / 2, _SPATIAL).rotate(_ASKEW)
    balls = [ball.translate(positions[joint]) for joint in joints.tolist()]
    rods = [
        _rod(positions[spring], settings.width, number)
        for number, spring in enumerate(np.concatenate([passive, driven]))
    ]
    bars, muscles = rods[: len(passive)], rods[len(passive) :]
    if not apart or not muscles:
        return {"struts": Manifold.batch_boolean([*balls, *bars, *muscles], OpType.Add)}
    struts = Manifold.batch_boolean([*balls, *bars], OpType.Add)
    return {"struts": struts, "muscles": Manifold.batch_boolean(muscles, OpType.Add) - struts}


def _rod(ends: Array, width: float, number: int) -> "Manifold":
    """Return a rod from joint to joint, turned about its axis by another angle for each number."""
    from manifold3d import Manifold  # noqa: PLC0415 - an extra

    start, end = ends
    along = (end - start) / np.linalg.norm(end - start)
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    turned = np.cos(number * _TURN) * across + np.sin(number * _TURN) * np.cross(along, across)
    ring = _circle(width, _SPATIAL) @ np.stack([turned, np.cross(along, turned)])
    return Manifold.hull_points(np.concatenate([start + ring, end + ring]))
