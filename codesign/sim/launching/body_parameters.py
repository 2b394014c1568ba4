"""Learned bodies on a device: what the kernels read of them from their weights, and the gradient of these weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.sim.body_parameters import PARTS, BodyParameters, LearnedField
from codesign.sim.contracts import Layout
from codesign.sim.kernels.body_parameters import body_parameter_kernels
from codesign.sim.kernels.types import KernelTypes
from codesign.sim.layout.packing import flat, integers_on
from codesign.sim.sharing import Threads

GPU_LANES = 64
"""Threads of a GPU that share the springs of a world."""

MODEL = {"rest_lengths": "rest", "stiffness": "stiffness", "swings": "swing", "masses": "mass"}
"""Fields of the kernels' model, and of their adjoint, by those of bodies."""


@dataclass(frozen=True, eq=False)
class _Field:
    """A learned field on the device; for its arrays see the kernels that take them."""

    part_start: wp.array
    padded_start: wp.array
    groups: wp.array
    group_start: wp.array
    members: wp.array
    places: wp.array
    tied: bool
    means: wp.array
    drawn: wp.array
    reach: wp.array
    factors: wp.array
    gradient_place: wp.array
    values: wp.array
    shares: wp.array | None
    adjoint: wp.array


class LearnedBodies:
    """What kernels read of bodies, written from weights before an episode; the gradient of these weights after it.

    Args:
        parameters: what is learned.
        bodies: as drawn, one for each controller.
        layout: of the worlds.
        places: first weight of each field among the parameters of each body, int64, shape (bodies,).
        gradient_places: the same among the gradients of the worlds, shape (worlds,).
        factors: of each copy of a body on a field, where conditions have one, shape (copies,).
        model: the worlds as kernels have them.
        adjoint: its adjoint.
        types: the types of the kernels.
        device: where everything is.
        threads: of the host, which share the work on a CPU.
    """

    def __init__(
        self,
        parameters: BodyParameters,
        bodies: Bodies,
        layout: Layout,
        places: Mapping[str, np.ndarray],
        gradient_places: Mapping[str, np.ndarray],
        factors: Mapping[str, np.ndarray],
        model: Any,
        adjoint: Any,
        types: KernelTypes,
        device: Any,
        threads: Threads,
    ) -> None:
        self._real = types.real
        self._kernels = body_parameter_kernels(types.precision)
        self._rate, self._copies = wp.float64(parameters.rate), len(layout.masses) // len(bodies)
        self._worlds, self._device, self._threads = len(layout.masses), device, threads
        self._lanes = GPU_LANES if device.is_cuda else 1
        self._fields = [
            self._uploaded(name, field, bodies, layout, places[name], gradient_places[name], factors, model, adjoint)
            for name, field in parameters.fields.items()
        ]

    def write(self, parameters: wp.array) -> None:
        """Write what kernels read of bodies, from their weights among the parameters."""
        for field in self._fields:
            self._average(field, parameters)
            worlds = [self._copies, field.part_start, field.padded_start, field.groups, field.means]
            inputs = [*worlds, field.drawn, field.reach, self._rate, field.factors]
            self._over_worlds(self._kernels.write, *inputs, field.values)
            if field.shares is not None:
                self._over_worlds(self._kernels.write_shares, *inputs, field.shares)

    def forget(self) -> None:
        """Set the adjoint to zero, so that worlds which are not differentiated have no gradient."""
        for field in self._fields:
            field.adjoint.zero_()

    def differentiate(self, gradients: wp.array) -> None:
        """Write the gradients of all worlds in bodies' weights, after those in their controllers', by the adjoint."""
        for field in self._fields:
            worlds = [self._copies, field.part_start, field.padded_start, field.groups, field.means]
            result = [field.adjoint, field.gradient_place, gradients]
            self._over_worlds(self._kernels.differentiate, *worlds, field.reach, self._rate, field.factors, *result)

    def tie(self, gradient: wp.array) -> None:
        """Replace the derivatives in the weights of a group by their mean, in the gradient of all controllers."""
        for field in self._fields:
            if field.tied:
                self._average(field, gradient)
                inputs = [field.places, field.groups, field.means, gradient]
                self._threads.launch(self._kernels.spread, field.places.size, inputs, self._device)

    def _average(self, field: _Field, values: wp.array) -> None:
        inputs = [field.group_start, field.members, values, field.means]
        self._threads.launch(self._kernels.average, field.means.size, inputs, self._device)

    def _over_worlds(self, kernel: wp.Kernel, *inputs: Any) -> None:
        self._threads.launch(kernel, self._worlds, [self._lanes, *inputs], self._device, self._lanes)

    def _uploaded(
        self,
        name: str,
        field: LearnedField,
        bodies: Bodies,
        layout: Layout,
        place: np.ndarray,
        gradient_place: np.ndarray,
        factors: Mapping[str, np.ndarray],
        model: Any,
        adjoint: Any,
    ) -> _Field:
        device = self._device
        masses = PARTS[name] == "masses"
        starts = bodies.mass_start if masses else bodies.spring_start
        padded = layout.mass_start if masses else layout.spring_start
        # Where each spring's weight is among the parameters.
        places = np.repeat(place - starts[:-1], np.diff(starts)) + np.arange(starts[-1])
        sizes = np.bincount(field.group)
        doubles: Any = wp.float64

        def numbers(values: np.ndarray) -> wp.array:
            return wp.array(np.ascontiguousarray(values, np.float64), dtype=doubles, device=device)

        return _Field(
            part_start=integers_on(starts, device),
            padded_start=integers_on(padded, device),
            groups=integers_on(field.group, device),
            group_start=integers_on(offsets(sizes), device),
            members=integers_on(places[np.argsort(field.group, kind="stable")], device),
            places=integers_on(places, device),
            tied=len(sizes) < len(places),
            means=wp.empty(len(sizes), dtype=doubles, device=device),
            drawn=numbers(field.drawn),
            reach=numbers(field.reach),
            factors=numbers(factors.get(name, np.ones(self._copies))),
            gradient_place=integers_on(gradient_place, device),
            values=flat(getattr(model, MODEL[name]), self._real),
            shares=flat(model.mass_share, self._real) if masses else None,
            adjoint=flat(getattr(adjoint, f"{MODEL[name]}_rows"), self._real),
        )
