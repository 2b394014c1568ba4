"""Derivatives of one body's episode by four methods: reverse mode, forward mode, central and Richardson differences."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies, Body
from codesign.differentiable import Episode, Simulation
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec
from codesign.sensitivity.kept_loss import KeptLoss
from codesign.sensitivity.richardson import extrapolated
from codesign.sensitivity.scalars import Loss, Measure, Motion, Outcome, Scalar
from codesign.sim import Tangents

Numbers = npt.NDArray[Any]
Direction = Mapping[str, Numbers]
"""How inputs of an episode move, by name; each shaped like the input."""

Method = Literal["reverse", "forward", "central", "richardson"]

SIZES = {
    "weights": 1.0,
    "actuation": 1.0,
    "positions": 1e-2,
    "velocities": 1e-1,
    "rest_lengths": 1e-2,
    "stiffness": 1e4,
    "swings": 1e-1,
    "masses": 1.0,
    "damping": 10.0,
    "force_limits": 100.0,
}
"""How far inputs usually are from zero, in their own units: steps of differences are shares of this."""

STEPS = {"float64": {"central": 1e-6, "richardson": 1e-5}, "float32": {"central": 1e-3, "richardson": 4e-3}}
"""Such shares, by precision and method. For central differences near the optimum between curvature and rounding; small,
because a loss is smooth over short ways only, so that Richardson's begin not far from there."""

LEVELS = 5
"""Halvings of the step of Richardson extrapolation, the first step included."""

WINDOW = 64
"""Steps of which tangents are held at a time."""


@dataclass(frozen=True)
class Derivative:
    """A directional derivative, and what it cost.

    Attributes:
        method: how it was found.
        value: the derivative of the scalar along the direction.
        error: what the method itself says of its error; NaN for those that say nothing.
        seconds: taken, once kernels are compiled.
        robot_steps: steps of a robot that are simulated forwards for one direction alone; reverse mode simulates an
            episode twice, and has all directions of it.
    """

    method: str
    value: float
    error: float
    seconds: float
    robot_steps: int


class Sensitivities:
    """What scalars of one body's episode come to, and how they change with everything that decides it.

    Args:
        spec: how designs are evaluated, `codesign.Problem.spec`; its precision, device and world are used.
        body: one body.
        weights: of its controller, flat; or
        actuation: what muscles follow instead of a controller, shape (steps, springs).
        world: which of the spec's worlds.
        material_properties: whether masses, damping and force limits are inputs although the body has the defaults.

    Attributes:
        inputs: all that decides the episode, by name, see `codesign.differentiable.Episode`.

    Raises:
        ConfigError: not one body, neither or both of weights and actuation, or of the wrong length.
        MemoryBudgetError: the states of all steps do not fit into the memory.
    """

    def __init__(
        self,
        spec: EvaluationSpec,
        body: Body | Bodies,
        weights: Numbers | None = None,
        *,
        actuation: Numbers | None = None,
        world: int = 0,
        material_properties: bool = False,
    ) -> None:
        bodies = Bodies.of([body]) if isinstance(body, Body) else body
        if len(bodies) != 1:
            raise ConfigError("one body", f"{len(bodies)}", "look at each by itself")
        if (weights is None) == (actuation is None):
            got = "neither" if weights is None else "both"
            raise ConfigError("either weights or actuation", got, "give the one that moves the muscles")
        self._spec, self._bodies = spec, bodies
        mode: Any = "controller" if actuation is None else "steps"
        self._mode = mode
        self._settings = {"actuation": mode, "world": world, "material_properties": material_properties}
        self._copies: dict[int, Episode] = {}
        alone = self._episode(1)
        self._dtype, name = alone.dtype, "weights" if actuation is None else "actuation"
        given = np.asarray(weights if actuation is None else actuation)
        if given.shape != alone.shapes[name]:
            remedy = "give those of this body and of episodes of this length"
            raise ConfigError(f"{name} of shape {alone.shapes[name]}", f"{given.shape}", remedy)
        known = alone.defaults()
        self.inputs = {
            each: np.ascontiguousarray(given if each == name else known[each], alone.dtype) for each in alone.shapes
        }

    @property
    def steps(self) -> int:
        """Steps of the episode."""
        return self._spec.physics.steps

    @property
    def dt(self) -> float:
        """Length of a step [s]."""
        return self._spec.physics.dt

    def forward_mode(self, directions: int) -> Tangents:
        """Return tangents along the motion, ready to begin."""
        return self._episode(1).tangents(self.inputs, directions)

    def value(self, scalar: Scalar | None = None) -> float:
        """Return what a scalar comes to; the loss, if none is given."""
        chosen = _scalar(scalar)
        return float(chosen.values(self._outcome([{}], chosen))[0])

    def gradient(self, scalar: Scalar | None = None) -> dict[str, Numbers]:
        """Return the derivative of a scalar in every input, by reverse mode, each shaped like the input.

        Raises:
            ConfigError: a scalar that has no derivative this way.
        """
        own, episode = _scalar(scalar), self._episode(1)
        if isinstance(own, Measure):
            return self._measure_gradient(own)
        simulation = episode.simulate(self.inputs, wanted=own.wanted())
        given = own.cotangents(_shaped(simulation, 1))
        cotangents = {
            name: np.ascontiguousarray(np.reshape(values, episode.output_shapes[name]), self._dtype)
            for name, values in given.items()
        }
        found = episode.reverse(self.inputs, cotangents, number=simulation.number)
        return {name: array.numpy().astype(np.float64) for name, array in found.items()}

    def derivative(
        self,
        scalar: Scalar | None,
        direction: Direction,
        method: Method = "reverse",
        *,
        step: float | None = None,
        levels: int = LEVELS,
    ) -> Derivative:
        """Return the derivative of a scalar along one direction; see `derivatives`."""
        return self.derivatives(scalar, [direction], method, step=step, levels=levels)[0]

    def derivatives(
        self,
        scalar: Scalar | None,
        directions: Sequence[Direction],
        method: Method = "reverse",
        *,
        step: float | None = None,
        levels: int = LEVELS,
    ) -> list[Derivative]:
        """Return the derivatives of a scalar along directions, with seconds shared among these.

        Args:
            scalar: the loss, if None.
            directions: at least one. With a controller, `actuation` (steps, springs) is what is added to its answers,
                which forward mode alone knows.
            method: "reverse", "forward", "central", or "richardson" (Ridders 1982).
            step: first step of differences as a share of `SIZES`; by precision and method, if not given.
            levels: steps of Richardson extrapolation, each half of the one before.

        Raises:
            ConfigError: an unknown method, an input or a scalar that it cannot differentiate, or a wrong shape.
        """
        if method not in get_args(Method):
            raise ConfigError(f"method to be one of {', '.join(get_args(Method))}", repr(method), "choose one")
        if step is not None and not 0.0 < step < np.inf:
            raise ConfigError("a step above 0", f"{step!r}", "leave it out")
        if levels < 2:
            raise ConfigError("at least 2 levels", f"{levels}", 'write method="central" for a single step')
        if not directions:
            raise ConfigError("at least one direction", "none", "give [{input: numbers}]")
        own = _scalar(scalar)
        for direction in directions:
            self._require(direction, method)
        if method == "reverse":
            work = partial(self._by_reverse, own, directions)
        elif method == "forward":
            work = partial(self._by_forward, own, directions)
        else:
            chosen = step or STEPS[self._spec.execution.precision][method]
            work = partial(self._by_differences, own, directions, chosen, levels if method == "richardson" else 1)
        began = time.perf_counter()
        values, errors, episodes = work()
        seconds = (time.perf_counter() - began) / len(directions)
        return [
            Derivative(method, float(value), float(error), seconds, episodes * self.steps)
            for value, error in zip(values, errors, strict=True)
        ]

    def tangents(self, directions: Sequence[Direction], *, states: bool = True) -> Motion:
        """Return how the motion moves along directions, by forward mode.

        Args:
            directions: at least one.
            states: whether the tangents of all states are wanted, which are large, or only what they come to.
        """
        tangents = self.forward_mode(len(directions))
        shapes = {name: shape[1:] for name, shape in tangents.shapes.items()}
        tangents.begin(
            {
                name: np.stack([np.asarray(each.get(name, np.zeros(shape))) for each in directions])
                for name, shape in shapes.items()
                if any(name in each for each in directions)
            }
        )
        added = None
        if any("actuation" in each for each in directions):
            none = np.zeros((self.steps, len(self._bodies.springs)))
            added = np.stack([np.asarray(each.get("actuation", none)) for each in directions])
        parts = [tuple(each[:, None][:, :0] for each in tangents.state())]
        while tangents.step < self.steps:
            begin, count = tangents.step, min(WINDOW, self.steps - tangents.step)
            found = tangents.advance(count, None if added is None else added[:, begin : begin + count])
            shown = slice(None, None if tangents.step == self.steps else -1)
            if states:
                parts.append(tuple(each[:, shown] for each in found))
        loss, kept = tangents.finish()
        positions, velocities = (np.concatenate([part[place] for part in parts], axis=1) for place in (0, 1))
        return Motion(loss[:, 0], (tangents.kept()[0].astype(np.float64), kept[:, 0]), positions, velocities)

    def _by_reverse(self, scalar: Scalar, directions: Sequence[Direction]) -> tuple[Any, Any, int]:
        gradient = self.gradient(scalar)
        values = [
            sum(float(np.sum(gradient[name] * moving)) for name, moving in direction.items())
            for direction in directions
        ]
        return values, np.full(len(values), np.nan), 2

    def _by_forward(self, scalar: Scalar, directions: Sequence[Direction]) -> tuple[Any, Any, int]:
        motion = self.tangents(directions, states="measures" not in scalar.wanted() and bool(scalar.wanted()))
        outcome = self._outcome([{}], scalar)
        return scalar.tangents(self._spec.task, outcome, motion), np.full(len(directions), np.nan), 1

    def _by_differences(
        self, scalar: Scalar, directions: Sequence[Direction], step: float, levels: int
    ) -> tuple[Any, Any, int]:
        lengths = [_length(direction) for direction in directions]
        sizes = step * 0.5 ** np.arange(levels)
        moved = [
            {name: sign * size / length * np.asarray(moving, np.float64) for name, moving in direction.items()}
            for direction, length in zip(directions, lengths, strict=True)
            for size in sizes
            for sign in (1.0, -1.0)
        ]
        values = scalar.values(self._outcome(moved, scalar)).astype(np.float64).reshape(len(directions), levels, 2)
        slopes = (values[..., 0] - values[..., 1]) / (2.0 * sizes / np.array(lengths)[:, None])
        if levels == 1:
            return slopes[:, 0], np.full(len(directions), np.nan), 2
        found, errors = extrapolated(slopes)
        return found, errors, 2 * levels

    def _measure_gradient(self, scalar: Measure) -> dict[str, Numbers]:
        """Return the gradient of a measure, by way of a task whose loss is its linear part."""
        tangents = self.forward_mode(1)
        tangents.begin({})
        while tangents.step < self.steps:
            tangents.advance(min(WINDOW, self.steps - tangents.step))
        tangents.finish()
        slope = scalar.slope(self._spec.task, tangents.kept()[0].astype(np.float64))
        task = KeptLoss(self._spec.task, tuple(map(float, slope)))
        episode = Episode(replace(self._spec, task=task), self._bodies, **self._settings)
        found = episode.reverse(self.inputs, {"loss": np.ones(1, self._dtype)})
        return {name: array.numpy().astype(np.float64) for name, array in found.items()}

    def _outcome(self, moved: Sequence[Direction], scalar: Scalar) -> Outcome:
        """Return of what copies of the body do whose inputs are moved what a scalar asks for."""
        count = len(moved)
        episode = self._episode(count)
        inputs = {}
        for name, value in self.inputs.items():
            axis = 1 if name == "actuation" else 0
            copies = [value + np.asarray(each[name]) if name in each else value for each in moved]
            inputs[name] = np.ascontiguousarray(np.concatenate(copies, axis=axis), self._dtype)
        measured = True if "measures" in scalar.wanted() else None
        states = [name for name in scalar.wanted() if name != "measures"]
        return _shaped(episode.simulate(inputs, measure=measured, wanted=states), count)

    def _episode(self, count: int) -> Episode:
        """Return the episode of copies of the body; that of one copy and another one are kept."""
        if count not in self._copies:
            self._copies = {1: self._copies[1]} if 1 in self._copies else {}
            bodies = self._bodies.take(np.zeros(count, np.int64))
            self._copies[count] = Episode(self._spec, bodies, diverged="nan", **self._settings)
        return self._copies[count]

    def _require(self, direction: Direction, method: str) -> None:
        shapes = {name: value.shape for name, value in self.inputs.items() if name != "task_state"}
        if method == "forward" and self._mode == "controller":
            shapes["actuation"] = (self.steps, len(self._bodies.springs))
        if not direction:
            raise ConfigError("a direction in some input", "none", f"move any of {', '.join(shapes)}")
        for name, moving in direction.items():
            if name == "actuation" and name not in shapes:
                expected = 'method="forward" for what is added to a controller\'s answers'
                raise ConfigError(expected, repr(method), "or give actuation instead of weights")
            if name not in shapes:
                raise ConfigError(f"inputs among {', '.join(shapes)}", repr(name), "choose one of these")
            if np.shape(moving) != shapes[name]:
                raise ConfigError(f"{name} of shape {shapes[name]}", f"{np.shape(moving)}", "give one number for each")
            if not np.isfinite(moving).all():
                raise ConfigError(f"finite numbers in {name}", "some that are not", "leave these out")


def _scalar(given: Scalar | None) -> Scalar:
    """Return a scalar, the loss where none is given."""
    if given is not None and not hasattr(given, "wanted"):
        remedy = 'write None for the loss, or for example Measure("displacement")'
        raise ConfigError("a scalar of codesign.sensitivity", repr(given), remedy)
    return given or Loss()


def _length(direction: Direction) -> float:
    """Return the length of a direction in units of `SIZES`."""
    squares = sum(float(np.sum((np.asarray(moving) / SIZES[name]) ** 2)) for name, moving in direction.items())
    return float(np.sqrt(squares)) or 1.0


def _shaped(simulation: Simulation, count: int) -> Outcome:
    """Return a simulation of copies of one body."""
    outputs, states = simulation.outputs, dict[str, Numbers]()
    for name in ("positions", "velocities"):
        values: Numbers = outputs[name].numpy() if name in outputs else np.zeros((0, count, 1))
        states[name] = values.reshape(len(values), count, values.shape[1] // count, values.shape[-1])
    return Outcome(outputs["loss"].numpy().astype(np.float64), **states, measures=simulation.measures)
