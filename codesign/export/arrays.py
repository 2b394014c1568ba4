"""Arrays of recordings: their types and shapes, and errors that say what does not fit."""

from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.errors import CodesignError

Array = npt.NDArray[Any]
"""What makers hand in; the records convert it to the type that their documentation names."""


class RecordingError(CodesignError):
    """A recording whose parts do not fit together, or a file that holds none."""


def convert(record: object, name: str, dtype: type[np.generic], shape: tuple[int | None, ...]) -> None:
    """Convert a field of a frozen record to an array of a type and shape, None for any size.

    Raises:
        RecordingError: it is of another shape.
    """
    value = np.ascontiguousarray(getattr(record, name), dtype=dtype)
    check_shape(name, value, shape)
    object.__setattr__(record, name, value)


def check_shape(name: str, value: Array, shape: tuple[int | None, ...]) -> None:
    """Raise RecordingError unless an array is of a shape, None for any size."""
    fits = value.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, value.shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise RecordingError(f"{name} of shape [{wanted}]", f"{list(value.shape)}", "record all parts of one body")


def check_finite(name: str, value: Array | None) -> None:
    """Raise RecordingError unless an array, if there is one, is finite."""
    if value is not None and not np.isfinite(value).all():
        raise RecordingError(f"finite {name}", "NaN or infinity", "give every point in metres")


def check_grid(ground: Array) -> None:
    """Raise unless the points of a heightfield lie over a grid whose x ascends along columns and y along rows."""
    x, y = ground[:, :, 0], ground[:, :, 1]
    # float32 keeps about seven digits, so the same place may differ in the last of them from row to row.
    apart = 1e-5 * max(1.0, float(np.abs(ground[:, :, :2]).max(initial=0.0)))
    large = min(x.shape) >= 2
    if not large or (np.diff(x, axis=1) <= 0).any() or (np.diff(y, axis=0) <= 0).any():
        raise RecordingError(
            "ground of at least 2 x 2 points, x ascending along columns and y along rows",
            f"{x.shape[0]} x {x.shape[1]} points{' in another order' if large else ''}",
            "sample the surface over a grid",
        )
    if np.abs(x - x[:1]).max() > apart or np.abs(y - y[:, :1]).max() > apart:
        raise RecordingError(
            "ground with one x per column and one y per row", "points off the grid", "sample the surface over a grid"
        )


def check_ids(name: str, ids: Array, masses: int) -> None:
    """Raise RecordingError unless numbers are those of masses."""
    if ids.size and (ids.min() < 0 or ids.max() >= masses):
        raise RecordingError(
            f"{name} that join masses 0 to {masses - 1}",
            f"ids from {ids.min()} to {ids.max()}",
            "number masses within the body",
        )
