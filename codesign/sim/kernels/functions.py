"""The functions that terrains, tasks, controllers, contacts and forces hand to the kernels."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class TerrainFunctions:
    """The ground as functions.

    Attributes:
        Patch: type of what `locate` returns, a vector of reals.
        locate: (ground: array of reals, position) -> patch: the ground around a mass. Reads arrays, is not
            differentiated.
        height: (patch, position) -> height of the ground [m] below or above a position.
        normal: (patch, position) -> unit normal of the ground there.
        impact: (constants, patch, position, reached, free) -> time [s] after which a mass that moves with velocity
            `free` from `position` to `reached` touches the ground.
        exact: whether a mass is on the ground after that time, and not only within some resolution above it.
    """

    Patch: Any
    locate: Any
    height: Any
    normal: Any
    impact: Any
    exact: bool = True


@dataclass(frozen=True)
class TaskFunctions:
    """A task as plain functions of values, which the simulator compiles and differentiates.

    They are written in the part of Python that Warp knows, without decorators and annotations. Each of them may leave
    out its last argument. `KernelTypes` says which types there are.

    Attributes:
        update: (state, observation, parameters) -> `types.task_state`: what the task keeps of an episode, brought up to
            date by what is observed before every step, and once more after the last one, with `observation.step` equal
            to `observation.steps`.
        loss: (state, parameters) -> number, to be minimised; called with the last state of an episode.
        contribution: (mass, parameters) -> `types.contribution`: numbers of one mass, whose means over all masses
            `update` finds in `observation.means`. None for a task without.
    """

    update: Any
    loss: Any
    contribution: Any = None


@dataclass(frozen=True)
class ControllerFunctions:
    """A controller as functions that lanes of one world run together.

    All take (constants, model, controller, tape, ...): the last is the segment's history. `slot` is the step within it.

    Attributes:
        Controller: struct type of the controller's parameters, gradient and scratch.
        prepare: (..., world, lane): once before an episode or its reverse.
        act: (..., world, lane, step, slot, centre): writes the actuation of `slot`, in rows.
        reverse: (..., adjoint, world, lane, step, slot): carries the adjoint of the slot's actuation, which is one row
            of springs after the other, to positions and velocities; may put what `accumulate` needs in its place.
        accumulate: (..., adjoint, world, lane, start, count): adds a segment's part to the gradient of the parameters.
        stage: (constants, model, controller, world) -> controller whose arrays lie in shared memory, as far as that is
            worth it.
        save: (constants, model, staged controller, controller, world): copies back what the reverse sweep reads.
    """

    Controller: Any
    prepare: Any
    act: Any
    reverse: Any
    accumulate: Any
    stage: Any
    save: Any


@dataclass(frozen=True)
class ForceFunctions:
    """What a force does at a mass, along a spring, or both; Warp differentiates it.

    `numbers` are the force's own `parameters`, as a vector of type `KernelTypes.numbers(how many)`; `constants` hold
    the length of a step `dt`, the time `time` [s], the acceleration of gravity `gravity` along the upward axis and the
    place of the beacon `beacon`; `patch` is the ground around the mass for `TerrainFunctions.height`.

    Attributes:
        at_mass: (constants, patch, position, velocity, numbers) -> force on a mass [N]; where masses are not 1 kg, the
            simulator divides it by the mass.
        along_spring: (constants, length, rate, rest, stiffness, numbers) -> tension [N], which pulls the ends together
            where it is above 0; `rate` is the change of the length [m/s], `rest` the length that is commanded [m].
    """

    at_mass: Any = None
    along_spring: Any = None


@dataclass(frozen=True)
class Contact(ABC):
    """How the ground acts on a mass: the settings of a contact are a frozen dataclass that extends this one."""

    has_friction: ClassVar[bool] = False
    """Whether `parameters` depends on the factor of friction."""

    name: str = ""

    @property
    def structure(self) -> Hashable:
        """What the function reads of the settings besides `parameters`, see `kernel_key`."""
        return ()

    def parameters(self, friction: float) -> tuple[float, ...]:
        """Return the numbers that the function reads from `constants.contact`.

        Args:
            friction: factor on friction in a world.
        """
        del friction
        return ()

    @abstractmethod
    def function(self, types: KernelTypes, terrain: TerrainFunctions) -> Any:
        """Return (constants, patch, position, free) -> state: a mass at `position` after a step.

        `free` is the velocity that it would have without ground; `types.join` makes a state of position and velocity.
        """


@dataclass(frozen=True)
class Force(ABC):
    """What else acts on masses or springs: the settings of a force are a frozen dataclass that extends this one."""

    name: str = ""

    @property
    def structure(self) -> Hashable:
        """What the functions read of the settings besides `parameters`, see `kernel_key`."""
        return ()

    def parameters(self) -> tuple[float, ...]:
        """Return the numbers that the functions get; how many there are may depend on the structure only."""
        return ()

    @abstractmethod
    def functions(self, types: KernelTypes, terrain: TerrainFunctions) -> ForceFunctions:
        """Return what the force does."""
