"""Heights in files: arrays that NumPy saved, or numbers between commas. Pickles are refused, and so is what is huge."""

import warnings
from pathlib import Path

import numpy as np

from codesign.errors import ConfigError
from codesign.npy_reading import npy_array
from codesign.reading import MOST, read_bytes
from codesign.tasks.corners_file import are_lines

MOST_HEIGHTS = 2**22
"""Numbers in a file: a grid of 2048 x 2048."""


def read_heights(path: Path) -> tuple[tuple[float, ...], ...]:
    """Return the heights in a file: rows along y of columns along x, or a single row [m].

    Args:
        path: of an array saved by NumPy (.npy), or of rows of numbers between commas (.csv).

    Raises:
        ConfigError: it is not there, cannot be read, is not such a file, or is larger than is read.
    """
    expected, remedy = "terrain.file as a .npy or .csv file of rows of heights", "check the path and the file"
    kind = path.suffix.lower()
    if kind == ".json":
        raise ConfigError(expected, f"{path}", "choose terrain=segments for a world of EvoGym")
    if kind not in (".npy", ".csv"):
        raise ConfigError(expected, f"{path}", "save the heights as .npy or .csv")
    try:
        data = read_bytes(path, MOST.terrain)
        found = _of_npy(data) if kind == ".npy" else _of_csv(data)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        raise ConfigError(expected, f"{path}: {reason}", remedy) from error
    if found.ndim not in (1, 2):
        one = f"one of its {len(found)} grounds as " if found.ndim == 3 else ""
        got = f"{path}: an array of shape {found.shape}"
        raise ConfigError(expected, got, f"save {one}numbers of shape (rows, columns)")
    if are_lines(found):
        remedy = "choose terrain=segments with this file, and a body in 2D"
        raise ConfigError(expected, f"{path}: the lines of a ground made of segments", remedy)
    return tuple(map(tuple, np.atleast_2d(found).tolist()))


def _of_npy(data: bytes) -> np.ndarray:
    """Return the numbers in what NumPy saved as .npy, float64.

    Raises:
        ValueError: it is no such file, see `npy_array`, or holds no numbers but truth values.
    """
    found = npy_array(data, MOST_HEIGHTS)
    if found.dtype.kind == "b":
        raise ValueError(f"an array of {found.dtype} of shape {found.shape}, not of numbers")
    with np.errstate(over="ignore", invalid="ignore"):
        return found.astype(np.float64)


def _of_csv(data: bytes) -> np.ndarray:
    """Return the numbers in lines of numbers between commas, float64, of two axes.

    Raises:
        ValueError: it is no such file, or has too many numbers.
    """
    # NumPy takes each of these for the end of a line.
    if (count := 1 + sum(data.count(end) for end in (b",", b"\n", b"\r"))) > MOST_HEIGHTS:
        raise ValueError(f"{count} numbers, more than {MOST_HEIGHTS}")
    lines = data.decode("utf-8-sig").splitlines()
    with warnings.catch_warnings(action="ignore"):  # an empty file is told by its shape
        return np.loadtxt(lines, delimiter=",", ndmin=2)
