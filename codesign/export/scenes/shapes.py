"""Triangles of simple solids: balls and tubes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array

_SIDES = 8


@dataclass(frozen=True, eq=False)
class Shape:
    """Triangles.

    Attributes:
        points: float64[vertices, 3], metres.
        normals: float64[vertices, 3], of length 1.
        triangles: int[triangles, 3], anticlockwise from outside.
    """

    points: Array
    normals: Array
    triangles: Array


def ball(radius: float) -> Shape:
    """Return a ball around the origin: an icosahedron, each triangle split into four."""
    golden = (1 + math.sqrt(5)) / 2
    corners = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0)]
    points = np.array([np.roll(corner, turn) for turn in range(3) for corner in corners], np.float64)
    # A face is three corners that are nearest to each other.
    near = np.abs(np.linalg.norm(points[:, None] - points[None], axis=-1) - 2) < 1e-6
    faces = [
        (a, b, c)
        for a in range(12)
        for b in range(a + 1, 12)
        for c in range(b + 1, 12)
        if near[a, b] and near[b, c] and near[a, c]
    ]
    triangles = np.array([face if _outwards(points[list(face)]) else face[::-1] for face in faces])
    a, b, c = points[triangles].transpose(1, 0, 2)
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    split = np.concatenate([np.stack(each, axis=1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    found, index = np.unique(np.round(split.reshape(-1, 3), 9), axis=0, return_inverse=True)
    normals = found / np.linalg.norm(found, axis=1, keepdims=True)
    return Shape(normals * radius, normals, index.reshape(-1, 3))


def _outwards(face: Array) -> bool:
    return bool(np.dot(np.cross(face[1] - face[0], face[2] - face[0]), face.sum(axis=0)) > 0)


def tube(start: Array, end: Array, radius: float) -> Shape:
    """Return a tube between two places, open at its ends; its first half of vertices is at the start."""
    along = end - start
    length = float(np.linalg.norm(along))
    along = along / length if length > 1e-12 else np.array([1.0, 0.0, 0.0])
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    angles = 2 * np.pi * np.arange(_SIDES) / _SIDES
    ring = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * np.cross(along, across)
    side = np.arange(_SIDES)
    following = (side + 1) % _SIDES
    quads = np.stack([side, following, following + _SIDES, side + _SIDES], axis=1)
    points = np.concatenate([start + radius * ring, end + radius * ring])
    return Shape(points, np.concatenate([ring, ring]), quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))


def joined(parts: Sequence[Shape]) -> Shape:
    """Return several shapes as one."""
    starts = np.cumsum([0, *(len(part.points) for part in parts[:-1])])
    return Shape(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, starts.tolist(), strict=True)]),
    )
