"""Bodies: masses joined by springs, and the cells that they outline."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from codesign.body.soundness import FORMS, PARTS, require_sound
from codesign.errors import BodyError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
OffsetArray = NDArray[np.int64]


_DEFAULT: Any = None
"""In place of an array that is not given; `require_sound` fills it in."""


def _no_cells() -> IntArray:
    return np.zeros((0, 3), dtype=np.int32)


def _no_materials() -> NDArray[np.uint8]:
    return np.zeros(0, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Body:
    """One body at rest: point masses, and the springs that join them.

    The fields take arrays, or nested lists that NumPy makes arrays of. Where a body stands in the world is up to the
    terrain, which sets it down: only the positions relative to each other count.

    Attributes:
        positions: positions of the masses [m], in any frame; bodies that grow from genomes have their lowest corner at
            0. Float64, shape (masses, dim) with dim 2 or 3, the last coordinate upwards.
        springs: the numbers of the two masses that each spring joins, int32, shape (springs, 2).
        rest_lengths: rest lengths [m], above 0, float64, shape (springs,).
        stiffness: spring stiffnesses [N/m], at least 0, float64, shape (springs,).
        swings: largest relative change of the rest length by actuation, from 0 (a passive spring) to below 1, float64,
            shape (springs,).
        cells: masses at the corners of each filled cell, in drawing order, int32, shape (filled, corners). Only
            pictures need cells; a body of one's own may have none.
        materials: material of each filled cell, an index into the lattice's materials, uint8, shape (filled,).
        masses: the masses [kg], above 0, float64, shape (masses,); 1 each if not given, as in the papers.
        damping: damping of a dashpot along each spring, which pulls its ends together by damping times the rate at
            which it lengthens [N s/m], at least 0, float64, shape (springs,); none if not given.
        force_limits: motor strength, the largest active force of each muscle [N], above 0, float64, shape (springs,);
            infinite if not given. The active force a = stiffness * rest length * strain becomes
            a / sqrt(1 + (a / limit)^2).

    Raises:
        BodyError: an array of another shape or type, a spring or a cell of a mass that does not exist, a spring that
            joins a mass to itself, or a number that is not finite or out of range; the message says which one.

    Example:
        >>> import codesign
        >>> leg = codesign.Body(positions=[[0, 0], [0.1, 0], [0.05, 0.1]], springs=[[0, 1], [1, 2], [0, 2]],
        ...                     rest_lengths=[0.1, 0.11, 0.11], stiffness=[3e4] * 3, swings=[0.2, 0, 0])
        >>> leg.pieces, leg.positions.dtype.name
        (1, 'float64')
    """

    positions: FloatArray
    springs: IntArray
    rest_lengths: FloatArray
    stiffness: FloatArray
    swings: FloatArray
    cells: IntArray = field(default_factory=_no_cells)
    materials: NDArray[np.uint8] = field(default_factory=_no_materials)
    masses: FloatArray = _DEFAULT
    damping: FloatArray = _DEFAULT
    force_limits: FloatArray = _DEFAULT

    def __post_init__(self) -> None:
        require_sound(self)

    def __repr__(self) -> str:
        """Return in a line how large it is."""
        masses, dim = self.positions.shape
        muscles = np.count_nonzero(self.swings)
        return f"<Body: {masses} masses, {len(self.springs)} springs, {muscles} muscles, {dim}D>"

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
        mass_start: first mass of each body, int64, shape (n + 1,).
        spring_start: first spring of each body, int64, shape (n + 1,).
        cell_start: first filled cell of each body, int64, shape (n + 1,).
        positions: positions of the masses [m], each body in a frame of its own, shape (all masses, dim).
        springs: the two masses of each spring, numbered from 0 within the body, shape (all springs, 2).
        rest_lengths: rest lengths [m], shape (all springs,).
        stiffness: spring stiffnesses [N/m], shape (all springs,).
        swings: largest relative changes of the rest lengths, 0 = passive, shape (all springs,).
        cells: masses at the corners of each filled cell, numbered within the body, shape (all filled, corners).
        materials: material of each filled cell, shape (all filled,).
        masses: the masses [kg], shape (all masses,); 1 each if not given.
        damping: of the dashpots along the springs [N s/m], shape (all springs,); none if not given.
        force_limits: the largest active forces of the muscles [N], shape (all springs,); infinite if not given.

    Raises:
        BodyError: as `Body`, and offsets that do not divide the arrays among the bodies.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4})
        >>> bodies = problem.develop(problem.random(3))
        >>> len(bodies), bodies.positions.shape == (bodies.mass_start[-1], 2), bodies[0].springs.shape[1]
        (3, True, 2)
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
    masses: FloatArray = _DEFAULT
    damping: FloatArray = _DEFAULT
    force_limits: FloatArray = _DEFAULT

    def __post_init__(self) -> None:
        require_sound(self)

    def __repr__(self) -> str:
        """Return in a line how many there are, and how large."""
        masses, dim = self.positions.shape
        muscles = np.count_nonzero(self.swings)
        sizes = f"{masses:,} masses, {len(self.springs):,} springs, {muscles:,} muscles in all, {dim}D"
        return f"<{type(self).__name__}: {len(self):,}; {sizes}>"

    def __len__(self) -> int:
        return len(self.mass_start) - 1

    @property
    def has_material_properties(self) -> bool:
        """Whether any mass is not 1 kg, or any spring has damping or a force limit."""
        limited = np.isfinite(self.force_limits).any()
        return bool(limited or self.damping.any() or (self.masses != 1.0).any())

    @overload
    def __getitem__(self, index: int) -> Body: ...
    @overload
    def __getitem__(self, index: slice) -> "Bodies": ...
    def __getitem__(self, index: int | slice) -> "Body | Bodies":
        """Return one body for a number, consecutive bodies for a slice without a step; their arrays are views."""
        if isinstance(index, slice):
            return self._consecutive(*index.indices(len(self)))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        own = {part: slice(*getattr(self, f"{part}_start")[index : index + 2]) for part in PARTS}
        return unchecked(Body, **{name: getattr(self, name)[own[form.part]] for name, form in FORMS.items()})

    def __iter__(self) -> Iterator[Body]:
        """Return every body, one after the other; their arrays are views."""
        return (self[index] for index in range(len(self)))

    def take(self, indices: NDArray[np.integer] | NDArray[np.bool_] | Sequence[int]) -> "Bodies":
        """Return the bodies of the given indices, in that order, or those that a mask of one bool each chooses."""
        given = np.asarray(indices)
        chosen = np.flatnonzero(given) if given.dtype == np.bool_ else given.astype(np.int64)
        gathered = {part: _gathered(getattr(self, f"{part}_start"), chosen) for part in PARTS}
        starts = {f"{part}_start": start for part, (start, _) in gathered.items()}
        return unchecked(
            Bodies, **starts, **{name: getattr(self, name)[gathered[form.part][1]] for name, form in FORMS.items()}
        )

    def checksum(self) -> bytes:
        """Return a checksum of all arrays, by which to know bodies again although these may be changed in place."""
        checksum = hashlib.blake2b(digest_size=16)
        for name in (*(f"{part}_start" for part in PARTS), *FORMS):
            checksum.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return checksum.digest()

    def _consecutive(self, first: int, end: int, step: int) -> "Bodies":
        if step != 1:
            raise ValueError(f"expected a slice without a step; got one of {step}; use take")
        starts = {part: getattr(self, f"{part}_start")[first : max(first, end) + 1] for part in PARTS}
        own = {part: slice(start[0], start[-1]) for part, start in starts.items()}
        return unchecked(
            Bodies,
            **{f"{part}_start": start - start[0] for part, start in starts.items()},
            **{name: getattr(self, name)[own[form.part]] for name, form in FORMS.items()},
        )

    @staticmethod
    def of(bodies: Sequence[Body]) -> "Bodies":
        """Return the given bodies, at least one, in flat arrays.

        Raises:
            BodyError: they differ in the number of dimensions, or of corners that a cell has.
        """
        counts = {part: [len(getattr(body, leading)) for body in bodies] for part, leading in PARTS.items()}
        return _flat(bodies, {part: offsets(each) for part, each in counts.items()})

    @staticmethod
    def concatenate(parts: Sequence["Bodies"]) -> "Bodies":
        """Return the bodies of all parts, at least one and all of one dimension, one part after the other."""
        counts = {part: [np.diff(getattr(each, f"{part}_start")) for each in parts] for part in PARTS}
        return _flat(parts, {part: offsets(np.concatenate(each)) for part, each in counts.items()})


def offsets(counts: NDArray[np.integer] | Sequence[int]) -> OffsetArray:
    """Return where each of consecutive blocks of the given sizes starts, and the end of the last, shape (n + 1,)."""
    start = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return start


_Record = TypeVar("_Record", Body, Bodies)


def unchecked(kind: type[_Record], **arrays: NDArray[Any]) -> _Record:
    """Return a record of parts of records that were checked when they were made, without checking them again."""
    record = object.__new__(kind)
    for name, array in arrays.items():
        object.__setattr__(record, name, array)
    return record


def _flat(parts: Sequence[Body] | Sequence[Bodies], starts: dict[str, OffsetArray]) -> Bodies:
    """Return the arrays of all parts, one after the other, under the given offsets of masses, springs and cells."""
    dimensions = {part.positions.shape[1] for part in parts}
    if len(dimensions) > 1:
        raise BodyError("bodies of one number of dimensions", "bodies in 2D and in 3D", "simulate them apart")
    # Parts without cells do not say how many corners a cell has.
    cells = [part.cells for part in parts if len(part.cells)] or [part.cells for part in parts[:1]]
    corners = sorted({each.shape[1] for each in cells})
    if len(corners) > 1:
        got = f"cells of {corners[0]} and of {corners[-1]}"
        raise BodyError("bodies whose cells have one number of corners", got, "leave their cells out")
    arrays = {name: [getattr(part, name) for part in parts] for name in FORMS} | {"cells": cells}
    return unchecked(
        Bodies,
        **{f"{part}_start": start for part, start in starts.items()},
        **{name: np.concatenate(each) for name, each in arrays.items()},
    )


def _gathered(start: OffsetArray, chosen: OffsetArray) -> tuple[OffsetArray, OffsetArray]:
    counts = start[chosen + 1] - start[chosen]
    new_start = offsets(counts)
    return new_start, np.arange(new_start[-1]) + np.repeat(start[chosen] - new_start[:-1], counts)
