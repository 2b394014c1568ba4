"""Bodies: masses joined by springs, and the cells that they outline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
OffsetArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Body:
    """One body at rest.

    Attributes:
        positions: mass positions [m], body frame (the smallest of each coordinate is 0), shape (masses, dim).
        springs: the two masses of each spring, the lower first, shape (springs, 2).
        rest_lengths: rest lengths [m], shape (springs,).
        stiffness: spring stiffnesses [N/m], shape (springs,).
        swings: largest relative change of the rest length by actuation, 0 for a passive spring, shape (springs,).
        cells: masses at the corners of each filled cell, in drawing order, shape (filled, corners).
        materials: material of each filled cell, an index into the lattice's materials, shape (filled,).
    """

    positions: FloatArray
    springs: IntArray
    rest_lengths: FloatArray
    stiffness: FloatArray
    swings: FloatArray
    cells: IntArray
    materials: NDArray[np.uint8]

    @property
    def pieces(self) -> int:
        """Number of pieces that no spring joins."""
        masses = len(self.positions)
        joined = coo_array((np.ones(len(self.springs)), self.springs.T), shape=(masses, masses))
        return int(connected_components(joined, directed=False)[0]) if masses else 0


@dataclass(frozen=True, eq=False)
class Bodies:
    """Many bodies of different sizes in flat arrays.

    The masses of body i are those from mass_start[i] up to but not including mass_start[i + 1]; the rest likewise.

    Attributes:
        mass_start: first mass of each body, shape (n + 1,).
        spring_start: first spring of each body, shape (n + 1,).
        cell_start: first filled cell of each body, shape (n + 1,).
        positions: mass positions [m], each in its body's frame, shape (all masses, dim).
        springs: the two masses of each spring, numbered from 0 within the body, shape (all springs, 2).
        rest_lengths: rest lengths [m], shape (all springs,).
        stiffness: spring stiffnesses [N/m], shape (all springs,).
        swings: largest relative changes of the rest lengths, 0 = passive, shape (all springs,).
        cells: masses at the corners of each filled cell, numbered within the body, shape (all filled, corners).
        materials: material of each filled cell, shape (all filled,).
    """

    mass_start: OffsetArray
    spring_start: OffsetArray
    cell_start: OffsetArray
    positions: FloatArray
    springs: IntArray
    rest_lengths: FloatArray
    stiffness: FloatArray
    swings: FloatArray
    cells: IntArray
    materials: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.mass_start) - 1

    def __getitem__(self, index: int) -> Body:
        """Return one body; its arrays are views."""
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        masses = slice(self.mass_start[index], self.mass_start[index + 1])
        springs = slice(self.spring_start[index], self.spring_start[index + 1])
        cells = slice(self.cell_start[index], self.cell_start[index + 1])
        return Body(
            positions=self.positions[masses],
            springs=self.springs[springs],
            rest_lengths=self.rest_lengths[springs],
            stiffness=self.stiffness[springs],
            swings=self.swings[springs],
            cells=self.cells[cells],
            materials=self.materials[cells],
        )

    def take(self, indices: NDArray[np.integer] | Sequence[int]) -> "Bodies":
        """Return the bodies of the given indices, in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        mass_start, masses = _gathered(self.mass_start, chosen)
        spring_start, springs = _gathered(self.spring_start, chosen)
        cell_start, cells = _gathered(self.cell_start, chosen)
        return Bodies(
            mass_start=mass_start,
            spring_start=spring_start,
            cell_start=cell_start,
            positions=self.positions[masses],
            springs=self.springs[springs],
            rest_lengths=self.rest_lengths[springs],
            stiffness=self.stiffness[springs],
            swings=self.swings[springs],
            cells=self.cells[cells],
            materials=self.materials[cells],
        )

    @staticmethod
    def of(bodies: Sequence[Body]) -> "Bodies":
        """Return the given bodies, at least one and all of one dimension, in flat arrays."""
        return _flat(
            bodies,
            offsets([len(body.positions) for body in bodies]),
            offsets([len(body.springs) for body in bodies]),
            offsets([len(body.cells) for body in bodies]),
        )

    @staticmethod
    def concatenate(parts: Sequence["Bodies"]) -> "Bodies":
        """Return the bodies of all parts, at least one and all of one dimension, one part after the other."""
        return _flat(
            parts,
            offsets(np.concatenate([np.diff(part.mass_start) for part in parts])),
            offsets(np.concatenate([np.diff(part.spring_start) for part in parts])),
            offsets(np.concatenate([np.diff(part.cell_start) for part in parts])),
        )


def offsets(counts: NDArray[np.integer] | Sequence[int]) -> OffsetArray:
    """Return where each of consecutive blocks of the given sizes starts, and the end of the last, shape (n + 1,)."""
    start = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return start


def _flat(
    parts: Sequence[Body] | Sequence[Bodies],
    mass_start: OffsetArray,
    spring_start: OffsetArray,
    cell_start: OffsetArray,
) -> Bodies:
    """Return the arrays of all parts, one after the other, under the given offsets."""
    return Bodies(
        mass_start=mass_start,
        spring_start=spring_start,
        cell_start=cell_start,
        positions=np.concatenate([part.positions for part in parts]),
        springs=np.concatenate([part.springs for part in parts]),
        rest_lengths=np.concatenate([part.rest_lengths for part in parts]),
        stiffness=np.concatenate([part.stiffness for part in parts]),
        swings=np.concatenate([part.swings for part in parts]),
        cells=np.concatenate([part.cells for part in parts]),
        materials=np.concatenate([part.materials for part in parts]),
    )


def _gathered(start: OffsetArray, chosen: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
    counts = start[chosen + 1] - start[chosen]
    new_start = offsets(counts)
    return new_start, np.arange(new_start[-1]) + np.repeat(start[chosen] - new_start[:-1], counts)
