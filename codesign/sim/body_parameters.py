"""What of bodies is learned: parameters behind those of their controllers, and the values that they stand for."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.sim.contracts import Binding, Controller, Layout, WeightBlock
from codesign.sim.kernels.body_parameters import LARGEST
from codesign.sim.kernels.functions import ControllerFunctions
from codesign.sim.kernels.types import KernelTypes

PARTS: Mapping[str, str] = {
    "rest_lengths": "springs",
    "stiffness": "springs",
    "swings": "springs",
    "masses": "masses",
}
"""Fields of bodies that may be learned, each with what it has a number of: a body's springs or masses."""

PREFIX = "body."
"""What the names of a body's blocks of weights begin with; no name of a controller's has a dot."""


@dataclass(frozen=True, eq=False)
class LearnedField:
    """A field of bodies that is learned, such as their rest lengths.

    A value is `drawn + reach * s(rate * w)`, where w is the mean weight of the group and s(u) = u / sqrt(1 + u^2), from
    -1 to 1. This s in place of tanh consists of operations that IEEE 754 rounds correctly, so that bodies as learned
    are the same to the bit on every device and in NumPy.

    Attributes:
        drawn: values as drawn, of all bodies' springs or masses, float64, shape (all,).
        reach: how far each may come from that, at least 0, float64, shape (all,).
        group: which of them are tied, numbered from 0 without a gap, each group within one body, int64, shape (all,).
    """

    drawn: np.ndarray
    reach: np.ndarray
    group: np.ndarray

    def values(self, weights: np.ndarray, rate: float) -> np.ndarray:
        """Return the values for weights, float64, each of shape (all,)."""
        # Added up in order, as kernels do.
        means = np.bincount(self.group, weights=weights) / np.bincount(self.group)
        along = np.clip(rate * means[self.group], -LARGEST, LARGEST)
        return self.drawn + self.reach * (along / np.sqrt(1.0 + along * along))


@dataclass(frozen=True, eq=False)
class BodyParameters:
    """What of bodies is learned, and how fast.

    Attributes:
        fields: by the names of `PARTS`, in their order.
        rate: factor on weights.
    """

    fields: Mapping[str, LearnedField]
    rate: float


class ControllerAndBody:
    """A controller whose weights are followed by blocks of the body's: a number for each spring or mass, at first 0.

    It is what asks for shapes, sizes and places of weights; the simulator builds its kernels from the controller alone.

    Args:
        controller: the controller.
        fields: what of bodies is learned, names of `PARTS` in their order.
    """

    def __init__(self, controller: Controller, fields: Sequence[str]) -> None:
        self.controller, self.fields = controller, tuple(fields)

    @property
    def name(self) -> str:
        """Key of the controller in the registry."""
        return self.controller.name

    @property
    def structure(self) -> Hashable:
        """What `functions` reads of the controller's settings."""
        return self.controller.structure

    @property
    def senses(self) -> tuple[str, ...]:
        """What every mass senses for the controller."""
        return self.controller.senses

    def functions(self, types: KernelTypes) -> ControllerFunctions:
        """Return the controller's functions."""
        return self.controller.functions(types)

    def bind(self, binding: Binding, parameters: wp.array, gradient: wp.array) -> Any:
        """Return the controller's struct."""
        return self.controller.bind(binding, parameters, gradient)

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of scratch each world needs, shape (worlds,)."""
        return self.controller.scratch_sizes(layout, segment)

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of each world may be in shared memory, shape (worlds,).

        A controller may copy all parameters of a world there, those of the body included.
        """
        own = self.controller.shared_sizes(layout, segment)
        return own + layout.row + sum(self._padded(layout, field) for field in self.fields)

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the controller's weights and of the body's by name."""
        counts = {"masses": masses, "springs": springs}
        own = self.controller.weight_shapes(masses, springs, dimension, steps)
        return own | {f"{PREFIX}{field}": (counts[PARTS[field]],) for field in self.fields}

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return which part of a body each weight of the controller, and of the body, belongs to."""
        own = self.controller.weight_parts(masses, springs, dimension, steps)
        return own | body_weight_parts(self.fields, masses, springs)

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return how many parameters each world has, padding included, shape (worlds,)."""
        return self.places(layout, steps)[1]

    def weight_blocks(self, layout: Layout, steps: int) -> Sequence[WeightBlock]:
        """Return where the weights of each world lie: the controller's, then a block for each field of the body."""
        own = list(self.controller.weight_blocks(layout, steps))
        places, _ = self.places(layout, steps)
        weight = sum((block.count * np.asarray(block.lines) for block in own), start=np.zeros_like(layout.masses))
        for field in self.fields:
            count = getattr(layout, PARTS[field])
            own.append(WeightBlock(count, weight, places[field]))
            weight = weight + count
        return own

    def places(self, layout: Layout, steps: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the first parameter of each field in each world, and how many parameters these have in all."""
        end = -(-self.controller.parameter_counts(layout, steps) // layout.row) * layout.row
        places = {}
        for field in self.fields:
            places[field] = end
            end = end + self._padded(layout, field)
        return places, end

    def _padded(self, layout: Layout, field: str) -> np.ndarray:
        return layout.padded_masses if PARTS[field] == "masses" else layout.padded_springs


def body_weight_parts(fields: Sequence[str], masses: int, springs: int) -> dict[str, np.ndarray]:
    """Return which mass or spring each weight of a body belongs to, as `Controller.weight_parts` does.

    Args:
        fields: what of bodies is learned, names of `PARTS` in their order.
        masses: how many the body has.
        springs: how many the body has.
    """
    parts = {"masses": np.arange(masses), "springs": masses + np.arange(springs)}
    return {f"{PREFIX}{field}": parts[PARTS[field]] for field in fields}
