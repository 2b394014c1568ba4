"""Ground of segments in files: worlds of EvoGym's design tool, and the lines that ELDiR saves."""

from pathlib import Path

import numpy as np

from codesign.errors import ConfigError
from codesign.evogym_world import FIXED, SLOPES, world_objects
from codesign.npy_reading import npy_array
from codesign.reading import MOST, read_bytes
from codesign.tasks.sampled import STEEPEST

CELL = 0.1
"""Side of a cell of EvoGym [m], which is that of our squares by default."""

GAP_DEPTH = 0.5
"""How far below a world's lowest row the ground is where no cell is fixed [m]."""

_WIDEST_WALL = 0.9
"""Of a cell: how much of it two walls may take."""

_MOST_NUMBERS = 2**20


def read_corners(path: Path) -> tuple[float, ...]:
    """Return the corners of the ground in a file, x and height in turn [m].

    Args:
        path: of a world of EvoGym (.json), or of lines of ELDiR (.npy).

    Raises:
        ConfigError: it is not there, cannot be read, is not such a file, or holds no ground that bodies can be on.
    """
    expected, remedy = (
        "terrain.file as a world of EvoGym (.json) or lines of ELDiR (.npy)",
        "check the path and the file",
    )
    readers = {".json": _of_world, ".npy": _of_lines}
    if (reader := readers.get(path.suffix.lower())) is None:
        raise ConfigError(expected, f"{path}", "choose terrain=heightfield for heights, or set terrain.corners")
    try:
        return tuple(reader(read_bytes(path, MOST.terrain)).ravel().tolist())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        raise ConfigError(expected, f"{path}: {reason}", remedy) from error


def are_lines(found: np.ndarray) -> bool:
    """Return whether an array is what ELDiR saves: begin x, begin y, length, slope and height at x = 0 of lines."""
    if found.ndim != 2 or found.shape[0] != 5 or found.shape[1] < 2 or not np.isfinite(found).all():
        return False
    x, y, length, slope, shift = found
    return bool((np.diff(x) > 0).all() and (length > 0).all() and np.allclose(y, slope * x + shift))


def _of_lines(data: bytes) -> np.ndarray:
    """Return the corners between lines of ELDiR and the ends of the first and the last, shape (corners, 2).

    Raises:
        ValueError: it is something else.
    """
    found = npy_array(data, _MOST_NUMBERS).astype(np.float64)
    if not are_lines(found):
        raise ValueError(
            f"an array of shape {found.shape} that is not 5 rows of begin x, begin y, length, slope, shift"
        )
    x, y, length, slope, _ = found
    # The last line goes on with its own slope, not with that of the line before it.
    end = x[-1] + length[-1], y[-1] + slope[-1] * length[-1]
    return np.concatenate([np.stack([x, y], axis=1), [end]])


def _of_world(data: bytes) -> np.ndarray:
    """Return the upper edge of a world's fixed cells, shape (corners, 2).

    Columns are level. Walls between them are slopes as steep as those of other terrains, with the columns' border in
    their middle, so that coordinates ascend; high ones are steeper, to leave some of the columns beside them. Where no
    cell is fixed is a gap. Left and right of the fixed cells the ground goes on level.

    Raises:
        ValueError: it is no world, has no fixed cell, or more than one height somewhere.
    """
    objects = world_objects(data)
    if any(np.isin(each.types, list(SLOPES)).any() for each in objects):
        raise ValueError("slopes of jax-evogym (types 7 to 30), which EvoGym's worlds do not have")
    places = np.concatenate([np.zeros((0, 2), np.int64), *(each.places[each.types == FIXED] for each in objects)])
    if not len(places):
        raise ValueError("a world without a fixed cell, which is no ground")
    columns, column = np.unique(places[:, 0], return_inverse=True)
    rows, counts = places[:, 1], np.bincount(column)
    top, bottom = np.full(len(columns), -1), np.full(len(columns), np.iinfo(np.int64).max)
    np.maximum.at(top, column, rows)
    np.minimum.at(bottom, column, rows)
    for hollow in np.flatnonzero(top - bottom + 1 != counts)[:1]:
        raise ValueError(f"fixed cells with room between them, one above the other, in column {columns[hollow]}")
    return _profile(columns, (top + 1) * CELL)


def _profile(columns: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return the corners of level columns with walls between them.

    Args:
        columns: numbers of the columns that have ground, ascending.
        heights: their heights [m].
    """
    # Only where the height changes are there corners: gaps may be as wide as they like.
    gap = np.flatnonzero(np.diff(columns) > 1)
    begins = np.concatenate([columns, columns[gap] + 1])
    levels = np.concatenate([heights, np.full(len(gap), -GAP_DEPTH)])
    order = np.argsort(begins)
    begins, levels = begins[order], levels[order]
    changes = np.flatnonzero(np.diff(levels) != 0) + 1
    border, before, after = begins[changes] * CELL, levels[changes - 1], levels[changes]
    half = np.minimum(np.abs(after - before) / STEEPEST, _WIDEST_WALL * CELL) / 2.0
    left, right = begins[0] * CELL, (columns[-1] + 1) * CELL
    x = np.concatenate([[left], np.stack([border - half, border + half], axis=1).ravel(), [right]])
    y = np.concatenate([levels[:1], np.stack([before, after], axis=1).ravel(), levels[-1:]])
    return np.stack([x, y], axis=1)
