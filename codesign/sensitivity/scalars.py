"""Scalars of an episode that can be differentiated: the loss, a measure, a coordinate, a function of the motion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from codesign.errors import ConfigError
from codesign.sim import Task

Numbers = npt.NDArray[Any]

COMPLEX_STEP = 1e-30
"""Size of an imaginary step: it is lost nowhere, since it is never subtracted from anything (Squire & Trapp 1998)."""

REAL_STEP = 1e-6
"""Size of a real one, relative to the number that it moves."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What copies of a body did in one episode.

    Attributes:
        loss: of each copy, shape (copies,).
        positions: of all masses in the world [m], shape (steps + 1, copies, masses, dimension); no steps if not wanted.
        velocities: likewise [m/s].
        measures: numbers by name, each shape (copies,), if wanted.
    """

    loss: Numbers
    positions: Numbers
    velocities: Numbers
    measures: dict[str, Numbers]


@dataclass(frozen=True, eq=False)
class Motion:
    """How an episode of one body moves along directions.

    Attributes:
        loss: shape (directions,).
        kept: what the task keeps of the episode at its end, and its tangents, shapes (numbers,), (directions, numbers).
        positions, velocities: tangents of all masses, shape (directions, steps + 1, masses, dimension); no steps if not
            wanted.
    """

    loss: Numbers
    kept: tuple[Numbers, Numbers]
    positions: Numbers
    velocities: Numbers


class Scalar(Protocol):
    """A number that an episode comes to."""

    def wanted(self) -> tuple[str, ...]:
        """Return what of an episode it is made of besides the loss: "positions", "velocities", "measures"."""
        ...

    def values(self, outcome: Outcome) -> Numbers:
        """Return the number of each copy, shape (copies,)."""
        ...

    def tangents(self, task: Task, outcome: Outcome, motion: Motion) -> Numbers:
        """Return how the number of the first copy moves along directions, shape (directions,)."""
        ...

    def cotangents(self, outcome: Outcome) -> dict[str, Numbers]:
        """Return the derivative of the number of the first copy in `loss`, `positions` or `velocities`, by name."""
        ...


@dataclass(frozen=True)
class Loss:
    """The loss of the task."""

    def wanted(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def values(self, outcome: Outcome) -> Numbers:
        """Return the losses."""
        return outcome.loss

    def tangents(self, task: Task, outcome: Outcome, motion: Motion) -> Numbers:
        """Return how the loss moves."""
        del task, outcome
        return motion.loss

    def cotangents(self, outcome: Outcome) -> dict[str, Numbers]:
        """Return one for the loss."""
        return {"loss": np.ones_like(outcome.loss)}


@dataclass(frozen=True)
class Measure:
    """A measure by its name; only those of the task itself can be differentiated otherwise than by differences."""

    name: str

    def wanted(self) -> tuple[str, ...]:
        """Return measures."""
        return ("measures",)

    def values(self, outcome: Outcome) -> Numbers:
        """Return the measure of each copy.

        Raises:
            ConfigError: there is no such measure.
        """
        if self.name not in outcome.measures:
            known = ", ".join(sorted(outcome.measures))
            raise ConfigError(f"a measure among {known}", repr(self.name), "choose one of these")
        return outcome.measures[self.name]

    def slope(self, task: Task, kept: Numbers) -> Numbers:
        """Return the derivative of the measure in the numbers that the task keeps, shape (numbers,).

        Raises:
            ConfigError: the task has no such measure of its own.
        """
        with np.errstate(all="ignore"):
            own = task.measures(dict(zip(task.state, kept[:, None], strict=True)))
        if self.name not in own:
            expected = f"one of the task's own measures ({', '.join(own) or 'none'}) in forward or reverse mode"
            raise ConfigError(expected, repr(self.name), 'use method="central" or "richardson" for other measures')
        sizes = REAL_STEP * np.maximum(np.abs(kept), 1e-3)
        moved = np.stack([kept + np.diag(sizes), kept - np.diag(sizes)])
        found = [task.measures(dict(zip(task.state, each.T, strict=True)))[self.name] for each in moved]
        return (found[0] - found[1]) / (2.0 * sizes)

    def tangents(self, task: Task, outcome: Outcome, motion: Motion) -> Numbers:
        """Return how the measure moves."""
        del outcome
        kept, moving = motion.kept
        return moving @ self.slope(task, kept)

    def cotangents(self, outcome: Outcome) -> dict[str, Numbers]:
        """Return nothing: reverse mode differentiates the task's numbers instead (`KeptLoss`)."""
        del outcome
        return {}


@dataclass(frozen=True)
class Coordinate:
    """Where a mass is, or how fast.

    Attributes:
        mass: its number in the body.
        axis: of space; the last one points up.
        step: after how many steps; -1 for the end of the episode.
        velocity: whether it is the velocity [m/s] instead of the position [m].
    """

    mass: int
    axis: int
    step: int = -1
    velocity: bool = False

    def wanted(self) -> tuple[str, ...]:
        """Return the states that it is one of."""
        return ("velocities",) if self.velocity else ("positions",)

    def values(self, outcome: Outcome) -> Numbers:
        """Return the coordinates.

        Raises:
            ConfigError: there is no such mass, axis or step.
        """
        states = outcome.velocities if self.velocity else outcome.positions
        frames, _copies, masses, dimension = states.shape
        for name, count, least in (("mass", masses, 0), ("axis", dimension, 0), ("step", frames, -frames)):
            value = getattr(self, name)
            if not least <= value < count:
                raise ConfigError(f"{name} as a whole number below {count}", repr(value), f"change {name}")
        return states[self.step, :, self.mass, self.axis]

    def tangents(self, task: Task, outcome: Outcome, motion: Motion) -> Numbers:
        """Return how the coordinate moves."""
        del task
        self.values(outcome)
        states = motion.velocities if self.velocity else motion.positions
        return states[:, self.step, self.mass, self.axis]

    def cotangents(self, outcome: Outcome) -> dict[str, Numbers]:
        """Return one for the coordinate."""
        self.values(outcome)
        states = outcome.velocities if self.velocity else outcome.positions
        found = np.zeros_like(states)
        found[self.step, :, self.mass, self.axis] = 1.0
        return {self.wanted()[0]: found}


@dataclass(frozen=True)
class Custom:
    """A function of the motion.

    Forward mode differentiates it along the tangents by a complex step, which has no error but rounding; so it is to be
    made of what NumPy does to complex numbers as to real ones: no absolute values, no comparisons.

    Attributes:
        function: positions [m], shape (steps + 1, masses, dimension) -> number.
        gradient: the same positions -> its derivative in these, of their shape; only reverse mode asks for it.
    """

    function: Callable[[Numbers], Any]
    gradient: Callable[[Numbers], Numbers] | None = None

    def wanted(self) -> tuple[str, ...]:
        """Return positions."""
        return ("positions",)

    def values(self, outcome: Outcome) -> Numbers:
        """Return the number of each copy."""
        return np.array([float(self.function(each)) for each in np.moveaxis(outcome.positions, 1, 0)])

    def tangents(self, task: Task, outcome: Outcome, motion: Motion) -> Numbers:
        """Return how the number moves."""
        del task
        start = outcome.positions[:, 0].astype(np.complex128)
        steps = COMPLEX_STEP * 1j * motion.positions
        return np.array([np.imag(self.function(start + each)) / COMPLEX_STEP for each in steps])

    def cotangents(self, outcome: Outcome) -> dict[str, Numbers]:
        """Return the derivative that was given.

        Raises:
            ConfigError: none was given.
        """
        if self.gradient is None:
            remedy = "give Custom a gradient, or use another method"
            raise ConfigError("the gradient of a custom function for reverse mode", "none", remedy)
        return {"positions": np.stack([self.gradient(each) for each in np.moveaxis(outcome.positions, 1, 0)], axis=1)}
