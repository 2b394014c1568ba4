"""What controllers, tasks and terrains hand to the simulator: functions of a dialect, and the arrays they work on."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.sim.dialect import Dialect


@dataclass(frozen=True)
class TerrainFunctions:
    """The ground as functions.

    Attributes:
        Patch: type of what `locate` returns, a vector of the dialect's reals.
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
    """An objective as functions of what a body's centre did.

    Attributes:
        Values: type of the task's constants, a vector of the dialect's reals.
        observe: (values, memory, step, steps, centre, effort) -> memory; called before every step and after the last
            one.
        loss: (values, memory) -> vector of one real, to be minimised.
    """

    Values: Any
    observe: Any
    loss: Any


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
class Layout:
    """Sizes of a batch's worlds, in rows of the dialect.

    Attributes:
        dimension: of space.
        row: masses or springs in a row.
        masses, springs: of each world, shape (worlds,).
        mass_start, spring_start: offsets of each world, padded to whole rows, shape (worlds + 1,).
        incidences: places that the masses of each world gather from, padded to whole rows, shape (worlds,).
    """

    dimension: int
    row: int
    masses: np.ndarray
    springs: np.ndarray
    mass_start: np.ndarray
    spring_start: np.ndarray
    incidences: np.ndarray

    @property
    def padded_masses(self) -> np.ndarray:
        """Masses of each world, padding included, shape (worlds,)."""
        return np.diff(self.mass_start)

    @property
    def padded_springs(self) -> np.ndarray:
        """Springs of each world, padding included, shape (worlds,)."""
        return np.diff(self.spring_start)


class Terrain(Protocol):
    """The ground that a world stands on."""

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def structure(self) -> Hashable:
        """What decides the functions; terrains that are equal in it share compiled kernels."""
        ...

    def functions(self, dialect: Dialect) -> TerrainFunctions:
        """Return the ground's functions."""
        ...

    def data(self, dimension: int) -> np.ndarray:
        """Return the numbers that `locate` reads in so many dimensions, shape (any,)."""
        ...

    def height(self, places: np.ndarray) -> np.ndarray:
        """Return the height of the ground [m] at horizontal coordinates [m], shape (n, dimension - 1), as (n,)."""
        ...

    def place(self, bodies: Bodies) -> np.ndarray:
        """Return where the masses start, in world frame [m], shape (masses, dimension)."""
        ...

    def surface(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Return the ground between two corners, each horizontal coordinates [m], for pictures.

        Returns:
            In 2D points of a line from left to right, shape (points, 2) [m]; in 3D those of a grid, x ascending along
            columns and y along rows, shape (rows, columns, 3) [m].
        """
        ...

    def extent(self, dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest horizontal coordinates that are described [m], infinite where all are."""
        ...

    def variant(self, generator: np.random.Generator) -> "Terrain":
        """Return another ground of this kind; the same where nothing about it is random."""
        ...


class Task(Protocol):
    """What a body is to do."""

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def structure(self) -> Hashable:
        """What decides the functions; tasks that are equal in it share compiled kernels."""
        ...

    @property
    def memory(self) -> int:
        """Numbers that the task keeps during an episode."""
        ...

    @property
    def uses_effort(self) -> bool:
        """Whether `observe` reads the effort; if not, the simulator does not compute it."""
        ...

    def functions(self, dialect: Dialect) -> TaskFunctions:
        """Return the objective's functions."""
        ...

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the constants that the functions read; at least one."""
        ...

    def light(self, dimension: int) -> tuple[float, ...] | None:
        """Return where the light is that can be sensed, as horizontal coordinates [m]; None where there is none."""
        ...

    def variant(self, generator: np.random.Generator) -> "Task":
        """Return the same task with what may vary drawn anew, say where its target is."""
        ...

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the design did, by name, from final memories of shape (worlds, memory)."""
        ...


@dataclass(frozen=True)
class Conditions:
    """What a world is like, besides its body and controller.

    Attributes:
        terrain: the ground.
        task: what is to be done, and where the light is.
        friction: factor on `Physics.friction`.
        push: change of the velocity of all masses [m/s] at one moment, shape (dimension,); None for no push.
        push_step: the step in which that happens.
        motor_noise: standard deviation of what is added to the actuation of every muscle in every step, uniformly
            distributed.
        noise_seed: which noise that is.
    """

    terrain: Terrain
    task: Task
    friction: float = 1.0
    push: tuple[float, ...] | None = None
    push_step: int = 0
    motor_noise: float = 0.0
    noise_seed: int = 0


class Controller(Protocol):
    """What turns time and state into actuation.

    Outside the simulator, the weights of a body's controller are one vector: its groups one after the other, in the
    order of `groups`, each in C order. Inside, they lie as kernels want them, with padding that is always zero.
    """

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def structure(self) -> Hashable:
        """What decides the functions; controllers that are equal in it share compiled kernels."""
        ...

    @property
    def senses(self) -> tuple[str, ...]:
        """What every mass senses for it besides its own motion, keys of `SENSES`."""
        ...

    def functions(self, dialect: Dialect) -> ControllerFunctions:
        """Return the controller's functions."""
        ...

    def parameter_counts(self, layout: Layout, steps: int) -> np.ndarray:
        """Return how many parameters each world has, padding included, shape (worlds,)."""
        ...

    def history(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of scratch each world needs, shape (worlds,)."""
        ...

    def resident(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of each world `stage` has in shared memory, shape (worlds,)."""
        ...

    def groups(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a body's weights by name."""
        ...

    def slots(self, layout: Layout, world: int, steps: int) -> np.ndarray:
        """Return where the weights of a world lie among its parameters, padding included, shape (weights,)."""
        ...

    def initial(self, bodies: Bodies, steps: int, generators: Sequence[np.random.Generator]) -> np.ndarray:
        """Return first weights of all bodies, each drawn from its own generator, shape (weights,)."""
        ...

    def bind(self, binding: "Binding", parameters: wp.array, gradient: wp.array) -> Any:
        """Return the struct that the functions work on, its scratch allocated on the device of `parameters`."""
        ...


@dataclass(frozen=True)
class Binding:
    """What a controller is bound to.

    Attributes:
        dialect: types of the kernels.
        functions: what the controller's `functions` returned.
        layout: of the worlds.
        dt: length of a step [s].
        steps: of an episode.
        segment: steps of a segment.
    """

    dialect: Dialect
    functions: ControllerFunctions
    layout: Layout
    dt: float
    steps: int
    segment: int

    def view(self, values: wp.array, dtype: Any) -> wp.array:
        """Return the same memory as an array of vectors."""
        size = values.size // dtype._length_
        return wp.array(ptr=values.ptr, dtype=dtype, shape=size, device=values.device, capacity=values.capacity)
