"""Forward mode on a device: tangents of an episode that was simulated, window by window of its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import warp as wp

from codesign.body import Bodies, offsets
from codesign.sim.conditions import Conditions
from codesign.sim.contracts import Controller
from codesign.sim.launching.tangent_program import TangentProgram, build_tangent_program
from codesign.sim.layout.packing import PackedBodies, flat
from codesign.sim.layout.world_parameters import (
    constants_of,
    factors_on_springs,
    upload_task_parameters,
    upload_world_parameters,
)
from codesign.sim.settings import Physics

WINDOW = 64
"""Steps of which tangents are held at a time, unless more are asked for."""


@dataclass(frozen=True, eq=False)
class SimulatedEpisode:
    """An episode whose states are all held, as a simulator with one segment has it.

    Attributes:
        bodies: one for each world.
        physics: forces, contact, and steps.
        controller: what moved the bodies.
        conditions: of all worlds.
        precision: of the numbers.
        material_properties: whether bodies have masses, damping and force limits of their own.
        packed: where the bodies lie in the tape.
        model: the worlds as kernels have them, with the conditions' factors.
        tape: states of all steps.
        weights: of all controllers, float64, shape (weights,).
        weight_start: first weight of each controller, and the end of the last.
        device: where all that is.
    """

    bodies: Bodies
    physics: Physics
    controller: Controller
    conditions: Conditions
    precision: str
    material_properties: bool
    packed: PackedBodies
    model: Any
    tape: Any
    weights: np.ndarray
    weight_start: np.ndarray
    device: Any


class Tangents:
    """Derivatives of an episode along directions, carried from its first step to its last (forward mode).

    A direction says for each input how it moves; what comes out is how positions and velocities of all masses at every
    step, the numbers that the task keeps, and the loss move with it. All directions go along one motion, that of the
    episode that was simulated last.

    Args:
        episode: what was simulated.
        directions: how many.
        window: steps of which tangents are held at a time.
        controlled: whether actuation depends on state and weights, through the controller; else it is what it is, and
            only `actuation` moves it.

    Attributes:
        directions: how many.
        step: the step that the tangents have come to.

    Raises:
        ConfigError: a controller that forward mode does not know.
    """

    def __init__(
        self, episode: SimulatedEpisode, directions: int, *, window: int = WINDOW, controlled: bool = True
    ) -> None:
        self.directions, self.step = directions, 0
        self._episode, self._window = episode, min(window, episode.physics.steps)
        conditions, physics = episode.conditions, episode.physics
        self._program = build_tangent_program(
            episode.bodies.positions.shape[1],
            episode.precision,
            physics,
            conditions.terrain,
            episode.controller,
            conditions.task,
            noisy=bool(conditions.motor_noise),
            weighed=conditions.mass != 1.0,
            delayed=conditions.latency > 0,
            material_properties=episode.material_properties,
            controlled=controlled,
        )
        kernel, device = self._program.types.kernel, episode.device
        self._constants = constants_of(physics, kernel, physics.steps, conditions.latency, physics.steps)
        self._world_parameters, self._ground = upload_world_parameters([conditions], physics, kernel, device)
        own = [conditions], self._program.objective.Parameters, kernel.dimension, device
        self._task_parameters = upload_task_parameters(*own)
        self._trajectory = _trajectory(episode, self._program)
        self._tangent = self._allocated()
        self._control = self._bound() if controlled else self._program.kernels.Control()

    def begin(self, directions: Mapping[str, np.ndarray], *, step: int = 0) -> None:
        """Put the tangents to where they start, and say how inputs move that do not change with time.

        Args:
            directions: by name, those left out do not move: "positions" and "velocities" at the first step, shape
                (directions, masses, dimension); "rest_lengths", "stiffness" and "swings" of the bodies, which
                conditions multiply by their factors, shape (directions, springs); "weights", shape (directions,
                weights); with material properties "masses", "damping" and "force_limits"; all of all bodies.
            step: the step of the episode to begin at; what the task keeps does not move before it.

        Raises:
            ValueError: a name that there is not, or an array of another shape.
        """
        shapes = self.shapes
        for name, values in directions.items():
            if name not in shapes or np.shape(values) != shapes[name]:
                expected = shapes.get(name, f"one of {', '.join(shapes)}")
                raise ValueError(f"expected {name} as {expected}; got {np.shape(values)}; give one for each direction")
        tangent, self.step = self._tangent, step
        for name in ("actuation", "sense", "start", "task_state", "force"):
            getattr(tangent, name).zero_()
        stiffness, strength = (each[0] for each in factors_on_springs([self._episode.conditions]))
        factors = {"stiffness": stiffness, "swings": strength}
        for name, field in _FIELDS.items():
            if name not in shapes:
                continue
            given = directions.get(name, np.zeros(shapes[name])) * factors.get(name, 1.0)
            getattr(tangent, field).assign(np.ascontiguousarray(given, self._dtype).ravel())
        for name in ("position", "velocity"):
            given = directions.get({"position": "positions", "velocity": "velocities"}[name])
            self._put(name, np.zeros(shapes["positions"]) if given is None else given)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of what `begin` takes, by name."""
        bodies = self._episode.bodies
        count, springs = self.directions, len(bodies.rest_lengths)
        state = (count, *bodies.positions.shape)
        return {
            **{"positions": state, "velocities": state},
            **dict.fromkeys(("rest_lengths", "stiffness", "swings"), (count, springs)),
            "weights": (count, len(self._episode.weights)),
            **({"masses": state[:2]} if self._episode.material_properties else {}),
            **(
                dict.fromkeys(("damping", "force_limits"), (count, springs))
                if self._episode.material_properties
                else {}
            ),
        }

    def advance(self, steps: int, actuation: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Take the tangents through some more steps, at most a window.

        Args:
            steps: how many.
            actuation: what is added to the tangents of all answers in these steps, shape (directions, steps, springs);
                nothing if not given.

        Returns:
            Tangents of positions and of velocities at these steps and after the last of them, each shape
            (directions, steps + 1, masses of all bodies, dimension).

        Raises:
            ValueError: more steps than a window or the rest of the episode has.
        """
        left = self._episode.physics.steps - self.step
        if not 0 < steps <= min(self._window, left):
            raise ValueError(f"expected 1 to {min(self._window, left)} steps; got {steps}; go window by window")
        tangent = self._tangent
        tangent.first_step = self.step
        if actuation is not None:
            added = np.zeros((self.directions, self._window, tangent.springs), self._dtype)
            added[:, :steps] = actuation
            tangent.added = wp.array(added.ravel(), dtype=self._program.types.kernel.real, device=self._episode.device)
        inputs = [self._control, self._ground, self._task_parameters, steps, int(actuation is not None)]
        self._launch(self._program.kernels.advance, inputs)
        self.step += steps
        found = [self._read(name)[:, : steps + 1].copy() for name in ("position", "velocity")]
        for name, values in zip(("position", "velocity"), found, strict=True):
            self._put(name, values[:, -1])
        return found[0], found[1]

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the tangents of each body's loss, (directions, bodies), and of what the task kept, (..., numbers).

        Raises:
            ValueError: there are steps left.
        """
        if self.step != self._episode.physics.steps:
            raise ValueError(f"expected the end of the episode; got step {self.step}; advance to it first")
        self._tangent.first_step = self.step
        self._launch(self._program.kernels.finish, [self._ground, self._task_parameters])
        worlds = len(self._episode.bodies)
        states = self._tangent.task_state.numpy().reshape(self.directions, worlds, -1)
        return self._tangent.loss.numpy().reshape(self.directions, worlds).copy(), states.copy()

    def state(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the tangents of positions and velocities at `step`, each shape (directions, masses, dimension)."""
        return self._read("position")[:, 0].copy(), self._read("velocity")[:, 0].copy()

    def kept(self) -> np.ndarray:
        """Return what the task of each body has kept at the end, which `finish` computes, shape (bodies, numbers)."""
        return self._tangent.kept.numpy().reshape(len(self._episode.bodies), -1).copy()

    def combine(self, coefficients: np.ndarray) -> None:
        """Go on along other directions, which are combinations of these.

        Args:
            coefficients: of the directions there are (columns) in each of the new ones (rows), shape (directions,
                directions).
        """
        for name in ("position", "velocity"):
            self._put(name, np.tensordot(coefficients, self._read(name)[:, 0], 1))
        for name in ("actuation", "start", "task_state", *_FIELDS.values()):
            array = getattr(self._tangent, name)
            combined = coefficients @ array.numpy().reshape(self.directions, -1)
            array.assign(np.ascontiguousarray(combined, self._dtype).reshape(array.numpy().shape))

    @property
    def _dtype(self) -> np.dtype:
        return np.dtype(self._episode.precision)

    def _launch(self, kernel: Any, inputs: Sequence[Any]) -> None:
        common = [self._constants, self._world_parameters, self._trajectory, self._tangent]
        dim = len(self._episode.bodies), self.directions
        wp.launch(kernel, dim=dim, inputs=[*common, *inputs], device=self._episode.device)

    def _put(self, name: str, values: np.ndarray) -> None:
        """Write tangents of coordinates into the first slot of the window."""
        held = self._read(name)
        held[:, 0] = values
        if self._episode.device.is_cuda:
            getattr(self._tangent, name).assign(held.ravel())

    def _read(self, name: str) -> np.ndarray:
        """Return the tangents of coordinates, on a CPU the memory itself."""
        shape = (self.directions, self._window + 1, *self._episode.bodies.positions.shape)
        return getattr(self._tangent, name).numpy().reshape(shape)

    def _allocated(self) -> Any:
        episode, count, window = self._episode, self.directions, self._window
        kernel, bodies, latency = self._program.types.kernel, episode.bodies, episode.conditions.latency
        masses, springs, weights = len(bodies.positions), len(bodies.rest_lengths), len(episode.weights)
        tangent = self._program.types.Tangent()
        tangent.masses, tangent.springs, tangent.weights_of_all = masses, springs, weights
        tangent.window, tangent.first_step, tangent.ring = window, 0, latency + 1
        dimension, senses = kernel.dimension, len(episode.controller.senses)
        coordinates = count * (window + 1) * masses * dimension
        sizes = {
            **{"position": coordinates, "velocity": coordinates, "force": count * springs * dimension},
            **{"actuation": count * (latency + 1) * springs, "added": 1, "sense": count * masses * max(senses, 1)},
            **{"start": count * masses * dimension, "weights": count * weights, "loss": count * len(bodies)},
            **dict.fromkeys(("rest", "stiffness", "swing", "damping", "force_limit"), count * springs),
            "mass": count * masses,
        }
        for name, size in sizes.items():
            setattr(tangent, name, wp.zeros(max(size, 1), dtype=kernel.real, device=episode.device))
        tangent.kept = wp.zeros(len(bodies), dtype=kernel.task_state, device=episode.device)
        tangent.task_state = wp.zeros(count * len(bodies), dtype=kernel.task_state, device=episode.device)
        return tangent

    def _bound(self) -> Any:
        episode, physics = self._episode, self._episode.physics
        controller: Any = episode.controller
        binding = TangentBinding(
            types=self._program.types,
            functions=self._program.controller,
            bodies=episode.bodies,
            times=np.arange(physics.steps) * physics.dt,
            directions=self.directions,
            device=episode.device,
        )
        return controller.bind_tangent(binding)


@dataclass(frozen=True, eq=False)
class TangentBinding:
    """What a controller makes its record for forward mode of.

    Attributes:
        types: the types and module.
        functions: its own.
        bodies: of all worlds.
        times: when steps begin [s], shape (steps,).
        directions: how many there are.
        device: where arrays go.
    """

    types: Any
    functions: Any
    bodies: Bodies
    times: np.ndarray
    directions: int
    device: Any


_FIELDS = {
    "rest_lengths": "rest",
    "stiffness": "stiffness",
    "swings": "swing",
    "weights": "weights",
    "masses": "mass",
    "damping": "damping",
    "force_limits": "force_limit",
}
"""Fields of the tangents by the name of the input."""


def _trajectory(episode: SimulatedEpisode, program: TangentProgram) -> Any:
    """Return the episode as kernels read it."""
    kernel, device, bodies, packed = program.types.kernel, episode.device, episode.bodies, episode.packed
    trajectory = program.types.Trajectory()
    trajectory.steps = episode.physics.steps

    def integers(name: str, values: np.ndarray) -> None:
        setattr(trajectory, name, wp.array(np.ascontiguousarray(values, np.int32), dtype=wp.int32, device=device))

    integers("mass_start", bodies.mass_start)
    integers("spring_start", bodies.spring_start)
    integers("weight_start", episode.weight_start)
    integers("padded_mass_start", packed.layout.mass_start)
    integers("padded_spring_start", packed.layout.spring_start)
    ends = _ends(bodies)
    integers("first", ends[:, 0])
    integers("second", ends[:, 1])
    order, starts = _incidence(bodies, ends)
    integers("incidence", order)
    integers("incidence_start", starts)
    for name in ("rest", "stiffness", "swing", "muscle"):
        values = flat(getattr(episode.model, name), kernel.real).numpy()[packed.spring_slots]
        setattr(trajectory, name, wp.array(values, dtype=kernel.real, device=device))
    for name in ("mass", "mass_share", "damping", "force_limit"):
        values = np.zeros(1)
        if episode.material_properties:
            slots = packed.mass_slots if name.startswith("mass") else packed.spring_slots
            values = flat(getattr(episode.model, name), kernel.real).numpy()[slots]
        setattr(trajectory, name, wp.array(values, dtype=kernel.real, device=device))
    trajectory.weights = wp.array(episode.weights, dtype=kernel.real, device=device)
    for name in ("position", "velocity", "impulse", "actuation", "sense"):
        rows = getattr(episode.tape, f"{name}_rows")
        setattr(trajectory, name, flat(rows, kernel.real))
    states = flat(episode.tape.task_state, kernel.real)
    shared = {"shape": states.size // kernel.state_size, "device": device, "capacity": states.capacity}
    trajectory.task_state = wp.array(ptr=states.ptr, dtype=kernel.task_state, **shared)
    return trajectory


def _ends(bodies: Bodies) -> np.ndarray:
    """Return the masses at the ends of all springs, counted within their bodies, shape (springs, 2)."""
    return np.asarray(bodies.springs)


def _incidence(bodies: Bodies, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of springs that meet at each mass, in the order of springs, and where those of each mass begin.

    End 2 s is the first of spring s, and end 2 s + 1 the second.
    """
    body = np.repeat(np.arange(len(bodies)), np.diff(bodies.spring_start))
    masses = (ends + bodies.mass_start[body][:, None]).ravel()
    return np.argsort(masses, kind="stable"), offsets(np.bincount(masses, minlength=len(bodies.positions)))
