"""Filled cells as solids: polygons extruded, cubes merged, and what touches in an edge or a corner joined."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from codesign.export.recording import Array, Recording, RecordingError
from codesign.export.workshop.pinches import CUBE_FACES, Pinches, pinches
from codesign.export.workshop.settings import PrintSettings

if TYPE_CHECKING:
    from manifold3d import Manifold

_ALIKE = 1e-5
"""Coordinates that differ by less than this share of the extent are one, so that faces in one plane are so exactly."""


def cells_by_material(
    recording: Recording, positions: Array, settings: PrintSettings, *, apart: bool
) -> "dict[int, Manifold]":
    """Return the solid of each material, by its number, or with `apart` off all cells as one solid under number 0.

    Cells are joined by their shared faces. Where cells of one solid touch in an edge or a corner only, a bar along the
    edge or a block at the corner, `settings.bridge` wide, joins them: they share masses in the simulation too, and the
    surface would pass through itself. What a bar takes, other solids lose.

    Args:
        recording: the body.
        positions: float64[masses, dim], millimetres, at rest.
        settings: sizes.
        apart: whether materials are solids of their own.

    Raises:
        RecordingError: a body without cells.
    """
    if not len(recording.cells):
        got = f"{recording.design} without any"
        raise RecordingError("a body with filled cells", got, "set print.shape=struts")
    places = _aligned(positions)
    numbers = recording.materials if apart else np.zeros_like(recording.materials)
    members = {int(number): recording.cells[numbers == number].tolist() for number in np.unique(numbers)}
    maker = (_Plates if recording.dim == 2 else _Cubes)(places, _half_bridge(recording, places, settings))
    owners = _owners({number: pinches(cells, recording.dim) for number, cells in members.items()})
    solids = {number: maker.merged(number, cells, owners) for number, cells in members.items()}
    return {number: maker.upright(solid, settings.thickness) for number, solid in solids.items()}


def _owners(found: Mapping[int, Pinches]) -> dict[tuple[int, ...], int]:
    """Return which solid has the bar along each edge, and the block at each corner, by the masses at its ends.

    The first solid that needs one has it, and with it all that hang together with it: where bars of several solids
    met at a corner, those solids would touch in an edge of the block.
    """
    owners: dict[tuple[int, ...], int] = {}
    edges: dict[int, set[int]] = defaultdict(set)
    for number, places in found.items():
        for place in (*places.edges, *((mass,) for mass in places.corners)):
            owners.setdefault(place, number)
        for first, second in places.edges:
            edges[first].add(second)
            edges[second].add(first)
    ends: dict[int, int] = {}
    for (corner,) in sorted(place for place in owners if len(place) == 1):
        if corner in ends:
            continue
        reached, front = {corner}, [corner]
        while front:
            further = edges[front.pop()] - reached
            reached |= further
            front += further
        ends |= dict.fromkeys(reached, min(owners[(mass,)] for mass in reached))
    return {place: ends[place[0]] for place in owners}


def _aligned(positions: Array) -> Array:
    """Return positions of which coordinates that are almost alike are alike."""
    aligned = np.empty_like(positions)
    apart = _ALIKE * float(np.ptp(positions, axis=0).max())
    for axis, values in enumerate(positions.T):
        order = np.argsort(values, kind="stable")
        group = np.cumsum(np.diff(values[order], prepend=values[order[0]]) > apart)
        aligned[order, axis] = (np.bincount(group, values[order]) / np.bincount(group))[group]
    return aligned


def _half_bridge(recording: Recording, places: Array, settings: PrintSettings) -> float:
    following = (
        np.roll(recording.cells, -1, axis=1) if recording.dim == 2 else recording.cells[:, [1, 3, 7, 6, 4, 5, 7, 3]]
    )
    here = recording.cells if recording.dim == 2 else recording.cells[:, [0, 1, 3, 2, 0, 4, 5, 1]]
    sides = np.linalg.norm(places[following] - places[here], axis=2)
    return min(settings.bridge / 2, float(sides.min()) / 4)


class _Plates:
    """Cells of 2D as areas."""

    def __init__(self, places: Array, half_bridge: float) -> None:
        self._places, self._half = places, half_bridge

    def merged(self, number: int, cells: Sequence[Sequence[int]], owners: dict[tuple[int, ...], int]) -> Any:
        from manifold3d import CrossSection, FillRule  # noqa: PLC0415 - an extra

        area = CrossSection([self._outline(cell) for cell in cells], FillRule.NonZero)
        blocks = {
            own: self._blocks([place for place, who in owners.items() if (who == number) == own])
            for own in (True, False)
        }
        return area - blocks[False] + blocks[True]

    def upright(self, area: Any, thickness: float) -> "Manifold":
        return area.extrude(thickness)

    def _outline(self, cell: Sequence[int]) -> Array:
        outline = self._places[list(cell)]
        x, y = outline.T
        area = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
        return outline if area > 0 else outline[::-1]

    def _blocks(self, corners: Sequence[tuple[int, ...]]) -> Any:
        from manifold3d import CrossSection, FillRule  # noqa: PLC0415 - an extra

        square = self._half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
        return CrossSection([self._places[mass] + square for (mass,) in corners], FillRule.NonZero)


class _Cubes:
    """Cells of 3D as volumes."""

    def __init__(self, places: Array, half_bridge: float) -> None:
        self._places = places
        self._block = half_bridge * np.array(list(product((-1.0, 1.0), repeat=3)))

    def merged(self, number: int, cells: Sequence[Sequence[int]], owners: dict[tuple[int, ...], int]) -> Any:
        solid = _union([self._cube(cell) for cell in cells])
        # Bars first, since those of several solids meet in the blocks at their ends.
        for ends in (2, 1):
            own, others = (
                [self._bar(place) for place, who in owners.items() if len(place) == ends and (who == number) == mine]
                for mine in (True, False)
            )
            solid = solid - _union(others) + _union(own)
        return solid

    def upright(self, solid: "Manifold", thickness: float) -> "Manifold":  # noqa: ARG002 - as plates
        return solid

    def _bar(self, masses: tuple[int, ...]) -> "Manifold":
        """Return a bar from one mass to another, or a block at one."""
        from manifold3d import Manifold  # noqa: PLC0415 - an extra

        corners: Any = (self._places[list(masses)][:, None] + self._block).reshape(-1, 3)
        return Manifold.hull_points(corners)

    def _cube(self, cell: Sequence[int]) -> "Manifold":
        from manifold3d import Manifold, Mesh64  # noqa: PLC0415 - an extra

        triangles = []
        for face in CUBE_FACES:
            # Both cells of a face cut it along the diagonal from the same mass, so that they fit if it is not plane.
            first = int(np.argmin([cell[corner] for corner in face]))
            a, b, c, d = (*face[first:], *face[:first])
            triangles += [(a, b, c), (a, c, d)]
        corners = self._places[list(cell)]
        turned = np.array(triangles, dtype=np.uint64)
        volume = np.linalg.det(corners[turned.astype(int)] - corners.mean(axis=0)).sum()
        return Manifold(Mesh64(corners, turned if volume > 0 else np.ascontiguousarray(turned[:, ::-1])))


def _union(solids: "Sequence[Manifold]") -> "Manifold":
    from manifold3d import Manifold, OpType  # noqa: PLC0415 - an extra

    return Manifold.batch_boolean(solids, OpType.Add) if solids else Manifold()
