"""Episodes as operations of XLA: calls into the simulator on arrays that stay where they are, and their batches.

An operation is a call of Warp through XLA's foreign function interface, on a CPU and on a GPU alike. It gets pointers
to XLA's own buffers; nothing passes through Python objects or NumPy. Under `vmap` it is one operation of more bodies.
"""

import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import warp as wp
from jax.custom_batching import custom_vmap

from codesign.differentiable import Episode

MakeEpisode = Callable[[int], Episode]
"""(copies) -> episode of so many copies of a batch of bodies, one copy after the other."""

Kind = tuple[Any, tuple[int, ...]]
"""Warp's type and the shape of an array."""

_numbers = itertools.count()


class Operator:
    """An episode of some copies of a batch of bodies, forwards and in reverse, as operations of XLA.

    Args:
        make_episode: makes the episode.
        copies: how many there are.
        paths: whether positions and velocities of all steps are among the outputs.
        family: operators of other numbers of copies by these, to which this one adds itself.

    Attributes:
        episode: what is called.
        outputs: names of the outputs.
        forward: (inputs ...) -> (outputs ..., number of the simulation), in the order of the episode's shapes.
        reverse: (inputs ..., number of the simulation, cotangents ...) -> (gradients ...).
    """

    def __init__(self, make_episode: MakeEpisode, copies: int, *, paths: bool, family: dict[int, "Operator"]) -> None:
        self._make_episode, self._copies, self._paths, self._family = make_episode, copies, paths, family
        self.episode = make_episode(copies)
        shapes = {
            name: shape
            for name, shape in self.episode.output_shapes.items()
            if paths or name not in ("positions", "velocities")
        }
        self._inputs, self.outputs = list(self.episode.shapes), list(shapes)
        inputs = [(self.episode.real, shape) for shape in self.episode.shapes.values()]
        outputs = [(self.episode.real, shape) for shape in shapes.values()]
        number: Kind = (wp.int32, (1,))
        self.forward = custom_vmap(_operation("forward", self._simulate, inputs, [*outputs, number]))
        self.forward.def_vmap(self._forward_of_many)
        self.reverse = custom_vmap(_operation("reverse", self._differentiate, [*inputs, number, *outputs], inputs))
        self.reverse.def_vmap(self._reverse_of_many)
        family[copies] = self

    def _simulate(self, *arrays: wp.array) -> None:
        """Simulate: inputs come first, then where outputs and the number of the simulation go."""
        inputs = dict(zip(self._inputs, arrays, strict=False))
        found = self.episode.simulate(inputs, wanted=self.outputs)
        for name, array in zip(self.outputs, arrays[len(inputs) :], strict=False):
            wp.copy(array, found.outputs[name])
        arrays[-1].fill_(found.number)

    def _differentiate(self, *arrays: wp.array) -> None:
        """Differentiate: inputs, the number of their simulation and cotangents come first, then where gradients go."""
        inputs = dict(zip(self._inputs, arrays, strict=False))
        number, rest = arrays[len(inputs)], arrays[len(inputs) + 1 :]
        cotangents = dict(zip(self.outputs, rest, strict=False))
        own = int(number.numpy()[0])
        found = self.episode.reverse(inputs, cotangents, number=own)
        for name, array in zip(self._inputs, rest[len(cotangents) :], strict=True):
            wp.copy(array, found[name])

    def _forward_of_many(self, size: int, batched: Sequence[bool], *inputs: Any) -> tuple[Any, Any]:
        """Simulate many batches as one of more bodies; the number of their simulation is the same for all."""
        many = self._of_more(size)
        *outputs, number = many.forward(*self._merged(self._inputs, size, batched, inputs))
        found = [_split(array, _axis(name, array), size) for name, array in zip(self.outputs, outputs, strict=True)]
        return [*found, number], [*[True] * len(found), False]

    def _reverse_of_many(self, size: int, batched: Sequence[bool], *arrays: Any) -> tuple[Any, Any]:
        many, count = self._of_more(size), len(self._inputs)
        inputs = self._merged(self._inputs, size, batched, arrays[:count])
        number = arrays[count][0] if batched[count] else arrays[count]
        cotangents = self._merged(self.outputs, size, batched[count + 1 :], arrays[count + 1 :])
        gradients = many.reverse(*inputs, number, *cotangents)
        found = [_split(array, _axis(name, array), size) for name, array in zip(self._inputs, gradients, strict=True)]
        return found, [True] * len(found)

    def _of_more(self, size: int) -> "Operator":
        """Return the operator of so many times the copies."""
        copies = size * self._copies
        if copies not in self._family:
            Operator(self._make_episode, copies, paths=self._paths, family=self._family)
        return self._family[copies]

    def _merged(self, names: Sequence[str], size: int, batched: Sequence[bool], arrays: Sequence[Any]) -> list[Any]:
        """Return arrays of many batches, along their first axis or the same for all, as arrays of more bodies."""
        merged = []
        for name, own, array in zip(names, batched, arrays, strict=False):
            many = array if own else jnp.broadcast_to(array, (size, *array.shape))
            axis = _axis(name, many[0])
            moved = jnp.moveaxis(many, 0, axis)
            merged.append(moved.reshape(*moved.shape[:axis], -1, *moved.shape[axis + 2 :]))
        return merged


def _axis(name: str, array: Any) -> int:
    """Return the axis along which the numbers of bodies follow each other: the second behind an axis of steps."""
    return int((name in ("positions", "velocities") and array.ndim == 3) or (name == "actuation" and array.ndim == 2))


def _split(array: Any, axis: int, size: int) -> Any:
    """Return an array of more bodies as one of many batches along a new first axis."""
    shape = array.shape
    return jnp.moveaxis(array.reshape(*shape[:axis], size, shape[axis] // size, *shape[axis + 1 :]), axis, 0)


def _operation(
    name: str, function: Callable[..., None], given: Sequence[Kind], found: Sequence[Kind]
) -> Callable[..., Any]:
    """Return a function of Warp's arrays, of inputs and then of where outputs go, as an operation of XLA."""

    def call(*arrays: wp.array) -> None:
        function(*arrays)

    # Warp reads the arguments from the signature, and tells operations apart by their names.
    call.__name__ = call.__qualname__ = f"codesign_{name}_{next(_numbers)}"
    kinds = {
        f"array_{place}": wp.array(dtype=real, ndim=len(shape)) for place, (real, shape) in enumerate([*given, *found])
    }
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(own, positional, annotation=kind) for own, kind in kinds.items()]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = kinds
    shapes = {own: shape for own, (_, shape) in zip(list(kinds)[len(given) :], found, strict=True)}
    # A call launches what waits for numbers of others, which no graph of XLA can hold.
    options: dict[str, Any] = {"graph_mode": wp.JaxCallableGraphMode.NONE, "output_dims": shapes}
    return wp.jax_callable(call, num_outputs=len(found), **options)
