"""What the simulator asks of terrains, tasks and controllers."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.sim.kernels.functions import ControllerFunctions, TaskFunctions, TerrainFunctions
from codesign.sim.kernels.types import KernelTypes


@dataclass(frozen=True)
class Layout:
    """Sizes of a batch's worlds, in rows of the kernel types.

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

    def functions(self, types: KernelTypes) -> TerrainFunctions:
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
    def state_size(self) -> int:
        """Numbers that the task keeps during an episode."""
        ...

    @property
    def uses_effort(self) -> bool:
        """Whether `observe` reads the effort; if not, the simulator does not compute it."""
        ...

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return the objective's functions."""
        ...

    def values(self, dimension: int) -> tuple[float, ...]:
        """Return the constants that the functions read; at least one."""
        ...

    def light(self, dimension: int) -> tuple[float, ...] | None:
        """Return where the task puts the beacon, as horizontal coordinates [m]; None if it needs none."""
        ...

    def variant(self, generator: np.random.Generator) -> "Task":
        """Return the same task with what may vary drawn anew, say where its target is."""
        ...

    def measures(self, memory: np.ndarray) -> dict[str, np.ndarray]:
        """Return what the design did, by name, from final memories of shape (worlds, memory)."""
        ...


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

    def functions(self, types: KernelTypes) -> ControllerFunctions:
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
        types: the types of the kernels.
        functions: what the controller's `functions` returned.
        layout: of the worlds.
        dt: length of a step [s].
        steps: of an episode.
        segment: steps of a segment.
    """

    types: KernelTypes
    functions: ControllerFunctions
    layout: Layout
    dt: float
    steps: int
    segment: int

    def view(self, values: wp.array, dtype: Any) -> wp.array:
        """Return the same memory as an array of vectors."""
        size = values.size // dtype._length_
        return wp.array(ptr=values.ptr, dtype=dtype, shape=size, device=values.device, capacity=values.capacity)
