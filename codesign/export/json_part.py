"""One object of a JSON file, whose values are read with errors that name their place."""

import reprlib
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.export.recording import RecordingError

REMEDY = "write one with codesign export run=FOLDER format=json (docs/json-format.md describes it)"

_NUMBERS = {int, float}


class JsonPart:
    """Typed access to one JSON object.

    Every method raises RecordingError where the value is missing or of another type.

    Args:
        value: what should be the object.
        place: where it stands in the file ("body"), empty for the whole.
    """

    def __init__(self, value: object, place: str = "") -> None:
        if not isinstance(value, dict):
            raise RecordingError(f"an object as {place or 'the whole'}", _show(value), REMEDY)
        self._values: dict[str, Any] = value
        self._place = place

    def names(self) -> list[str]:
        """Names of the values."""
        return list(self._values)

    def has(self, name: str) -> bool:
        """Whether there is a value other than null."""
        return self._get(name) is not None

    def holds(self, name: str) -> bool:
        """Whether there is a value other than null, for names that may be missing."""
        return self._values.get(name) is not None

    def part(self, name: str) -> "JsonPart":
        """Return the object `name`."""
        return JsonPart(self._get(name), self._where(name))

    def must_be(self, name: str, wanted: str | int) -> None:
        """Raise unless the value is `wanted`."""
        if self._get(name) != wanted:
            raise self._error(name, repr(wanted))

    def text(self, name: str) -> str:
        """Return the string `name`."""
        value = self._get(name)
        if not isinstance(value, str):
            raise self._error(name, "a string")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise self._error(name, "true or false")
        return value

    def texts(self, name: str) -> list[str]:
        """Return the list of strings `name`."""
        values = self._get(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self._error(name, "a list of strings")
        return values

    def integer(self, name: str, low: int, high: int = 2**31 - 1) -> int:
        """Return the whole number `name`, from `low` to `high`."""
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._error(
                name, f"a whole number of at least {low}" + (f" and at most {high}" if high < 2**31 - 1 else "")
            )
        return value

    def number(self, name: str, missing: float) -> float:
        """Return the number `name`, `missing` where it is null."""
        value = self._get(name)
        if value is None:
            return missing
        if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
            raise self._error(name, "a number or null")
        return float(value)

    def required_number(self, name: str) -> float:
        """Return the number `name`."""
        if not self.has(name):
            raise self._error(name, "a number")
        return self.number(name, missing=0.0)

    def floats64(self, name: str) -> list[float]:
        """Return the list of numbers `name`, with all their digits."""
        values = self._get(name)
        if not isinstance(values, list) or not all(type(each) in _NUMBERS and np.isfinite(each) for each in values):
            raise self._error(name, "a list of numbers")
        return [float(each) for each in values]

    def setting(self, name: str) -> float | str | tuple[str, ...]:
        """Return the number, the string or the list of strings `name`."""
        value = self._get(name)
        if isinstance(value, list):
            return tuple(self.texts(name))
        return value if isinstance(value, str) else self.required_number(name)

    def integers(self, name: str, shape: tuple[int, ...], dtype: type[np.integer[Any]]) -> npt.NDArray[Any]:
        """Return nested lists of whole numbers as an array with the axes of `shape`, which is that of an empty one."""
        array = self._array(name, self._get(name), shape, "whole numbers", "iu")
        limits = np.iinfo(dtype)
        if array.size and (array.min() < limits.min or array.max() > limits.max):
            raise self._error(name, f"numbers from {limits.min} to {limits.max}")
        return array.astype(dtype)

    def floats(self, name: str, shape: tuple[int, ...], *, gaps: bool = False) -> npt.NDArray[np.float32]:
        """Return nested lists of numbers as `integers` does; with `gaps`, a list's nulls as NaN."""
        value = self._get(name)
        if gaps and isinstance(value, list):
            value = [np.nan if each is None else each for each in value]
        array = self._array(name, value, shape, "numbers", "iuf")
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
        if np.isinf(array).any():
            raise self._error(name, "finite numbers")
        return array

    def floats_within(self, name: str, low: float, high: float, *, least: bool) -> npt.NDArray[np.float32]:
        """Return a list of numbers above `low`, with `least` of at least that, and below `high`."""
        values = self.floats(name, (0,))
        outside = ~((values >= low if least else values > low) & (values < high))
        if outside.any():
            place = int(np.argmax(outside))
            bounds = f"of {low:g} or more" if least else f"above {low:g}"
            below = f" and below {high:g}" if high < np.inf else ""
            expected = f"{self._where(name)} to be numbers {bounds}{below}"
            raise RecordingError(expected, f"{self._values[name][place]!r} at index {place}", REMEDY)
        return values

    def _array(self, name: str, value: object, shape: tuple[int, ...], what: str, kinds: str) -> npt.NDArray[Any]:
        wanted = f"a list of {'lists of ' * (len(shape) - 1)}{what}"
        if not isinstance(value, list):
            raise self._error(name, wanted)
        if not value:
            return np.zeros(shape, dtype=np.int64)
        level, sizes = [value], [len(value)]
        for _ in shape[1:]:
            # Looked at before NumPy is, which makes arrays of texts, and huge ones of a long text among many.
            if not all(type(each) is list for outer in level for each in outer):
                raise self._error(name, wanted)
            level = [each for outer in level for each in outer]
            sizes.append(len(level[0]) if level else 0)
            if any(len(each) != sizes[-1] for each in level):
                raise self._error(name, f"{wanted} of one length")
        if not all(_NUMBERS.issuperset(map(type, each)) for each in level):
            raise self._error(name, wanted)
        array = np.array(level).reshape(sizes)
        if array.size and array.dtype.kind not in kinds:
            raise self._error(name, wanted)
        return array

    def _get(self, name: str) -> Any:
        if name not in self._values:
            raise RecordingError(f"a value {self._where(name)}", "none", REMEDY)
        return self._values[name]

    def _where(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    def _error(self, name: str, wanted: str) -> RecordingError:
        return RecordingError(f"{self._where(name)} to be {wanted}", _show(self._values[name]), REMEDY)


def _show(value: object) -> str:
    text = reprlib.repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
