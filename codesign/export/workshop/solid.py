"""Closed meshes as files hold them."""

from dataclasses import dataclass

import numpy as np

from codesign.export.recording import Array


@dataclass(frozen=True, eq=False)
class Solid:
    """A closed surface.

    Attributes:
        name: what it is made of ("struts", "soft muscle").
        colour: "#rrggbb".
        vertices: float32[vertices, 3], millimetres, no two alike, the last axis up.
        triangles: int32[triangles, 3], counter-clockwise as seen from outside.
    """

    name: str
    colour: str
    vertices: Array
    triangles: Array


def closed(vertices: Array, triangles: Array) -> tuple[Array, Array] | None:
    """Return a mesh in the precision of files, in which no two vertices are alike; None where it is not closed then.

    Args:
        vertices: float64[vertices, 3], millimetres.
        triangles: int[triangles, 3].

    Returns:
        Vertices and triangles as `Solid` has them. Every edge belongs to two triangles that run along it in opposite
        directions.
    """
    places, index = np.unique(vertices.astype(np.float32) + np.float32(0.0), axis=0, return_inverse=True)
    corners = index.reshape(-1)[triangles]
    # What single precision has made a line or a point encloses nothing, and its neighbours meet where it was.
    corners = corners[~(corners == np.roll(corners, 1, axis=1)).any(axis=1)]
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    there, back = (np.unique(each, axis=0) for each in (edges, edges[:, ::-1]))
    if not len(edges) or len(there) != len(edges) or not np.array_equal(there, back):
        return None
    used, renamed = np.unique(corners, return_inverse=True)
    return places[used], renamed.reshape(-1, 3).astype(np.int32)
