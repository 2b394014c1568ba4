"""Where cells touch in an edge or a corner only, so that the surface around them would pass through itself."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

Cell = Sequence[int]
"""Masses at the corners of a cell, as a recording has them."""

CUBE_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
"""Corners of the faces of a cube, counter-clockwise as seen from outside."""


class Pinches(NamedTuple):
    """Where the surface of cells is no simple sheet.

    Attributes:
        edges: pairs of masses, in ascending order; in 3D only.
        corners: masses; the ends of these edges are among them.
    """

    edges: tuple[tuple[int, int], ...]
    corners: tuple[int, ...]


def pinches(cells: Sequence[Cell], dimension: int) -> Pinches:
    """Return where cells in two or three dimensions touch in an edge or a corner only, and where hollows do."""
    return _of_polygons(cells) if dimension == 2 else _of_cubes(cells)


def _of_polygons(cells: Sequence[Cell]) -> Pinches:
    sides = Counter(tuple(sorted(side)) for cell in cells for side in zip(cell, [*cell[1:], cell[0]], strict=True))
    ends = Counter(mass for side, count in sides.items() if count == 1 for mass in side)
    return Pinches((), tuple(sorted(mass for mass, count in ends.items() if count > 2)))


def _of_cubes(cells: Sequence[Cell]) -> Pinches:
    faces = [[cell[corner] for corner in face] for cell in cells for face in CUBE_FACES]
    times = Counter(frozenset(face) for face in faces)
    outer = [face for face in faces if times[frozenset(face)] == 1]
    beside = Counter(edge for face in outer for edge in _edges(face))
    edges = sorted(edge for edge, count in beside.items() if count > 2)
    around = defaultdict(list)
    for face in outer:
        for mass in face:
            around[mass].append([edge for edge in _edges(face) if mass in edge])
    corners = {mass for edge in edges for mass in edge}
    corners |= {mass for mass, fan in around.items() if _sheets(fan) > 1}
    return Pinches(tuple(edges), tuple(sorted(corners)))


def _edges(face: Sequence[int]) -> list[tuple[int, int]]:
    following = [*face[1:], face[0]]
    return [(min(pair), max(pair)) for pair in zip(face, following, strict=True)]


def _sheets(fan: Sequence[Sequence[tuple[int, int]]]) -> int:
    """Return how many sheets the faces around a corner form, given the edges there of each."""
    sheets: list[set[tuple[int, int]]] = []
    for edges in fan:
        joined = [sheet for sheet in sheets if sheet & set(edges)]
        sheets = [sheet for sheet in sheets if sheet not in joined] + [set(edges).union(*joined)]
    return len(sheets)
