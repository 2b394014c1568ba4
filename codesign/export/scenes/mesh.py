"""The surface of a body as polygons whose corners follow masses, and what its springs and masses look like."""

from dataclasses import dataclass

import numpy as np

from codesign.export.geometry import outer_faces
from codesign.export.recording import Array, Recording
from codesign.export.scenes.space import Up, lifted

_PLATE, _PASSIVE, _MUSCLE, _MASS = 0.015, 0.028, 0.05, 0.07
"""Half the thickness of cells in two dimensions, radii of springs and masses, in mean lengths of springs at rest.

Springs are thicker than cells, so that they show on both sides."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Polygons whose corners follow masses; every polygon has corners of its own, so that its colour and normal are.

    Attributes:
        masses: int[corners], the mass that each corner follows.
        depth: float64[corners], metres from that mass out of the plane of a body in two dimensions, towards the viewer;
            0 in three dimensions.
        sizes: int[polygons], number of corners of each polygon, anticlockwise from outside; its corners follow each
            other.
        cells: int[polygons], the cell that each polygon is of.
    """

    masses: Array
    depth: Array
    sizes: Array
    cells: Array

    @property
    def polygon_of_corner(self) -> Array:
        """The polygon that each corner is of, int[corners]."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def triangles(self) -> Array:
        """Return the corners of triangles, int[triangles, 3], as fans of the polygons."""
        firsts = np.cumsum(self.sizes) - self.sizes
        fans = [
            (first, first + corner, first + corner + 1)
            for first, size in zip(firsts.tolist(), self.sizes.tolist(), strict=True)
            for corner in range(1, size - 1)
        ]
        return np.array(fans, np.int64).reshape(-1, 3)

    def corners(self, positions: Array, up: Up) -> Array:
        """Return where corners are, float64[..., corners, 3], for positions float[..., masses, dim] in metres."""
        points = lifted(positions, up)[..., self.masses, :]
        # Two dimensions lie in x and z with z up, or in x and y with y up, and are looked at against y or along -z.
        points[..., 1 if up == "z" else 2] += self.depth * (-1 if up == "z" else 1)
        return points

    def normals(self, corners: Array) -> Array:
        """Return the unit normal at each corner, that of its polygon, float64[..., corners, 3].

        Args:
            corners: where corners are, float[..., corners, 3].
        """
        firsts = np.cumsum(self.sizes) - self.sizes
        # Across both diagonals of a quadrilateral that need not be even, and both sides of a triangle.
        opposite, last = firsts + np.minimum(2, self.sizes - 1), firsts + self.sizes - 1
        across = corners[..., opposite, :] - corners[..., firsts, :]
        other = corners[..., last, :] - corners[..., firsts + 1, :]
        found = np.cross(across, other)
        length = np.linalg.norm(found, axis=-1, keepdims=True)
        found = np.where(length > 1e-12, found / np.maximum(length, 1e-12), (1.0, 0.0, 0.0))
        return found[..., self.polygon_of_corner, :]


def surface(recording: Recording) -> Surface:
    """Return the surface of a body: outer faces of cubes, or cells in the plane as thin plates."""
    if recording.dim == 3:
        faces, cells = outer_faces(recording.cells)
        return Surface(faces.ravel(), np.zeros(faces.size), np.full(len(faces), 4), cells)
    return _plates(recording)


def _plates(recording: Recording) -> Surface:
    """Return fronts and backs of all cells, and sides where no other cell is."""
    half = _PLATE * spring_length(recording)
    outlines = [_anticlockwise(cell, recording.after.positions[0]) for cell in recording.cells]
    sides: dict[frozenset[int], int] = {}
    for outline in outlines:
        for pair in zip(outline.tolist(), np.roll(outline, -1).tolist(), strict=True):
            sides[frozenset(pair)] = sides.get(frozenset(pair), 0) + 1
    masses: list[Array] = []
    depth: list[Array] = []
    cells: list[int] = []
    for number, outline in enumerate(outlines):
        masses += [outline, outline[::-1]]
        depth += [np.full(len(outline), half), np.full(len(outline), -half)]
        cells += [number, number]
        for left, right in zip(outline.tolist(), np.roll(outline, -1).tolist(), strict=True):
            if sides[frozenset((left, right))] == 1:
                masses.append(np.array([left, left, right, right]))
                depth.append(half * np.array([1, -1, -1, 1]))
                cells.append(number)
    sizes = np.array([len(each) for each in masses], np.int64)
    empty = [np.zeros(0, np.int64)]
    return Surface(np.concatenate(masses or empty), np.concatenate(depth or empty), sizes, np.array(cells, np.int64))


def _anticlockwise(cell: Array, positions: Array) -> Array:
    """Return the corners of a cell in the plane in that order, seen with x to the right and the other axis up."""
    x, y = positions[cell].astype(np.float64).T
    area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    return cell if area >= 0 else cell[::-1]


def spring_length(recording: Recording) -> float:
    """Return the mean length of springs at rest [m]; 0.1 for a body without any."""
    return float(recording.rest_lengths.mean(dtype=np.float64)) if len(recording.springs) else 0.1


def spring_radii(recording: Recording) -> Array:
    """Return the radius that each spring is drawn with [m], float64[springs]."""
    return spring_length(recording) * np.where(recording.swings > 0, _MUSCLE, _PASSIVE)


def mass_radius(recording: Recording) -> float:
    """Return the radius that masses are drawn with [m]."""
    return spring_length(recording) * _MASS


def open_springs(recording: Recording) -> Array:
    """Return the springs that show: in two dimensions all, in three those that are in no cell."""
    if recording.dim == 2 or not len(recording.cells):
        return np.arange(len(recording.springs))
    inside = np.zeros(len(recording.springs), bool)
    for cell in recording.cells:
        inside |= np.isin(recording.springs, cell).all(axis=1)
    return np.flatnonzero(~inside)


def open_masses(recording: Recording) -> Array:
    """Return the masses that show: in two dimensions all, in three those that are in no cell."""
    everything = np.arange(recording.masses)
    return everything if recording.dim == 2 else np.setdiff1d(everything, recording.cells)


def muscles_of_cells(recording: Recording) -> Array:
    """Return what each spring counts for in the mean over the muscles of each cell, float64[springs, cells].

    A cell's muscles are those that join two of its corners; a cell without any has zeros.
    """
    shares = np.zeros((len(recording.springs), len(recording.cells)))
    muscles = recording.swings > 0
    for number, cell in enumerate(recording.cells):
        inside = np.isin(recording.springs, cell).all(axis=1) & muscles
        shares[inside, number] = 1 / max(np.count_nonzero(inside), 1)
    return shares


def actuation_of_cells(recording: Recording, actuation: Array) -> Array:
    """Return the mean actuation of the muscles of each cell, float64[frames, cells], for that of springs by frame."""
    return np.clip(actuation @ muscles_of_cells(recording), -1, 1)
