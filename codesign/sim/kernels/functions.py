"""The functions that terrains, tasks and controllers hand to the kernels."""

from dataclasses import dataclass
from typing import Any


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
