"""Weights of many controllers: named arrays for each body, or one flat array."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from codesign.body import Bodies, offsets
from codesign.errors import CodesignError
from codesign.sim import Controller


class WeightsError(CodesignError):
    """Weights that are not those of the controllers of some bodies.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, controller="wave")
        >>> problem.value_and_gradient(problem.random(2), [0.0])
        Traceback (most recent call last):
        codesign.api.weights.WeightsError: expected a flat array of 14 weights for 2 bodies; got one of shape (1,); ...
    """


class Weights(Sequence[Mapping[str, np.ndarray]]):
    """The weights of the controllers of many bodies, or a gradient in them; `weights[i]` are those of body i by name.

    They take part in arithmetic as one array: `weights - 0.1 * gradient` are weights again. `np.asarray(weights)` is
    flat: body after body, and for each the arrays of its controller one after the other in C order.

    Args:
        flat: all numbers, float64, shape (weights of all bodies,).
        shapes: of the arrays of each body, by name.

    Attributes:
        flat: as given.
        shapes: as given.

    Example:
        >>> import codesign
        >>> problem = codesign.Problem(body={"rows": 3, "columns": 4}, controller="cpg")
        >>> weights = problem.initial_weights(problem.random(2))
        >>> {name: array.shape for name, array in weights[1].items()}
        {'amplitude': (19,), 'phase': (19,), 'offset': (19,)}
        >>> len(weights), float((weights - weights).flat.max())
        (2, 0.0)
    """

    __array_priority__ = 1000.0
    """Above NumPy's arrays, so that `array * weights` are weights."""

    def __init__(self, flat: np.ndarray, shapes: Sequence[Mapping[str, tuple[int, ...]]]) -> None:
        self.flat, self.shapes = flat, tuple(shapes)
        self._start = offsets([sum(_size(shape) for shape in own.values()) for own in self.shapes])
        if flat.shape != (self._start[-1],):
            got = f"an array of shape {flat.shape}"
            raise WeightsError(f"{self._start[-1]} weights, those of all bodies", got, "give those of these bodies")

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: Any) -> Any:
        """Return the arrays of a body by name for a number, weights of consecutive bodies for a slice; views."""
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step != 1:
                raise ValueError(f"expected a slice without a step; got one of {step}; take bodies one by one")
            last = max(first, last)
            return Weights(self.flat[self._start[first] : self._start[last]], self.shapes[first:last])
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            got = repr(index)
            raise TypeError(f"expected the number of a body; got {got}; write for example weights[0]['w1']")
        if not -len(self) <= index < len(self):
            raise IndexError(f"expected the number of one of {len(self)} bodies; got {index}; count from 0")
        index %= len(self)
        found, at = {}, int(self._start[index])
        for name, shape in self.shapes[index].items():
            found[name] = self.flat[at : at + _size(shape)].reshape(shape)
            at += _size(shape)
        return found

    def __iter__(self) -> Iterator[Mapping[str, np.ndarray]]:
        return (self[index] for index in range(len(self)))

    def of(self, index: int) -> np.ndarray:
        """Return the weights of one body, flat, a view."""
        return self.flat[self._start[index] : self._start[index + 1]]

    def norms(self) -> np.ndarray:
        """Return the Euclidean length of the weights of each body, float64, shape (n,)."""
        return np.array([np.linalg.norm(self.of(index)) for index in range(len(self))])

    def scaled(self, factors: np.ndarray | float) -> "Weights":
        """Return weights in which those of each body are multiplied by a factor of its own.

        Args:
            factors: one for each body, shape (n,), or one for all.

        Raises:
            WeightsError: they are of another shape.
        """
        factors = np.asarray(factors, dtype=np.float64)
        if factors.shape not in ((), (len(self),)):
            expected = f"a factor for each of {len(self)} bodies"
            raise WeightsError(expected, f"an array of shape {factors.shape}", "give one for each, in their order")
        return Weights(self.flat * np.repeat(np.broadcast_to(factors, len(self)), np.diff(self._start)), self.shapes)

    def copy(self) -> "Weights":
        """Return weights of the same numbers that share no memory with these."""
        return Weights(self.flat.copy(), self.shapes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the flat array."""
        return np.array(self.flat, dtype=dtype, copy=copy)

    def __add__(self, other: Any) -> "Weights":
        return Weights(self.flat + self._numbers(other), self.shapes)

    def __sub__(self, other: Any) -> "Weights":
        return Weights(self.flat - self._numbers(other), self.shapes)

    def __mul__(self, other: Any) -> "Weights":
        return Weights(self.flat * self._numbers(other), self.shapes)

    def __truediv__(self, other: Any) -> "Weights":
        return Weights(self.flat / self._numbers(other), self.shapes)

    def __neg__(self) -> "Weights":
        return Weights(-self.flat, self.shapes)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> "Weights":
        return Weights(self._numbers(other) - self.flat, self.shapes)

    def _numbers(self, other: Any) -> np.ndarray:
        """Return what weights are added to or multiplied with as numbers.

        Raises:
            WeightsError: weights of other bodies, or an array that is neither one number nor flat weights of these.
        """
        if isinstance(other, Weights) and other.shapes != self.shapes:
            raise WeightsError("weights of the same bodies", f"{other!r}", "take those of the same bodies")
        numbers = other.flat if isinstance(other, Weights) else _array(other, "what is added to or multiplies weights")
        if numbers.shape not in ((), (1,), self.flat.shape):
            expected = f"one number, or a flat array of {len(self.flat)}"
            raise WeightsError(expected, f"one of shape {numbers.shape}", "use scaled for a factor of each body's own")
        return numbers

    def __repr__(self) -> str:
        """Return in a line whose weights these are, and how many there are."""
        names = ", ".join(f"{name} {shape}" for name, shape in self.shapes[0].items()) if self.shapes else "none"
        return f"Weights of {len(self)} controllers, {len(self.flat):,} numbers (the first: {names})"


def shapes_of(controller: Controller, bodies: Bodies, steps: int) -> list[dict[str, tuple[int, ...]]]:
    """Return the shapes of the weights of each body's controller, by name."""
    dimension = bodies.positions.shape[1]
    sizes = zip(np.diff(bodies.mass_start).tolist(), np.diff(bodies.spring_start).tolist(), strict=True)
    return [controller.weight_shapes(masses, springs, dimension, steps) for masses, springs in sizes]


def flat_weights(given: Any, shapes: Sequence[Mapping[str, tuple[int, ...]]]) -> np.ndarray:
    """Return weights, however they are given, as one flat array, float64, shape (weights of all bodies,).

    Args:
        given: weights, a flat array, a mapping of arrays by name for each body, or for a single body its mapping.
        shapes: of the arrays of each body, by name.

    Raises:
        WeightsError: weights of other bodies, other names or shapes, or numbers that are not finite.
    """
    if isinstance(given, Weights):
        if given.shapes != tuple(shapes):
            got = f"those of {len(given)} others"
            raise WeightsError(f"weights of these {len(shapes)} bodies", got, "use initial_weights of these bodies")
        flat = given.flat
    elif isinstance(given, Mapping) or (
        isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(each, Mapping) for each in given)
    ):
        mappings = [given] if isinstance(given, Mapping) else list(given)
        if len(mappings) != len(shapes):
            expected = f"a mapping of weights for each of {len(shapes)} bodies"
            raise WeightsError(expected, f"{len(mappings)}", "give one for each body, in their order")
        flat = np.concatenate(
            [_joined(own, shape, index) for index, (own, shape) in enumerate(zip(mappings, shapes, strict=True))]
        )
    else:
        flat = _array(given, "weights")
        total = sum(_size(shape) for own in shapes for shape in own.values())
        if flat.shape != (total,):
            expected = f"a flat array of {total} weights for {len(shapes)} bodies"
            raise WeightsError(expected, f"one of shape {flat.shape}", "start from initial_weights(bodies)")
    if not np.isfinite(flat).all():
        raise WeightsError("weights that are finite", "NaN or infinity among them", "take smaller steps")
    return flat


def _joined(given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], index: int) -> np.ndarray:
    if given.keys() != shapes.keys():
        expected = f"weights named {', '.join(shapes)} for body {index}"
        raise WeightsError(expected, ", ".join(map(str, given)) or "none", "name just these")
    arrays = {name: _array(given[name], name) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            got = f"shape {arrays[name].shape}"
            raise WeightsError(f"{name} of shape {shape} for body {index}", got, "start from initial_weights(bodies)")
    return np.concatenate([arrays[name].ravel() for name in shapes])


def _array(given: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(given)
        if given is None or np.iscomplexobj(array):
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = f"an array of {given.dtype}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
        raise WeightsError(f"{name} as an array of real numbers", kind, "start from initial_weights(bodies)") from error


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
