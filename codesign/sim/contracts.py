"""What the simulator asks of terrains and controllers; `codesign.sim.task` has the base class of tasks."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.sim.kernels.functions import ControllerFunctions, TerrainFunctions
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

    def take(self, worlds: np.ndarray) -> "Layout":
        """Return the layout of some worlds alone, in that order, by their indices, int, shape (any,)."""
        return Layout(
            self.dimension,
            self.row,
            self.masses[worlds],
            self.springs[worlds],
            offsets(self.padded_masses[worlds]),
            offsets(self.padded_springs[worlds]),
            self.incidences[worlds],
        )


@dataclass(frozen=True, eq=False)
class Distribution:
    """What first weights are drawn from: `location + scale * z` with a random number z of each weight.

    Attributes:
        kind: "normal" for standard normal z, "uniform" for z from 0 to below 1; "constant" for no z at all.
        location, scale: finite; of all bodies, or of each, shape (bodies,). They are rounded to float32.
    """

    kind: str = "constant"
    location: float | np.ndarray = 0.0
    scale: float | np.ndarray = 0.0


@dataclass(frozen=True, eq=False)
class WeightBlock:
    """Weights of a controller that lie regularly, in lines, among its parameters and among its weights.

    Number k of line j is weight `weight + k // group * group_step + k % group + j * weight_step`, and lies among the
    parameters at `place + k // row * row_step + k % row + j * place_step`, where `row` is the layout's. Each of these
    but `group` is one number for all controllers, or an array with one for each.

    Attributes:
        count: numbers in a line.
        weight: the first one among the weights.
        place: the first one among the parameters.
        initial: what first weights are drawn from.
        lines: how many there are.
        weight_step, place_step: from a line to the next.
        group: weights that follow each other.
        group_step: from a group of weights to the next.
        row_step: from a row of parameters to the next; if not given, rows follow each other.
    """

    count: int | np.ndarray
    weight: int | np.ndarray
    place: int | np.ndarray
    initial: Distribution = Distribution()
    lines: int | np.ndarray = 1
    weight_step: int | np.ndarray = 0
    place_step: int | np.ndarray = 0
    group: int = 1
    group_step: int | np.ndarray = 1
    row_step: int | np.ndarray | None = None


class Terrain(Protocol):
    """The ground that a world stands on."""

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def structure(self) -> Hashable:
        """What `functions` reads of the settings; see `kernel_key` for what else decides the kernels."""
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


class Controller(Protocol):
    """What turns time and state into actuation.

    Outside the simulator, the weights of a body's controller are one vector: its parts one after the other, in the
    order of `weight_shapes`, each in C order. Inside, they lie as kernels want them, with padding that is always zero.
    `weight_blocks` says how the two belong together. First weights are drawn on the device: number i of a controller is
    a function of the controller's key, of i and of what its block draws from.
    """

    @property
    def name(self) -> str:
        """Key in the registry."""
        ...

    @property
    def structure(self) -> Hashable:
        """What `functions` reads of the settings; see `kernel_key` for what else decides the kernels."""
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

    def scratch_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of scratch each world needs, shape (worlds,)."""
        ...

    def shared_sizes(self, layout: Layout, segment: int) -> np.ndarray:
        """Return how many reals of each world `stage` has in shared memory, shape (worlds,)."""
        ...

    def weight_shapes(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a body's weights by name."""
        ...

    def weight_parts(self, masses: int, springs: int, dimension: int, steps: int) -> dict[str, np.ndarray]:
        """Return which part of a body each weight belongs to, by the names and of the shapes of `weight_shapes`, int64.

        It is -1 for a weight of the body as a whole, 0 to masses - 1 for one of that mass, and masses to
        masses + springs - 1 for one of that spring. There are as many weights of a name for every mass of every body,
        for every spring, and for the body as a whole; those of one name and part correspond between bodies, in their
        order. It is asked for where children inherit weights (`search.inheritance`), and not needed otherwise.
        """
        ...

    def weight_blocks(self, layout: Layout, steps: int) -> Sequence[WeightBlock]:
        """Return where the weights of each world lie among its parameters, and what the first ones are drawn from.

        Together the blocks hold every weight that `weight_shapes` tells of once, and no place twice. There are as many
        for every body; those that a body has nothing for have a count of 0.
        """
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
        bodies: each in its own frame.
        copies: worlds of each body, one after the other.
        dt: length of a step [s].
        steps: of an episode.
        segment: steps of a segment.
    """

    types: KernelTypes
    functions: ControllerFunctions
    layout: Layout
    bodies: Bodies
    copies: int
    dt: float
    steps: int
    segment: int

    def view(self, values: wp.array, dtype: Any) -> wp.array:
        """Return the same memory as an array of vectors."""
        size = values.size // dtype._length_
        return wp.array(ptr=values.ptr, dtype=dtype, shape=size, device=values.device, capacity=values.capacity)
