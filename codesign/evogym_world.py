"""Worlds of EvoGym's design tool, JSON: robots, ground and things on one grid.

A file may be a stranger's: what is wrong with it is a `ValueError`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from codesign.reading import json_value

MOST_CELLS = 1_000_000
"""Cells of all objects of a world."""

_WIDEST = 2**31

_HIGHEST_TYPE = 30

FIXED = 5
"""Type of cells that never move, of which the ground is made."""

SLOPES = range(7, 31)
"""Types of the slopes that jax-evogym once had."""


@dataclass(frozen=True, eq=False)
class WorldObject:
    """One object of a world.

    Attributes:
        name: what the file calls it.
        places: column and row of each cell on the world's grid, the lowest row 0, int64, shape (cells, 2).
        types: type of each cell, see `codesign.formats`, int64, shape (cells,).
        joins: numbers of two cells that are joined, in either order, int64, shape (joins, 2).
    """

    name: str
    places: np.ndarray
    types: np.ndarray
    joins: np.ndarray


def world_objects(data: bytes) -> tuple[WorldObject, ...]:
    """Return the objects of a world in their order in the file.

    Raises:
        ValueError: it is no such world; or one of more than `MOST_CELLS` cells, or in which two share a place.
    """
    world = json_value(data)
    if not isinstance(world, dict) or not isinstance(world.get("objects"), dict):
        raise ValueError("no world of EvoGym (an object with grid_width, grid_height and objects)")
    width, height = (_whole(world.get(key), key, 1, _WIDEST) for key in ("grid_width", "grid_height"))
    found = tuple(_object(name, about, width, height) for name, about in world["objects"].items())
    places = np.concatenate([np.zeros((0, 2), np.int64), *(each.places for each in found)])
    if len(places) > MOST_CELLS:
        raise ValueError(f"{len(places)} cells, more than {MOST_CELLS}")
    distinct, counts = np.unique(places, axis=0, return_counts=True)
    if (counts > 1).any():
        column, row = distinct[counts > 1][0]
        raise ValueError(f"several cells at column {column}, row {row}")
    return found


def _object(name: str, about: Any, width: int, height: int) -> WorldObject:
    """Return an object as the file gives it.

    Raises:
        ValueError: lists that are missing, of different lengths, or with something else than cells of the grid in them.
    """
    parts: dict[str, Any] = about if isinstance(about, dict) else {}
    indices, types, neighbours = (parts.get(key) for key in ("indices", "types", "neighbors"))
    if not (isinstance(indices, list) and isinstance(types, list) and isinstance(neighbours, dict)):
        raise ValueError(f"object {name!r} without lists of indices and types, and neighbors")
    if len(indices) != len(types) or not indices:
        raise ValueError(f"object {name!r} of {len(indices)} indices and {len(types)} types")
    for index in indices:
        _whole(index, f"an index of object {name!r}", 0, width * height - 1)
    for each in types:
        _whole(each, f"a type of object {name!r}", 1, _HIGHEST_TYPE)
    numbers = {index: number for number, index in enumerate(indices)}
    joins = list[tuple[int, int]]()
    for index, number in numbers.items():
        beside = neighbours.get(str(index))
        if not isinstance(beside, list):
            raise ValueError(f"object {name!r} without a list of neighbors of its cell {index}")
        for other in beside:
            if type(other) is not int or other not in numbers:
                raise ValueError(
                    f"object {name!r} with a neighbor {str(other)[:20]} of {index} that is none of its cells"
                )
            joins.append((number, numbers[other]))
    row, column = np.divmod(np.array(indices, dtype=np.int64), width)
    return WorldObject(
        name,
        np.stack([column, row], axis=1),
        np.array(types, dtype=np.int64),
        np.array(joins, dtype=np.int64).reshape(-1, 2),
    )


def _whole(value: Any, what: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} of {str(value)[:20]}, not a whole number from {least} to {most}")
    return value
