"""An episode of a batch of bodies as a function of arrays, with its vector-Jacobian product."""

import itertools
import math
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import warp as wp

from codesign.body import Bodies
from codesign.control import GivenActuation
from codesign.differentiable.checking import require_arrays, require_first_step, require_memory, require_window
from codesign.errors import ConfigError
from codesign.evaluate import EvaluationSpec
from codesign.sim import Tangents, Window

Array = wp.array | np.ndarray
"""An array on the device of an episode, or one of NumPy's."""

Actuation = Literal["controller", "steps", "held"]
"""What muscles follow: a controller with weights, given numbers for every step, or given numbers for all steps."""

Diverged = Literal["zero", "nan"]
"""What is returned of a body that diverges: loss infinite and gradients zero, or both NaN."""

_OF_SPRINGS = ("rest_lengths", "stiffness", "swings", "damping", "force_limits")
"""Inputs with a number for every spring; the last two are material properties."""


class Simulation(NamedTuple):
    """What is known of one simulation.

    Attributes:
        number: no other simulation of any episode in this process has it.
        outputs: by name.
        measures: what bodies did, by name, float64, each shape (bodies,).
    """

    number: int
    outputs: dict[str, wp.array]
    measures: dict[str, np.ndarray]


_numbers = itertools.count()


class Episode:
    """Some steps of an episode of many different bodies, as a function that can be differentiated in all its inputs.

    Inputs by name, C-contiguous, of `dtype`, on `device` or NumPy's:

    - `weights` of all controllers, body after body as `codesign.Problem.initial_weights` has them, shape (weights,),
      without those of bodies that learn too, as `of_controllers` says; or `actuation` that muscles follow instead,
      (steps, springs), or (springs,) if it is held;
    - `positions` in the world [m] and `velocities` [m/s] at the start, (masses, dimension);
    - `rest_lengths` [m], `stiffness` [N/m] and `swings`, (springs,);
    - with material properties `masses` [kg] (masses,), `damping` [N s/m] and `force_limits` [N] (springs,);
    - `task_state`: what the task has kept of the steps before, (bodies, state size), zeros at the start of an episode.

    Masses and springs are those of all bodies, one body after the other. Outputs: `loss` (bodies,), the task's if the
    episode ended after these steps; `positions` and `velocities` at the start and after every step, (steps + 1, masses,
    dimension); `task_state` (bodies, state size) after the steps. Each body has one world.

    A window of an episode (`steps` fewer than the episode's) begins where the one before has ended: with its last
    positions and velocities, its task state, and `first_step`. Such windows together are the episode, to the bit.

    Memory is allocated once, calls allocate their results. Calls are serialised by a lock and know nothing of each
    other: `reverse` simulates again unless its inputs were simulated last.

    Args:
        spec: how designs are evaluated, `codesign.Problem.spec`.
        bodies: at least one.
        actuation: what muscles follow.
        steps: how many; those of the spec's episodes if not given.
        world: which of the worlds of the spec it is.
        diverged: what is returned of a body whose loss or last state is not finite; other bodies are not touched.
        material_properties: whether masses, damping and force limits are inputs although all bodies have the defaults.
            Where a body has others, they are; steps take up to a third longer then.

    Attributes:
        bodies: the bodies.
        steps: how many there are.
        device: where everything is.
        real, dtype: Warp's and NumPy's type of all numbers.
        shapes, output_shapes: of inputs and outputs, by name.

    Raises:
        ConfigError: a world or a number of steps that there is not, or motors with latency, or a task that watches the
            heading, in a window.
        MemoryBudgetError: the states of all steps do not fit into the memory.
    """

    def __init__(
        self,
        spec: EvaluationSpec,
        bodies: Bodies,
        *,
        actuation: Actuation = "controller",
        steps: int | None = None,
        world: int = 0,
        diverged: Diverged = "zero",
        material_properties: bool = False,
    ) -> None:
        for name, value, choices in (("actuation", actuation, Actuation), ("diverged", diverged, Diverged)):
            if value not in get_args(choices):
                raise ConfigError(f"{name} to be one of {', '.join(get_args(choices))}", repr(value), "choose one")
        whole = spec.physics.steps
        self.steps = whole if steps is None else steps
        conditions = require_window(spec, bodies, self.steps, world)
        controller = spec.controller if actuation == "controller" else GivenActuation(held=actuation == "held")
        execution = require_memory(spec, bodies, controller, self.steps)
        physics = replace(spec.physics, steps=self.steps)
        own = {"episode_steps": whole, "material_properties": material_properties}
        self._window = Window(bodies, physics, controller, conditions, execution, **own)
        self._whole, self._diverged, self._actuation = whole, diverged, actuation
        self.bodies, self.device = bodies, self._window.device
        self.real, self.dtype = self._window.real, self._window.dtype
        self.state_size = spec.task.state_size
        self._lock = threading.Lock()
        self._number: int | None = None
        self.shapes, self.output_shapes = self._shapes()
        self._order = None
        if actuation == "steps":
            order = _actuation_order(bodies, self.steps).astype(np.int32)
            self._order = wp.array(order, dtype=wp.int32, device=self.device)
        self._start = conditions.terrain.place(bodies)

    def defaults(self) -> dict[str, np.ndarray]:
        """Return the inputs that need not be given, by name: bodies as they are, at rest on the terrain."""
        own = {name: getattr(self.bodies, name) for name in (*_OF_SPRINGS, "masses")}
        own |= {"positions": self._start, "velocities": np.zeros_like(self._start)}
        own["task_state"] = np.zeros(self.shapes["task_state"])
        return {name: np.ascontiguousarray(own[name], self.dtype) for name in self.shapes if name in own}

    def forward(self, inputs: Mapping[str, Array], *, first_step: int = 0) -> dict[str, wp.array]:
        """Simulate and return the outputs by name.

        Args:
            inputs: by name; what is left out, other than weights or actuation, has its default.
            first_step: step of the episode that this begins at.

        Raises:
            ValueError: an unknown or missing input, or one of the wrong shape, type or device.
            ConfigError: a first step that there is not, or with a controller, whose clock begins at 0.
        """
        return self.simulate(inputs, first_step=first_step).outputs

    def simulate(
        self,
        inputs: Mapping[str, Array],
        *,
        first_step: int = 0,
        measure: bool | None = None,
        wanted: Collection[str] | None = None,
    ) -> Simulation:
        """Simulate, and return what is known of this simulation, whatever others go on beside it.

        Args:
            inputs: as in `forward`.
            first_step: as in `forward`.
            measure: whether to measure how bodies moved as well, which takes time; None to measure nothing at all.
            wanted: outputs that are returned beside loss and task state; all if not given. The states of all steps are
                large.

        Raises:
            ValueError, ConfigError: as in `forward`.
        """
        own = self._inputs(inputs, first_step)
        with self._lock:
            number = self._simulate(own, first_step, measure=bool(measure))
            outputs = self._window.outputs(self.output_shapes if wanted is None else wanted)
            marks = self._window.diverged()
            self._window.fill({"loss": outputs["loss"]}, marks, math.inf if self._diverged == "zero" else math.nan)
            measures = {} if measure is None else self._window.measures()
            return Simulation(number, self._shaped(outputs, self.output_shapes), measures)

    def reverse(
        self,
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        *,
        first_step: int = 0,
        number: int | None = None,
    ) -> dict[str, wp.array]:
        """Return the derivative of the sum of all outputs times their cotangents in every input, by name.

        Args:
            inputs: as in `forward`.
            cotangents: of outputs, by name, like these; what is left out is zero.
            first_step: as in `forward`.
            number: of the simulation of these inputs, which is not done again if no other one came after it.

        Raises:
            ValueError, ConfigError: as in `forward`.
        """
        given = self._arrays(cotangents, self.output_shapes, "output")
        own = self._inputs(inputs, first_step)
        with self._lock:
            if number is None or number != self._number:
                self._simulate(own, first_step, measure=False)
            self._number = None
            marks = self._window.diverged()
            found = self._window.pull_back(given)
            self._window.fill(found, marks, 0.0 if self._diverged == "zero" else math.nan)
            return self._shaped(self._as_given(found), self.shapes)

    def tangents(self, inputs: Mapping[str, Array], directions: int = 1) -> Tangents:
        """Simulate from the episode's first step, and return the derivatives along directions, in forward mode.

        Given actuation moves only along the `actuation` that `Tangents.advance` takes. The tangents go along the motion
        that is held here, so that they end with the next call.

        Args:
            inputs: as in `forward`.
            directions: how many.

        Raises:
            ValueError, ConfigError: as in `forward`, or a controller that forward mode does not know.
        """
        own = self._inputs(inputs, 0)
        with self._lock:
            self._simulate(own, 0, measure=False)
            return self._window.tangents(directions, controlled=self._actuation == "controller")

    def _simulate(self, inputs: dict[str, wp.array], first_step: int, *, measure: bool) -> int:
        """Simulate and return the number of the simulation; whoever calls has the lock."""
        window = self._window
        window.begin(inputs, first_step)
        window.forward(measure=measure)
        self._number = next(_numbers)
        return self._number

    def _inputs(self, given: Mapping[str, Array], first_step: int) -> dict[str, wp.array]:
        """Return all inputs as the window takes them."""
        require_first_step(first_step, self._whole - self.steps, self._actuation)
        found = self._arrays({**self.defaults(), **given}, self.shapes, "input")
        if self._actuation != "controller":
            actuation = found.pop("actuation")
            found["weights"] = actuation if self._order is None else self._window.picked(actuation, self._order)
        return found

    def _as_given(self, found: dict[str, wp.array]) -> dict[str, wp.array]:
        """Return gradients of what the window takes as gradients of the inputs."""
        if self._actuation != "controller":
            weights = found.pop("weights")
            found["actuation"] = weights if self._order is None else self._window.put_back(weights, self._order)
        return found

    def _arrays(self, given: Mapping[str, Array], shapes: dict[str, tuple[int, ...]], kind: str) -> dict[str, wp.array]:
        require_arrays(given, shapes, self.dtype, self.device, kind, whole=kind == "input")
        return {name: self._flat(array) for name, array in given.items()}

    def _flat(self, array: Array) -> wp.array:
        if isinstance(array, np.ndarray):
            array = wp.array(array, dtype=self.real, device=self.device, copy=False)
        return array.flatten()

    def _shaped(self, arrays: dict[str, wp.array], shapes: dict[str, tuple[int, ...]]) -> dict[str, wp.array]:
        return {name: arrays[name].reshape(shape) for name, shape in shapes.items() if name in arrays}

    def _shapes(self) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
        """Return the shapes of inputs and outputs by name."""
        bodies, states = self.bodies, (len(self.bodies), self.state_size)
        springs, placed = (len(bodies.springs),), bodies.positions.shape
        first: dict[str, tuple[int, ...]] = {"weights": (int(self._window.weight_start[-1]),)}
        if self._actuation != "controller":
            first = {"actuation": springs if self._actuation == "held" else (self.steps, *springs)}
        physical = {"positions": placed, "velocities": placed}
        physical |= dict.fromkeys(_OF_SPRINGS[:3], springs)
        if self._window.has_material_properties:
            physical |= {"masses": placed[:1]} | dict.fromkeys(_OF_SPRINGS[3:], springs)
        frames = (self.steps + 1, *placed)
        outputs = {"loss": (len(bodies),), "positions": frames, "velocities": frames, "task_state": states}
        return {**first, **physical, "task_state": states}, outputs


def _actuation_order(bodies: Bodies, steps: int) -> np.ndarray:
    """Return where each number of actuation, body after body, is among those of all springs step after step."""
    springs = len(bodies.springs)
    own = [
        np.arange(first, last) for first, last in zip(bodies.spring_start[:-1], bodies.spring_start[1:], strict=True)
    ]
    return np.concatenate([(np.arange(steps)[:, None] * springs + each).ravel() for each in own])
