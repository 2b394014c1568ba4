"""What a file of bodies says of one of them, before it is put on the lattice of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from codesign.body import Body
from codesign.errors import CodesignError

MOST_CELLS = 1_000_000
"""Cells of one body, empty ones too; no lattice has more."""

MOST_BODIES = 2**18
"""Bodies in one file."""


class FormatError(CodesignError):
    """A file of bodies that is none, is damaged, or holds what bodies here cannot be."""


@dataclass(frozen=True)
class Inexpressible:
    """Something that a file says of a body and that bodies here cannot have.

    Attributes:
        what: what it is, as the beginning of a sentence about cells: "fixed cells", "phase offsets".
        instead: what is done instead where that is wanted: "taken as rigid".
        cells: the cells that it concerns, as indices into the plan's `cells`; empty where it concerns the whole body.
    """

    what: str
    instead: str
    cells: tuple[tuple[int, ...], ...] = ()

    def __str__(self) -> str:
        """Return it in a few words, with the cells, by column, row and, in 3D, layer from 0, the lowest row 0."""
        if not self.cells:
            return self.what
        # In 2D arrays are [row, column] and in 3D [x, y, z].
        named = [tuple(reversed(cell)) if len(cell) == 2 else cell for cell in self.cells]
        shown = " ".join("(" + ",".join(str(place) for place in cell) + ")" for cell in named[:_SHOWN])
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        return f"{self.what} at {shown}{more}"


_SHOWN = 8


@dataclass(frozen=True, eq=False)
class BodyPlan:
    """One body as a file gives it: cells of materials on a lattice as large as the body's own array, or springs.

    Attributes:
        name: what the file calls it, or its number; no two of one file share one.
        lattice: key of the kind of lattice in `LATTICES`; empty where the file only gives masses and springs.
        cells: material of each cell by the lattice's numbers, 0 = empty, uint8: [row, column] in 2D, the lowest row
            first, [x, y, z] in 3D, z upwards. Its shape is that of `LatticeSettings.shape`.
        muscles: muscle bit of each edge of a lattice of this shape, uint8, shape (edges,); None for all ones, and where
            materials decide.
        settings: what the file says of the lattice beside its shape, by field of its settings: {"side": 0.01}.
        body: the masses and springs, where the file gives them; None where they grow from the cells.
        fitness: what the file says that it is worth, higher is better; None where it says nothing.
        about: whatever else the file says of it: {"environment": "Walker-v0"}.
        inexpressible: what it says that bodies here cannot have, and that was replaced.

    Raises:
        FormatError: cells that are not uint8 or not of two or three dimensions, or neither a lattice nor a body.
    """

    name: str
    lattice: str = ""
    cells: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    muscles: np.ndarray | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    body: Body | None = None
    fitness: float | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    inexpressible: tuple[Inexpressible, ...] = ()

    def __post_init__(self) -> None:
        if self.cells.dtype != np.uint8 or self.cells.ndim not in (2, 3):
            got = f"{self.cells.dtype} of shape {self.cells.shape}"
            raise FormatError("cells as a uint8 array of two or three axes", got, "number the materials from 0")
        if not self.lattice and self.body is None:
            raise FormatError("a body on a lattice, or one of masses and springs", "neither", "give one of both")


def replacements(plans: Sequence[BodyPlan]) -> str:
    """Return what was replaced in bodies, each with the number of bodies that it concerns; an empty text if nothing."""
    counts: dict[str, int] = {}
    for plan in plans:
        for each in dict.fromkeys(f"{own.what} {own.instead}" for own in plan.inexpressible):
            counts[each] = counts.get(each, 0) + 1
    return "; ".join(f"{what} ({count} bod{'y' if count == 1 else 'ies'})" for what, count in counts.items())
