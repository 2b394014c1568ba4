"""A task whose loss is a linear function of what another one keeps of an episode: reverse mode of its measures."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import warp as wp

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class KeptLoss(Task):
    """The same task with another loss: its numbers at the end times coefficients.

    Attributes:
        inner: the task.
        coefficients: of its numbers, in the order of its `state`.
    """

    inner: Task
    coefficients: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("name", "uses", "state", "contributions", "dimensions", "units"):
            object.__setattr__(self, name, getattr(self.inner, name))

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return what the task keeps, and the sum of that times coefficients."""
        functions = self.inner.functions(types)

        def loss(state, parameters):
            return wp.dot(state, parameters.kept_coefficients)

        return TaskFunctions(functions.update, loss, functions.contribution)

    def parameters(self, dimension: int) -> Mapping[str, float | Sequence[float]]:
        """Return those of the task, and the coefficients."""
        return {**self.inner.parameters(dimension), "kept_coefficients": self.coefficients}

    def beacon(self, dimension: int) -> tuple[float, ...] | None:
        """Return where the task puts the beacon."""
        return self.inner.beacon(dimension)

    def measures(self, states: Mapping[str, Any]) -> dict[str, Any]:
        """Return the measures of the task."""
        return self.inner.measures(states)

    @property
    def structure(self) -> Hashable:
        """What decides the functions: those of the task."""
        return (type(self.inner).__module__, type(self.inner).__qualname__, self.inner.structure)
