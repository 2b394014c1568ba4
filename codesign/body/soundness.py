"""What bodies must be like to be simulated, checked once, where they are made.

The kernels read masses by the numbers that springs give. A number that is none of the body's own would read padding, or
another robot's masses, and give a wrong loss without a word.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codesign.errors import BodyError


class Form(NamedTuple):
    """What an array of a body holds.

    Attributes:
        dtype: type of its numbers.
        dimensions: number of its dimensions.
        part: what an entry of it is about; the starts of these parts are in the field `{part}_start` of `Bodies`.
        default: every entry of an array that is not given; None where it has to be.
    """

    dtype: np.dtype[Any]
    dimensions: int
    part: str
    default: float | None = None


FORMS = {
    "positions": Form(np.dtype(np.float64), 2, "mass"),
    "springs": Form(np.dtype(np.int32), 2, "spring"),
    "rest_lengths": Form(np.dtype(np.float64), 1, "spring"),
    "stiffness": Form(np.dtype(np.float64), 1, "spring"),
    "swings": Form(np.dtype(np.float64), 1, "spring"),
    "cells": Form(np.dtype(np.int32), 2, "cell"),
    "materials": Form(np.dtype(np.uint8), 1, "cell"),
    "masses": Form(np.dtype(np.float64), 1, "mass", 1.0),
    "damping": Form(np.dtype(np.float64), 1, "spring", 0.0),
    "force_limits": Form(np.dtype(np.float64), 1, "spring", np.inf),
}
"""The arrays of a body by the names of their fields."""

PARTS = {"mass": "positions", "spring": "springs", "cell": "cells"}
"""What a body consists of, each with the array whose length says how many there are."""

_RANGES = {
    "positions": (np.isfinite, "finite positions [m]"),
    "rest_lengths": (lambda x: (x > 0.0) & (x < np.inf), "finite rest_lengths above 0 [m]"),
    "stiffness": (lambda x: (x >= 0.0) & (x < np.inf), "finite stiffness of at least 0 [N/m]"),
    "swings": (lambda x: (x >= 0.0) & (x < 1.0), "swings from 0 to below 1"),
    "masses": (lambda x: (x > 0.0) & (x < np.inf), "finite masses above 0 [kg]"),
    "damping": (lambda x: (x >= 0.0) & (x < np.inf), "finite damping of at least 0 [N s/m]"),
    "force_limits": (lambda x: x > 0.0, "force_limits above 0 [N], infinite for no limit"),
}
"""Which numbers make sense, and how they are called. All of these are false for NaN."""


def require_sound(bodies: Any) -> None:
    """Check a `Body` or `Bodies` while it is made, and turn its arrays into those of the documented types.

    Raises:
        BodyError: an array of another shape or type, offsets that do not divide the arrays, a mass that does not exist,
            a spring that joins a mass to itself, or a number that is not finite or out of range.
    """
    many = hasattr(bodies, "mass_start")
    for name, form in FORMS.items():
        value = getattr(bodies, name)
        if value is None and form.default is not None:
            value = np.full(len(getattr(bodies, PARTS[form.part])), form.default)
        object.__setattr__(bodies, name, _converted(name, value, form))
    _require_shapes(bodies)
    starts = {part: _starts(bodies, part) if many else _whole(bodies, part) for part in PARTS}
    _require_masses(starts["mass"])
    for name, (sensible, expected) in _RANGES.items():
        values = getattr(bodies, name)
        if not (right := sensible(values)).all():
            entry = int(np.argwhere(~right)[0, 0])
            place = _place(starts, FORMS[name].part, entry, many=many)
            raise BodyError(expected, f"{values[entry].tolist()} for {place}", f"give {place} another value")
    for name in ("springs", "cells"):
        _require_own_masses(name, getattr(bodies, name), starts, many=many)
    loops = bodies.springs[:, 0] == bodies.springs[:, 1]
    if loops.any():
        entry = int(np.argmax(loops))
        got = f"{_place(starts, 'spring', entry, many=many)} from mass {bodies.springs[entry, 0]} to itself"
        raise BodyError("springs that join two masses", got, "leave it out, or name another mass")


def _converted(name: str, value: Any, form: Form) -> NDArray[Any]:
    """Return the array of a field in its documented type, the very same one if it has it already."""
    try:
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
    except ValueError as error:  # rows of several lengths
        expected = f"{name} as an array with {form.dimensions} dimension(s)"
        raise BodyError(expected, "rows of several lengths", "give every row as many numbers") from error
    whole = form.dtype.kind in "iu"
    fitting = array.dtype.kind in ("iu" if whole else "iuf") or not array.size
    if whole and fitting and array.size:
        limits = np.iinfo(form.dtype)
        fitting = limits.min <= array.min() and array.max() <= limits.max
    if not fitting or array.ndim != form.dimensions:
        numbers = "whole numbers" if whole else "numbers"
        expected = f"{name} as an array of {numbers} ({form.dtype}) with {form.dimensions} dimension(s)"
        raise BodyError(expected, f"{array.dtype} of shape {array.shape}", "convert it, and give every entry once")
    return array.astype(form.dtype, copy=False)


def _require_shapes(bodies: Any) -> None:
    lengths = {part: len(getattr(bodies, name)) for part, name in PARTS.items()}
    wanted: dict[str, tuple[tuple[int, ...], ...]] = {
        name: ((lengths[form.part],),) for name, form in FORMS.items() if form.dimensions == 1
    }
    wanted["positions"] = tuple((lengths["mass"], dimension) for dimension in (2, 3))
    wanted["springs"] = ((lengths["spring"], 2),)
    for name, shapes in wanted.items():
        given = getattr(bodies, name).shape
        if given not in shapes:
            expected = f"{name} of shape {' or '.join(map(str, shapes))}"
            raise BodyError(expected, str(given), f"give as many {name} as the body has parts")


def _whole(body: Any, part: str) -> NDArray[np.int64]:
    return np.array([0, len(getattr(body, PARTS[part]))], dtype=np.int64)


def _starts(bodies: Any, part: str) -> NDArray[np.int64]:
    """Return where the masses, springs or cells of each body start, checked."""
    name = f"{part}_start"
    start = np.asarray(getattr(bodies, name))
    count, end = len(bodies.mass_start), len(getattr(bodies, PARTS[part]))
    sound = start.dtype.kind in "iu" and start.shape == (count,) and count > 0
    if not sound or start[0] != 0 or start[-1] != end or (np.diff(start) < 0).any():
        expected = f"{name} as whole numbers that ascend from 0 to {end}, one more than there are bodies"
        raise BodyError(expected, f"{start.dtype} of shape {start.shape}", "put bodies together with Bodies.of")
    start = start.astype(np.int64, copy=False)
    object.__setattr__(bodies, name, start)
    return start


def _require_masses(mass_start: NDArray[np.int64]) -> None:
    empty = np.diff(mass_start) == 0
    if empty.any():
        raise BodyError("at least one mass in a body", f"none in body {int(np.argmax(empty))}", "leave the body out")


def _require_own_masses(name: str, ends: NDArray[np.int32], starts: dict[str, Any], *, many: bool) -> None:
    part = FORMS[name].part
    masses = np.diff(starts["mass"])
    counts = np.repeat(masses, np.diff(starts[part]))
    foreign = (ends < 0) | (ends >= counts[:, None])
    if foreign.any():
        entry = int(np.argwhere(foreign)[0, 0])
        expected = f"{name} between masses 0 to {counts[entry] - 1} of the body"
        got = f"{_place(starts, part, entry, many=many)} with masses {', '.join(map(str, ends[entry].tolist()))}"
        raise BodyError(expected, got, "number the masses of each body from 0")


def _place(starts: dict[str, Any], part: str, entry: int, *, many: bool) -> str:
    """Return what an entry of an array is about, in words."""
    if not many:
        return f"{part} {entry}"
    body = int(np.searchsorted(starts[part], entry, side="right")) - 1
    return f"{part} {entry - starts[part][body]} of body {body}"
