"""The base class of tasks."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, Self

import numpy as np

from codesign.errors import ConfigError
from codesign.sim.kernels.functions import TaskFunctions
from codesign.sim.kernels.locomotion import UNITS, UNIVERSAL
from codesign.sim.kernels.objective import OBSERVATIONS
from codesign.sim.kernels.observation import numbers_per_mass
from codesign.sim.kernels.types import KernelTypes

UNACTUATED = "unactuated"
"""Name of the measure of what a body is worth in its task with its muscles at rest, in the unit of fitness."""


class Task(ABC):
    """What a body is to do: a loss, which learning minimises, and what else is told about what it did.

    A task is a frozen dataclass whose fields are its settings, with a `name` equal to its key in the registry. It says
    what it uses and what it keeps of an episode, and gives the functions that do so as plain functions of values
    (`TaskFunctions`), which the simulator compiles and differentiates. `update` gets an observation, with the fields

    - `step`, `steps` and `time` [s]: how many steps are made, how many an episode has, and when it is; always;
    - `centre` [m] and `velocity` [m/s]: of the centre of mass, vectors in world frame, the last axis up;
    - `heading` [rad]: by how much the body is turned about the vertical since the start, from -pi to pi, in 3D;
    - `lowest`, `highest` [m]: heights of the lowest and of the highest mass in world frame, where the ground of
      `terrain=flat` is at 0.1 m: keep what was at the first step, or use `clearance` for heights above the ground;
    - `contact_share`: mean over masses of 1 / (1 + (height above the ground / 1 cm)^2): 1 where all are on the ground;
    - `effort`: squared actuation of the muscles in this step, mean over springs, 0 to 1; 0 after the last step;
    - `means`: means over masses of the task's own `contributions`.

    Attributes:
        name: key in the registry.
        uses: names of what its functions read, of those above from `centre` to `effort`, and `clearance`, which is not
            in the observation, but a field of the masses; what is not used is not computed.
        state: names of the numbers that it keeps during an episode, at least one; they are 0 before the first step.
        contributions: numbers that it has of every mass. `contribution` gets a mass with the fields `position` [m],
            `velocity` [m/s] and, if it is used, `clearance`: the height above the ground [m].
        dimensions: of space that it is for.
        units: units of its measures by name ("m", "rad"), and of `fitness`, which is minus its loss; what is not there
            is a share, or its unit is not known.
    """

    name: str
    uses: ClassVar[tuple[str, ...]] = ("centre",)
    state: ClassVar[tuple[str, ...]]
    contributions: ClassVar[int] = 0
    dimensions: ClassVar[tuple[int, ...]] = (2, 3)
    units: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return what the task keeps of an episode, and its loss, as functions of values."""

    def parameters(self, dimension: int) -> Mapping[str, float | Sequence[float]]:
        """Return what the functions read, numbers and vectors by name: the settings that are such, unless overridden.

        They may differ from world to world, while the functions are the same.
        """
        del dimension
        settings = {item.name: getattr(self, item.name) for item in fields(self)} if is_dataclass(self) else {}
        return {name: value for name, value in settings.items() if _numeric(value)}

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what was done, by name, from the numbers that were kept at the end, each of shape (worlds,).

        Names that all tasks have (`UNIVERSAL`: distance, effort and so on; `UNACTUATED`) are refused.
        """
        del states
        return {}

    def variant(self, generator: np.random.Generator) -> Self:
        """Return the same task for another world, with what may vary drawn anew; the same unless overridden."""
        del generator
        return self

    def beacon(self, dimension: int) -> tuple[float, ...] | None:
        """Return where the task puts the world's beacon, as horizontal coordinates [m]; None if it needs none."""
        del dimension
        return None

    @classmethod
    def example(cls) -> Self:
        """Return the task with settings that make a difference to bodies of a few centimetres, for tests."""
        return cls()

    @property
    def structure(self) -> Hashable:
        """What `functions` reads of the settings, see `kernel_key`: names and sizes of the parameters.

        A task whose functions read more of its settings than its parameters adds these settings.
        """
        parameters = self.parameters(self.dimensions[0])
        return tuple((name, np.shape(value)) for name, value in parameters.items())

    def every_unit(self) -> dict[str, str]:
        """Return the units of all measures of its episodes by name: its own, and those that all tasks have."""
        same = {UNACTUATED: self.units["fitness"]} if "fitness" in self.units else {}
        return {**UNITS, **same, **self.units}

    @property
    def state_size(self) -> int:
        """How many numbers are kept during an episode."""
        return len(self.state)

    def observed(self, dimension: int) -> tuple[int, int]:
        """Return how many numbers of every mass the observations need, in the tape and in the adjoint."""
        return numbers_per_mass(self.uses, self.contributions, dimension)


def require_task(task: Task, dimension: int) -> None:
    """Check that a task can be simulated in so many dimensions.

    Raises:
        ConfigError: it is for other dimensions, uses something that there is not, keeps nothing, or has a measure whose
            name is that of a measure that all tasks have.
    """
    if dimension not in task.dimensions:
        allowed = " or ".join(f"{each}D" for each in task.dimensions)
        raise ConfigError(
            f"a body in {allowed} for task={task.name}", f"one in {dimension}D", "choose another body or another task"
        )
    unknown = [name for name in task.uses if name not in OBSERVATIONS]
    if unknown:
        expected = f"{type(task).__name__}.uses of {', '.join(OBSERVATIONS)}"
        raise ConfigError(expected, ", ".join(unknown), "leave out what there is not, or compute it in `contribution`")
    if not task.state:
        raise ConfigError(f"a number in {type(task).__name__}.state", "none", "name what the task keeps of an episode")
    with np.errstate(all="ignore"):  # only the names matter
        named = task.measures({name: np.zeros(1) for name in task.state})
    taken = sorted({*UNIVERSAL, UNACTUATED} & set(named))
    if taken:
        expected = f"measures of {type(task).__name__} with names of their own"
        raise ConfigError(expected, f"{', '.join(taken)}, which all tasks have", "rename these measures")


def _numeric(value: Any) -> bool:
    """Return whether a setting is a number or a vector of numbers."""
    if isinstance(value, tuple | list):
        return bool(value) and all(map(_numeric, value))
    return isinstance(value, int | float) and not isinstance(value, bool)
