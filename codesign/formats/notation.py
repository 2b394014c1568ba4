"""Characters that bodies are drawn with, and where the springs of a drawing stand."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from codesign.formats.body_plan import FormatError
from codesign.genome import LATTICES, Lattice, LatticeSettings

CHARACTERS = {"square": ".RSHV", "cube": ".SRmM"}
"""The character of each material, by kind of lattice; `.` is an empty cell."""

_ANY = ".123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

TRIANGLES = "v^"
"""Filled cells of the lattice of triangles: those that point down and those that point up, which stand in turn."""

PASSIVE = ":"
"""A spring that is no muscle; muscles are drawn as they lie: - / and \\."""

MARGIN = "|"
"""What a line of springs begins with, so that the blanks after it count."""

_NOT_DRAWN = {"name", "fill", "muscle"}


def characters_of(kind: str) -> str:
    """Return the character of each material of a kind of lattice, by its number."""
    return CHARACTERS.get(kind, _ANY)


def settings_drawn(kind: str) -> dict[str, Any]:
    """Return the fields of a kind of lattice that a drawing may give in a line of its own, with their defaults."""
    settings = LATTICES[kind]
    hidden = _NOT_DRAWN | set(settings.extents)
    return {field.name: field.default for field in fields(settings) if field.name not in hidden}


@dataclass(frozen=True, eq=False)
class Springs:
    """Where the springs of a lattice of triangles stand in a drawing of them, and how they are drawn.

    A line is drawn for each row of cells and for each line between rows, the highest first. A spring stands at its
    middle, so that the columns of cells are two characters apart.

    Attributes:
        lines: line of each edge, from 0, shape (edges,).
        columns: place of each edge in its line, from 0, shape (edges,).
        muscles: how each edge is drawn if it is a muscle, shape (edges,), characters.
        size: number of lines and of characters in each.
    """

    lines: np.ndarray
    columns: np.ndarray
    muscles: np.ndarray
    size: tuple[int, int]

    @classmethod
    def of(cls, lattice: Lattice) -> "Springs":
        """Return those of a lattice of triangles."""
        rows, columns = lattice.shape
        ends = lattice.node_coordinates[lattice.edges]
        across, up = (ends[:, 1] - ends[:, 0]).T
        middle = ends.sum(axis=1)
        drawn = np.where(up == 0, "-", np.where(across * up > 0, "/", "\\"))
        return cls(2 * rows - middle[:, 1], middle[:, 0] + 1, drawn, (2 * rows + 1, 2 * columns + 1))


def body_edges(lattice: Lattice, cells: np.ndarray) -> np.ndarray:
    """Return which edges of a lattice are springs of a body of these cells, shape (edges,)."""
    return lattice.touched_edges((cells != 0).reshape(1, -1))[0]


def digits_of(bits: np.ndarray) -> str:
    """Return bits as hexadecimal digits, two for every eight of them."""
    return np.packbits(bits).tobytes().hex()


def bits_of(digits: str, count: int) -> np.ndarray:
    """Return what `digits_of` made digits of, uint8.

    Raises:
        ValueError: they are no digits, or not as many as that many bits have.
    """
    packed = np.frombuffer(bytes.fromhex(digits), dtype=np.uint8)
    bits = np.unpackbits(packed)
    if len(packed) != (count + 7) // 8 or bits[count:].any():
        raise ValueError(f"{4 * len(digits)} bits, where {count} should be")
    return bits[:count]


def require_kind(kind: str) -> type[LatticeSettings]:
    """Return the settings of a kind of lattice.

    Raises:
        FormatError: there is none of that name.
    """
    if kind not in LATTICES:
        raise FormatError(f"a lattice of kind {', '.join(sorted(LATTICES))}", repr(kind), "name one of these")
    return LATTICES[kind]
