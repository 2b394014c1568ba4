"""Numbers of designs that take simulation, kept in files, so that they are computed once."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from codesign import files
from codesign.errors import RunError
from codesign.reading import MOST, json_value, read_bytes

VERSION = 1

_KIND = "codesign numbers of designs"

Compute = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""(places) -> numbers of the designs at these places by name, each float64 of their length; NaN where there is none."""


class KeptNumbers:
    """Numbers that are known, in files of a folder.

    Args:
        folder: where they are; it need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, dict[str, float]] = {}
        for path in sorted(folder.glob("*.json")):
            self._known |= _read(path)

    def missing(self, keys: Sequence[str]) -> np.ndarray:
        """Return the places of the keys of which nothing is known, int64."""
        return np.array([place for place, key in enumerate(keys) if key not in self._known], dtype=np.int64)

    def of(self, keys: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the numbers of designs that are all known, by name, each float64, shape (n,)."""
        names = dict.fromkeys(name for key in keys for name in self._known[key])
        return {name: np.array([self._known[key].get(name, np.nan) for key in keys]) for name in names}

    def complete(
        self, keys: Sequence[str], compute: Compute, together: int, done: Callable[[int], None]
    ) -> dict[str, np.ndarray]:
        """Return the numbers of designs, computing those that are missing and keeping them piece by piece.

        Args:
            keys: of the designs, each with all that decides its numbers.
            compute: makes the numbers.
            together: designs at a time.
            done: told how many were computed, after each piece.

        Raises:
            OutputError: the folder cannot be written to.
        """
        missing = self.missing(keys)
        for first in range(0, len(missing), together):
            places = missing[first : first + together]
            found = compute(places)
            rows = {
                str(keys[int(place)]): {name: _plain(values[index]) for name, values in found.items()}
                for index, place in enumerate(places.tolist())
            }
            text = json.dumps({"kind": _KIND, "version": VERSION, "designs": rows}, allow_nan=False)
            name = hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()[:16]
            files.write_text(self._folder / f"{name}.json", text + "\n")
            self._known |= _numbers(rows)
            done(len(places))
        return self.of(keys)


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _numbers(rows: Mapping[str, Mapping[str, float | None]]) -> dict[str, dict[str, float]]:
    return {
        str(key): {str(name): np.nan if value is None else float(value) for name, value in row.items()}
        for key, row in rows.items()
    }


def _read(path: Path) -> dict[str, dict[str, float]]:
    """Return the numbers in a file.

    Raises:
        RunError: it is none of these.
    """
    try:
        held = json_value(read_bytes(path, MOST.recording))
        if held["kind"] != _KIND or held["version"] != VERSION:
            raise ValueError(f"{held['kind']} of version {held['version']}")
        return _numbers(held["designs"])
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        said = " ".join(str(getattr(error, "strerror", None) or error).split())
        got = f"{path} ({type(error).__name__}: {said})"
        raise RunError("numbers as an analysis keeps them", got, "remove the file; it is made again") from error
